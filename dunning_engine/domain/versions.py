"""Policy versions as cases know them: which one a case keeps, and what becomes of its ladder when it gets another.

What was done stays done: each delivery moves to the step that the map names, under the identity that it always had.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.charges import DEFAULT_TERMS, LedgerTerms
from dunning_engine.kernel.ids import short_hash

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.events import PolicyRef, Recorded


@dataclass(frozen=True, slots=True)
class PolicyAssigned:
    """The case was moved to another policy version; `map` says which step each old one is now (empty: none).

    Steps that the map does not name keep their name.
    """

    policy: PolicyRef
    map: tuple[tuple[str, str], ...] = ()
    by: str = ""
    reason: str = ""
    terms: LedgerTerms = DEFAULT_TERMS
    """What the case's ledger follows of the new version."""


def _assigned(case: Case, event: PolicyAssigned, recorded: Recorded) -> dict[str, Any]:
    names = dict(event.map)
    deliveries = _counted_on(case.deliveries.values(), names)
    return {
        "policy": event.policy,
        "terms": event.terms,
        "assigned_by": event.by,
        "deliveries": {delivery.id: delivery for delivery in deliveries},
        "skipped": tuple(replace(skip, step=names.get(skip.step, skip.step)) for skip in case.skipped),
        "set_backs": tuple(replace(mark, step=names.get(mark.step, mark.step)) for mark in case.set_backs),
        "forced": tuple(replace(forcing, step=names.get(forcing.step, forcing.step)) for forcing in case.forced),
        "aliases": _aliases(case.id, deliveries, recorded.seq),
    }


def _counted_on(deliveries: Collection[Delivery], names: Mapping[str, str]) -> list[Delivery]:
    """Deliveries under the new names of their steps; where several steps have become one, as its occurrences in turn."""
    numbers: dict[tuple[str, str, str, int], int] = {}
    sources: dict[tuple[str, str], set[str]] = {}
    for one in deliveries:
        sources.setdefault((one.key.cycle, names.get(one.key.step, one.key.step)), set()).add(one.key.step)
    counts: dict[tuple[str, str], int] = {}
    for one in sorted(deliveries, key=lambda each: (each.planned_at, each.key.occurrence)):
        cycle, step, occurrence = one.key.cycle, one.key.step, one.key.occurrence
        target = (cycle, names.get(step, step))
        if len(sources[target]) > 1 and (*target, step, occurrence) not in numbers:
            counts[target] = counts.get(target, 0) + 1
            numbers[*target, step, occurrence] = counts[target]
    return [_renamed(one, names, numbers) for one in deliveries]


def _renamed(one: Delivery, names: Mapping[str, str], numbers: Mapping[tuple[str, str, str, int], int]) -> Delivery:
    key = one.key
    step = names.get(key.step, key.step)
    occurrence = numbers.get((key.cycle, step, key.step, key.occurrence), key.occurrence)
    if (step, occurrence) == (key.step, key.occurrence):
        return one
    return replace(one, key=replace(key, step=step, occurrence=occurrence))


def _aliases(case_id: str, deliveries: Collection[Delivery], seq: int) -> dict[str, str]:
    """The identities that actions have instead of those that follow from their keys.

    What has moved to another step keeps its own; and what would now come under that one gets a new one.
    """
    moved = {one.key.action_id(case_id): one.id for one in deliveries if one.key.action_id(case_id) != one.id}
    taken = {own: short_hash(own, str(seq)) for own in moved.values() if own not in moved}
    return {**taken, **moved}


OF_VERSIONS: Final[Mapping[type, Callable[[Case, Any, Recorded], dict[str, Any]]]] = {PolicyAssigned: _assigned}
