"""Judge a history: every deed against every rule that bound it at its instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.compliance.audit.answers import answer
from dunning_engine.compliance.audit.clocks import holidays, inconvenient_places, inconvenient_times, open_hours
from dunning_engine.compliance.audit.counts import contacts, cooling_off, retries, spacing, together
from dunning_engine.compliance.audit.papers import (
    blocked_addresses,
    blocked_channels,
    blocked_person,
    bureau_notice,
    carries,
    open_challenge,
    prerequisites,
)
from dunning_engine.compliance.audit.scene import Facts, Found, IsHoliday, Json, Scene, meant
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.compliance.audit.history import Deed, History
    from dunning_engine.domain.docket import Fact
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A deed that broke a rule.

    `index` is its place in the history, `others` those of the contacts that make it a breach; `evidence` tells them and
    other facts for people.
    """

    index: int
    at: Instant
    rule: str
    code: str
    kind: str
    says: str
    citation: str
    url: str
    confidence: str
    words: str
    evidence: tuple[str, ...] = ()
    others: tuple[int, ...] = ()


CHECKS: Final[Mapping[str, Callable[[Any, Scene], Found | None]]] = MappingProxyType({
    "open_hours": open_hours,
    "holidays": holidays,
    "contacts": contacts,
    "together": together,
    "spacing": spacing,
    "cooling_off": cooling_off,
    "blocked_channels": blocked_channels,
    "blocked_addresses": blocked_addresses,
    "blocked_person": blocked_person,
    "inconvenient_times": inconvenient_times,
    "inconvenient_places": inconvenient_places,
    "prerequisites": prerequisites,
    "carries": carries,
    "open_challenge": open_challenge,
    "bureau_notice": bureau_notice,
    "retries": retries,
})  # fmt: skip
"""How each kind of limit is looked at."""


PLACE: Final[Json] = {
    "rule": "place",
    "kind": "requirement",
    "code": "PLACE_UNDETERMINED",
    "says": "Whose law protects the debtor has to be known",
    "confidence": "house",
}
"""What a rulebook with `place_needed` asks besides its rules."""


def no_holidays(_calendar: str, _day: date) -> bool:
    """For laws that name no calendar."""
    return False


def audit(
    history: History,
    rulebooks: Iterable[Json],
    *,
    facts: Facts = Facts.ASSUMED,
    is_holiday: IsHoliday = no_holidays,
) -> tuple[Breach, ...]:
    """Every breach in a history, in its order. Rulebooks are the JSON that ships.

    Only what was done to reach the debtor, and acts out of their sight, are judged; what the debtor began is evidence.
    """
    books = tuple(rulebooks)
    found = []
    for index, deed in enumerate(history.deeds):
        if deed.contact is not None and deed.contact.inbound:
            continue
        scene = Scene(history, index, deed, docket(history, deed), facts, is_holiday)
        found += [breach for book in books for breach in _in_book(book, scene)]
    return tuple(found)


def docket(history: History, deed: Deed) -> dict[str, Fact]:
    """What was known at the instant of a deed: of several facts about one term the last to begin, then its own."""
    standing = [known for known in history.facts if known.when.stood(deed.at, deed.debts)]
    standing.sort(key=lambda known: (known.when.start is not None, known.when.start or 0))
    return {known.term: known.value for known in standing} | deed.told


def _in_book(book: Json, scene: Scene) -> Iterator[Breach]:
    places = scene.history.places
    if book.get("place_needed") and not places and scene.channel and scene.facts is Facts.REQUIRED:
        yield _breach(PLACE, book, scene, Found("nobody knows where the debtor was"))
    if not may_be_in(places, book.get("place", "")):
        return
    for rule in book["rules"]:
        if _binds(rule, scene) and _speaks(rule, scene) and not _set_aside(rule, book, scene):
            limit = _in_force(rule["since"], scene.at)
            found = None if limit is None else _checked(limit, scene)
            if found is not None:
                yield _breach(rule, book, scene, found)


def may_be_in(places: frozenset[str] | None, law: str) -> bool:
    """Whether the debtor may be where a law holds: `US-MA` is in `US`, and whoever is in `US` may be in `US-MA`."""
    if not law or not places:
        return True
    parts = law.split("-")
    return any(a == b for place in places for a, b in [_common(place.split("-"), parts)])


def _common(one: list[str], other: list[str]) -> tuple[list[str], list[str]]:
    """Two places, told as finely as the coarser of them."""
    length = min(len(one), len(other))
    return one[:length], other[:length]


def _binds(rule: Json, scene: Scene) -> bool:
    """Whether the rule is about such a deed, debtor and collector; what it does not name, it does not care about."""
    binds, history = rule.get("binds", {}), scene.history
    checks = (
        rule.get("offstage", False) is (scene.deed.contact is None),
        not binds.get("collectors") or history.collector.value in binds["collectors"],
        not binds.get("debtors") or history.kind.value in binds["debtors"],
        not binds.get("channels") or meant(scene.channel, binds["channels"]),
        not binds.get("regulators") or any(name in binds["regulators"] for name in history.regulators),
    )
    return all(checks)


def _speaks(rule: Json, scene: Scene) -> bool:
    """Whether all of its `when` is so, and nothing of its `unless`; what is unknown is not so."""
    when = all(answer(question, scene) is True for question in rule.get("when", ()))
    unless = any(answer(question, scene) is True for question in rule.get("unless", ()))
    return when and not unless


def _set_aside(rule: Json, book: Json, scene: Scene) -> bool:
    """Whether a person had set the rule aside for this deed; no one can set a prohibition aside."""
    return rule["kind"] != "prohibition" and f"{book['rulebook']}/{rule['rule']}" in scene.deed.overrides


def _in_force(since: Json, at: Instant) -> Any:
    """What a rule asked on the day (of UTC) of an instant; days in ISO 8601 sort as they are written."""
    today = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    begun = [day for day in since if day <= today]
    return since[max(begun)] if begun else None


def _checked(limit: Json, scene: Scene) -> Found | None:
    ((kind, value),) = limit.items()
    if kind not in CHECKS:
        raise UsageError(f"a rulebook asks {kind!r}, which this auditor cannot judge")
    return CHECKS[kind](value, scene)


def _breach(rule: Json, book: Json, scene: Scene, found: Found) -> Breach:
    citation = rule.get("citation", {})
    return Breach(
        index=scene.index,
        at=scene.at,
        rule=f"{book['rulebook']}/{rule['rule']}",
        code=found.code or rule.get("code", ""),
        kind=rule["kind"],
        says=rule["says"],
        citation=citation.get("text", ""),
        url=citation.get("url", ""),
        confidence=rule.get("confidence", ""),
        words=found.words,
        evidence=found.evidence,
        others=found.others,
    )
