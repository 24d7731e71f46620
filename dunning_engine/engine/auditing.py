"""What an audit needs from files: the law as it ships, key by key, and which days are holidays."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from dunning_engine.engine.loading import default_calendars, rulebook_names
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from dunning_engine.ports.sources import CalendarSource


def law_texts(names: Iterable[str]) -> tuple[dict[str, Any], ...]:
    """The JSON of rulebooks that ship, each followed by those that it includes."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = _law_text(name)
            waiting = [*found[name].get("includes", ()), *waiting]
    return tuple(found.values())


@lru_cache(maxsize=256)
def _law_text(name: str) -> dict[str, Any]:
    known = rulebook_names()
    if name not in known:
        near = suggest(name, known)
        meant = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"no rulebook is called {name}; {meant}")
    file = resources.files("dunning_engine.compliance").joinpath("rulebooks", f"{name}.json")
    text: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return text


def is_holiday(calendar: str, day: date) -> bool:
    """Whether a day is a public holiday of a calendar; raises `UsageError` where there is no such calendar."""
    found = _calendars().calendar(calendar)
    if found is None:
        raise UsageError(f"no calendar is called {calendar}")
    return found.is_holiday(day.toordinal())


@lru_cache(maxsize=1)
def _calendars() -> CalendarSource:
    return default_calendars()
