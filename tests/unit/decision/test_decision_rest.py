"""What is decided comes to rest: nothing is taken back and decided again, recorded twice, or let out by a clock set back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import ANN, TOKYO, Story, held, local, promised, released

from dunning_engine.decision import desk
from dunning_engine.decision.decision import Armed, Withdrawn
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import (
    ActionCancelled,
    ActionDeferred,
    OptedOut,
    PaymentReceived,
    ReceiptKind,
    ReceiptRecorded,
    StepSkipped,
)
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.money import Money

OVER = "its time ended with the due date"


def bounce(story, step, when):
    """The step's latest message comes back."""
    sent = [d for d in story.case.deliveries.values() if d.key.step == step and d.sent_at is not None]
    return story.tell(when, ReceiptRecorded(sent[-1].id, ReceiptKind.BOUNCED))


def skips(decision):
    return [(event.step, event.why) for event in decision.events if isinstance(event, StepSkipped)]


# What lapses with the due date: asked alike when it is decided and when it is armed -------------------------------------

FIRST = "steps: [{step: first, when: 1 day after due, send: email first}]"


def test_a_step_of_the_day_after_due_has_not_lapsed_where_morning_comes_earlier():
    """Ten o'clock of 3 March in Tokyo is still the 2nd in New York; taken in a week late the reminder goes out, once."""
    story = Story(FIRST, zones=(TOKYO,))
    action = story.decided("2026-03-10 12:00").cleared[0].action.action
    assert local(action.planned_at) == "2026-03-02 20:00"
    assert isinstance(story.admit(action, "2026-03-10 12:00"), Armed)


CERTIFIED = """
    steps:
      - {step: note, when: on the due date, send: certified letter x or else letter x}
      - {step: later, when: 5 days after due, send: email later}
    """


@pytest.mark.parametrize(("news", "out"), [("2026-03-02 15:00", ["note: letter x"]), ("2026-03-03 15:00", [])])
def test_the_fallback_of_a_note_of_the_due_date_lapses_with_it(news, out):
    """A letter of the due date that comes back on that day is sent the plain way; a day later it is not."""
    story = Story(CERTIFIED, arrives="sent")
    story.look("2026-03-02 10:00")
    assert bounce(story, "note", news).look(news) == out
    assert (f"step note: passed over: {OVER}" in story.decide("2026-03-04").explain()) is not bool(out)
    assert story.look("2026-03-07 10:00") == ["later: email later"]


def test_what_still_waits_of_a_courtesy_lapses_with_the_due_date():
    """The second action of a courtesy that a limit put off beyond the due date goes out no more."""
    text = """
        contact_limits: [1 call in 9 days per debtor]
        steps: [{step: early, when: 2 days before due, send: email early, call: early}]
        """
    story = Story(text).contacted("2026-02-26 12:00", Channel.CALL)
    assert story.follow("2026-02-10", "2026-05-01") == {"2026-02-28 10:00": ["early: email early"]}


REPEATED = """
    contact_limits: [1 email in {days} days per debtor]
    steps: [{{step: early, when: 5 days before due, cadence: every 4 days, send: email early}}]
    """


def test_an_occurrence_before_the_due_date_lapses_too():
    """Planned for 1 March and put off to the 5th, the second courtesy lapses, and the repetition with it."""
    late, soon = Story(REPEATED.format(days=8)), Story(REPEATED.format(days=3))
    assert list(late.follow("2026-02-10", "2026-05-01")) == ["2026-02-25 10:00"]
    assert f"step early: passed over: {OVER}" in late.decide("2026-03-05").explain()
    assert list(soon.follow("2026-02-10", "2026-03-06")) == ["2026-02-25 10:00", "2026-03-01 10:00", "2026-03-05 10:00"]


def test_an_occurrence_that_was_left_lying_is_withdrawn():
    """Each occurrence is asked about its own day: the second is over after the due date, the third is of after it."""
    story = Story(REPEATED.format(days=3))
    story.look("2026-02-25 10:00")
    second = story.decided("2026-03-01 10:00").cleared[0].action.action
    assert isinstance(story.admit(second, "2026-03-02 23:59"), Armed)
    assert story.admit(second, "2026-03-03") == Withdrawn(second, OVER)
    story.deliver(second, "2026-03-01 10:00")
    third = story.decided("2026-03-05 10:00").cleared[0].action.action
    assert isinstance(story.admit(third, "2026-03-20"), Armed)


