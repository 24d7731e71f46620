"""From dataclasses to JSON values and back, by tables that are built once per class from its annotations.

Enums become their values, dates ISO 8601 texts, bytes Base64, instants and days the integers that they are, money its
minor units and currency. Sets are sorted, so that the same value always makes the same JSON. There are two forms: *keyed* (an
object with the names of the fields: what is kept for ever) and *rows* (an array in the order of the fields: smaller and
faster, for what can be computed again).
"""

from __future__ import annotations

import sys
import types
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.docket import RECORDS, Told
from dunning_engine.domain.docket import Fact as Known
from dunning_engine.kernel.values import maker, names_of

Step: TypeAlias = "Callable[[Any], Any] | None"
"""How one value is converted; `None` where JSON holds it as it is."""


class Coder(NamedTuple):
    """Both directions for one type."""

    encode: Step
    decode: Step


_AS_IS = Coder(None, None)


@cache
def coder(hint: Any, *, keyed: bool) -> Coder:
    """The conversions of a type: scalars, enums, dates, containers, optionals and dataclasses of these."""
    origin = get_origin(hint)
    if hint in (str, int, bool):
        return _AS_IS
    if hint is date:
        return Coder(date.isoformat, date.fromisoformat)
    if hint is bytes:
        return Coder(lambda data: b64encode(data).decode("ascii"), b64decode)
    if hint is ContactLog:
        contact = coder(Contact, keyed=keyed)
        return Coder(_each(contact.encode, list), _each(contact.decode, ContactLog))
    if hint in (Known, Told):
        return Coder(_fact_out, _fact_in)
    if origin in (Union, types.UnionType):
        return _optional(hint, keyed=keyed)
    if origin is not None:
        return _container(origin, get_args(hint), keyed=keyed)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Coder(attrgetter("_value_"), {member.value: member for member in hint}.__getitem__)
    if isinstance(hint, type) and is_dataclass(hint):
        return _keyed_object(hint) if keyed else _row(hint)
    raise TypeError(f"{hint} has no JSON form here")


def _optional(hint: Any, *, keyed: bool) -> Coder:
    inner = [arg for arg in get_args(hint) if arg is not types.NoneType]
    if len(inner) > 1 and keyed and all(map(is_dataclass, inner)) and len(inner) == len(get_args(hint)):
        return _one_of(inner)
    if len(inner) != 1:
        raise TypeError(f"{hint} has no JSON form here: only one type or None")
    return Coder(*(_unless_none(step) for step in coder(inner[0], keyed=keyed)))


def _one_of(kinds: list[Any]) -> Coder:
    """One of several dataclasses: an object with the name of its class besides its fields."""
    coders = {kind.__name__: coder(kind, keyed=True) for kind in kinds}

    def encode(value: Any) -> dict[str, Any]:
        name = type(value).__name__
        return {"is": name, **coders[name].encode(value)}  # type: ignore[misc]  # dataclasses have both directions

    def decode(data: dict[str, Any]) -> Any:
        return coders[data["is"]].decode(data)  # type: ignore[misc]  # likewise

    return Coder(encode, decode)


def _container(origin: Any, args: tuple[Any, ...], *, keyed: bool) -> Coder:
    if origin is tuple and (len(args) != 2 or args[1] is not Ellipsis):
        parts = [coder(arg, keyed=keyed) for arg in args]
        return Coder(_fixed([p.encode for p in parts], list), _fixed([p.decode for p in parts], tuple))
    item = coder(args[-1] if origin is not tuple else args[0], keyed=keyed)
    if origin is tuple:
        return Coder(_each(item.encode, list), _each(item.decode, tuple))
    if origin is frozenset:
        return Coder(_each(item.encode, sorted), _each(item.decode, frozenset))
    if issubclass(origin, Mapping):
        return Coder(_values(item.encode), _values(item.decode))
    raise TypeError(f"{origin} has no JSON form here")


def _unless_none(step: Step) -> Step:
    return None if step is None else lambda value: None if value is None else step(value)


def _each(step: Step, build: Callable[[Any], Any]) -> Step:
    if step is None:
        return build
    nothing = build(())
    return lambda values: build([step(value) for value in values]) if values else nothing


def _fixed(steps: list[Step], build: Callable[[Any], Any]) -> Step:
    if not any(steps):
        return build
    return lambda values: build(
        [value if step is None else step(value) for step, value in zip(steps, values, strict=True)]
    )


def _values(step: Step) -> Step:
    return dict if step is None else lambda mapping: {key: step(value) for key, value in mapping.items()}


# Facts on the docket --------------------------------------------------------------------------------------------------

_KINDS: Mapping[str, Any] = {kind.__name__: kind for kind in RECORDS.values()}


def _fact_out(value: Any) -> Any:
    """Words, flags and instants as they are; the others say what they are: `{"words": […]}`, `{"records": […]}`."""
    if isinstance(value, frozenset):
        return {"words": sorted(value)}
    if type(value) is tuple:
        return {"records": [_record_out(record) for record in value]}
    return {"record": _record_out(value)} if isinstance(value, tuple) else value


