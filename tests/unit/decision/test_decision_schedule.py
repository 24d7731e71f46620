"""When each step of a ladder is due: anchors, floors, rolling, repetition, catching up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import ANN, LOS_ANGELES, NEW_YORK, TOKYO, Story, at, credited, held, invoice, local, paid, policy, released

from dunning_engine.domain.events import PaymentFailed, ReceiptKind, ReceiptRecorded, ReceivableAdded
from dunning_engine.domain.parties import Channel

ONE = "steps: [{{step: one, when: {when}, send: email one}}]"


def first(text, *invoices, **more):
    """When the first action of a policy goes out, if the engine is asked from the start."""
    story = Story(text, *invoices, **more)
    return next(iter(story.follow("2026-02-01", "2027-02-01")), None)


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("5 days before due", "2026-02-25 10:00"),
        ("1 business day before due", "2026-03-01 10:00"),
        ("1 month before due", "2026-02-02 10:00"),
        ("on the due date", "2026-03-02 10:00"),
        ("1 day after due", "2026-03-03 10:00"),
        ("2 weeks after due", "2026-03-16 10:00"),
        ("1 month after due", "2026-04-02 10:00"),
        ("40 days after issue", "2026-03-13 10:00"),
        ("end of month after due", "2026-03-31 10:00"),
        ("balance reaches 200.00", "2026-02-01 10:00"),
    ],
)
def test_each_anchor_names_its_day(when, day):
    """A step is due at the send time of the day that its anchor names."""
    assert first(ONE.format(when=when)) == day


def test_business_days_count_working_days_and_the_start_is_day_zero():
    """Five business days after a Monday in a week with a holiday end on the Tuesday of the next week."""
    text = "time: {zone: America/New_York, business_days: US}\n" + ONE.format(when="5 business days after due")
    assert first(text, invoice(due="2026-05-18", issued="2026-05-01")) == "2026-05-26 10:00"


def test_months_clamp():
    """A month after 31 January is the last day of February."""
    assert (
        first(ONE.format(when="1 month after due"), invoice(due="2026-01-31", issued="2026-01-01"))
        == "2026-02-28 10:00"
    )


def test_grace_ends_on_the_first_day_after_it():
    """Due 2 March with three business days of grace: pay through 5 March, the reminder comes on 6 March."""
    text = "time: {zone: America/New_York, business_days: US}\ngrace: 3 business days\n"
    assert first(text + ONE.format(when="grace ends")) == "2026-03-06 10:00"
    assert first(text + ONE.format(when="2 days after grace ends")) == "2026-03-09 10:00"  # 8 March is a Sunday


def test_grace_is_a_floor():
    """What would fall between the due date and the end of grace waits for the end of grace."""
    assert first("grace: 1 week\n" + ONE.format(when="2 days after due")) == "2026-03-10 10:00"
    assert first("grace: 1 week\n" + ONE.format(when="on the due date")) == "2026-03-02 10:00"


def test_a_hand_off_does_not_wait_for_grace():
    """Grace keeps contacts back; what does not reach the debtor has only its own day."""
    text = "grace: 1 week\nsteps: [{step: one, when: 2 days after due, hand_off: agency acme}]"
    assert first(text) == "2026-03-04 10:00"


def test_send_time_is_read_in_the_westernmost_zone():
    """Ten o'clock must have come wherever the debtor may be."""
    story = Story(ONE.format(when="1 day after due"), zones=(NEW_YORK, LOS_ANGELES))
    assert local(story.decide("2026-03-01").next_look) == "2026-03-03 00:00"  # overdue
    assert list(story.follow("2026-03-03", "2026-04-01")) == ["2026-03-03 13:00"]


def test_without_a_zone_the_policy_s_own_clock_is_read():
    """Where nothing tells the debtor's zone, the send time is the policy's."""
    assert first(ONE.format(when="1 day after due"), zones=()) == "2026-03-03 10:00"