def test_what_lost_its_anchor_has_not_lapsed():
    """A step counted from one that came back after all is not mistaken for one of before the due date."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: email one, climb_on: emitted}
          - {step: two, when: 2 failed payments, send: email two}
        """
    story = Story(text)
    two = story.decided("2026-03-03 10:00").cleared[0].action.action
    stray = replace(two, key=replace(two.key, step="two"))
    assert isinstance(story.admit(stray, "2026-03-08"), Armed)


# A stated last day to pay ----------------------------------------------------------------------------------------------

BOTH = """
    contact_limits: [1 letter in 9 days per debtor]
    steps:
      - {step: ultimatum, when: 30 days after due, send: [email final, letter final], deadline: 14 days}
      - {step: call, when: 32 days after due, call: script}
      - {step: agency, when: 7 days after ultimatum expires, hand_off: agency acme}
    """


def test_no_step_comes_before_the_latest_last_day_that_was_stated():
    """The e-mail of 1 April states the 15th, the letter of the 7th the 21st: what is harsher waits for the 22nd."""
    story = Story(BOTH).contacted("2026-03-29 12:00", Channel.LETTER)
    assert story.follow("2026-02-01", "2026-06-01") == {
        "2026-04-01 10:00": ["ultimatum: email final"],
        "2026-04-07 00:00": ["ultimatum: letter final"],
        "2026-04-22 10:00": ["call: call script"],
        "2026-04-29 10:00": ["agency: hand off agency acme"],
    }


def test_a_letter_that_replaces_one_that_came_back_moves_the_end():
    """Sent 1 April, came back on the 9th: the plain letter states the 23rd, and the agency waits seven days after that."""
    text = """
        steps:
          - {step: ultimatum, when: 30 days after due, send: letter final or else email final, deadline: 14 days}
          - {step: agency, when: 7 days after ultimatum expires, hand_off: agency acme}
        """
    story = Story(text, arrives="sent")
    story.look("2026-04-01 10:00")
    assert bounce(story, "ultimatum", "2026-04-09 12:00").look("2026-04-09 12:00") == ["ultimatum: email final"]
    assert list(story.follow("2026-04-10", "2026-06-01")) == ["2026-05-01 10:00"]


def test_a_stated_last_day_binds_although_nothing_was_proven():
    """A certified letter that came back climbs nowhere; what has a day of its own still waits for the day it stated."""
    text = """
        steps:
          - {step: ultimatum, when: 30 days after due, send: certified letter final, deadline: 14 days}
          - {step: agency, when: ultimatum expires, hand_off: agency acme}
          - {step: call, when: 33 days after due, call: script}
        """
    story = Story(text, arrives="sent")
    story.look("2026-04-01 10:00")
    bounce(story, "ultimatum", "2026-04-03 12:00")
    assert story.follow("2026-04-03 12:00", "2026-06-01") == {"2026-04-16 10:00": ["call: call script"]}


def test_the_stated_last_day_ends_in_the_latest_zone():
    """The letter of 6 April states the 20th to a debtor in Tokyo: what is harsher waits for that day to end at home."""
    text = "time: {zone: America/Los_Angeles}\n" + BOTH.strip("\n").replace("\n    ", "\n").lstrip()
    story = Story(text.replace("call: script", "send: letter script"), zones=(TOKYO,))
    story.contacted("2026-03-28 12:00", Channel.LETTER)
    assert list(story.follow("2026-02-01", "2026-04-28")) == [
        "2026-03-31 18:00",
        "2026-04-06 08:00",
        "2026-04-21 00:00",
        "2026-04-27 18:00",
    ]


BESIDE = """
    contact_limits: [1 sms in 9 days per debtor]
    min_gap: 1 day
    steps:
      - {step: chase, when: 1 day after due, cadence: every 6 days until last, send: letter chase, deadline: 4 days}
      - {step: final, when: 9 days after due, send: email final, call: final}
      - {step: last, when: 60 days after due, send: letter last}
    """


