"""Laws of arrangements: plans sum to the cent, holds compose as a union, order of arrival changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.decision.decider import decide
from dunning_engine.decision.standing import stand
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import fold
from dunning_engine.domain.events import CaseOpened, HoldLifted, HoldPlaced, PromiseMade, ReceivableAdded, Recorded
from dunning_engine.domain.plans import PlanAgreed, instalments
from dunning_engine.kernel.money import Money

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "decision"))
from story import ANN, at, invoice, paid, policy, usd

RULES = policy(
    "pause_while: [promise open, plan on track, hardship]\nsteps: [{step: one, when: 3 days after due, send: email one}]"
)
DAY = 86_400
START = at("2026-03-01")

WAITS = (HoldReason.MANUAL, HoldReason.HARDSHIP, HoldReason.IDENTITY_THEFT, HoldReason.CEASE, HoldReason.DISPUTE)
facts = st.one_of(
    st.builds(HoldPlaced, st.sampled_from(WAITS), st.sampled_from([None, "INV-1"])),
    st.builds(HoldLifted, st.sampled_from(WAITS), st.sampled_from([None, "INV-1"])),
    st.builds(PromiseMade, st.just(usd("50.00")), st.integers(739_680, 739_720)),
    st.just(PlanAgreed(instalments(usd("240.00"), 3, "2026-03-10"))),
    st.just(paid("80.00")),
)
histories = st.lists(facts, max_size=8)


def told(happened, order=None):
    """A case that learns of facts, one a day, in an order of arrival."""
    dated = [(START + number * DAY, fact) for number, fact in enumerate(happened)]
    return arrived(dated if order is None else [dated[number] for number in order])


def arrived(dated):
    """A case that learns of facts in this order, each of which happened at its instant, long after all of them."""
    late = START + 60 * DAY
    opened = [
        Recorded(1, START - DAY, START, CaseOpened(ANN, RULES.ref)),
        Recorded(2, START - DAY, START, ReceivableAdded(invoice())),
    ]
    return fold("c", [*opened, *(Recorded(3 + seq, when, late, fact) for seq, (when, fact) in enumerate(dated))])


@given(st.integers(1, 10**7), st.integers(1, 60), st.sampled_from(["month", "week"]), st.integers(0, 10**6))
def test_instalments_sum_to_the_amount_to_the_cent(minor, count, every, first):
    """With a first payment or without, in days that only rise."""
    amount = Money.of_minor(minor + count + first, "EUR")
    parts = instalments(
        amount, count, "2026-01-31", every=every, first_payment=Money.of_minor(first, "EUR") if first else None
    )
    assert sum(part.amount.minor for part in parts) == amount.minor
    assert [part.due for part in parts] == sorted({part.due for part in parts})
    equal = [part.amount.minor for part in parts[1 if first else 0 :]]
    assert max(equal) - min(equal) <= 1


@given(histories.flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(range(len(facts))))))
def test_any_order_of_arrival_ends_in_the_same_state(drawn):
    """What was told late counts when it happened."""
    happened, order = drawn
    now = START + 30 * DAY
    one, other = stand(told(happened), RULES, now), stand(told(happened, order), RULES, now)
    assert one == other


@settings(max_examples=400)
@given(
    st.lists(st.tuples(st.integers(0, 2), facts), max_size=7).flatmap(
        lambda dated: st.tuples(st.just(dated), st.permutations(range(len(dated))))
    )
)
def test_any_order_of_arrival_within_one_instant_ends_in_the_same_state(drawn):
    """Only words about the same hold at the same instant replace each other: of those the one told last counts."""
    dated, order = drawn
    happened = [(START + day * DAY, fact) for day, fact in sorted(dated, key=lambda one: one[0])]
    now = START + 30 * DAY
    one, other = (
        stand(arrived(facts), RULES, now) for facts in (happened, [happened[n] for n in kept(happened, order)])
    )
    assert one == other


def kept(happened, order):
    """An order of arrival in which words that replace each other come as they were told."""
    places = list(order)
    for group in {replaces(one) for one in happened} - {None}:
        spots = [spot for spot, number in enumerate(places) if replaces(happened[number]) == group]
        for spot, number in zip(spots, sorted(places[spot] for spot in spots), strict=True):
            places[spot] = number
    return places


def replaces(told):
    """What a word is about, so that another one about the same replaces it."""
    instant, fact = told
    return (instant, fact.reason) if isinstance(fact, HoldPlaced | HoldLifted) else None


@given(histories, st.sampled_from(WAITS), st.integers(0, 40))
def test_one_more_hold_never_adds_a_contact(happened, reason, days):
    """Whatever waits already, whenever one looks."""
    now = START + days * DAY
    case = told(happened)
    held = told([*happened, HoldPlaced(reason)])
    if now >= START + len(happened) * DAY:
        assert len(decide(held, RULES, (), now).cleared) <= len(decide(case, RULES, (), now).cleared)


@given(histories)
def test_held_days_are_the_union_of_the_days_of_all_holds(happened):
    """One more hold frees no day that was held before."""
    now = START + 30 * DAY
    before = stand(told(happened), RULES, now).held
    after = stand(told([*happened, HoldPlaced(HoldReason.MANUAL)]), RULES, now).held
    days = [{day for start, end in held for day in range(start, end)} for held in (before, after)]
    assert days[0] <= days[1]


@given(st.integers(1, 23_999))
def test_a_disputed_part_and_its_rest_are_the_whole(minor):
    """Whatever part it is."""
    found = stand(
        told([HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=Money.of_minor(minor, "USD"))]), RULES, START + 9 * DAY
    )
    assert found.balance + minor == found.open == 24_000