ROLLING = "time: {{zone: America/New_York, business_days: US, roll: {roll}}}\n"


@pytest.mark.parametrize(
    ("roll", "when", "day"),
    [
        ("next", "5 days after due", "2026-03-09 10:00"),
        ("previous", "5 days after due", "2026-03-06 10:00"),
        ("none", "5 days after due", "2026-03-07 10:00"),
        ("next", "2 days before due", "2026-02-27 10:00"),
        ("none", "2 days before due", "2026-02-28 10:00"),
        ("{default: next, email: none}", "5 days after due", "2026-03-07 10:00"),
        ("{default: next, letter: none}", "5 days after due", "2026-03-09 10:00"),
    ],
)
def test_contacts_roll_off_days_without_business(roll, when, day):
    """Contacts on a Saturday roll as the policy says; what comes before the due date rolls to an earlier day."""
    assert first(ROLLING.format(roll=roll) + ONE.format(when=when)) == day


def test_a_hand_off_is_given_on_any_day():
    """The agency works on its own days: what reaches no debtor stays on a Saturday."""
    text = "steps: [{step: one, when: 5 days after due, hand_off: agency acme}]"
    assert first(ROLLING.format(roll="next") + text) == "2026-03-07 10:00"


def test_rolling_back_never_passes_the_due_date():
    """Due on a Friday, a contact of Saturday under `roll: previous` goes to Monday: Friday is not overdue yet."""
    text = ROLLING.format(roll="previous") + ONE.format(when="1 day after due")
    assert first(text, invoice(due="2026-03-06")) == "2026-03-09 10:00"


def test_what_rolls_back_before_the_due_date_keeps_its_gap():
    """Rolling to an earlier day never brings a contact closer to the one before than `min_gap`."""
    text = """
        time: {zone: America/New_York, business_days: US}
        min_gap: 3 days
        steps:
          - {step: one, when: 4 days before due, send: email one}
          - {step: two, when: on the due date, send: email two}
        """
    story = Story(text, invoice(due="2026-03-08"))  # a Sunday
    assert list(story.follow("2026-02-01", "2026-04-01")) == ["2026-03-04 10:00"]


def test_a_hand_off_does_not_roll():
    """What does not reach the debtor happens on its own day."""
    text = ROLLING.format(roll="next") + "steps: [{step: one, when: 5 days after due, hand_off: agency acme}]"
    assert first(text) == "2026-03-07 10:00"


def test_a_local_time_that_does_not_exist_becomes_the_first_after_the_gap():
    """On the night of 8 March 2026 New York has no 02:30."""
    text = 'time: {zone: America/New_York, send_at: "02:30"}\n' + ONE.format(when="6 days after due")
    assert first(text) == "2026-03-08 03:00"


# After steps ---------------------------------------------------------------------------------------------------------

AFTER = """
    steps:
      - {step: one, when: 1 day after due, send: email one}
      - {step: two, when: 3 days after one, send: email two}
      - {step: three, when: 2 days after previous, send: email three}
    """


def test_after_a_step_counts_from_what_happened():
    """A first step that went out late moves everything that is counted from it."""
    assert Story(AFTER).follow("2026-03-10 12:00", "2026-05-01") == {
        "2026-03-10 12:00": ["one: email one"],
        "2026-03-13 10:00": ["two: email two"],
        "2026-03-15 10:00": ["three: email three"],
    }


def test_what_was_passed_over_counts_from_its_own_day():
    """A step whose condition was false lets the next one count from the day on which it was due."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: email one, only_if: fact vip is true}
          - {step: two, when: 3 days after one, send: email two}
          - {step: three, when: 2 days after previous, send: email three, unless: fact vip is true}
        """
    assert list(Story(text).follow("2026-02-01", "2026-05-01")) == ["2026-03-06 10:00", "2026-03-08 10:00"]


