"""Bash and POSIX shell: functions, the variables of a script's top level, and scripts read by `source`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctown.languages.base import Definition, Language, one_line, text
from doctown.model import Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*\Z")
_READONLY = re.compile(rb"readonly\b|(?:declare|typeset)\s+-\w*r")


def _rename(name: str) -> str:
    """An alias's name stands before its `=`."""
    return name.split("=", 1)[0] if name.endswith("=") or "=" in name else name


def _kind(definition: Definition, data: bytes) -> str:
    if definition.kind != "variable":
        return definition.kind
    start = definition.node.start_byte
    if _READONLY.match(data[start : start + 40]) or _CONSTANT.match(definition.name):
        return "constant"
    return "variable"


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.node
    if definition.kind == "function" and definition.body is not None:
        return f"{definition.name}()"
    assignment = definition.captures["name"][0].parent
    if node.type == "declaration_command" and assignment is not None:  # which may assign to several names
        words = text(node.children[0], data)
        flags = " ".join(text(child, data) for child in node.named_children if child.type == "word")
        return one_line(f"{words} {flags} {text(assignment, data)[:300]}")[:200]
    return one_line(text(node, data)[:300])[:200]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    return "internal" if definition.name.startswith("_") else "public"


_EXPANSION = re.compile(r"\$\{?\w+[^/}\s\"]*\}?|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`")


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`source "$(dirname "$0")/lib.sh"` reads `lib.sh`: folders known only at run time are dropped."""
    arguments = node.children_by_field_name("argument")
    if not arguments:
        return
    path = _EXPANSION.sub("", text(arguments[0], data)).replace('"', "").replace("'", "").strip()
    path = path.lstrip("/") if not text(arguments[0], data).startswith("/") else path
    if path and path != "-":
        yield Import(path, "*", "", node.start_point[0] + 1, 0)


_BUILTINS = """
. : [ [[ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo
enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf
pushd pwd read readarray readonly return select set shift shopt source suspend test time times trap true type typeset
ulimit umask unalias unset wait
"""
_PROGRAMS = """
awk basename base64 cat chgrp chmod chown cmp comm cp cut date dd df diff dirname du egrep env expr fgrep file find
fold getopt git grep groups gzip gunzip head hostname id install join ln ls make md5sum mkdir mkfifo mktemp more mv nl
nohup od paste patch ps readlink realpath rm rmdir sed seq sh bash sha1sum sha256sum sleep sort split stat stty su sudo
sync tac tail tar tee touch tput tr tty uname uniq unzip wc which who whoami xargs xz yes zip curl wget ssh scp rsync
python python3 perl ruby node npm docker apt apt-get dpkg systemctl
"""

LANGUAGE = Language(
    name="bash",
    title="Bash",
    grammar="tree_sitter_bash",
    extensions=(".sh", ".bash", ".bats", ".ksh", ".zsh", ".ebuild"),
    filenames=(".bashrc", ".bash_profile", ".bash_aliases", ".profile", "PKGBUILD"),
    interpreters=("bash", "sh", "dash", "ksh", "zsh", "bats"),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    imports=_imports,
    rename=_rename,
    scope="include",
    builtins=frozenset(f"{_BUILTINS} {_PROGRAMS}".split()),
)
