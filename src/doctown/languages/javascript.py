"""JavaScript with JSX: scripts, CommonJS and ES modules."""

from __future__ import annotations

import re

from doctown.languages import ecmascript as script
from doctown.languages import ecmascript_uses as uses

LANGUAGE = script.ScriptLanguage(
    name="javascript",
    title="JavaScript",
    grammar="tree_sitter_javascript",
    query_parts=("ecmascript", "javascript", "jsx"),
    extensions=(".js", ".mjs", ".cjs", ".jsx"),
    interpreters=("node", "nodejs", "bun"),
    kind=script.kind,
    signature=script.signature,
    visibility=script.visibility,
    docstring=script.docstring,
    bases=script.bases,
    imports=uses.imports,
    bindings=uses.bindings,
    canonical=uses.script_canonical,
    rename=script.rename,
    doc_comment=re.compile(r"/\*\*"),
    scope="module",
    self_names=frozenset({"this"}),
    members_share_names=True,
    super_names=frozenset({"super"}),
    constructors=("constructor",),
    builtins=uses.BUILTINS,
    builtin_types=uses.BUILTIN_TYPES,
    wrappers={"Promise": 0},
)
