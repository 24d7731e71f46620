"""What people do to a ladder by hand, and what sets it back: skip, rewind, force, cancel, fall back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from textwrap import dedent

import pytest
from story import Story, at, disputed, held, invoice, paid, promised, returned

from dunning_engine.decision import by_hand
from dunning_engine.decision.approvals import approve, refuse
from dunning_engine.decision.by_hand import steered
from dunning_engine.decision.decision import Withdrawn
from dunning_engine.decision.standing import stand
from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.events import PaymentFailed
from dunning_engine.domain.facts import News, StepNews
from dunning_engine.domain.ladder_events import How, SetBack, StepForced
from dunning_engine.domain.ledger_events import ChargeAssessed
from dunning_engine.domain.parties import Party
from dunning_engine.kernel.errors import NotFound, UsageError

LADDER = """
    steps:
      - {step: first, when: 3 days after due, send: email first}
      - {step: second, when: 10 days after due, send: email second}
      - {step: third, when: 20 days after due, send: letter third}
"""
REPEATING = """
    steps:
      - {step: chase, when: 3 days after due, send: email chase, cadence: every 7 days up to 3 times}
      - {step: last, when: 60 days after due, send: letter last}
"""
ULTIMATUM = """
    steps:
      - {step: demand, when: 3 days after due, send: letter demand, deadline: 14 days}
      - {step: agency, when: 7 days after demand expires, hand_off: agency acme, only_if: [balance at least 1000.00]}
"""


def by(story, what, name, when, **words):
    """Let a person do something to the ladder."""
    said = {"by": "eve", "reason": "asked on the phone", **words}
    event = getattr(by_hand, what)(story.case, story.policy, name, now=story.at(when), **said)
    return story.tell(when, *(event if isinstance(event, tuple) else (event,)))


def sent(story):
    return [f"{d.key.cycle} {d.words}" for d in story.case.deliveries.values() if d.armed_at is not None]


def words(decision):
    return [note.words for note in decision.why]


# Skip ----------------------------------------------------------------------------------------------------------------


def test_a_step_that_is_skipped_never_comes():
    """The one behind it keeps its day."""
    story = by(Story(LADDER), "skip", "first", "2026-03-04")
    assert story.follow("2026-03-04", "2026-04-30") == {
        "2026-03-12 10:00": ["second: email second"],
        "2026-03-22 10:00": ["third: letter third"],
    }
    assert "passed over: skipped by eve: asked on the phone" in words(
        by(Story(LADDER), "skip", "first", "2026-03-04").decide("2026-03-06")
    )


def test_what_repeats_is_skipped_for_the_rest():
    """The occurrences that went out stay."""
    story = Story(REPEATING)
    assert story.follow("2026-03-01", "2026-03-06") == {"2026-03-05 10:00": ["chase: email chase"]}
    by(story, "skip", "chase", "2026-03-06")
    assert story.follow("2026-03-06", "2026-05-30") == {"2026-05-01 10:00": ["last: letter last"]}


def test_what_is_cleared_and_then_skipped_is_withdrawn():
    """It had not left yet."""
    story = Story(LADDER)
    action = story.decided("2026-03-05 10:00").cleared[0].action.action
    by(story, "skip", "first", "2026-03-05 11:00")
    assert story.admit(action, "2026-03-05 11:00") == Withdrawn(action, "skipped by eve: asked on the phone")


# Rewind --------------------------------------------------------------------------------------------------------------


def test_a_rewound_ladder_is_climbed_anew_at_its_distances():
    """From the day of the rewind on, under another name: nothing of the first climb is the same action."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-20")
    by(story, "rewind", "first", "2026-03-20 09:00")
    assert story.follow("2026-03-20 09:00", "2026-05-30") == {
        "2026-03-20 10:00": ["first: email first"],
        "2026-03-27 10:00": ["second: email second"],
        "2026-04-06 10:00": ["third: letter third"],
    }
    assert sent(story) == [
        "INV-1 email first",
        "INV-1 email second",
        "INV-1~12 email first",
        "INV-1~12 email second",
        "INV-1~12 letter third",
    ]


