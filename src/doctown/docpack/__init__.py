"""The docpack: one SQLite file with a repository's documentation and code graph, as `docs/format.md` specifies.

Import from the modules: `draft` writes, `reader` reads, `verify` checks, `search` finds, `diff` compares. Nothing is
imported here, so that opening a pack loads no more than it needs.
"""