def _fact_in(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    ((form, value),) = data.items()
    if form == "words":
        return frozenset(value)
    return _record_in(value) if form == "record" else tuple(_record_in(record) for record in value)


def _record_out(record: Any) -> dict[str, Any]:
    kind: Any = type(record)
    fields = {
        name: value if (step := c.encode) is None else step(value)
        for (name, c), value in zip(_record_fields(kind), record, strict=True)
    }
    return {"is": kind.__name__, **fields}


def _record_in(data: dict[str, Any]) -> Any:
    kind = _KINDS[data["is"]]
    fields = {
        name: data[name] if (step := c.decode) is None else step(data[name])
        for name, c in _record_fields(kind)
        if name in data
    }
    return kind(**fields)


@cache
def _record_fields(kind: Any) -> list[tuple[str, Coder]]:
    return [(name, coder(hint, keyed=True)) for name, hint in get_type_hints(kind).items()]


# Dataclasses ----------------------------------------------------------------------------------------------------------


def layout(cls: type) -> list[tuple[Field[Any], Any]]:
    """The fields of a dataclass with their types, annotations of type-checking blocks included."""
    hints = get_type_hints(cls, globalns={**_annotations(), **vars(sys.modules[cls.__module__])})
    return [(field, hints[field.name]) for field in fields(cls)]


def _row(cls: type) -> Coder:
    """The fields in order; those at the end that have their defaults are left off: what nobody uses costs nothing.

    Defaults are shared by all that is read: nothing that is stored is changed in place.
    """
    columns = [(coder(hint, keyed=False), *_usual(field)) for field, hint in layout(cls)]
    encoders = [(at, c.encode) for at, (c, _must, _default) in enumerate(columns) if c.encode is not None]
    decoders = [(at, c.decode) for at, (c, _must, _default) in enumerate(columns) if c.decode is not None]
    needed = max((at for at, (_c, must, _default) in enumerate(columns, 1) if must), default=0)
    usual = [default for _c, _must, default in columns]
    take, make = _getter(names_of(cls)), maker(cls)

    def encode(value: Any) -> list[Any]:
        values = take(value)
        told = len(values)
        while told > needed and ((last := values[told - 1]) is (default := usual[told - 1]) or last == default):
            told -= 1
        row = list(values[:told])
        for at, step in encoders:
            if at >= told:
                break
            row[at] = step(row[at])
        return row

    def decode(row: list[Any]) -> Any:
        told = len(row)
        if told < needed:
            raise KeyError(names_of(cls)[told])
        for at, step in decoders:
            if at >= told:
                break
            row[at] = step(row[at])
        return make(row + usual[told:])

    return Coder(encode, decode)


def _usual(field: Field[Any]) -> tuple[bool, Any]:
    """Whether a field has to be told, and else its default."""
    if field.default_factory is not MISSING:
        return False, field.default_factory()
    return field.default is MISSING, field.default


def _keyed_object(cls: type) -> Coder:
    """Every field is written, so that a default that changes later does not change what was recorded.

    A field that the JSON lacks was added later than it was written and takes its default.
    """
    columns = [(field.name, coder(hint, keyed=True), _default(field)) for field, hint in layout(cls)]
    names, make = names_of(cls), maker(cls)
    encoders = [(name, step) for name, (step, _), _ in columns if step is not None]
    take = _getter(names)

    def encode(value: Any) -> dict[str, Any]:
        told = dict(zip(names, take(value), strict=True))
        for name, step in encoders:
            told[name] = step(told[name])
        return told

    def decode(data: dict[str, Any]) -> Any:
        values = []
        for name, (_, step), default in columns:
            if name not in data:
                values.append(default())
            else:
                values.append(data[name] if step is None else step(data[name]))
        return make(values)

    return Coder(encode, decode)


def _default(field: Field[Any]) -> Callable[[], Any]:
    if field.default_factory is not MISSING:
        return field.default_factory
    if field.default is not MISSING:
        return lambda: field.default

    def missing() -> Any:
        raise KeyError(field.name)

    return missing


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


@cache
def _annotations() -> dict[str, Any]:
    """Every name that annotations of stored classes use, also those imported for type checkers only."""
    from dunning_engine.domain import (
        actions,
        agency_events,
        approval_events,
        arrangements,
        charges,
        contacts,
        declines,
        erasure,
        events,
        joining,
        ladder_events,
        ledger_events,
        offers,
        orders,
        parties,
        placements,
        readiness,
        receivables,
    )
    from dunning_engine.kernel import calendar, money, spans
    from dunning_engine.ports import adapter

    modules = (
        adapter,
        agency_events,
        approval_events,
        declines,
        erasure,
        placements,
        calendar,
        money,
        spans,
        parties,
        arrangements,
        receivables,
        contacts,
        actions,
        charges,
        offers,
        ladder_events,
        orders,
        joining,
        readiness,
        ledger_events,
        events,
    )
    return {name: value for module in modules for name, value in vars(module).items() if not name.startswith("_")}


def fingerprint(hint: Any) -> list[Any]:
    """The shape of a dataclass and of all it holds, as plain words: it changes when a field comes, goes or moves."""
    seen: dict[str, Any] = {}
    _describe(hint, seen)
    return sorted(seen.items())


def _describe(hint: Any, seen: dict[str, Any]) -> None:
    for arg in get_args(hint):
        _describe(arg, seen)
    if hint is ContactLog:
        _describe(Contact, seen)
    if isinstance(hint, type) and hint.__name__ not in seen:
        if hint.__name__ in _KINDS:
            seen[hint.__name__] = [[name, str(kind)] for name, kind in get_type_hints(hint).items()]
        if issubclass(hint, Enum):
            seen[hint.__name__] = [str(member.value) for member in hint]
        elif is_dataclass(hint):
            seen[hint.__name__] = [[field.name, str(kind)] for field, kind in layout(hint)]
            for _field, kind in layout(hint):
                _describe(kind, seen)
