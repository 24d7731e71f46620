"""From a contact case to what the gate is asked: an action, a situation, rulebooks, an instant.

In case files what is absent is harmless. That is written into the facts here, so that the gate itself has no such
habit: what it needs and nobody tells still refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dunning_engine.compliance.situation import Situation
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.docket import Docket, Fact
from dunning_engine.domain.parties import Channel, Collector, Party, PartyKind, ZoneHint
from dunning_engine.kernel.calendar import EVERY_DAY, Instant
from dunning_engine.testing.law_addresses import address_facts
from dunning_engine.testing.law_attempt import attempt_facts
from dunning_engine.testing.law_contacts import contact_log
from dunning_engine.testing.law_debt import debt_facts
from dunning_engine.testing.law_person import holds, person_facts, refused_channels
from dunning_engine.testing.law_told import ContactCase
from dunning_engine.testing.law_view import View, view

HARMLESS: Final[dict[str, Fact]] = {"grievance_open": False, "reachable_at_home": False}
"""Facts for which case files have no words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the gate is asked."""

    action: ProposedAction
    situation: Situation
    laws: tuple[str, ...]
    now: Instant


def asked(case: ContactCase) -> Asked:
    """The question that a case puts to the gate."""
    seen = view(case)
    return Asked(_action(seen), _situation(seen), case.facts.texts("law"), seen.now)


def _situation(seen: View) -> Situation:
    log = contact_log(seen)
    docket: Docket = {
        **HARMLESS,
        **debt_facts(seen, log),
        **person_facts(seen),
        **address_facts(seen),
        **attempt_facts(seen, log),
    }
    told = seen.case.facts
    place, regulator = seen.given.text("jurisdiction"), told.text("regulated_as")
    return Situation(
        debtor=_debtor(seen),
        zones=seen.zones,
        contacts=log,
        debts=seen.counted,
        collector=Collector(seen.collector),
        opted_out=refused_channels(seen),
        holds=holds(seen),
        zone=seen.zone,
        calendar=EVERY_DAY,
        hints=_hints(seen),
        places=frozenset({place}) if place else None,
        regulators=frozenset({regulator} if regulator else ()),
        docket=docket,
        tries=_tries(seen),
    )


def _tries(seen: View) -> tuple[Instant, ...]:
    """When the payment was tried again before; a line may stand for several tries at one instant."""
    return tuple(
        at
        for retry in seen.given.groups("retries")
        if (at := seen.at(retry, "at")) is not None
        for _ in range(retry.count("count") or 1)
    )


def _hints(seen: View) -> tuple[ZoneHint, ...]:
    """Every indication of where the person may be, with the zones that it names."""
    return tuple(
        ZoneHint(place.text("value") or place.text("kind") or "a location", place.texts("tz"))
        for place in seen.consumer.groups("locations")
    )


def _debtor(seen: View) -> Party:
    """A debtor with every kind of address: whether one is there is not what a law case asks."""
    firm = seen.consumer.text("kind") == "company" or seen.given.text("debt_kind") == "commercial"
    return Party(
        id="debtor",
        kind=PartyKind.BUSINESS if firm else PartyKind.CONSUMER,
        name=seen.given.text("known_name"),
        email="debtor@example.com",
        phone="+12025550100",
        social="debtor",
        push="debtor",
        address=("1 Main Street",),
    )


def _action(seen: View) -> ProposedAction:
    return ProposedAction(
        id=seen.case.id,
        key=ActionKey(cycle="", step="", occurrence=1, slot=""),
        case_id=seen.case.id,
        debtor_id="debtor",
        spec=_spec(seen.channel),
        planned_at=seen.now,
        invoices=(),
        amount=0,
        currency="USD",
        deadline=seen.last_day(seen.attempt, "deadline"),
    )


@lru_cache
def _spec(channel: Channel | None) -> ActionSpec:
    do = Do.HAND_OFF if channel is None else Do.CALL if channel is Channel.CALL else Do.SEND
    return ActionSpec(do, "case", channel)
