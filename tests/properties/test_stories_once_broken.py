"""Stories that once ended badly: each was found by the machine, cut down, and is played again under every monitor."""

from __future__ import annotations

from datetime import date
from functools import cache

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldPlaced, PaymentReceived, ReceivableAdded
from dunning_engine.domain.ledger_events import DiscountGranted
from dunning_engine.domain.parties import Party, PlaceHint, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS, day_start, moment
from dunning_engine.kernel.money import Money
from dunning_engine.testing.happenings import Happening, Setting, Tale
from dunning_engine.testing.monitors import MONITORS
from dunning_engine.testing.rehearsal import Rehearsal
from dunning_engine.testing.telling import story, text

DUE = date(2026, 3, 2)
HEAD = """policy: shop
version: 1
time: {zone: Europe/Berlin}
quiet_hours: 20:00 to 09:00
"""
LADDER = """steps:
  - {step: reminder, when: 3 days after due, send: email reminder}
  - {step: claim, when: 10 days after reminder, send: email claim}
"""


@cache
def policy_in(text_of_policy):
    return policy_of(text_of_policy, file="shop.yaml")


def eur(amount):
    return Money(amount, "EUR")


def played(text_of_policy, *happenings, invoices=("100.00",), until=120):
    """A story of days after the due date, played to its end."""
    policy = policy_in(text_of_policy)
    setting = Setting(
        debtor=Party.consumer("ann", email="ann@example.com", phone="+493012345", country="DE"),
        hints=(ZoneHint("country", ("Europe/Berlin",)),),
        place_hints=(PlaceHint("region", ("DE",)),),
        invoices=tuple(Invoice(f"K-{n}", eur(a), due=DUE, issued=date(2026, 2, 16)) for n, a in enumerate(invoices, 1)),
        opened_at=day_start(date(2026, 2, 16).toordinal(), policy.zone),
    )
    due = day_start(DUE.toordinal(), policy.zone)
    told = tuple(Happening(due + int(day * DAY_SECONDS) + 36_000, deed) for day, deed in happenings)
    return Rehearsal.of(Tale(setting, told, due + until * DAY_SECONDS), policy, (), MONITORS)


def assert_no_breach(stage):
    """Every monitor is content, or the story says where it was not."""
    assert not stage.breaches, f"{stage.breaches[0].monitor}: {stage.breaches[0].words}\n{text(story(stage))}"


def sent(stage):
    return [(handed.action.step, handed.action.amount) for handed in stage.handed]


def test_a_case_that_a_hold_closed_is_looked_at_when_the_hold_is_over():
    """A bankruptcy with a last day closes the case; the next look is the end of that day, and the ladder goes on."""
    hold = HoldPlaced(HoldReason.BANKRUPTCY, until="2026-03-20")

    stage = played(HEAD + LADDER + "stop_when: [paid, bankrupt]\n", (0, hold))

    assert_no_breach(stage)
    assert sent(stage) == [("reminder", 10000), ("claim", 10000)]


def test_money_that_a_dispute_kept_waiting_counts_when_its_last_day_is_over():
    """What is let go of a debt in dispute is for nobody yet; as soon as the dispute is over, less is asked."""
    dispute = HoldPlaced(HoldReason.DISPUTE, "K-1", until="2026-03-03")

    stage = played(HEAD + LADDER, (0, dispute), (0.1, DiscountGranted(eur("10.00"))))

    assert_no_breach(stage)
    assert sent(stage) == [("reminder", 9000), ("claim", 9000)]


def test_what_is_decided_as_a_wait_ends_is_not_set_back_by_its_end():
    """The ladder restarts after a hold: the reminder that is put off at the very instant of the end stands once."""
    hold = HoldPlaced(HoldReason.PLAN, until="2026-03-08")

    stage = played(HEAD + LADDER + "pause_while: [plan on track]\nholds: {plan: [restart, clock runs]}\n", (0, hold))

    assert_no_breach(stage)
    assert sent(stage) == [("reminder", 10000), ("claim", 10000)]
    assert f"{moment(stage.handed[0].at, 'Europe/Berlin'):%m-%d %H:%M}" == "03-09 09:00"


def test_an_older_invoice_that_comes_in_after_a_step_went_out_waits_for_the_gap():
    """It leads at once and climbs its own run of the ladder; the debtor hears of it a day later, not twice at once."""
    older = Invoice("L-1", eur("50.00"), due=date(2026, 2, 20), issued=date(2026, 2, 6))

    stage = played(HEAD + LADDER, (3.01, ReceivableAdded(older)))

    assert_no_breach(stage)
    days = [f"{moment(handed.at, 'Europe/Berlin'):%m-%d}" for handed in stage.handed]
    assert days == ["03-05", "03-06", "03-16"]


def test_what_follows_from_the_facts_needs_no_place_on_the_ladder():
    """A discount of an early step is allowed as soon as it is earned, also after steps that stand behind it."""
    offering = LADDER.replace(
        "send: email reminder", "send: email reminder, offer: discount of 2 % within 40 days of issue"
    )

    stage = played(HEAD + offering, (14, PaymentReceived(eur("98.00"))))

    assert_no_breach(stage)
    assert [handed.action.key.step for handed in stage.handed] == ["reminder", "claim", "reminder"]


def test_a_repetition_counts_the_letters_in_which_it_went_along():
    """Of two ladders with one letter the second goes on alone when the first is paid; its third letter is the third."""
    weekly = "lead: each\nsteps:\n  - {step: nudge, when: 3 days after due, cadence: every 7 days up to 4 times, send: email nudge}\n"

    stage = played(HEAD + weekly, (12, PaymentReceived(eur("100.00"), "K-1")), invoices=("100.00", "100.00"))

    assert_no_breach(stage)
    assert sent(stage) == [("nudge", 20000), ("nudge", 20000), ("nudge", 10000), ("nudge", 10000)]
