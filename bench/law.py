"""The gate: five rulebooks and fifty earlier contacts; a clear answer, and the earliest lawful instant."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import Figure, best
from dunning_engine.compliance.gate import GateRules, assemble, gate
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Cleared, Deferred
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.parties import Channel, Collector, Party
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.kernel.calendar import EVERY_DAY, Instant, parse_instant

LAW = ("us/reg-f", "us/reg-f-limits", "us/tcpa", "us/fl", "us/wv")
NOON = parse_instant("2026-06-10T12:00:00-04:00")
MIDNIGHT = parse_instant("2026-06-11T00:00:00-04:00")


def a_situation() -> Situation:
    """A third party's debtor of whom two zones are indicated, with fifty contacts by all channels behind them."""
    channels = (Channel.EMAIL, Channel.EMAIL, Channel.LETTER, Channel.SMS, Channel.CALL)
    return Situation(
        debtor=Party.consumer("ann", email="ann@example.com", phone="+13055550123", address=("1 Main St",)),
        zones=("America/Chicago", "America/New_York"),
        contacts=ContactLog(Contact(NOON - n * 86_400 - 7_200, channels[n % 5], ("case",)) for n in range(1, 51)),
        debts=("case",),
        collector=Collector.THIRD_PARTY,
        opted_out=frozenset(),
        holds=frozenset(),
        zone="America/New_York",
        calendar=EVERY_DAY,
        places=frozenset({"US-FL"}),
        docket={"purpose": "collect", "line": "mobile"},
    )


def a_call() -> ProposedAction:
    return ProposedAction(
        id="a1",
        key=ActionKey("INV-1", "chase", 1, ""),
        case_id="case",
        debtor_id="ann",
        spec=ActionSpec(Do.CALL, "script", Channel.CALL),
        planned_at=NOON,
        invoices=("INV-1",),
        amount=24_000,
        currency="USD",
    )


def figures() -> Iterator[Figure]:
    rules, situation, action = assemble((), load_rulebooks(LAW)), a_situation(), a_call()
    assert isinstance(gate(action, situation, rules, NOON), Cleared), "noon must be clear"
    late = gate(action, situation, rules, MIDNIGHT)
    assert isinstance(late, Deferred), "midnight must wait"
    method = f"{len(LAW)} rulebooks ({len(rules)} rules), two zones, 50 contacts, warm, best of 7 x 2,000 calls"
    clear = best(lambda: gate(action, situation, rules, NOON))
    yield Figure("gate, clear answer", clear * 1e6, "us", method, 40)
    earliest = best(lambda: gate(action, situation, rules, MIDNIGHT), calls=500)
    yield Figure("gate, earliest lawful instant", earliest * 1e3, "ms", f"{method}; asked at midnight", 1)
    scan = best(lambda: _by_the_minute(action, situation, rules, late.until), calls=2)
    yield Figure("gate, earliest, times faster than trying minutes", scan / earliest, "x", "same run", 20, True)


def _by_the_minute(action: ProposedAction, situation: Situation, rules: GateRules, until: Instant) -> Instant:
    """What a gate without edges would do: ask at every minute until the answer is clear."""
    instant = MIDNIGHT
    while instant < until and not isinstance(gate(action, situation, rules, instant), Cleared):
        instant += 60
    return instant
