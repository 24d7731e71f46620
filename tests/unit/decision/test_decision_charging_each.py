"""Under `lead: each` a level that goes along in another's letter charges what its own step does, once."""

from __future__ import annotations

from story import Story, invoice

from dunning_engine.domain.events import ActionCancelled

LINES = """
lead: each
grace: 13 days
interest: {rate: 10 %}
steps:
  - {step: one, when: grace ends, send: [email one, letter one], charge: fee of 2.00 per invoice}
  - {step: two, when: 45 days after one, send: [email two, letter two], charge: [fee of 5.00, interest to date]}
"""


def told():
    return Story(
        LINES,
        invoice("I1", "100.00", due="2020-09-01", issued="2020-08-01"),
        invoice("I2", "80.00", due="2020-10-17", issued="2020-08-01"),
    )


def fees(story):
    return sorted(
        (a.charge.step, a.charge.invoice or "case", a.charge.rule, a.charge.amount)
        for a in story.case.charges
        if not a.void
    )


def test_each_level_of_a_letter_charges_its_own_fee():
    """The letter of the second level of I1 takes the first level of I2 along: 2.00 for that one, 5.00 and interest for this."""
    story = told()
    story.look("2020-09-15 10:00")
    assert fees(story) == [("one", "I1", "fee of 2.00 per invoice", 200)]
    decision = story.decided("2020-10-31 10:00")
    letters = [c.action.action for c in decision.cleared if c.action.action.spec.reaches_debtor]
    assert [(letter.spec.words, letter.amount) for letter in letters] == [("email two", 19_064), ("letter two", 19_064)]
    assert [len(letter.charges) for letter in letters] == [3, 3]
    assert fees(story) == [
        ("one", "I1", "fee of 2.00 per invoice", 200),
        ("one", "I2", "fee of 2.00 per invoice", 200),
        ("two", "I1", "interest to date", 164),
        ("two", "case", "fee of 5.00", 500),
    ]


def test_a_level_that_went_along_is_not_charged_again():
    """Neither on the next look, nor by its own ladder."""
    story = told()
    story.look("2020-09-15 10:00")
    story.look("2020-10-31 10:00")
    before = fees(story)
    story.look("2020-11-01 10:00")
    story.look("2020-11-20 10:00")
    assert fees(story) == before


def test_a_letter_that_is_cancelled_takes_the_fees_of_every_level_along():
    story = told()
    story.look("2020-09-15 10:00")
    decision = story.decided("2020-10-31 10:00")
    letters = [c.action.action for c in decision.cleared if c.action.action.spec.reaches_debtor]
    for letter in letters:
        story.tell("2020-10-31 10:01", ActionCancelled(letter.id, "taken back"))
    assert fees(story) == [("one", "I1", "fee of 2.00 per invoice", 200)]
