"""A debtor in New York, a collector, and one attempt: what the tests of the gate and its rules ask about."""

from __future__ import annotations

from dunning_engine.compliance.gate import GateRule, GateRules, gate
from dunning_engine.compliance.rulebook import DatedValue
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.parties import Channel, Collector, Party
from dunning_engine.kernel.calendar import EVERY_DAY, day_of, iso, parse_instant

NEW_YORK = "America/New_York"
NOON = parse_instant("2026-06-10T12:00:00-04:00")
EVERYWHERE = Party.consumer(
    "ann", email="a@example.com", phone="+12125550123", social="@ann", address=("1 Main St",), push="d"
)
CALLS = frozenset({Channel.CALL})


def at(text, offset="-04:00"):
    """An instant in New York's summer: `06-10 12:00` of 2026."""
    day, clock = text.split()
    return parse_instant(f"2026-{day}T{clock}{'' if len(clock) == 8 else ':00'}{offset}")


def day(text):
    return day_of(f"2026-{text}")


def situation(**more):
    facts = {
        "debtor": EVERYWHERE,
        "zones": (NEW_YORK,),
        "contacts": ContactLog(),
        "debts": ("case-1",),
        "collector": Collector.THIRD_PARTY,
        "opted_out": frozenset(),
        "holds": frozenset(),
        "zone": NEW_YORK,
        "calendar": EVERY_DAY,
    }
    return Situation(**{**facts, **more})


def proposed(channel=Channel.CALL):
    do = Do.HAND_OFF if channel is None else Do.CALL if channel is Channel.CALL else Do.SEND
    return ProposedAction(
        id="a1",
        key=ActionKey("INV-1", "chase", 1, "x"),
        case_id="case-1",
        debtor_id="ann",
        spec=ActionSpec(do, "script", channel),
        planned_at=NOON,
        invoices=("INV-1",),
        amount=100,
        currency="USD",
    )


def of_law(limit, ident="law/rule", **more):
    """A rule of a rulebook."""
    values = more.pop("values", (DatedValue(0, limit),))
    return GateRule(id=ident, says="A rule", values=values, law=True, **more)


def ask(*rules, now=NOON, channel=Channel.CALL, docket=None, **facts):
    """The gate's answer; `docket` is what is known besides."""
    return gate(proposed(channel), situation(docket=docket or {}, **facts), GateRules(rules), now)


def log(*instants, channel=Channel.CALL, debts=("case-1",), outcome=Outcome.ATTEMPTED, **more):
    return ContactLog(Contact(instant, channel, debts, outcome, **more) for instant in instants)


def talk(*instants, **more):
    """Conversations."""
    return log(*instants, outcome=Outcome.CONVERSATION, **more)


def until(verdict, name=NEW_YORK):
    assert isinstance(verdict, Deferred), verdict
    return iso(verdict.until, name)


def opens(verdict, name=NEW_YORK):
    """When a contact may go out, to the minute; `now` or `never`."""
    match verdict:
        case Cleared():
            return "now"
        case Blocked():
            return "never"
        case Deferred():
            return iso(verdict.until, name)[5:16].replace("T", " ")


def words(verdict):
    """What the first reason says, of a rule that refuses."""
    assert isinstance(verdict, Blocked), verdict
    return verdict.reasons[0].words.removeprefix("A rule: ")


def codes(verdict):
    return [reason.code for reason in verdict.reasons]