def test_after_previous_counts_from_the_due_day_of_what_was_passed_over():
    """Where nothing has happened yet, `previous` is the day on which the step before was due."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: email one, only_if: fact vip is true}
          - {step: two, when: 3 days after previous, send: email two}
        """
    assert list(Story(text).follow("2026-02-01", "2026-05-01")) == ["2026-03-06 10:00"]


def test_what_was_never_sent_never_climbs():
    """A blocked or bounced step is passed by, and nothing is counted from it."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: email one}
          - {step: two, when: 3 days after one, send: sms two}
          - {step: three, when: 9 days after due, send: letter three}
        """
    nobody = Story(text, debtor=replace(ANN, email=None))
    assert list(nobody.follow("2026-02-01", "2026-05-01")) == ["2026-03-11 10:00"]
    decision = nobody.decide("2026-03-12")
    assert "step two: passed over: what it is counted from was never sent" not in decision.explain()


def test_what_was_refused_does_not_climb_even_when_it_is_no_longer_wanted():
    """A step that was blocked and whose condition has failed since still lets nothing be counted from it."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: email one, only_if: balance at least 100.00}
          - {step: two, when: 3 days after one, send: sms two}
        """
    story = Story(text, debtor=replace(ANN, email=None))
    assert story.follow("2026-02-01", "2026-05-01", [("2026-03-04", paid("200.00"))]) == {}


def test_a_bounce_does_not_climb():
    """Under `climb_on: delivered` a message that came back counts as not sent; other anchors go on."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: email one, climb_on: delivered}
          - {step: two, when: 3 days after one, send: sms two}
          - {step: three, when: 9 days after due, send: letter three}
        """
    assert list(Story(text, arrives="bounced").follow("2026-02-01", "2026-03-12")) == [
        "2026-03-03 10:00",
        "2026-03-11 10:00",
    ]


@pytest.mark.parametrize(
    ("climb_on", "arrives", "second"),
    [
        ("emitted", "", True),
        ("sent", "", False),
        ("sent", "sent", True),
        ("delivered", "sent", False),
        ("delivered", "delivered", True),
    ],
)
def test_a_step_climbs_on_what_it_says(climb_on, arrives, second):
    """The next step waits until the one before was decided, sent or delivered, by `climb_on`."""
    text = f"""
        steps:
          - {{step: one, when: 1 day after due, send: email one, climb_on: {climb_on}}}
          - {{step: two, when: 3 days after one, send: sms two}}
        """
    story = Story(text, arrives=arrives)
    assert ("2026-03-06 10:00" in story.follow("2026-02-01", "2026-05-01")) is second
    if not second:
        assert "the ladder waits here" in story.decide("2026-05-01").explain()


def test_certified_letters_climb_on_delivery():
    """A certified letter counts from its delivery; an ordinary one from its dispatch."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: certified letter one}
          - {step: two, when: 3 days after one, send: email two}
        """
    story = Story(text, arrives="sent")
    assert list(story.follow("2026-02-01", "2026-05-01")) == ["2026-03-03 10:00"]
    letter = next(iter(story.case.deliveries))
    story.tell("2026-03-20 15:00", ReceiptRecorded(letter, ReceiptKind.DELIVERED))
    assert local(story.decide("2026-03-20 15:00").next_look) == "2026-03-23 10:00"


def test_steps_before_the_due_date_lapse_the_day_after():
    """A courtesy that could not be sent in time is not sent late."""
    text = """
        steps:
          - {step: early, when: 5 days before due, send: email early}
          - {step: on-due, when: on the due date, send: email on-due}
          - {step: late, when: 3 days after due, send: email late}
        """
    story = Story(text)
    assert list(story.follow("2026-03-03", "2026-05-01")) == ["2026-03-05 10:00"]
    assert "its time ended with the due date" in Story(text).decide("2026-03-03").explain()