def test_a_rewind_keeps_what_stands_before():
    """Only the step and what is behind it is taken again."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-13")
    by(story, "rewind", "second", "2026-03-13 12:00")
    story.follow("2026-03-13 12:00", "2026-05-30")
    assert sent(story)[2:] == ["INV-1~12 email second", "INV-1~12 letter third"]
    assert "set back" not in " ".join(words(Story(LADDER).decide("2026-03-05")))
    assert "set back: rewound to second by eve: asked on the phone" in words(story.decide("2026-05-30"))


def test_a_rewind_opens_what_was_skipped():
    """A skip is somebody's word, and so is taking it back."""
    story = by(Story(LADDER), "skip", "first", "2026-03-04")
    by(story, "rewind", "first", "2026-03-04 12:00")
    assert story.follow("2026-03-04 12:00", "2026-03-06") == {"2026-03-05 10:00": ["first: email first"]}
    by(story, "skip", "second", "2026-03-06")
    assert story.follow("2026-03-06", "2026-04-30") == {"2026-03-22 10:00": ["third: letter third"]}


def test_what_was_cleared_before_a_rewind_is_withdrawn():
    """The same step comes again as another action."""
    story = Story(LADDER)
    old = story.decided("2026-03-05 10:00").cleared[0].action.action
    by(story, "rewind", "first", "2026-03-05 10:00")
    new = story.decided("2026-03-05 10:00").cleared[0].action.action
    assert new.id != old.id
    why = "the ladder was set back: rewound to first by eve: asked on the phone"
    assert story.admit(old, "2026-03-05 10:00") == Withdrawn(old, why)
    assert story.admit(new, "2026-03-05 10:00").action.action == new


def test_a_refusal_stands_until_a_rewind():
    """A person said no to this action; another person's rewind makes another one."""
    story = Story("steps: [{step: one, when: 3 days after due, send: letter one, approval: boss}]")
    request = story.decided("2026-03-05 10:00").waiting[0]
    now = at("2026-03-05 11:00")
    story.tell(now, refuse(story.case, story.policy, request.action.id, by="max", role="boss", now=now))
    assert not story.decided("2026-03-08").waiting
    by(story, "rewind", "one", "2026-03-09")
    again = story.decided("2026-03-09 10:00").waiting[0]
    assert again.action.id != request.action.id


def test_a_deadline_that_was_stated_binds_a_ladder_that_was_rewound():
    """The first letter gave until 19 March; the second gives its own time, and nothing comes before."""
    story = Story(ULTIMATUM.replace("1000.00", "10.00"))
    story.follow("2026-03-01", "2026-03-10")
    by(story, "rewind", "demand", "2026-03-10 09:00")
    assert story.follow("2026-03-10 09:00", "2026-05-30") == {
        "2026-03-10 10:00": ["demand: letter demand"],
        "2026-04-01 10:00": ["agency: hand off agency acme"],
    }


def test_rewinding_before_the_due_date_moves_nothing():
    """A day that is still to come is that of the receivable."""
    text = "steps: [{step: early, when: 9 days before due, send: email early}, {step: late, when: 3 days after due, send: email late}]"
    story = Story(text)
    assert story.follow("2026-02-01", "2026-02-22") == {"2026-02-21 10:00": ["early: email early"]}
    by(story, "rewind", "early", "2026-02-23")
    assert story.follow("2026-02-23", "2026-04-22") == {
        "2026-02-23 00:00": ["early: email early"],
        "2026-03-05 10:00": ["late: email late"],
    }


