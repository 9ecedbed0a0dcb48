"""What a file says, to bytes and back: whole, and late."""

from __future__ import annotations

import dataclasses

import pytest

from doctown import facts as codec
from doctown.errors import PackError
from doctown.model import Binding, File, FileFacts, Import, Reading, Reference, Symbol


def said_by(path: str) -> FileFacts:
    """Facts with something in every field."""
    symbols = tuple(
        Symbol(
            key=f"{path}#{name}", name=name, qualified_name=name, kind="function", language="python", path=path,
            parent="", start_byte=0, end_byte=9, start_line=1, end_line=2, signature=f"def {name}()",
            docstring="Says something.", visibility="public",
        )
        for name in ("first", "second")
    )  # fmt: skip
    return FileFacts(
        path=path,
        language="python",
        package="shop",
        symbols=symbols,
        references=(Reference("calls", "second", "", 2, 0),),
        imports=(Import("os", "", "os", 1, 0),),
        bindings=(Binding(0, "x", "second()", "value", 2),),
        bases=((0, "Base"),),
        exports=(("first", "first"),),
        problems=("cut",),
        alternatives=((1, 2),),
    )


def test_late_facts_say_what_whole_ones_say() -> None:
    """Everything but documentation comes out of facts that are decoded late, in whatever order it is asked for."""
    facts = said_by("a.py")
    for fields in (names := [field.name for field in dataclasses.fields(FileFacts)], names[::-1]):
        (late,) = codec.decode_late([codec.encode(facts)])
        for name in fields:
            if name != "symbols":
                assert getattr(late, name) == getattr(facts, name)
        for one, other in zip(late.symbols, facts.symbols, strict=True):
            told = {name: getattr(other, name) for name in type(other).__slots__ if name != "docstring"}
            assert {name: getattr(one, name) for name in told} == told


def test_late_facts_keep_one_file_s_references_at_a_time() -> None:
    """Memory does not grow with what the files of a repository use: another file's references take the place of the
    first one's, which are decoded again if they are asked for again."""
    one, other = codec.decode_late([codec.encode(said_by("a.py")), codec.encode(said_by("b.py"))])
    first, bound = one.references, one.bindings
    assert one.references is first
    assert one.bindings is bound
    assert other.references is not first
    assert other.bindings is not bound
    assert one.references == first
    assert one.references is not first
    assert one.bindings == bound
    assert one.bindings is not bound


def test_late_symbols_hold_what_they_have_in_common_once() -> None:
    """A file's path, and a symbol's key in what is inside it, are one text in memory, of however many symbols."""
    facts = said_by("a.py")
    outer, inner = facts.symbols
    inner = dataclasses.replace(inner, parent=outer.key)
    (late,) = codec.decode_late([codec.encode(dataclasses.replace(facts, symbols=(outer, inner)))])
    first, second = late.symbols
    assert (second.parent, second.path) == (outer.key, "a.py")
    assert second.parent is first.key
    assert first.path is second.path is late.path


@pytest.mark.parametrize("blob", [b"", b"no zstd", codec.encode(said_by("a.py"))[:-3]])
def test_facts_that_cannot_be_read_are_an_error_with_a_mend(blob: bytes) -> None:
    """A cache that was damaged ends a build with a line that says what to do, not with a trace."""
    with pytest.raises(PackError, match="delete the cache"):
        codec.decode(blob)
    with pytest.raises(PackError, match="delete the cache"):
        codec.decode_late([blob])


@pytest.mark.parametrize("content", [b"key = 'a secret'\n", b"key = '********'\n", b"", None])
def test_content_that_was_given_does_not_come_back_through_the_pipe(content: bytes | None) -> None:
    """What a worker sends is the reading, without the text where that is the very text that it was sent, and with it
    where secrets were masked or the encoding was another."""
    data = b"key = 'a secret'\n"
    file = File(path="a.py", language="python", size=17, lines=1, sha256="", status="parsed")
    reading = Reading(file=file, content=content, symbols=said_by("a.py").symbols, facts=b"facts", rules=("rule",))
    message = codec.pack_reading(reading, data)
    assert codec.unpack_reading(message, data) == reading
    assert data not in message
    assert content in (None, b"", data) or content in message