def test_contacts_keep_the_gap():
    """No step comes closer to the last contact than `min_gap`, whatever its own day."""
    text = """
        min_gap: 4 days
        steps:
          - {step: one, when: 1 day after due, send: email one}
          - {step: two, when: 2 days after due, send: email two}
          - {step: three, when: 3 days after due, hand_off: agency acme}
        """
    assert list(Story(text).follow("2026-02-01", "2026-05-01")) == [
        "2026-03-03 10:00",
        "2026-03-07 10:00",
        "2026-03-11 10:00",
    ]


def test_the_gap_is_a_day_of_the_debtor_too():
    """A policy of Los Angeles that catches up with a debtor in Tokyo writes to them once a day."""
    text = """
        time: {zone: America/Los_Angeles}
        steps:
          - {step: one, when: 1 day after due, send: email one}
          - {step: two, when: 2 days after due, send: email two}
        """
    story = Story(text, zones=(TOKYO,))
    looks = [local(at(day, LOS_ANGELES), TOKYO) for day in story.follow("2026-04-01 18:00", "2026-05-01")]
    assert looks == ["2026-04-02 10:00", "2026-04-03 10:00"]


# Deadlines -----------------------------------------------------------------------------------------------------------

ULTIMATUM = """
    steps:
      - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 14 days}
      - {step: agency, when: 7 days after ultimatum expires, hand_off: agency acme}
    """


def test_a_deadline_expires_on_the_day_after_its_last():
    """Sent 1 April with 14 days: pay through 15 April, expires 16 April, seven days after that is 23 April."""
    story = Story(ULTIMATUM)
    assert list(story.follow("2026-02-01", "2026-06-01")) == ["2026-04-01 10:00", "2026-04-23 10:00"]
    letter = Story(ULTIMATUM).decide("2026-04-01 10:00").cleared[0].action.action
    assert letter.deadline == at("2026-04-15") // 86_400 + 719_163


def test_the_end_of_a_deadline_only_moves_later():
    """A deadline that ends on a day without business ends on the next one, even under `roll: previous`."""
    text = (
        "time: {zone: America/New_York, business_days: US, roll: previous}\n"
        """
steps:
  - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 10 days}
  - {step: over, when: ultimatum expires, hand_off: agency acme}
"""
    )
    assert list(Story(text).follow("2026-02-01", "2026-06-01")) == ["2026-04-01 10:00", "2026-04-14 10:00"]
    unrolled = text.replace("roll: previous", "roll: none")
    assert list(Story(unrolled).follow("2026-02-01", "2026-06-01")) == ["2026-04-01 10:00", "2026-04-12 10:00"]


def test_no_step_starts_before_an_earlier_deadline_has_expired():
    """A later step with an earlier day of its own waits for the end of the deadline."""
    text = """
        steps:
          - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 14 days}
          - {step: call, when: 32 days after due, call: script}
        """
    assert list(Story(text).follow("2026-02-01", "2026-06-01")) == ["2026-04-01 10:00", "2026-04-16 10:00"]


def test_a_deadline_expires_in_the_latest_zone():
    """For a debtor in Tokyo a deadline of a creditor in Los Angeles ends when its day is over in Los Angeles."""
    text = """
        time: {zone: America/Los_Angeles}
        steps:
          - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 14 days, climb_on: sent}
          - {step: over, when: ultimatum expires, send: letter over}
        """
    story = Story(text, zones=(TOKYO,))
    sent, over = story.follow("2026-02-01", "2026-06-01")
    assert (sent, over) == ("2026-03-31 18:00", "2026-04-15 00:00")


def test_without_an_ultimatum_nothing_expires():
    """What hangs on a deadline that was never set passes by; nothing else is kept from coming."""
    text = """
        steps:
          - {step: ultimatum, when: 30 days after due, send: letter x, deadline: 14 days, only_if: fact vip is true}
          - {step: agency, when: ultimatum expires, hand_off: agency acme}
          - {step: last, when: 40 days after due, send: email last}
        """
    story = Story(text)
    assert list(story.follow("2026-02-01", "2026-06-01")) == ["2026-04-11 10:00"]
    assert "passed over: what it is counted from was never sent" in Story(text).decide("2026-04-01 10:00").explain()