def test_a_deadline_set_beside_a_step_keeps_back_what_is_left_of_it():
    """Chase of the 3rd states the 7th, that of the 9th the 13th, and so on: the call that a limit put off waits too."""
    text = BESIDE.replace("1 sms in 9 days", "1 call in 9 days")
    story = Story(text).contacted("2026-03-09 12:00", Channel.CALL)
    out = story.follow("2026-02-01", "2026-03-21")
    assert [f"{day[5:10]} {step}" for day, steps in out.items() for step in steps] == [
        "03-03 chase: letter chase",
        "03-09 chase: letter chase",
        "03-14 final: email final",
        "03-15 chase: letter chase",
        "03-20 final: call final",
    ]


def test_what_was_left_lying_is_withdrawn_while_a_deadline_runs():
    """A step that was decided before one beside it set a deadline is not handed over within that, but after it."""
    story = Story(BESIDE.replace("send: email final", "climb_on: emitted, send: email final"))
    story.look("2026-03-03 10:00")
    story.look("2026-03-09 10:00")
    email, call = (cleared.action.action for cleared in story.decided("2026-03-14 10:00").cleared)
    story.deliver(call, "2026-03-14 10:00")
    assert story.look("2026-03-15 10:00") == ["chase: letter chase"]
    admission = story.admit(email, "2026-03-15 10:00")
    assert admission == Withdrawn(email, "the deadline of an earlier step is not over")
    story.tell("2026-03-15 10:00", ActionCancelled(email.id, admission.why))
    assert story.follow("2026-03-15 10:00", "2026-03-20 12:00") == {"2026-03-20 00:00": ["final: email final"]}


# The next look ----------------------------------------------------------------------------------------------------------


PROOF = """
    catch_up: skip
    steps:
      - {step: letter, when: 10 days after due, send: letter one}
      - {step: final, when: 15 days after due, send: email final, requires: letter delivered}
      - {step: last, when: 40 days after due, send: email last}
    """


def test_a_contact_that_is_dropped_at_the_end_of_its_day_is_announced():
    """Without its proof the final notice waits through 17 March and is dropped then; both are looks to be made."""
    story = Story(PROOF, debtor=replace(ANN, address=()))
    assert local(story.decided("2026-03-12 10:00").next_look) == "2026-03-17 10:00"
    assert local(story.decided("2026-03-17 10:00").next_look) == "2026-03-18 00:00"
    assert skips(story.decide("2026-03-17 23:59")) == []
    decision = story.decided("2026-03-18")
    assert skips(decision) == [("final", "its day had passed unseen")]
    assert local(decision.next_look) == "2026-04-11 10:00"


def test_the_end_of_its_day_is_the_debtor_s():
    story = Story(PROOF, debtor=replace(ANN, address=()), zones=(TOKYO,))
    assert local(story.decided("2026-03-16 23:00").next_look) == "2026-03-17 11:00"
    assert skips(story.decide("2026-03-17 10:59")) == []
    assert skips(story.decide("2026-03-17 11:00")) == [("final", "its day had passed unseen")]


# Deciding twice ---------------------------------------------------------------------------------------------------------

JUMP = """
    catch_up: jump
    steps:
      - {step: one, when: 1 day after due, send: email one}
      - {step: two, when: 7 days after previous, send: email two}
      - {step: three, when: 2 days after due, send: letter three}
    """


def test_a_blocked_step_is_overtaken_in_the_look_that_goes_on():
    """Where one is blocked, two can come no more, and three is due: that overtakes one at once, not at the next look."""
    story = Story(JUMP, debtor=replace(ANN, email=None, address=()))
    decision = story.decided("2026-03-05 10:00")
    assert [blocked.action.step for blocked in decision.blocked] == ["one", "three"]
    assert skips(decision) == [("one", "overtaken by three")]
    assert story.decide("2026-03-05 10:00").events == ()


def test_a_blocked_step_is_not_overtaken_by_what_has_not_come():
    """As long as nothing behind it is due, a blocked step goes out once it may."""
    story = Story(JUMP, debtor=replace(ANN, email=None))
    assert skips(story.decided("2026-03-03 10:00")) == []
    assert story.decide("2026-03-03 10:00").events == ()


