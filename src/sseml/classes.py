"""Data classes that cost next to nothing at import; docs/decisions/0024-classes.md says why.

What has the name of something in `dataclasses` does what that does, as far as sseml uses it, and to
a type checker it is that. Classes share their methods, but for `__init__`: it is compiled for a
class of which many are made, or when somebody looks at it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["asdict", "astuple", "dataclass", "field", "fields", "replace"]

_MISSING: Any = object()
_WITHOUT_COMPILING = 16
"""So many instances of a class are made before its `__init__` is compiled (0.1 ms)."""


class _Field:
    """How a field is set: by an argument, its default, or what makes one."""

    __slots__ = ("annotation", "default", "default_factory", "init", "kw_only", "repr")

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Any = _MISSING,
        init: bool = True,
        repr: bool = True,
        kw_only: bool = False,
    ) -> None:
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.kw_only = kw_only
        self.annotation: Any = None


def _dataclass(
    *, frozen: bool = False, slots: bool = False, eq: bool = True, kw_only: bool = False
) -> Callable[[type], type]:
    """Make a class with a field for each annotated name of another, which calls no `super()`."""

    def made_of(cls: type) -> type:
        own = _own_fields(cls, kw_only=kw_only)
        fields = {**getattr(cls, "__fields__", {}), **own}
        attributes = {**_attributes(fields, frozen=frozen, slots=slots, eq=eq), **cls.__dict__}
        for name in ("__dict__", "__weakref__", *own):
            attributes.pop(name, None)
        if slots:
            attributes["__slots__"] = tuple(own)
        else:
            attributes |= {k: v.default for k, v in own.items() if v.default is not _MISSING}
        attributes["__qualname__"] = cls.__qualname__
        return type(cls)(cls.__name__, cls.__bases__, attributes)

    return made_of


def _own_fields(cls: type, *, kw_only: bool) -> dict[str, _Field]:
    """The fields of a class beside those of its bases."""
    fields = {}
    for name, annotation in cls.__annotations__.items():
        stated = cls.__dict__.get(name, _MISSING)
        own = stated if isinstance(stated, _Field) else _Field(default=stated)
        own.annotation = annotation
        own.kw_only |= kw_only
        fields[name] = own
    return fields


def _attributes(
    fields: Mapping[str, _Field], *, frozen: bool, slots: bool, eq: bool
) -> dict[str, Any]:
    """What a class with these fields has, unless it states its own."""
    names = tuple(fields)
    attributes: dict[str, Any] = {
        "__fields__": fields,
        "__values__": attrgetter(*names, *names[: len(names) == 1]),  # of one name, a tuple too
        "__match_args__": tuple(k for k, v in fields.items() if v.init and not v.kw_only),
        "__init__": _Init(),
        "__repr__": _repr,
        "__dataclass_fields__": _Late(lambda cls: _twin(cls).__dataclass_fields__),
        "__dataclass_params__": _Late(lambda cls: _twin(cls).__dataclass_params__),
    }
    if eq:
        attributes |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        attributes |= {"__setattr__": _refuse, "__delattr__": _refuse}
    if frozen and slots:
        attributes |= {"__getstate__": _getstate, "__setstate__": _setstate}
    return attributes


def _repr(self: Any) -> str:
    fields = self.__fields__.items()
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, each in fields if each.repr)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return self.__values__(self) == self.__values__(other)


def _hash(self: Any) -> int:
    return hash(self.__values__(self))


def _refuse(self: Any, name: str, *_value: object) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 - nothing else needs it

    raise FrozenInstanceError(f"{type(self).__qualname__} is frozen: {name!r} cannot change")


def _getstate(self: Any) -> tuple[object, ...]:
    return tuple(getattr(self, name) for name in self.__fields__)


def _setstate(self: Any, state: tuple[object, ...]) -> None:
    for name, value in zip(self.__fields__, state, strict=True):
        object.__setattr__(self, name, value)


class _Late:
    """A class attribute that is made when it is first asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: object, asked: type) -> Any:
        setattr(self._owner, self._name, self._make(self._owner))
        return getattr(asked if instance is None else instance, self._name)


