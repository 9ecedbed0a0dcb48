"""From what each file says to edges between symbols: which definition every call, import, supertype and mention means.

`build_index` takes all files' facts and what manifests call modules (`module_names`), `resolve_file` gives one file's
edges and what stays open, `interface_digest` says whether other files' edges can change. A tier says how sure an edge
is: `resolved` was followed through scopes, imports and types; `candidate` is a guess with its reason. A name alone
never makes a resolved edge.
"""

from __future__ import annotations

from doctown.assemble.resolve.digest import interface_digest
from doctown.assemble.resolve.file import Resolution, resolve_file
from doctown.assemble.resolve.index import Index, build_index
from doctown.assemble.resolve.modules import module_names, names_modules

__all__ = [
    "Index",
    "Resolution",
    "build_index",
    "interface_digest",
    "module_names",
    "names_modules",
    "resolve_file",
]