def test_what_has_begun_is_not_skipped():
    """Under `jump` a step of which one action went out and the fallback of another is blocked has happened."""
    text = """
        catch_up: jump
        steps:
          - {step: one, when: 1 day after due, send: email one or else letter one}
          - {step: two, when: 5 days after due, send: sms two}
        """
    story = Story(text, arrives="sent", debtor=replace(ANN, address=()))
    assert story.look("2026-03-03 10:00") == ["one: email one"]
    bounce(story, "one", "2026-03-07 10:00")
    decision = story.decided("2026-03-07 10:00")
    assert [c.action.action.step for c in decision.cleared] == ["two"]
    assert skips(decision) == []


# A clock that was set back ----------------------------------------------------------------------------------------------

LATER, BEFORE = "2026-03-05 10:05", "2026-03-05 10:00"
REMINDER = "steps: [{step: reminder, when: 3 days after due, send: email reminder}]"


@pytest.mark.parametrize("reason", list(HoldReason))
def test_a_hold_that_is_known_holds_whatever_the_clock_says(reason):
    """Five minutes before a hold that is already recorded nothing goes out, nor is anything handed over."""
    story = Story("pause_while: [plan on track, hardship]\n" + REMINDER)
    action = story.decide(BEFORE).cleared[0].action.action
    story.tell(LATER, held(reason))
    assert story.decide(BEFORE).cleared == ()
    assert isinstance(story.admit(action, BEFORE), Withdrawn)


def test_a_hold_that_will_have_ended_holds_until_then():
    """Of a hold that began and ended later than now its end is the next look."""
    story = Story(REMINDER).tell(LATER, held(HoldReason.CEASE)).tell("2026-03-05 11:00", released(HoldReason.CEASE))
    assert [b.reasons[0].rule for b in story.decide(BEFORE).blocked] == ["house/silence"]
    assert local(story.decide(BEFORE).next_look) == "2026-03-05 11:00"
    assert story.look("2026-03-06 10:00") == ["reminder: email reminder"]


def test_a_promise_that_is_known_is_waited_for():
    """A promise made after now, by a clock that was set back, is open."""
    story = Story("pause_while: [promise open]\n" + REMINDER).tell(LATER, promised("240.00", "2026-03-09"))
    assert story.decide(BEFORE).cleared == ()


# Evidence without noise -------------------------------------------------------------------------------------------------


@pytest.fixture
def backwards(monkeypatch):
    """Let the gate tell its reasons in the other order."""
    asked = desk.gate

    def told(*question):
        verdict = asked(*question)
        return replace(verdict, reasons=verdict.reasons[::-1]) if hasattr(verdict, "reasons") else verdict

    return lambda: monkeypatch.setattr(desk, "gate", told)


def test_a_refusal_by_the_same_rules_in_another_order_is_no_news(backwards):
    """What counts as evidence is which rules refused; one more rule is told again."""
    story = Story(REMINDER, debtor=replace(ANN, email=None)).tell("2026-03-04", OptedOut(Channel.EMAIL))
    assert len(story.decided(BEFORE).blocked[0].reasons) == 2
    backwards()
    assert story.decide(BEFORE).events == ()
    assert story.tell(LATER, held(HoldReason.CEASE)).decide(LATER).events[0].rules != ()


def test_a_deferral_by_the_same_rules_in_another_order_is_no_news(backwards):
    """The same end is on the case, whichever rules ask for it: that changes by time alone."""
    text = "contact_limits: [1 contact in 9 days per debtor, 1 email in 5 days per debtor]\n" + REMINDER
    story = Story(text).contacted("2026-03-01 12:00", Channel.SMS).contacted("2026-03-05 09:00", Channel.EMAIL)
    event = next(e for e in story.decided(BEFORE).events if isinstance(e, ActionDeferred))
    assert len(event.rules) == 2
    backwards()
    assert story.decide(BEFORE).events == ()
    known = next(iter(story.case.deliveries.values()))
    assert known.state is DeliveryState.DEFERRED
    fewer = replace(known, rules=known.rules[:1])
    story.case = replace(story.case, deliveries={known.id: fewer})
    assert story.decide(BEFORE).events == ()


def test_paying_still_ends_it():
    """Whatever was deferred, skipped or lapsed: a case that is paid rests."""
    story = Story(JUMP).tell("2026-03-20", PaymentReceived(Money("240.00", "USD")))
    story.decided("2026-03-20")
    assert (story.decide("2026-03-21").events, story.decide("2026-03-21").next_look) == ((), None)
