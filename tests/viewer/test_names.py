"""Paths of pages: stable, safe on any file system, and leading back to their subject."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doctown.viewer import names

KEYS = st.builds(
    lambda path, name: f"{path}#{name}",
    st.lists(
        st.text(min_size=1, max_size=12).filter(lambda s: "/" not in s and "\0" not in s), min_size=1, max_size=4
    ).map("/".join),
    st.text(min_size=1, max_size=20),
)  # fmt: skip


@given(KEYS)
@example("src/CON/aux.py#Nul")
@example("a.html/b#c.html")
@example("../..#..")
@example("a#b#c")
@example("ü/Ü#é~2")
@example("##0")
def test_a_path_leads_back_to_its_key(key: str) -> None:
    """The server finds a page's subject from its address alone."""
    path = names.page_path("symbol", key)
    if names.LONG not in path and not key.endswith("#<module>"):
        assert names.subject(path) == ("symbol", key)


@given(KEYS, KEYS)
@example("a#Route", "a#route")
@example("A/b#c", "a/B#c")
@example("a#HTTPError", "a#HttpError")
def test_no_two_keys_share_a_path_even_where_case_does_not_count(one: str, two: str) -> None:
    """A site can be written to a disk of Windows or macOS without one page overwriting another."""
    if one != two:
        assert names.page_path("symbol", one).lower() != names.page_path("symbol", two).lower()


@given(KEYS)
def test_paths_hold_nothing_that_a_file_system_or_an_address_takes_amiss(key: str) -> None:
    """A hostile path in a pack can neither leave the folder of an export nor name a device."""
    path = names.page_path("symbol", key)
    assert path.isascii()
    assert len(path) <= names.LONGEST
    for part in path.split("/"):
        assert part
        assert part not in (".", "..")
        assert not part.startswith(".")
        assert not part.endswith((".", " "))
        assert not set(part) & set('<>:"\\|?*#% \0')
        assert part.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}


def test_a_folder_never_stands_where_a_page_does() -> None:
    """A folder called `x.html` would make the page of its neighbour `x` impossible to write."""
    inside = names.page_path("symbol", "x.html/y#z")
    assert not inside.startswith(names.page_path("folder", "x").removeprefix("tree/"))
    assert "x=2ehtml/" in inside


def test_a_module_has_the_page_of_its_file() -> None:
    """Nothing has two pages."""
    assert names.page_path("symbol", "src/app.py#<module>") == names.page_path("file", "src/app.py")


@pytest.mark.parametrize(
    "path", ["symbol/x.html", "nothing/x.html", "symbol/a/b", "symbol/a/B.html", "file/a=2.html", "x"]
)
def test_an_address_that_no_page_has_names_nothing(path: str) -> None:
    """Only the one spelling of an address is served, so no page has two addresses."""
    assert names.subject(path) is None


def test_a_path_stays_what_it_was() -> None:
    """Addresses that people linked to keep working: these are promised."""
    assert names.page_path("symbol", "src/flask/app.py#Flask.route") == "symbol/src/flask/app.py/Flask.route~1.html"
    assert names.page_path("file", "README.md") == "file/README=2emd~3f.html"
    assert names.page_path("cluster", "src/flask#app") == "part/src/flask=23app.html"
    assert names.source_path("src/a.py", 2) == "source/src/a.py/2.html"
