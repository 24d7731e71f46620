"""Facts that law asks for, as a timeline tells them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.kernel.calendar import moment

if TYPE_CHECKING:
    from dunning_engine.domain.docket import Told

_INSTANTS: Final = frozenset({"received", "answered", "given", "revoked", "withdrawn", "at"})
_DAYS: Final = frozenset({"until", "through"})
_MINUTES: Final = frozenset({"first", "last"})
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def told_fact(name: str, value: Told, zone: str) -> str:
    """`validation_provided on 2026-03-02`, `monitored is yes`, `challenges: received 2026-03-06 10:00`."""
    if value is None:
        return f"{name} is not known any more"
    given: Any = value
    match TERMS[name].sort:
        case Sort.HAPPENED:
            return f"{name} on {_time(given, zone)}"
        case Sort.DAY:
            return f"{name} on {date.fromordinal(given)}"
        case Sort.FLAG:
            return f"{name} is {'yes' if given else 'no'}"
        case Sort.WORDS:
            return f"{name}: {' and '.join(sorted(given)) or 'none'}"
        case Sort.RECORDS:
            records = given if type(given) is tuple else (given,)
            return f"{name}: {'; '.join(_record(record, zone) for record in records) or 'none'}"
        case _:
            return f"{name} is {given}"


def _record(record: Any, zone: str) -> str:
    fields = {**record._asdict()}
    usual = record._field_defaults
    said = [_field(name, value, zone) for name, value in fields.items() if name not in usual or value != usual[name]]
    return ", ".join(said) or "always"


def _field(name: str, value: Any, zone: str) -> str:
    if name in _INSTANTS:
        return f"{name} {_time(value, zone)}"
    if name in _DAYS:
        return f"{name} {date.fromordinal(value)}"
    if name in _MINUTES:
        return f"{name} {value // 60:02}:{value % 60:02}"
    if isinstance(value, frozenset):
        return " ".join(_WEEKDAYS[day] for day in sorted(value))
    return name if value is True else str(value)


def _time(instant: int, zone: str) -> str:
    return f"{moment(instant, zone):%Y-%m-%d %H:%M}"
