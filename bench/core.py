"""The pure core: a decision that is due, one that is not, the gate, and the lifecycle beside the library it is drawn by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.measure import Figure, best
from dunning_engine import load_policy
from dunning_engine.decision.decider import decide
from dunning_engine.decision.lifecycle import CaseModel, Facts, case_machine, fire
from dunning_engine.domain.case import Case, CaseStatus, fold
from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.events import CaseOpened, ReceivableAdded, Recorded
from dunning_engine.domain.parties import Channel, Party, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.kernel.calendar import parse_instant
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Policy

POLICIES = Path(__file__).parent
"""The policy of every run is the same one, and knows none of the words that came after the first: `us-consumer.yaml`."""
NOON, NEW_YORK = datetime(2026, 3, 6, 12, tzinfo=UTC), ZoneInfo("America/New_York")
NOT_DUE = parse_instant("2026-02-10T12:00:00-05:00")
DUE = parse_instant("2026-03-06T12:00:00-05:00")


def a_case(policy: Policy) -> Case:
    """A household with one invoice and a week of three earlier contacts about something else."""
    debtor = Party.consumer("ann", email="ann@example.com", phone="+12125550123", address=("1 Main St",), country="US")
    hints = (ZoneHint("zone", ("America/New_York",)), ZoneHint("phone", ("America/Chicago",)))
    opened = parse_instant("2026-02-01T00:00:00-05:00")
    invoice = Invoice("INV-1", Money("240.00", "USD"), due="2026-03-02", issued="2026-02-01")
    events = (CaseOpened(debtor, policy.ref, hints), ReceivableAdded(invoice))
    return fold("ann/USD", [Recorded(n, opened, opened, event) for n, event in enumerate(events, 1)])


def log_of(count: int) -> ContactLog:
    """Contacts by e-mail, the last of them ten days before `DUE`."""
    return ContactLog(Contact(DUE - (10 + n) * 86_400, Channel.EMAIL, ("other",)) for n in range(count))


def figures() -> Iterator[Figure]:
    speed = best(lambda: NOON.astimezone(NEW_YORK), calls=20_000)
    yield Figure("this machine: datetime.astimezone", speed * 1e6, "us", "0.28 us where the targets were set")
    policy = load_policy(POLICIES / "us-consumer.yaml")
    law = load_rulebooks(policy.law)
    case = a_case(policy)
    busy = replace(case, contacts=log_of(50))
    assert decide(busy, policy, law, DUE).cleared, "the due case must have something to send"
    assert not decide(case, policy, law, NOT_DUE).cleared, "the other must not"
    method = "us-consumer under us/reg-f-limits, two zones, warm caches, best of 7 x 2,000 calls"
    due = best(lambda: decide(busy, policy, law, DUE))
    idle = best(lambda: decide(case, policy, law, NOT_DUE))
    yield Figure("decide, due, gate included, 50 contacts", due * 1e6, "us", method, 60)
    yield Figure("decide, not due", idle * 1e6, "us", method, 10)
    yield from _lifecycle()


def _lifecycle() -> Iterator[Figure]:
    model = CaseModel(int(Facts.OVERDUE))
    machine = case_machine(model)
    event = machine.events["fall_due"]

    def library() -> None:
        model.state = CaseStatus.UPCOMING.value
        event.trigger(model)

    theirs = best(library, calls=1_000)
    ours = best(lambda: fire(CaseStatus.UPCOMING, "fall_due", int(Facts.OVERDUE)), calls=20_000)
    yield Figure("lifecycle move, compiled table", ours * 1e6, "us", "one trigger, two guards")
    yield Figure("lifecycle move, transitions", theirs * 1e6, "us", "the same rows in the library")
    yield Figure("lifecycle, times faster than transitions", theirs / ours, "x", "same run", 20, more_is_better=True)