# Repetition ----------------------------------------------------------------------------------------------------------


def days(story, until="2026-06-01"):
    return [
        f"{when[5:10]} {step.split(':')[0]}"
        for when, steps in story.follow("2026-02-01", until).items()
        for step in steps
    ]


def test_up_to_three_times_is_three_in_all():
    """A cadence counts its first occurrence."""
    text = "steps: [{step: chase, when: 1 day after due, cadence: every 7 days up to 3 times, send: email x}]"
    assert days(Story(text)) == ["03-03 chase", "03-10 chase", "03-17 chase"]


def test_a_repetition_ends_when_a_later_step_begins():
    """The successor starts after the first occurrence and ends the repetition."""
    text = """
        steps:
          - {step: chase, when: 1 day after due, cadence: every 4 days, send: email x}
          - {step: last, when: 10 days after due, send: letter y}
        """
    assert days(Story(text)) == ["03-03 chase", "03-07 chase", "03-11 chase", "03-12 last"]


def test_a_repetition_until_a_step_goes_on_beside_the_others():
    """`until` keeps a step repeating through later ones; an anchor on it counts from its last occurrence so far."""
    text = """
        steps:
          - {step: chase, when: 1 day after due, cadence: every 4 days until end-it, send: email x}
          - {step: call, when: 6 days after due, call: script}
          - {step: end-it, when: 6 days after chase, send: letter y, only_if: at least 17 days overdue}
        """
    assert days(Story(text), "2026-04-01")[:5] == [
        "03-03 chase",
        "03-07 chase",
        "03-08 call",
        "03-11 chase",
        "03-15 chase",
    ]


def test_the_earliest_of_several_repetitions_comes_first():
    """Two steps that repeat beside each other take turns by their days, a gap apart."""
    text = """
        steps:
          - {step: one, when: 1 day after due, cadence: every 10 days until three, send: email x}
          - {step: two, when: 3 days after due, cadence: every 3 days up to 3 times until three, send: sms y}
          - {step: three, when: 20 days after due, send: letter z}
        """
    assert days(Story(text)) == ["03-03 one", "03-05 two", "03-08 two", "03-11 two", "03-13 one", "03-22 three"]


def test_a_repetition_whose_condition_fails_passes():
    """No further occurrence goes out while the step's condition is false."""
    text = """
        steps:
          - {step: chase, when: 1 day after due, cadence: every 4 days, send: email x, only_if: balance at least 100.00}
          - {step: last, when: 30 days after due, send: letter y}
        """
    story = Story(text)
    out = story.follow("2026-02-01", "2026-06-01", [("2026-03-08", paid("200.00"))])
    assert list(out) == ["2026-03-03 10:00", "2026-03-07 10:00", "2026-04-01 10:00"]


def test_a_repetition_that_is_not_known_to_have_left_does_not_repeat():
    """As long as nothing is known of the last occurrence, no other is counted from it."""
    text = """
        steps:
          - {step: chase, when: 1 day after due, cadence: every 4 days until last, send: email x, climb_on: delivered}
          - {step: call, when: 3 days after due, call: script, climb_on: emitted}
          - {step: last, when: 30 days after due, send: letter y}
        """
    story = Story(text, arrives="bounced")
    assert days(story, "2026-03-20") == ["03-03 chase", "03-05 call"]


def test_a_repetition_that_waits_does_not_keep_its_successor():
    """Where limits put an occurrence off, the next step still starts on its day and ends the repetition."""
    text = """
        contact_limits: [1 call in 30 days per debtor]
        steps:
          - {step: chase, when: 1 day after due, cadence: every 4 days, call: script}
          - {step: last, when: 10 days after due, send: letter y}
        """
    story = Story(text)
    assert days(story) == ["03-03 chase", "03-12 last"]


# Other anchors -------------------------------------------------------------------------------------------------------


