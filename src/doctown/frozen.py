"""Dataclasses as all nouns are: frozen, slotted and keyword-only, defined in a twentieth of the time.

The standard library compiles half a dozen methods for each class and loads the module `inspect` for it, which takes
longer than opening a pack and showing a symbol. Here the methods are shared. What others ask of a dataclass (`fields`,
`asdict`, `replace`, a class derived from it) is made by the standard library when it is asked for. Only for classes
without base classes, whose fields are all declared in them; type checkers are shown the standard library's decorator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any


class Factory:
    """A default that is made anew for each instance."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], object]) -> Any:  # noqa: ANN401 - stands for a value of any field's type
    """As `dataclasses.field` for a default that is made anew for each instance."""
    return Factory(default_factory)


def dataclass(*, frozen: bool, slots: bool, kw_only: bool) -> Callable[[type], type]:
    """As `dataclasses.dataclass` with these three, which must all be true."""
    if not (frozen and slots and kw_only):
        raise TypeError("a noun is frozen, slotted and keyword-only: take the standard library's decorator for others")
    return _define


class _Asked:
    """An attribute of a dataclass that the standard library makes when somebody asks for it."""

    def __init__(self, name: str, defaults: Mapping[str, object]) -> None:
        self._name = name
        self._defaults = defaults

    def __get__(self, instance: object, owner: type) -> object:
        import dataclasses  # noqa: PLC0415 - what this module is there to avoid

        noun = next(one for one in owner.__mro__ if one.__dict__.get(self._name) is self)
        defaults = {
            name: dataclasses.field(default_factory=default.make) if isinstance(default, Factory) else default
            for name, default in self._defaults.items()
        }
        body = {"__annotations__": noun.__annotations__, "__module__": noun.__module__, **defaults}
        twin: Any = dataclasses.dataclass(frozen=True, kw_only=True)(type(noun.__name__, (), body))
        setattr(noun, self._name, getattr(twin, self._name))
        return getattr(twin, self._name)


def _define(cls: type) -> type:
    """The class again, with slots and the methods of a dataclass."""
    names = tuple(cls.__annotations__)
    body = {name: value for name, value in cls.__dict__.items() if name not in ("__dict__", "__weakref__")}
    defaults = {name: body.pop(name) for name in names if name in body}
    body |= _methods(cls.__qualname__, names)
    body |= {name: _Asked(name, defaults) for name in ("__dataclass_fields__", "__dataclass_params__")}
    noun = type(cls)(cls.__name__, cls.__bases__, {**body, "__slots__": names, "__match_args__": ()})
    noun.__qualname__ = cls.__qualname__
    # A slot's own setter passes the class's `__setattr__` by, which refuses.
    setters = tuple(noun.__dict__[name].__set__ for name in names)
    noun.__init__ = _initialiser(cls.__qualname__, names, defaults, setters)  # type: ignore[misc]
    noun.__setstate__ = _restorer(setters)  # type: ignore[attr-defined]
    return noun


def _initialiser(
    title: str, names: tuple[str, ...], defaults: Mapping[str, object], setters: tuple[Callable[..., None], ...]
) -> Callable[..., None]:
    """`__init__`: every field by its name."""
    fields = tuple(zip(names, setters, strict=True))
    plain = {name: default for name, default in defaults.items() if not isinstance(default, Factory)}
    factories = {name: default.make for name, default in defaults.items() if isinstance(default, Factory)}

    def initialise(self: object, /, **values: object) -> None:
        if len(values) != len(fields):
            values = {**plain, **values}
            for name, make in factories.items():
                if name not in values:
                    values[name] = make()
            if len(values) != len(fields):
                raise _refusal(title, names, values)
        try:
            for name, put in fields:
                put(self, values[name])
        except KeyError:  # as many as there are fields, and others
            raise _refusal(title, names, values) from None

    return initialise


def _refusal(title: str, names: tuple[str, ...], values: Mapping[str, object]) -> TypeError:
    """What a call raises that gives other fields than there are; the values are those given and the defaults."""
    if unknown := values.keys() - set(names):
        return TypeError(f"{title}.__init__() got an unexpected keyword argument {min(unknown)!r}")
    missing = [name for name in names if name not in values]
    return TypeError(f"{title}.__init__() missing required keyword-only arguments: {', '.join(missing)}")


def _restorer(setters: tuple[Callable[..., None], ...]) -> Callable[[object, list[object]], None]:
    """`__setstate__`, for copies and what was pickled between processes."""

    def restore(self: object, state: list[object]) -> None:
        for put, value in zip(setters, state, strict=True):
            put(self, value)

    return restore


def _methods(title: str, names: tuple[str, ...]) -> dict[str, Callable[..., object]]:
    """What a frozen dataclass does beside being made."""
    together = attrgetter(*names)

    def told(self: object) -> str:
        return f"{title}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def equals(self: object, other: object) -> bool:
        return together(self) == together(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(together(self))

    def state(self: object) -> list[object]:
        return [getattr(self, name) for name in names]

    def assign(self: object, name: str, value: object) -> None:
        _refuse(f"cannot assign to field {name!r}")

    def delete(self: object, name: str) -> None:
        _refuse(f"cannot delete field {name!r}")

    return {
        "__repr__": told, "__eq__": equals, "__hash__": hashed, "__getstate__": state, "__setattr__": assign,
        "__delattr__": delete,
    }  # fmt: skip


def _refuse(what: str) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 - as above

    raise FrozenInstanceError(what)