def test_a_rewind_that_becomes_known_late_renames_nothing():
    """What went out after it counts, and keeps its name."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-20")
    event = by_hand.rewind(story.case, story.policy, "first", by="eve", reason="r", now=at("2026-03-20"))
    story.tell("2026-03-08", event)  # told on the 20th, of the 8th
    assert story.follow("2026-03-20", "2026-05-30") == {"2026-03-25 10:00": ["third: letter third"]}
    assert len(set(sent(story))) == len(sent(story))


# Force ---------------------------------------------------------------------------------------------------------------


def test_a_forced_step_goes_now_whatever_its_day_and_its_conditions():
    """The gate is asked all the same; the ladder goes on behind it."""
    text = LADDER.replace("send: email second", "send: email second, only_if: [balance at least 1000.00]")
    story = by(Story(text), "force", "second", "2026-03-04 15:00")
    assert "forced by eve: asked on the phone" in words(story.decide("2026-03-04 15:00"))
    assert story.follow("2026-03-04 15:00", "2026-05-30") == {
        "2026-03-04 15:00": ["second: email second"],
        "2026-03-22 10:00": ["third: letter third"],
    }


def test_a_forced_step_waits_for_the_law_and_for_limits():
    """Quiet hours put it off; it keeps its place."""
    story = by(Story("    quiet_hours: 20:00 to 09:00" + LADDER), "force", "second", "2026-03-04 21:00")
    assert story.look("2026-03-04 21:00") == []
    assert story.follow("2026-03-04 21:00", "2026-03-05 09:59") == {"2026-03-05 09:00": ["second: email second"]}


def test_a_forced_step_that_is_refused_lets_the_ladder_go_on():
    """Nobody is reached by a way that does not exist."""
    nobody = Party.consumer("ann", email="ann@example.com", country="US")
    story = by(Story(LADDER, debtor=nobody), "force", "third", "2026-03-04 12:00")
    assert story.follow("2026-03-04 12:00", "2026-03-06")["2026-03-05 10:00"] == ["first: email first"]


@pytest.mark.parametrize(
    ("what", "step", "story", "words"),
    [
        ("skip", "frist", lambda: Story(LADDER), "no step 'frist'; did you mean 'first'?"),
        ("skip", "first", lambda: by(Story(LADDER), "skip", "first", "2026-03-04"), "skipped already"),
        ("rewind", "first", lambda: Story(LADDER), "nothing to rewind"),
        ("force", "first", lambda: by(Story(LADDER), "force", "first", "2026-03-04"), "forced already"),
        ("force", "first", lambda: by(Story(LADDER), "skip", "first", "2026-03-04"), "rewind to it first"),
        ("force", "first", lambda: Story(LADDER).tell("2026-03-04", held()), "case case is on hold"),
        ("force", "first", lambda: Story(LADDER).tell("2026-03-04", disputed()), "case case is disputed"),
        ("force", "first", lambda: Story(LADDER).tell("2026-03-04", paid()), "nothing is owed"),
        ("cancel_notice", "first", lambda: Story(LADDER), "has sent nothing"),
        ("cancel_notice", "ghost", lambda: Story(LADDER), "no action and no step 'ghost'; it has first, second, third"),
    ],
)
def test_what_makes_no_sense_is_refused(what, step, story, words):
    """With the way that leads on."""
    with pytest.raises((UsageError, NotFound)) as refused:
        by(story(), what, step, "2026-03-04 12:00")
    assert words in str(refused.value)


def test_what_has_been_taken_is_neither_skipped_nor_forced():
    """It may be taken back, or taken again."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-13")
    for what, step, why in [
        ("skip", "second", "has gone out"),
        ("skip", "first", "second has begun"),
        ("force", "second", "has been taken"),
        ("force", "first", "has been taken"),
    ]:
        with pytest.raises(UsageError, match=why):
            by(story, what, step, "2026-03-13")
    by(story, "force", "third", "2026-03-13")
    with pytest.raises(UsageError, match="says who"):
        by(story, "skip", "third", "2026-03-13", by=" ")


def test_a_step_that_was_passed_is_not_forced_behind_the_next():
    """A ladder goes one way; a rewind turns it."""
    text = LADDER.replace("send: email first", "send: email first, only_if: [balance at least 1000.00]")
    story = Story(text)
    story.follow("2026-03-01", "2026-03-13")
    with pytest.raises(UsageError, match="second stands behind first and has begun"):
        by(story, "force", "first", "2026-03-13")


