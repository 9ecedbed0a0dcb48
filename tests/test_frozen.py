"""The decorator of the nouns, beside the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from doctown import frozen, model

if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:
    from doctown.frozen import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A noun with both sorts of defaults."""

    name: str
    size: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """The same by the standard library."""

    name: str
    size: int = 1
    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)


@pytest.mark.parametrize("given", [{}, {"name": "a", "colour": 1}, {"size": 2}, {"name": "a", "size": 1, "shape": {}}])
@pytest.mark.parametrize("noun", [Town, Standard])
def test_wrong_fields_are_refused(noun: Any, given: dict[str, object]) -> None:
    """A field that is missing or unknown raises TypeError and names it, and so does one without its name."""
    with pytest.raises(TypeError, match=r"missing|unexpected keyword argument '(colour|shape)'"):
        noun(**given)
    with pytest.raises(TypeError, match="positional"):
        noun("a")


@pytest.mark.parametrize("noun", [Town, Standard])
def test_a_noun_is_a_value(noun: Any) -> None:
    """Equal by content, within its class; told in words; and a default that is made is made for each."""
    one, other = noun(name="a"), noun(name="a")
    assert one == other
    assert one != noun(name="b")
    assert one != (Standard if noun is Town else Town)(name="a")
    assert one.counts == {}
    assert one.counts is not other.counts
    assert repr(one) == f"{noun.__name__}(name='a', size=1, counts={{}})"
    assert hash(noun(name="a", counts=())) == hash(noun(name="a", counts=()))
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("noun", [Town, Standard])
def test_a_noun_cannot_be_changed(noun: Any) -> None:
    """Neither by setting nor by deleting."""
    one = noun(name="a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert one.name == "a"


@pytest.mark.parametrize("noun", [Town, Standard])
def test_it_is_a_dataclass_to_whoever_asks(noun: Any) -> None:
    """What takes dataclasses takes nouns, and they travel between processes."""
    one = noun(name="a", size=3)
    assert dataclasses.is_dataclass(noun)
    assert dataclasses.asdict(one) == {"name": "a", "size": 3, "counts": {}}
    assert dataclasses.replace(one, name="b") == noun(name="b", size=3)
    assert [each.name for each in dataclasses.fields(noun)] == ["name", "size", "counts"]
    assert dataclasses.fields(noun)[1].default == 1
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def test_other_dataclasses_are_refused() -> None:
    """The decorator says so where it is asked for what it does not do."""
    with pytest.raises(TypeError, match="standard library"):
        frozen.dataclass(frozen=False, slots=True, kw_only=True)


def test_defining_the_nouns_loads_no_inspect() -> None:
    """That is what takes the time, before the first line of any command."""
    assert dataclasses.is_dataclass(model.Symbol)
    code = "import sys, doctown.model, doctown.docpack.results; sys.exit('inspect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
