from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctown.docpack import coding
from doctown.errors import InputError

entries = st.lists(
    st.tuples(st.integers(0, coding.LARGEST_ID), st.integers(0, coding.LARGEST), st.integers(0, coding.LARGEST)),
    max_size=8,
)


@given(rows=entries)
def test_lists_survive(rows: list[tuple[int, int, int]]) -> None:
    """Any ids, labels and lines within the limits come back, whatever side of the surrogates they fall on."""
    data = coding.encode_entries(rows)
    assert coding.entries(data) == rows
    assert data.encode("utf-8").decode("utf-8") == data


few = st.sampled_from((0, 1, 2, 2047, 2048, 2049, 4097, coding.LARGEST_ID))


@given(rows=st.lists(st.tuples(few, st.integers(0, 3) | few, st.integers(0, 3)), max_size=8), wanted=few)
def test_uses_of_one_symbol_are_those_of_all_that_lead_to_it(rows: list[tuple[int, int, int]], wanted: int) -> None:
    """A symbol's callers are all there, and a label or a line that looks like its id makes nobody its caller."""
    rows = [(number, min(label, coding.LARGEST), line) for number, label, line in rows]
    expected = [(label, line) for number, label, line in rows if number == wanted]
    assert list(coding.entries_to(wanted, coding.encode_entries(rows))) == expected


@pytest.mark.parametrize("number", [-1, coding.LARGEST_ID + 1, 2**63])
def test_an_id_that_no_list_holds_has_no_uses(number: int) -> None:
    """A stranger's pack may give a symbol any id: that ends no server."""
    assert list(coding.entries_to(number, coding.encode_entries([(1, 2, 3)]))) == []


@given(ids=st.lists(st.integers(0, coding.LARGEST_ID), unique=True, max_size=8))
def test_links_survive(ids: list[int]) -> None:
    """Incoming lists come back sorted and without repetition."""
    assert coding.links(coding.encode_links([*ids, *ids])) == sorted(ids)


@pytest.mark.parametrize("line", [0, 1, 127, 2047, 0xD7FE, 0xD7FF, 0xD800, 0xE000, 0xFFFF, 0x10000, coding.LARGEST])
def test_the_views_decode_as_the_code_does(line: int) -> None:
    """The expression in the schema gives the number that was encoded, at every border of UTF-8."""
    data = coding.encode_entries([(2048 * 5 + 7, line, line)])
    sql = "SELECT unicode(substr(?1, 4, 1)) - CASE WHEN unicode(substr(?1, 4, 1)) < 0xD800 THEN 1 ELSE 0x801 END"
    assert sqlite3.connect(":memory:").execute(sql, (data,)).fetchone() == (line,)


@pytest.mark.parametrize("number", [-1, coding.LARGEST + 1])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    """Nothing is cut silently: the message names what is too large."""
    with pytest.raises(InputError, match="line"):
        coding.code_point(number, "line")