def test_no_deadline_and_no_proof_is_forced_away():
    """What the debtor was told, and what has to be proven, stands."""
    story = Story(ULTIMATUM)
    story.follow("2026-03-01", "2026-03-10")
    with pytest.raises(UsageError, match="deadline that is not over"):
        by(story, "force", "agency", "2026-03-10")
    by(story, "force", "agency", "2026-03-20")
    assert story.look("2026-03-20 10:00") == ["agency: hand off agency acme"]
    proof = Story(LADDER.replace("send: letter third", "send: letter third, requires: [second delivered]"))
    with pytest.raises(UsageError, match="requires that second is delivered"):
        by(proof, "force", "third", "2026-03-04")


def test_what_is_for_the_time_before_the_due_date_is_not_rewound_to():
    """It would never come."""
    story = Story(LADDER.replace("3 days after due", "3 days before due"))
    story.follow("2026-02-01", "2026-03-13")
    with pytest.raises(UsageError, match="up to the due date, which is over"):
        by(story, "rewind", "first", "2026-03-13")


# Cancel --------------------------------------------------------------------------------------------------------------


def test_the_latest_notice_is_cancelled_and_comes_again():
    """Its step counts as not taken."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-13")
    by(story, "cancel_notice", "second", "2026-03-13 09:00")
    assert story.follow("2026-03-13 09:00", "2026-05-30") == {
        "2026-03-13 10:00": ["second: email second"],
        "2026-03-23 10:00": ["third: letter third"],
    }
    assert len(set(story.case.deliveries)) == 4


def test_only_the_latest_occurrence_of_what_repeats_is_cancelled():
    """The one before stands, and the count goes on from it."""
    story = Story(REPEATING)
    story.follow("2026-03-01", "2026-03-13")
    by(story, "cancel_notice", "chase", "2026-03-13 09:00")
    story.follow("2026-03-13 09:00", "2026-04-30")
    assert [(d.key.cycle, d.key.occurrence) for d in story.case.deliveries.values()] == [
        ("INV-1", 1),
        ("INV-1", 2),
        ("INV-1~12", 2),
        ("INV-1~12", 3),
    ]


def test_what_is_older_not_out_or_no_notice_is_not_cancelled():
    """Each is refused with its reason."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-13")
    with pytest.raises(UsageError, match="email second of step second came after email first and stands"):
        by(story, "cancel_notice", "first", "2026-03-13")
    gone = next(d.id for d in story.case.deliveries.values() if d.key.step == "second")
    by(story, "cancel_notice", gone, "2026-03-13")
    with pytest.raises(UsageError, match="no longer counts"):
        by(story, "cancel_notice", gone, "2026-03-13")
    agency = Story(ULTIMATUM.replace("1000.00", "10.00"))
    agency.follow("2026-03-01", "2026-05-30")
    with pytest.raises(UsageError, match="is no notice to the debtor"):
        by(agency, "cancel_notice", "agency", "2026-05-30")
    waiting = Story(LADDER)
    waiting.decided("2026-03-05 10:00")
    with pytest.raises(UsageError, match="has not gone out: skip"):
        by(waiting, "cancel_notice", "first", "2026-03-05 11:00")


def test_a_charge_of_a_cancelled_notice_is_taken_back():
    """BC-07: the fee goes with the letter; one that is paid keeps the letter standing."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-13")
    gone = next(d.id for d in story.case.deliveries.values() if d.key.step == "second")
    story.tell("2026-03-12 10:00", ChargeAssessed(Charge(id="fee", kind=ChargeKind.FEE, amount=2000, action=gone)))
    with_fee = story.case
    by(story, "cancel_notice", "second", "2026-03-13")
    assert [account.void for account in story.case.charges] == ["email second was cancelled"]
    story.case = with_fee
    story.tell("2026-03-12 12:00", paid("20.00"))
    with pytest.raises(UsageError, match="charge fee of email second is paid already"):
        by(story, "cancel_notice", "second", "2026-03-13")


def test_a_notice_of_a_run_that_is_over_is_not_cancelled():
    """Its debt is settled."""
    story = Story(LADDER, invoice(), invoice("INV-2", due="2026-04-20"))
    story.follow("2026-03-01", "2026-03-10")
    story.tell("2026-03-11", paid("240.00", "INV-1"))
    with pytest.raises(UsageError, match="a run of the ladder that is over"):
        by(story, "cancel_notice", "first", "2026-04-21")


# Falling back --------------------------------------------------------------------------------------------------------


AGES = """
    on_lead_paid: fall_back
    steps:
      - {step: one, when: 5 days after due, send: email one}
      - {step: two, when: 15 days after due, send: email two}
      - {step: three, when: 25 days after due, send: email three}