class _Init(_Late):
    """`__init__`: compiling it takes as long as making some instances without."""

    def __init__(self) -> None:
        super().__init__(_compiled_init)
        self._left = _WITHOUT_COMPILING

    def __get__(self, instance: object, asked: type) -> Any:
        self._left -= 1
        if instance is None or self._left < 0:
            return super().__get__(instance, asked)
        return partial(self._set_fields, instance)

    def _set_fields(self, one: object, /, *given: object, **named: object) -> None:
        cls: Any = self._owner
        values = {**dict(zip(cls.__match_args__, given, strict=False)), **named}
        is_odd = len(values) != len(given) + len(named)
        for name, own in cls.__fields__.items():
            if own.init and name in values:
                value = values.pop(name)
            elif own.default is not _MISSING:
                value = own.default
            elif own.default_factory is not _MISSING:
                value = own.default_factory()
            else:
                is_odd |= own.init
                continue
            object.__setattr__(one, name, value)
        if values or is_odd:
            _compiled_init(cls)(one, *given, **named)  # says what is wrong
        if hasattr(cls, "__post_init__"):
            cls.__post_init__(one)


def _compiled_init(cls: Any) -> Callable[..., None]:
    """`__init__` of a class: sets its fields one after the other, then calls `__post_init__`."""
    used: dict[str, Any] = {"_missing": _MISSING, "_set": object.__setattr__}
    positional, by_name = ["self"], ["*"]
    lines = []
    for name, own in cls.__fields__.items():
        argument = value = name
        if own.default is not _MISSING:
            used[f"_default_{name}"] = own.default
            argument = f"{name}=_default_{name}"
        elif own.default_factory is not _MISSING:
            used[f"_make_{name}"] = own.default_factory
            argument = f"{name}=_missing"
            value = f"_make_{name}() if {name} is _missing else {name}"
        if own.init:
            (by_name if own.kw_only else positional).append(argument)
            slot: Any = getattr(cls, name, None)
            if hasattr(slot, "__set__"):
                used[f"_set_{name}"] = slot.__set__
                lines.append(f"_set_{name}(self, {value})")
            else:
                lines.append(f"_set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    arguments = ", ".join(positional + by_name * (len(by_name) > 1))
    body = "\n  ".join(lines)
    source = (
        f"def make({', '.join(used)}):\n def __init__({arguments}):\n  {body}\n return __init__"
    )
    made: dict[str, Any] = {}
    exec(source, vars(sys.modules[cls.__module__]), made)
    init: Callable[..., None] = made["make"](**used)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {name: own.annotation for name, own in cls.__fields__.items()}
    return init


def _twin(cls: Any) -> Any:
    """A class of `dataclasses` with the same fields, for whoever asks it about them."""
    import dataclasses  # noqa: PLC0415 - start-up: the prediction of a formula asks for none

    names = ("init", "kw_only", "repr", "default", "default_factory")
    described = []
    for name, own in cls.__fields__.items():
        settings = {each: getattr(own, each) for each in names}
        stated = {k: v for k, v in settings.items() if v is not _MISSING}
        described.append((name, own.annotation, dataclasses.field(**stated)))
    frozen = cls.__setattr__ is _refuse
    return dataclasses.make_dataclass(cls.__name__, described, frozen=frozen)


def _replace(one: Any, /, **changes: Any) -> Any:
    """The same with other values; those that are not arguments are calculated anew."""
    for name, own in one.__fields__.items():
        if own.init and name not in changes:
            changes[name] = getattr(one, name)
    return type(one)(**changes)


def _of_dataclasses(name: str) -> Callable[..., Any]:
    """A function of `dataclasses`, which is imported when it is first called."""

    def called(*given: Any, **named: Any) -> Any:
        return getattr(import_module("dataclasses"), name)(*given, **named)

    return called


if TYPE_CHECKING:
    from dataclasses import asdict, astuple, dataclass, field, fields, replace
else:
    dataclass, field, replace = _dataclass, _Field, _replace
    asdict, astuple, fields = map(_of_dataclasses, ("asdict", "astuple", "fields"))