def test_after_resume_counts_from_the_end_of_the_latest_hold():
    """`N days after resume` waits for a hold to end, even one of the same day."""
    text = "steps: [{step: back, when: 3 days after resume, send: email back}]"
    story = Story(text)
    assert story.decide("2026-04-01").next_look is None
    out = story.follow("2026-03-05", "2026-05-01", [("2026-03-10 09:00", held()), ("2026-03-10 16:00", released())])
    assert list(out) == ["2026-03-13 10:00"]


def test_the_clock_stands_still_while_the_case_is_held():
    """Days of a hold do not count: seven days after due, held for five of them, are twelve."""
    story = Story(ONE.format(when="7 days after due"))
    out = story.follow("2026-02-01", "2026-05-01", [("2026-03-04", held()), ("2026-03-09", released())])
    assert list(out) == ["2026-03-14 10:00"]


def test_a_balance_is_reached_when_the_facts_say_so():
    """The day is the one on which the open balance last came to the amount; below it, nobody knows."""
    story = Story("steps: [{step: big, when: balance reaches 300.00, send: email big}]")
    assert story.decide("2026-02-10").next_look == at("2026-03-03")
    facts = [
        ("2026-02-12", ReceivableAdded(invoice("INV-2", "100.00", due="2026-04-02"))),
        ("2026-02-12 09:00", credited("50.00")),
        ("2026-02-14 15:00", ReceivableAdded(invoice("INV-3", "100.00", due="2026-04-05"))),
    ]
    assert list(story.follow("2026-02-10", "2026-03-01", facts)) == ["2026-02-14 15:00"]


def test_failed_payments_are_counted():
    """`2 failed payments` is due on the day of the second one."""
    story = Story("steps: [{step: card, when: 2 failed payments, send: sms card}]")
    facts = [("2026-03-05 08:00", PaymentFailed()), ("2026-03-08 08:00", PaymentFailed())]
    assert list(story.follow("2026-03-03", "2026-05-01", facts)) == ["2026-03-08 10:00"]


def test_a_step_that_waits_for_its_anchor_holds_the_ladder():
    """Steps are taken in file order: none starts before its predecessor has happened, lapsed or been passed over."""
    text = """
        steps:
          - {step: card, when: 1 failed payment, send: sms card}
          - {step: later, when: 3 days after due, send: email later}
        """
    story = Story(text)
    assert story.follow("2026-02-01", "2026-05-01") == {}
    assert "the ladder waits here: what it is counted from has not happened" in story.decide("2026-05-01").explain()


def test_a_required_proof_holds_the_ladder():
    """A step that `requires` a proof waits for it, and so do those behind."""
    text = """
        steps:
          - {step: one, when: 1 day after due, send: email one}
          - {step: two, when: 5 days after due, send: email two, requires: one delivered}
          - {step: three, when: 9 days after due, send: email three}
        """
    story = Story(text, arrives="sent")
    assert list(story.follow("2026-02-01", "2026-05-01")) == ["2026-03-03 10:00"]
    assert "it requires that one is delivered" in story.decide("2026-05-01").explain()
    story.tell("2026-05-02 12:00", ReceiptRecorded(next(iter(story.case.deliveries)), ReceiptKind.DELIVERED))
    assert story.look("2026-05-02 12:00") == ["two: email two"]


# Catching up ---------------------------------------------------------------------------------------------------------

LADDER = """
    catch_up: {how}
    steps:
      - {{step: one, when: 1 day after due, send: email one}}
      - {{step: two, when: 5 days after due, send: email two}}
      - {{step: three, when: 9 days after due, send: letter three}}
      - {{step: four, when: 30 days after due, send: letter four}}
    """


def late(how):
    return Story(LADDER.format(how=how)).follow("2026-03-15 12:00", "2026-05-01")


