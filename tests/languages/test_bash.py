"""Bash: functions, what is local, and scripts that are read."""

from __future__ import annotations

from tests.languages.facts import calls, kinds, types
from tests.languages.snapshot import read


def test_functions_in_every_spelling() -> None:
    """With and without `function`, with braces or a subshell, nested, and aliases of the top level."""
    assert kinds("bash", "a() { b; }\nfunction c { :; }\nd() ( :; )\ne() { f() { :; }; }\nalias g='ls -l'\n") == {
        "a": "function",
        "c": "function",
        "d": "function",
        "e": "function",
        "e.f": "function",
        "g": "function",
    }


def test_only_the_top_level_has_variables() -> None:
    """Locals are known to be local; what is read-only or written in capitals is a constant."""
    source = 'x=1\nreadonly y=2\nexport PATH_TO="$x"\nf() { local z=3 w; x=4; }\n'
    assert kinds("bash", source) == {"x": "variable", "y": "constant", "PATH_TO": "constant", "f": "function"}
    assert types("bash", source).keys() == {"z", "w"}


def test_a_sourced_script_is_an_import_without_its_folder() -> None:
    """Folders known only at run time are dropped from the path."""
    source = '. ./a.sh\nsource "$(dirname "$0")/lib/b.sh"\nsource "${DIR}/c.sh"\nsource "$1"\nsource /etc/d.sh\n'
    assert [item.module for item in read("bash", source).imports] == ["./a.sh", "lib/b.sh", "c.sh", "/etc/d.sh"]


def test_commands_are_calls_wherever_they_stand() -> None:
    """In pipes, conditions, substitutions and here-documents."""
    source = "f() { if a; then b | c; fi; x=$(d); e && g; cat <<EOF\n$(h)\nEOF\n}\n"
    assert {name for _, name in calls("bash", source)} == {"a", "b", "c", "d", "e", "g", "cat", "h"}
