"""Which comment documents what, in the rules that all languages share."""

from __future__ import annotations

import pytest

from doctown.languages.base import canonical
from tests.languages.facts import symbols
from tests.languages.snapshot import read


def test_a_comment_documents_only_the_first_definition_of_the_line_below() -> None:
    """What stands further right on the line is part of it, not what the comment speaks of."""
    found = symbols("c", "/* A way to go. */\ntypedef enum { UP, DOWN } Direction;\n")
    assert {name: symbol.docstring for name, symbol in found.items()} == {
        "Direction": "A way to go.",
        "Direction.UP": "",
        "Direction.DOWN": "",
    }


def test_the_interpreter_line_and_magic_comments_do_not_head_a_file() -> None:
    """A file's documentation starts behind the line for the system and the line for the language."""
    assert read("bash", "#!/bin/sh\n# Deploys.\n\nx=1\n").symbols[0].docstring == "Deploys."
    assert read("ruby", "# frozen_string_literal: true\n\n# Plants.\n\nX = 1\n").symbols[0].docstring == "Plants."


def test_a_remark_behind_code_does_not_head_a_file() -> None:
    """A comment on a line with code speaks of that line."""
    assert read("csharp", "#pragma warning disable 1591 // no docs here\n\nclass A { }\n").symbols[0].docstring == ""


def test_doubled_marks_are_no_text() -> None:
    """Lua's `---` and the `**` of some block comments leave nothing behind."""
    assert symbols("lua", "--- Adds.\n-- @param x\nfunction f(x) end\n")["f"].docstring == "Adds.\n@param x"
    assert symbols("lua", "--[[\nAdds.\n]]\nfunction f(x) end\n")["f"].docstring == "Adds."
    assert symbols("c", "/*\n** Adds.\n*/\nint f(void);\n")["f"].docstring == "Adds."


def test_rulers_go_and_an_omission_in_a_sample_stays() -> None:
    """A line of dashes draws; `...` stands for the code that a sample leaves out."""
    source = "class A {\n  /**\n   * Adds.\n   * - - - -\n   * f() {\n   *     ...\n   * }\n   */\n  void f() {}\n}\n"
    assert symbols("java", source)["A.f"].docstring == "Adds.\n\nf() {\n    ...\n}"


def test_a_comment_below_code_does_not_head_a_file() -> None:
    """What follows imports, or stands inside of a block, speaks of the lines below it; a package or a namespace may
    stand above the comment that heads a file."""
    assert read("python", "import os\n\n# Slow to import.\nimport sys\n").symbols[0].docstring == ""
    assert read("python", "if X:\n    # Slow to import.\n    import sys\n").symbols[0].docstring == ""
    assert read("python", "from __future__ import annotations\n\n# Sells plants.\n\nimport os\n").symbols[
        0
    ].docstring == ("Sells plants.")
    assert read("c", "#include <a.h>\n\n/* C89 has macros. */\n#ifdef x\n#undef x\n#endif\n").symbols[0].docstring == ""
    assert read("php", "<?php\n\n// Sells plants.\n\nnamespace A;\n").symbols[0].docstring == "Sells plants."


@pytest.mark.parametrize(
    "first",
    [
        "COPYRIGHT 2024 A. Uthor", "Licensed under the MIT licence", "licenced under MIT",
        "SPDX-License-Identifier: MIT",
        "All Rights Reserved.", "Permission is hereby granted", "GNU Lesser General Public", "gnu general public",
        "-*- coding: utf-8 -*-", "-*- Mode: Python -*-", "eslint-env node", "vim: set ts=4:", "@ts-nocheck",
        "jshint esversion: 6", "prettier-ignore", "frozen_string_literal: true", "typed: strict", "encoding: utf-8",
        "shellcheck disable=SC2034",
    ],
)  # fmt: skip
def test_licences_and_words_to_tools_do_not_head_a_file(first: str) -> None:
    """In whatever case they are written: what comes behind them speaks of the file."""
    assert read("ruby", f"# {first}\n\nX = 1\n").symbols[0].docstring == ""
    assert read("ruby", f"# {first}\n\n# Plants.\n\nX = 1\n").symbols[0].docstring == "Plants."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("make(a, 'b (', \"c]\")", "make()"),
        ("self.make(\n  a,\n)", "self.make()"),
        ("make(a)(b)", "make()()"),
        ("make(it's)", "make()"),
        ("make('a' b)", "make()"),
        ("make('a\\'', b)", "make()"),
        ("make(a[0])", "make()"),
        ("1make(a)", "1make()"),
    ],
)
def test_a_call_is_its_function_whatever_it_is_given(source: str, expected: str) -> None:
    """The short way for plain arguments and the long way for the others say the same."""
    assert canonical(source) == expected


def test_what_is_documented_from_inside_keeps_its_lines_and_its_owner() -> None:
    """`//!` speaks of what stands around it; its lines follow each other without gaps, and a blank one parts them."""
    source = (
        "//! Heads\n//! the file.\n//!\n//! More.\n\nmod inner {\n    //! Of inner,\n    //! only.\n"
        "    /// Adds.\n    fn add() {}\n}\n"
    )
    found = {one.qualified_name: one.docstring for one in read("rust", source).symbols}
    assert found == {"<module>": "Heads\nthe file.\n\nMore.", "inner": "Of inner,\nonly.", "inner.add": "Adds."}