"""
TWO = invoice(due="2026-03-02"), invoice("INV-2", due="2026-03-12", issued="2026-02-10")


def test_the_ladder_falls_back_to_the_age_of_the_next_invoice():
    """What that age has passed is done, what it has not reached comes again on its day."""
    story = Story(AGES, *TWO)
    assert story.follow("2026-03-01", "2026-04-30", [("2026-03-28", paid("240.00", "INV-1"))]) == {
        "2026-03-07 10:00": ["one: email one"],
        "2026-03-17 10:00": ["two: email two"],
        "2026-03-27 10:00": ["three: email three"],
        "2026-04-06 10:00": ["three: email three"],
    }
    assert sent(story)[-1] == "INV-1~INV-2 email three"


def test_a_young_invoice_begins_at_the_bottom():
    """Three days old: nothing is due for two more."""
    story = Story(AGES, *TWO)
    assert story.follow("2026-03-01", "2026-03-28", [("2026-03-15", paid("240.00", "INV-1"))]) == {
        "2026-03-07 10:00": ["one: email one"],
        "2026-03-17 10:00": ["one: email one"],
        "2026-03-27 10:00": ["two: email two"],
    }


def test_a_payment_that_goes_back_lets_the_first_lead_again():
    """What went out meanwhile counts; nothing goes out twice."""
    story = Story(AGES, *TWO)
    facts = [("2026-03-15", paid("240.00", "INV-1")), ("2026-03-18", returned("240.00", "INV-1"))]
    assert story.follow("2026-03-01", "2026-03-28", facts) == {
        "2026-03-07 10:00": ["one: email one"],
        "2026-03-17 10:00": ["one: email one"],
        "2026-03-18 10:00": ["two: email two"],
        "2026-03-27 10:00": ["three: email three"],
    }


OF_AGE = """
    on_lead_paid: fall_back
    grace: 2 days
    steps:
      - {{step: one, when: 5 days after due, send: email one, deadline: 3 days}}
      - {{step: two, when: {when}, send: email two}}
      - {{step: three, when: 60 days after due, send: email three}}
