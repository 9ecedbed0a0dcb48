"""The web pages of docpacks: what a person reads in a browser, from a server or from a folder of files.

`app.app` serves packs over HTTP; `export.site` writes the same pages, by the same templates, as files. Nothing is
imported here, so that a part of it loads no more than it needs.
"""
