"""Facts by signed messages."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine import DunningEngine, Invoice, Money, Party
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.inbound import BODY_MOST, Sender, Unreadable, take_in
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.ports.signatures import Forged, Secret, headers_of
from dunning_engine.stores.memory import MemoryStore

KEY = Secret(b"k" * 32)
BANK, FORM = Sender("bank", [KEY]), Sender("web form")
POLICY = """
policy: p
version: 1
time: {zone: Europe/Berlin}
quiet_hours: 20:00 to 08:00
steps: [{step: reminder, when: 7 days after due, send: email reminder}]
"""


@pytest.fixture
def engine():
    clock = FixedClock("2026-03-20T12:00:00+01:00")
    with DunningEngine.open(
        MemoryStore(), policies=[policy_of(POLICY, "p.yaml")], clock=clock, allow_missing=["email"]
    ) as engine:
        ann = Party.business("ann", email="ann@example.com")
        owed = [Invoice("A-1", Money("100.00", "EUR"), due="2026-03-01")]
        engine.open_case(debtor=ann, owed=owed, policy="p", case_id="c")
        yield engine


def report(engine, fact, *, sender=BANK, name="m1", **more):
    body = json.dumps({"case": "c", "fact": fact, **more}).encode()
    return take_in(engine, sender, headers_of([KEY], name, engine.clock.now(), body), body)


def open_of(engine):
    return engine.case("c").receivables[0].open


def test_a_signed_payment_counts_once(engine):
    assert report(engine, "payment of 40.00 for A-1", at="2026-03-19")
    assert not any(report(engine, "payment of 40.00 for A-1", at="2026-03-19") for _ in range(100))
    assert open_of(engine) == 6_000


def test_the_same_identity_with_another_content_is_refused(engine):
    report(engine, "payment of 40.00")
    with pytest.raises(UsageError, match="other content"):
        report(engine, "payment of 50.00")
    assert open_of(engine) == 6_000


def test_what_is_not_signed_changes_nothing(engine):
    with pytest.raises(Forged):
        take_in(engine, BANK, {"webhook-id": "m1"}, b'{"case": "c", "fact": "payment of 40.00"}')
    assert open_of(engine) == 10_000


def test_what_has_not_happened_yet_is_not_taken_for_now(engine):
    """A day of difference is left to senders whose day has begun already; a host may record what it likes."""
    for at in ("2030-11-12", "2026-03-22", "2026-03-21T12:00:01+01:00"):
        with pytest.raises(Unreadable, match="more than a day from now"):
            report(engine, "payment of 100.00 for A-1", at=at)
    assert open_of(engine) == 10_000
    assert report(engine, "payment of 100.00 for A-1", at="2026-03-21")


def test_an_identity_without_measure_is_refused(engine):
    with pytest.raises(UsageError, match="event_id: 10,000 characters"):
        report(engine, "payment of 40.00", name="m" * 10_000)
    with pytest.raises(UsageError, match="holds a NUL"):
        report(engine, "payment of 40.00", name="m\0")
    assert open_of(engine) == 10_000


def test_a_sender_without_a_secret_may_hold_and_not_settle(engine):
    with pytest.raises(Unreadable, match="signs nothing"):
        report(engine, "payment of 40.00", sender=FORM)
    assert report(engine, "dispute opened on A-1", sender=FORM)
    assert open_of(engine) == 10_000
    assert engine.case("c").holds
    with pytest.raises(Forged, match="identity"):
        take_in(engine, FORM, {}, b"{}")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 50_000, "no JSON"),
        (b"x" * (BODY_MOST + 1), "at most"),
        (b"[]", "is an object"),
        (b'{"case": "c"}', "is an object"),
        (b'{"case": "c", "fact": "dispute opened", "amount": "1"}', "is an object"),
        (b'{"case": "c", "case": "d", "fact": "dispute opened"}', "twice"),
        (b'{"case": "c", "fact": 1}', "texts"),
        (b'{"case": "c", "fact": "paymnt 1.00"}', "tells no fact"),
        (b'{"case": "c", "fact": "payment of 1.005"}', "decimal"),
        (b'{"case": "c", "fact": "reminder delivered"}', "news of a step"),
    ],
)
def test_what_cannot_be_read_is_told(engine, body, why):
    with pytest.raises(Unreadable, match=why):
        take_in(engine, BANK, headers_of([KEY], "m1", engine.clock.now(), body), body)


def test_a_case_that_is_not_there(engine):
    body = b'{"case": "nobody", "fact": "dispute opened"}'
    with pytest.raises(NotFound):
        take_in(engine, BANK, headers_of([KEY], "m1", engine.clock.now(), body), body)


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=4))
def test_every_order_and_every_repetition_ends_with_the_same_balance(order, again):
    clock = FixedClock("2026-03-20T12:00:00+01:00")
    with DunningEngine.open(
        MemoryStore(), policies=[policy_of(POLICY, "p.yaml")], clock=clock, allow_missing=["email"]
    ) as engine:
        owed = [Invoice("A-1", Money("100.00", "EUR"), due="2026-03-01")]
        engine.open_case(debtor=Party.business("ann"), owed=owed, policy="p", case_id="c")
        facts = [
            "payment of 40.00",
            "payment of 10.00",
            "reversal of 10.00",
            "credit note of 5.00",
            "dispute opened on A-1",
        ]
        for number in (*order, *again):
            report(engine, facts[number], name=f"m{number}", at=f"2026-03-{10 + number}")
        assert open_of(engine) == 5_500