"""


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("15 days after due", "2026-03-27"),
        ("2 days after one", "2026-03-19"),
        ("2 days after previous", "2026-03-19"),
        ("end of month after due", "2026-03-31"),
        ("40 days after issue", "2026-03-22"),
        ("9 days after grace ends", "2026-03-24"),
        ("2 days after one expires", "2026-03-23"),
    ],
)
def test_every_anchor_has_an_age(when, day):
    """The day of a step if every one before it had been taken on its day: up to it the step is yet to come, on it past."""
    twice = []
    for paid_on in (str(date.fromisoformat(day) - timedelta(1)), day):
        first, second = invoice(due="2026-02-20"), invoice("INV-2", due="2026-03-12", issued="2026-02-10")
        story = Story(OF_AGE.format(when=when), first, second)
        story.follow("2026-02-01", f"{paid_on} 12:00")
        story.follow(f"{paid_on} 12:00", "2026-05-01", [(f"{paid_on} 12:00", paid("240.00", "INV-1"))])
        assert sent(story)[:2] == ["INV-1 email one", "INV-1 email two"]
        twice.append("INV-1~INV-2 email two" in sent(story))
    assert twice == [True, False]


def test_what_was_paid_before_it_was_overdue_never_led():
    """A newer invoice that was paid in time sets nothing back."""
    text = AGES.replace("on_lead_paid", "lead: newest\n    on_lead_paid")
    story = Story(
        text, invoice(due="2026-03-02"), invoice("INV-2", due="2026-03-04"), invoice("INV-3", due="2026-03-25")
    )
    story.follow("2026-03-01", "2026-03-20")
    by(story, "force", "three", "2026-03-20 12:00")
    story.follow("2026-03-20 12:00", "2026-03-25", [("2026-03-22", paid("240.00", "INV-3"))])
    story.follow("2026-03-26", "2026-04-10")
    assert sent(story) == ["INV-1 email one", "INV-1 email two", "INV-1 email three"]


def test_the_largest_is_told_by_what_was_billed():
    """The limit of what is known: one that was paid down before it was overdue counts as having led all the same.

    It shows where a person had brought the ladder beyond the age of the lead: what they forced comes again on its day.
    """
    text = AGES.replace("on_lead_paid", "lead: largest\n    on_lead_paid")
    story = Story(text, invoice(amount="900.00", due="2026-03-02"), invoice("INV-2", "100.00", due="2026-03-03"))
    story.follow("2026-03-01", "2026-03-10", [("2026-03-02", paid("850.00", "INV-1"))])
    by(story, "force", "two", "2026-03-10 12:00")
    story.follow("2026-03-10 12:00", "2026-03-20", [("2026-03-15", paid("50.00", "INV-1"))])
    assert sent(story) == ["INV-1 email one", "INV-1 email two", "INV-1~INV-2 email two"]


@pytest.mark.parametrize(("grace", "came"), [("", "2026-03-16 10:00"), ("grace: 3 days\n", "2026-03-19 10:00")])
def test_the_age_of_a_step_counts_from_the_end_of_grace(grace, came):
    """Without grace that is the day after the due date."""
    text = grace + dedent(AGES).replace("5 days after due", "3 days after grace ends", 1)
    story = Story(text, *TWO)
    facts = [("2026-03-10", paid("240.00", "INV-1"))]
    assert came in story.follow("2026-03-01", "2026-04-30", facts)


def test_what_facts_bring_has_no_age_of_its_own():
    """A step that waits for a failed payment stands where the step before it stands, and does not come again."""
    text = """
        on_lead_paid: fall_back
        steps:
          - {step: one, when: 5 days after due, send: email one}
          - {step: bounced-debit, when: 1 failed payment, send: email debit}
    """
    story = Story(text, *TWO)
    facts = [("2026-03-15", PaymentFailed()), ("2026-03-20", paid("240.00", "INV-1"))]
    story.follow("2026-03-01", "2026-04-30", facts)
    assert sent(story) == ["INV-1 email one", "INV-1 email debit"]


def test_what_comes_before_the_due_date_has_its_age_too():
    """It is past when the next receivable leads, and does not come again."""
    text = AGES.replace("5 days after due", "5 days before due", 1)
    story = Story(text, *TWO)
    story.follow("2026-02-01", "2026-03-20", [("2026-03-19", paid("240.00", "INV-1"))])
    assert sent(story) == ["INV-1 email one", "INV-1 email two"]


def test_a_newer_lead_that_is_paid_hands_the_ladder_to_the_next():
    """The run keeps its name; the step that the age of the older one has not reached comes again."""
    text = AGES.replace("on_lead_paid", "lead: newest\n    on_lead_paid")
    story = Story(
        text, invoice(due="2026-03-02"), invoice("INV-2", due="2026-03-12"), invoice("INV-3", due="2026-03-13")
    )
    facts = [("2026-03-15", paid("240.00", "INV-1")), ("2026-03-20", paid("240.00", "INV-3"))]
    story.follow("2026-03-01", "2026-03-14")
    by(story, "force", "two", "2026-03-14 12:00")
    story.follow("2026-03-14 12:00", "2026-03-28", facts)
    assert sent(story) == ["INV-1 email one", "INV-1 email two", "INV-1~INV-2 email two"]


def test_a_forced_step_waits_for_a_deadline_that_was_stated_meanwhile():
    """What the debtor was told stands, whoever wants it sooner."""
    story = Story(ULTIMATUM)
    story.follow("2026-03-01", "2026-03-06")
    story.tell("2026-03-07", StepForced("INV-1", "agency", "eve", "asked"))
    assert story.look("2026-03-10") == []
    assert story.follow("2026-03-10", "2026-03-25") == {"2026-03-20 00:00": ["agency: hand off agency acme"]}


def test_a_forced_step_waits_for_the_proof_that_it_requires():
    """Also where it was forced before the proof was asked for."""
    story = Story(LADDER.replace("send: letter third", "send: letter third, requires: [second delivered]"))
    story.tell("2026-03-04", StepForced("INV-1", "third", "eve", "asked"))
    assert story.follow("2026-03-04", "2026-03-06") == {"2026-03-05 10:00": ["first: email first"]}


def test_who_forced_a_step_does_not_approve_it():
    """Nor does who moved the case to the policy that it follows."""
    story = Story("steps: [{step: one, when: 3 days after due, send: letter one, approval: boss}]")
    by(story, "force", "one", "2026-03-04")
    (request,) = story.decided("2026-03-04 10:00").waiting
    answer = {"role": "boss", "now": at("2026-03-04 11:00")}
    with pytest.raises(UsageError, match="forced one"):
        approve(story.case, story.policy, request.action.id, by="eve", **answer)
    story.case = replace(story.case, assigned_by="ida")
    with pytest.raises(UsageError, match="moved the case to p version 1"):
        approve(story.case, story.policy, request.action.id, by="ida", **answer)
    assert approve(story.case, story.policy, request.action.id, by="max", **answer)


# Set back by what ended ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "again"),
    [(How.RESTART, ["first", "second", "third"]), (How.BACK, ["second", "third"])],
)
def test_a_hold_may_set_the_ladder_back(how, again):
    """To the bottom, or by the latest step."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-13")
    mark = SetBack(at("2026-03-15"), "h7", how, "the dispute ended")
    story.case = replace(story.case, set_backs=(mark,))
    out = story.follow("2026-03-15", "2026-05-30")
    assert [line.split(":")[0] for lines in out.values() for line in lines] == again
    assert stand(story.case, story.policy, at("2026-05-30")).cycle == "INV-1~h7"


