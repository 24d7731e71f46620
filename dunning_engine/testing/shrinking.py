"""Cutting a tale down to what it needs: drop, simplify, play again, and keep what still shows the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.parties import ZoneHint
from dunning_engine.kernel.calendar import DAY_SECONDS

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.testing.happenings import Happening, Setting, Tale

NOON: Final = DAY_SECONDS // 2

PLAYS_MAX: Final = 150
"""Tales that are tried for one story; the smallest so far is good enough then."""


def shrunk(tale: Tale, shows: Callable[[Tale], bool], *, home: str) -> Tale:
    """The smallest tale found that still shows what this one does; `home` is the zone that nobody wonders about."""
    plays = 0
    while True:
        for smaller in _smaller(tale, home):
            plays += 1
            if plays > PLAYS_MAX:
                return tale
            if shows(smaller):
                tale = smaller
                break
        else:
            return tale


def _smaller(tale: Tale, home: str) -> Iterator[Tale]:
    """Tales with a little less, those with much less first."""
    told = tale.happenings
    if len(told) > 1:
        half = len(told) // 2
        yield replace(tale, happenings=())
        yield replace(tale, happenings=told[:half])
        yield replace(tale, happenings=told[half:])
    for place in range(len(told)):
        yield replace(tale, happenings=told[:place] + told[place + 1 :])
    for setting in _simpler(tale.setting, home):
        yield replace(tale, setting=setting)
    for place, happening in enumerate(told):
        for at in (tale.setting.opened_at + NOON, _at_noon(happening)):
            if at < happening.at:
                moved = replace(happening, at=at)
                yield replace(tale, happenings=(*told[:place], moved, *told[place + 1 :]))


def _simpler(setting: Setting, home: str) -> Iterator[Setting]:
    for place in range(len(setting.invoices) if len(setting.invoices) > 1 else 0):
        yield replace(setting, invoices=setting.invoices[:place] + setting.invoices[place + 1 :])
    for place in range(len(setting.news)):
        yield replace(setting, news=setting.news[:place] + setting.news[place + 1 :])
    if setting.approval_days != 0:
        yield replace(setting, approval_days=0)
    for absent, known in (("email", "ann@example.com"), ("phone", "+12025550123"), ("address", ("1 Mill Road",))):
        if not getattr(setting.debtor, absent):
            yield replace(setting, debtor=replace(setting.debtor, **{absent: known}))  # type: ignore[arg-type]
    if setting.hints != (near := (ZoneHint("zone", (home,)),)):
        yield replace(setting, hints=near)


def _at_noon(happening: Happening) -> Instant:
    """Noon, UTC, of its day: an hour that means nothing should not look as if it did."""
    return happening.at - happening.at % DAY_SECONDS + NOON