def test_catch_up_next_takes_the_earliest_missed_step_and_the_rest_at_the_gap():
    """By default a case that is taken in late gets the missed steps one by one."""
    assert late("next") == {
        "2026-03-15 12:00": ["one: email one"],
        "2026-03-16 10:00": ["two: email two"],
        "2026-03-17 10:00": ["three: letter three"],
        "2026-04-01 10:00": ["four: letter four"],
    }


def test_catch_up_jump_takes_the_most_severe_due_step():
    """Under `jump` the others are recorded as skipped."""
    assert late("jump") == {"2026-03-15 12:00": ["three: letter three"], "2026-04-01 10:00": ["four: letter four"]}
    story = Story(LADDER.format(how="jump"))
    decision = story.decide("2026-03-15 12:00")
    assert [event.step for event in decision.events if hasattr(event, "planned_at")] == ["one", "two"]
    assert "step one: skipped: overtaken by three" in decision.explain()


def test_catch_up_jump_stops_at_a_missing_proof():
    """A step that requires a proof nobody has is not jumped to."""
    text = LADDER.format(how="jump").replace("send: letter three", "send: letter three, requires: one delivered")
    assert Story(text).follow("2026-03-15 12:00", "2026-03-31") == {"2026-03-15 12:00": ["two: email two"]}


def test_what_was_jumped_over_stays_so_where_the_jump_is_blocked():
    """Each step is recorded as skipped once, and does not come instead of the one that overtook it."""
    story = Story(LADDER.format(how="jump"), debtor=replace(ANN, address=()))
    decision = story.decided("2026-03-15 12:00")
    assert [event.step for event in decision.events if type(event).__name__ == "StepSkipped"] == ["one", "two"]
    assert [blocked.action.step for blocked in decision.blocked] == ["three"]
    assert decision.cleared == ()


def test_a_jump_may_overtake_what_waits():
    """Under `jump` a later step that comes due while an earlier one waits takes its place, and the look is announced."""
    text = (
        "contact_limits: [1 email in 30 days per debtor]\n"
        """
catch_up: jump
steps:
  - {step: one, when: 1 day after due, send: email one}
  - {step: two, when: 5 days after due, send: letter two}
"""
    )
    story = Story(text).contacted("2026-03-01 10:00", Channel.EMAIL)
    assert story.look("2026-03-03 10:00") == []
    assert local(story.decide("2026-03-03 10:00").next_look) == "2026-03-07 10:00"
    assert story.look("2026-03-07 10:00") == ["two: letter two"]


def test_catch_up_skip_drops_missed_contacts_and_goes_on():
    """Under `skip` what was missed is dropped; a hand-off is not."""
    assert late("skip") == {"2026-04-01 10:00": ["four: letter four"]}
    text = LADDER.format(how="skip").replace("send: letter three", "hand_off: agency acme")
    assert Story(text).follow("2026-03-15 12:00", "2026-03-31") == {"2026-03-15 12:00": ["three: hand off agency acme"]}


def test_catch_up_skip_takes_a_step_late_on_its_day():
    """A step is missed when its day has passed, not its hour."""
    story = Story(LADDER.format(how="skip"), zones=())
    assert story.look("2026-03-03 18:00") == ["one: email one"]


def test_what_waits_for_its_hour_is_not_missed():
    """Under `skip` a contact that a limit put off to another day still goes out."""
    text = (
        "contact_limits: [1 contact in 3 days per debtor]\n"
        + LADDER.format(how="skip").strip("\n").replace("\n    ", "\n").lstrip()
    )
    story = Story(text).contacted("2026-03-02 15:00", Channel.SMS)
    assert list(story.follow("2026-02-01", "2026-03-06")) == ["2026-03-05 00:00"]


def test_steps_that_another_version_had_are_forgotten():
    """Deliveries of a step that the policy no longer has do not count on the ladder."""
    story = Story(AFTER)
    story.look("2026-03-03 10:00")
    story.policy = policy("steps: [{step: other, when: 1 day after due, send: sms other}]")
    assert story.look("2026-03-05 10:00") == ["other: sms other"]
