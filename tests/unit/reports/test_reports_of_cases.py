"""Reports over cases: what is owed and how late, the log of contacts, what each step brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from dunning_engine import DunningEngine, HoldPlaced, Invoice, Money, Party, PaymentReceived, load_policy
from dunning_engine.adapters.console import Console
from dunning_engine.domain.actions import ActionKey
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import Case
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.events import ContactMade
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import day_start
from dunning_engine.reports.contact_log import contact_log, deemed_by
from dunning_engine.reports.past_due import BUCKETS, bucket_of, by_age, owed
from dunning_engine.reports.step_results import step_results

POLICY = """policy: shop
version: 1
time: {zone: Europe/Berlin}
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: second
    when: 7 days after reminder
    send: email second
    call: script
pause_while: [disputed]
"""


def berlin(day: str) -> int:
    return day_start(date.fromisoformat(day).toordinal(), "Europe/Berlin")


@pytest.fixture
def engine(tmp_path: Path):
    """Ann owes two invoices and pays one after the reminder; Bob disputes; Cid has no address."""
    (tmp_path / "shop.yaml").write_text(POLICY, "utf-8")
    for name in ("reminder", "second"):
        file = tmp_path / "templates" / "email" / f"{name}.liquid"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("Subject: {{ invoice.number }}\n\nPlease pay {{ case.balance }}.\n", "utf-8")
    policies = [load_policy(tmp_path / "shop.yaml")]
    with DunningEngine.open("memory:", policies=policies, adapters=[Console(StringIO())]) as engine:
        for name, invoices, email in (
            ("ann", ("A-1",), "ann@example.com"),
            ("bob", ("B-1", "B-2"), "bob@example.com"),
            ("cid", ("C-1",), None),
        ):
            debtor = Party.business(name, name=name.title(), zone="Europe/Berlin", country="DE", email=email)
            owed_ = [
                Invoice(number, Money("100.00", "EUR"), due="2026-03-02", issued="2026-02-02") for number in invoices
            ]
            engine.open_case(debtor, owed_, "shop", case_id=name, at="2026-02-02")
        for day in range(1, 12):
            engine.clock = _At(berlin("2026-03-01") + day * 86_400 + 43_200)
            engine.advance(engine.clock.now())
            engine.dispatch(engine.clock.now())
            if day == 7:
                engine.record("ann", PaymentReceived(Money("100.00", "EUR")))
                engine.record("bob", HoldPlaced(HoldReason.DISPUTE, "B-1"))
                engine.record("bob", ContactMade(Channel.CALL, Outcome.CONVERSATION, inbound=True))
        yield engine


class _At:
    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        return self.at


def of(engine: DunningEngine):
    return [(case, engine.policy_of(case.id)) for case in engine.cases()]


@pytest.mark.parametrize(
    ("days", "age"),
    [(-5, "not due"), (0, "not due"), (1, "1–30"), (30, "1–30"), (31, "31–60"), (90, "61–90"), (91, "90+")],
)
def test_ages(days, age):
    assert BUCKETS[bucket_of(days)] == age


def test_what_is_owed(engine):
    """Paid invoices are gone, disputed ones say so, the last thing done stands beside each."""
    rows = {row.invoice: row for row in owed(of(engine), berlin("2026-03-13"))}

    assert sorted(rows) == ["B-1", "B-2", "C-1"]
    assert (rows["B-1"].waits, rows["B-2"].waits) == (("disputed",), ())
    assert (rows["B-2"].days, rows["B-2"].bucket, rows["B-2"].name) == (11, "1–30", "Bob")
    assert rows["B-2"].last == "email second (sent)"
    assert by_age(rows.values()) == {"EUR": [0, 30_000, 0, 0, 0]}


def test_what_is_not_due_is_left_out_when_asked(engine):
    assert owed(of(engine), berlin("2026-03-01"), due_only=True) == []
    assert len(owed(of(engine), berlin("2026-03-01"))) == 3


def test_the_contact_log(engine):
    """What went out, what was refused by which rule, and what the debtor began, by time."""
    entries = contact_log(case for case, _ in of(engine))

    assert entries == sorted(entries, key=lambda entry: entry.at)
    assert [(e.what, e.result) for e in entries if e.case == "bob"] == [
        ("email reminder", "sent"),
        ("call from the debtor", "conversation"),
        ("email second", "sent"),
        ("call script", "blocked"),
    ]
    refused = [entry for entry in entries if entry.case == "cid"]
    assert refused
    assert all(entry.result == "blocked" and entry.rules for entry in refused)
    assert all(entry.result != "blocked" for entry in contact_log((c for c, _ in of(engine)), withheld=False))


def test_what_a_call_came_to(engine):
    """The outcome of a call that was asked for stands in its own line."""
    bob = engine.case("bob")
    called = next(delivery for delivery in bob.deliveries.values() if delivery.channel is Channel.EMAIL)
    engine.record("bob", ContactMade(Channel.EMAIL, Outcome.NO_ANSWER, action_id=called.id))

    assert "sent, no answer" in [entry.result for entry in contact_log([engine.case("bob")])]


def test_what_steps_bring(engine):
    """Ann paid after the reminder; Bob went on to the second; Cid could not be reached at all."""
    reminder, second = step_results(of(engine), berlin("2026-03-13"))

    assert (reminder.reached, reminder.paid, reminder.blocked, reminder.share) == (2, 1, 1, 0.5)
    assert (reminder.asked, reminder.settled) == (30_000, 10_000)
    assert (second.reached, second.paid, second.share) == (1, 0, 0.0)


def test_the_log_says_what_is_only_deemed(tmp_path):
    """A letter that nothing proves counts as delivered by its policy, and the log does not hide it."""
    text = POLICY.replace("send: email reminder", "send: letter reminder\n    deemed_delivered: 3 days after sending")
    (tmp_path / "shop.yaml").write_text(text, "utf-8")
    policy = load_policy(tmp_path / "shop.yaml")
    sent, shop = berlin("2026-03-05"), Case(id="ann", debtor=Party.business("ann"), policy=policy.ref, opened_at=0)
    key = ActionKey("A-1", "reminder", 1, "letter")
    delivery = Delivery(
        "a1", key, "letter reminder", Channel.LETTER, DeliveryState.SENT, sent, sent, armed_at=sent, sent_at=sent
    )
    case = replace(shop, deliveries={"a1": delivery})
    for day, result in (("2026-03-08", "sent"), ("2026-03-09", "sent, deemed delivered")):
        (entry,) = contact_log([case], deemed=deemed_by([(case, policy)], berlin(day)))
        assert entry.result == result
