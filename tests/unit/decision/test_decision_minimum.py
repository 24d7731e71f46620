"""`minimum`: nobody is asked for less than an amount that is overdue, by currency and including the amount itself."""

from __future__ import annotations

from story import Story, at, credited, invoice, local, paid

from dunning_engine.decision.decision import Withdrawn
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money

LADDER = """
minimum: {USD: 100.00, EUR: 150.00}
steps:
  - {step: notice, when: 3 days before due, send: email notice}
  - {step: one, when: 5 days after due, send: email one}
  - {step: two, when: 5 days after one, send: email two}
"""


def test_the_minimum_itself_is_enough_and_a_cent_less_is_not():
    for amount, sent in (("99.99", []), ("100.00", ["one: email one"]), ("100.01", ["one: email one"])):
        story = Story(LADDER, invoice("A", amount))
        assert story.look("2026-03-07 10:00") == sent
    assert (
        "less than the minimum of 100.00 USD is overdue"
        in Story(LADDER, invoice("A", "99.99")).decide("2026-03-07 10:00").explain()
    )


def test_another_currency_has_its_own_minimum_or_none():
    for currency, amount, sent in (("EUR", "149.99", 0), ("EUR", "150.00", 1), ("CHF", "1.00", 1)):
        story = Story(LADDER, Invoice("A", Money(amount, currency), due="2026-03-02"))
        assert len(story.look("2026-03-07 10:00")) == sent


def test_what_is_not_due_yet_is_announced_all_the_same():
    assert Story(LADDER, invoice("A", "10.00")).look("2026-02-27 10:00") == ["notice: email notice"]


def test_the_ladder_begins_with_its_first_step_once_the_minimum_is_reached():
    story = Story(LADDER, invoice("A", "60.00"), invoice("B", "60.00", due="2026-03-20"))
    assert story.look("2026-03-18 10:00") == []
    assert local(story.decide("2026-03-18 10:00").next_look) == "2026-03-21 00:00"
    assert story.look("2026-03-21 10:00") == ["one: email one"]


def test_what_fell_below_the_minimum_is_not_armed():
    story = Story(LADDER, invoice("A", "120.00"))
    (cleared,) = story.decided("2026-03-07 10:00").cleared
    story.tell("2026-03-07 10:01", paid("30.00"))
    admission = story.admit(cleared.action.action, "2026-03-07 10:02")
    assert isinstance(admission, Withdrawn)
    assert admission.why == "less than the minimum of 100.00 USD is overdue"


def test_a_case_that_has_settled_closes_below_the_minimum():
    story = Story(LADDER, invoice("A", "60.00"))
    story.tell("2026-03-04 10:00", credited("60.00"))
    story.decided("2026-03-07 10:00")
    assert story.case.status.value == "closed"
    assert story.decide(at("2026-03-08 10:00")).cleared == ()


def test_conditions_may_name_the_currency_that_they_are_about():
    text = """
    steps:
      - {step: one, when: 5 days after due, only_if: [balance at least 50.00 EUR], send: email one}
      - {step: two, when: 6 days after due, only_if: [overdue amount below 50.00 USD], send: email two}
    """
    assert Story(text, invoice("A", "60.00")).look("2026-03-08 10:00") == []
    assert Story(text, invoice("A", "40.00")).look("2026-03-08 10:00") == ["two: email two"]
    euros = Story(text, Invoice("A", Money("50.00", "EUR"), due="2026-03-02"))
    assert euros.look("2026-03-08 10:00") == ["one: email one"]
