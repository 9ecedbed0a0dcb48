"""Rust: what is implemented for types without a name of their own."""

from __future__ import annotations

import pytest

from doctown.languages import languages
from doctown.languages.reading import read


def named(source: str) -> list[tuple[str, str]]:
    found = read(languages()["rust"], "lib.rs", source.encode())[0]
    return [(one.qualified_name, one.kind) for one in found.symbols[1:]]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("impl Buf for &'a mut [u8]", "[u8]"),
        ("impl<T> Buf for [T; 4]", "[T; 4]"),
        ("impl<A, B> Buf for (A, &B)", "(A, B)"),
        ("impl Buf for &str", "str"),
        ("impl<T> Buf for Vec<T>", "Vec"),
    ],
)
def test_methods_of_slices_and_tuples_are_methods(head: str, name: str) -> None:
    """`advance` of `impl Buf for &[u8]` is a method of slices, and no function of its module that a bare call means."""
    assert named(f"{head} {{ fn advance(&mut self) {{ }} }}") == [(f"{name}.advance", "method")]


def test_a_constant_without_a_name_is_no_symbol() -> None:
    """`const _: () = assert!(…)` checks something, and nobody can name it."""
    assert named("const _: () = assert!(true);\nconst A: u8 = 1;") == [("A", "constant")]
