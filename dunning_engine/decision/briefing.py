"""What the gate is told about an action: where the debtor may be, what is on the docket, and what the attempt is.

Much that law asks for follows from what the case knows anyway: when people first spoke, whether a dispute is open. It
is worked out here unless somebody recorded it, so that nobody has to tell the engine what it has done itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.periods import observed_calendar, validation_period
from dunning_engine.compliance.situation import Situation
from dunning_engine.decision.retries import failure, tries
from dunning_engine.domain.addressing import addressed, in_law, zones_of
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import CONSUMER, Outcome
from dunning_engine.domain.docket import Challenge, line_of
from dunning_engine.domain.parties import Channel, Collector
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import local_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.contacts import Contact, ContactLog
    from dunning_engine.domain.docket import Docket, Fact
    from dunning_engine.domain.parties import Party
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy

_MISSED: Final = frozenset({Outcome.NOT_CONNECTED, Outcome.WRONG_NUMBER, Outcome.NO_MESSAGE, Outcome.CALL_BACK})
_SAID: Final = frozenset({Outcome.CONVERSATION, Outcome.MESSAGE})
_NONE: Final[frozenset[str]] = frozenset()
_THE_PERSON: Final = frozenset({CONSUMER, "surviving_spouse"})


def briefed(
    action: ProposedAction, case: Case, policy: Policy, standing: Standing, contacts: ContactLog, now: Instant
) -> Situation:
    """Everything that rules may look at when they are asked about an action."""
    collector = _collector(policy, standing)
    to = action.spec.to
    return Situation(
        debtor=addressed(case.debtor, to) if to else case.debtor,
        zones=zones_of(case.debtor, case.zones, to) if to else case.zones,
        contacts=contacts,
        debts=(case.id,),
        collector=collector,
        opted_out=case.opted_out,
        holds=standing.holds,
        waiting=standing.waiting.channels,
        zone=policy.zone,
        calendar=policy.calendar,
        hints=case.hints,
        places=case.places,
        regulators=policy.regulators,
        docket=known_facts(action, case, standing, contacts, now, collector, policy.zone),
        tries=tries(case, action.id) if action.spec.do is Do.RETRY else (),
        promised=tuple([promise.made_at for promise in case.promises]),
        overrides=_set_aside(action, case) if case.overrides else _NONE,
    )


def _set_aside(action: ProposedAction, case: Case) -> frozenset[str]:
    """The rules that a person set aside for an action."""
    return frozenset(rule for granted in case.overrides.get(action.id, ()) for rule in granted.rules)


def _collector(policy: Policy, standing: Standing) -> Collector:
    """In whose name: a creditor's own contact about a debt that is overdue counts as collection."""
    ours = policy.collector is Collector.FIRST_PARTY and standing.overdue_count
    return Collector.FIRST_PARTY_IN_DEFAULT if ours else policy.collector


def known_facts(
    action: ProposedAction,
    case: Case,
    standing: Standing,
    contacts: ContactLog,
    now: Instant,
    collector: Collector,
    zone: str,
) -> Docket:
    """What follows from the case, over it what was recorded, and over both what the attempt itself is."""
    facts: dict[str, Fact] = {}
    if case.holds and (challenges := tuple(_challenges(case, now))):
        facts["challenges"] = challenges
    if standing.settled and case.entries:
        facts["paid"] = max(entry.at for entry in case.entries)
    if (revoked := _revoked(case)) is not None:
        facts["opted_out_at"] = revoked
    if collector is Collector.THIRD_PARTY:
        facts |= _collected(case, contacts, now)
    facts |= case.docket
    if "validation_end" not in facts and isinstance(provided := facts.get("validation_provided"), int):
        day = local_day(provided, zone)
        facts["validation_end"] = validation_period(day, observed_calendar()).end
    return facts | _attempt(action, case, contacts, now, collector, facts.get("initial_communication"))


def _revoked(case: Case) -> Instant | None:
    """When consent to calls and texts was last taken back: an opt-out from one of them counts for both (C8 of us/tcpa)."""
    if not case.opted_out:
        return None
    refused = case.opted_out & {Channel.CALL, Channel.SMS}
    return max((case.told[f"consent {channel.value}"] for channel in refused), default=None)


def _challenges(case: Case, now: Instant) -> Iterator[Challenge]:
    """Disputes that are open, of whatever part: the stricter reading holds the whole debt."""
    for hold in case.holds:
        if (
            hold.reason is HoldReason.DISPUTE
            and hold.channel is None
            and hold.start <= now
            and (hold.end is None or now < hold.end)
        ):
            yield Challenge(hold.start)


def _collected(case: Case, contacts: ContactLog, now: Instant) -> dict[str, Fact]:
    """When the person was first spoken or written to about the debt, and when somebody last tried."""
    tried = [contact for contact in contacts if _about(contact, case, now)]
    facts: dict[str, Fact] = {"last_activity": tried[-1].at} if tried else {}
    first = next((contact.at for contact in tried if _communicates(contact)), None)
    if first is not None:
        facts["initial_communication"] = first
    return facts


def _about(contact: Contact, case: Case, now: Instant) -> bool:
    return not contact.inbound and contact.at <= now and (not contact.debts or case.id in contact.debts)


def _communicates(contact: Contact) -> bool:
    """Whether a contact brought the person something about the debt: a call that nobody took did not."""
    if contact.addressee not in _THE_PERSON:
        return False
    return contact.outcome in _SAID if contact.channel is Channel.CALL else contact.outcome not in _MISSED


def _attempt(
    action: ProposedAction, case: Case, contacts: ContactLog, now: Instant, collector: Collector, initial: Fact | None
) -> dict[str, Fact]:
    """What is about to be done."""
    facts: dict[str, Fact] = {"purpose": action.spec.purpose(ultimatum=action.deadline is not None)}
    if action.deadline is not None:
        facts["deadline"] = action.deadline
    channel = action.spec.channel
    if action.spec.do is Do.RETRY and case.declines:
        facts |= failure(case)
    if channel is None:
        return facts
    if (whom := in_law(case.debtor, action.spec.to)) != CONSUMER:
        facts["addressee"] = whom
    address = address_of(addressed(case.debtor, action.spec.to), channel)
    if address:
        facts["address"] = address
    if line := line_of(channel, case.docket):
        facts["line"] = line
    if collector is Collector.THIRD_PARTY:
        facts["first_communication"] = not isinstance(initial, int) or initial > now
        if channel is not Channel.CALL:
            facts["first_writing"] = not any(
                contact.channel is not Channel.CALL and _about(contact, case, now) and _communicates(contact)
                for contact in contacts
            )
    return facts


def address_of(debtor: Party, channel: Channel) -> str:
    """The address or number that a channel uses; empty where none is known, or the channel needs none."""
    match channel:
        case Channel.EMAIL:
            return debtor.email or ""
        case Channel.SMS | Channel.CALL:
            return debtor.phone or ""
        case Channel.LETTER | Channel.VISIT:
            return ", ".join(debtor.address)
        case _:
            return {Channel.SOCIAL: debtor.social, Channel.PUSH: debtor.push}.get(channel) or ""