def test_what_sets_back_a_ladder_that_has_not_begun_changes_nothing():
    """There is nothing to take back, and no other name."""
    story = Story(LADDER)
    marks = tuple(SetBack(at("2026-03-01"), str(n), how, "w") for n, how in enumerate((How.RESTART, How.BACK)))
    story.case = replace(story.case, set_backs=marks)
    story.follow("2026-03-01", "2026-03-06")
    assert sent(story) == ["INV-1 email first"]


def test_facts_tell_what_people_do():
    """Each word is one of theirs; what becomes of an action is none."""
    story = Story(LADDER)
    story.follow("2026-03-01", "2026-03-13")
    now = at("2026-03-13")
    words = {News.SKIPPED: "third", News.REWOUND: "first", News.FORCED: "third", News.CANCELLED: "second"}
    kinds = [
        type(event).__name__
        for news, step in words.items()
        for event in steered(story.case, story.policy, StepNews(step, news), by="test", reason="a test", now=now)
    ]
    assert kinds == ["StepSkipped", "LadderRewound", "StepForced", "NoticeCancelled"]
    with pytest.raises(UsageError, match="opened is no word"):
        steered(story.case, story.policy, StepNews("first", News.OPENED), by="test", reason="a test", now=now)


def test_a_step_to_which_a_broken_promise_led_before_the_ladder_was_set_back_is_forgotten():
    """The ladder is climbed again up to it, as if nothing had led anywhere."""
    rules = "promises: {then: third}\npause_while: [promise open]\n" + dedent(LADDER)
    story = Story(rules, invoice()).tell("2026-03-06", promised("100.00", "2026-03-10"))
    story.follow("2026-03-06", "2026-03-12")
    assert sent(story) == ["INV-1 letter third"]
    by(story, "rewind", "second", "2026-03-13 12:00")
    story.follow("2026-03-13 12:00", "2026-05-30")
    assert [one.partition(" ")[2] for one in sent(story)][-2:] == ["email second", "letter third"]
