"""`lead: each`: every receivable climbs its own ladder, and what falls due together goes into one letter."""

from __future__ import annotations

from story import Story, at, disputed, invoice, local, paid, returned

from dunning_engine.decision.decision import Armed, Withdrawn
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ActionCancelled, ActionDeferred, HostFact, ReceiptKind, ReceiptRecorded
from dunning_engine.domain.joining import LevelJoined
from dunning_engine.domain.parties import Channel, Party

THREE = """
lead: each
grace: 13 days
steps:
  - {step: one, when: grace ends, send: letter one}
  - {step: two, when: 15 days after one, send: letter two}
  - {step: three, when: 31 days after two, send: letter three}
"""


def letters(story, when):
    """What goes out at an instant: each letter's words, its amount, and the level of each invoice that it speaks of."""
    decision = story.decided(when)
    found = []
    for cleared in decision.cleared:
        action = cleared.action.action
        levels = {key.cycle: key.step for key in action.levels or (action.key,)}
        found.append((action.spec.words, action.amount, levels))
        story.deliver(action, when)
    return found


def steps(story, number, *states):
    """The steps of a receivable's ladder that were sent."""
    wanted = states or (DeliveryState.SENT, DeliveryState.DELIVERED)
    return [d.key.step for d in story.case.deliveries.values() if d.key.cycle == number and d.state in wanted]


# The ladders -----------------------------------------------------------------------------------------------------------


def test_two_invoices_climb_separately_and_share_a_letter():
    """BC-03: looked at on three days only, the last of which finds the third level of one and the first of the other."""
    story = Story(THREE, invoice("I1", "100.00", due="2020-09-01"), invoice("I2", "100.00", due="2020-10-01"))
    assert letters(story, "2020-09-15 10:00") == [("letter one", 10000, {"I1": "one"})]
    assert letters(story, "2020-09-30 10:00") == [("letter two", 10000, {"I1": "two"})]
    assert letters(story, "2020-11-15 10:00") == [("letter three", 20000, {"I1": "three", "I2": "one"})]
    assert steps(story, "I1") == ["one", "two", "three"]
    assert steps(story, "I2") == ["one"]


def test_a_level_that_went_along_lets_its_ladder_climb():
    story = Story(THREE, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "100.00", due="2026-03-01"))
    assert letters(story, "2026-03-15 10:00") == [("letter one", 20000, {"I1": "one", "I2": "one"})]
    story.tell("2026-03-20 09:00", paid("100.00", "I1"))
    assert letters(story, "2026-03-30 10:00") == [("letter two", 10000, {"I2": "two"})]


def test_a_joined_level_is_an_event_and_a_delivery_of_its_own():
    story = Story(THREE, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "100.00", due="2026-03-01"))
    decision = story.decided("2026-03-15 10:00")
    (joined,) = [event for event in decision.events if isinstance(event, LevelJoined)]
    (cleared,) = decision.cleared
    assert (joined.key.cycle, joined.words, joined.into) == ("I2", "letter one", cleared.action.id)
    assert "of I2 goes along with letter one" in decision.explain()
    story.deliver(cleared.action.action, "2026-03-15 10:00")
    own = story.case.deliveries[joined.action_id]
    assert (own.state, own.into, own.invoices) == (DeliveryState.DELIVERED, cleared.action.id, ("I2",))
    assert len(story.case.contacts) == 1


def test_each_ladder_follows_its_own_disputes_and_dates():
    story = Story(THREE, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-11"))
    story.tell("2026-03-02 09:00", disputed("I1"))
    assert letters(story, "2026-03-15 10:00") == []
    assert letters(story, "2026-03-25 10:00") == [("letter one", 6000, {"I2": "one"})]


def test_a_receivable_that_is_open_again_stands_where_its_ladder_was():
    story = Story(THREE, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-08-01"))
    assert letters(story, "2026-03-15 10:00") == [("letter one", 10000, {"I1": "one"})]
    story.tell("2026-03-16 09:00", paid("100.00", "I1"))
    assert letters(story, "2026-04-20 10:00") == []
    story.tell("2026-04-21 09:00", returned("100.00", "I1"))
    assert letters(story, "2026-04-21 10:00") == [("letter two", 10000, {"I1": "two"})]


def test_what_is_not_due_yet_never_goes_into_a_letter_that_demands():
    text = """
        lead: each
        steps:
          - {step: notice, when: 5 days before due, send: email notice}
          - {step: reminder, when: 9 days after due, send: email reminder}
        """
    story = Story(text, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-15"))
    assert letters(story, "2026-02-24 10:00") == [("email notice", 10000, {"I1": "notice"})]
    assert letters(story, "2026-03-10 10:00") == [
        ("email reminder", 10000, {"I1": "reminder"}),
        ("email notice", 6000, {"I2": "notice"}),
    ]


def test_the_next_look_is_the_earliest_of_all_ladders():
    story = Story(THREE, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-05"))
    assert local(story.decide("2026-03-10 10:00").next_look) == "2026-03-15 10:00"
    letters(story, "2026-03-15 10:00")
    assert local(story.decide("2026-03-15 10:00").next_look) == "2026-03-19 10:00"


def test_min_gap_counts_for_the_debtor_and_not_for_each_ladder():
    story = Story(
        f"min_gap: 10 days\n{THREE}",
        invoice("I1", "100.00", due="2026-03-01"),
        invoice("I2", "60.00", due="2026-03-05"),
    )
    letters(story, "2026-03-15 10:00")
    assert letters(story, "2026-03-19 10:00") == []
    assert letters(story, "2026-03-25 10:00") == [("letter one", 6000, {"I2": "one"})]


def test_what_is_on_its_way_keeps_the_others_at_their_distance():
    story = Story(THREE, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-02"))
    story.decided("2026-03-15 23:00")
    assert letters(story, "2026-03-16 09:00") == []
    assert letters(story, "2026-03-16 10:00") == [("letter one", 6000, {"I2": "one"})]


# Ways ------------------------------------------------------------------------------------------------------------------

MIXED = """
lead: each
steps:
  - {step: one, when: 5 days after due, send: [email one, sms nudge]}
  - {step: two, when: 10 days after due, send: letter two or else email two}
  - {step: agency, when: 20 days after due, hand_off: agency acme}
"""


def test_other_channels_go_their_own_way():
    story = Story(MIXED, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-06"))
    letters(story, "2026-03-06 10:00")
    assert letters(story, "2026-03-11 10:00") == [
        ("letter two", 10000, {"I1": "two"}),
        ("email one", 6000, {"I2": "one"}),
        ("sms nudge", 6000, {"I2": "one"}),
    ]


def test_a_fallback_carries_what_goes_by_the_same_way():
    homeless = Party.consumer("ann", email="ann@example.com", country="US")
    story = Story(
        MIXED,
        invoice("I1", "100.00", due="2026-03-01"),
        invoice("I2", "60.00", due="2026-03-06"),
        debtor=homeless,
    )
    letters(story, "2026-03-06 10:00")
    assert letters(story, "2026-03-11 10:00") == [("email two", 16000, {"I1": "two", "I2": "one"})]


def test_hand_offs_are_never_joined():
    story = Story(MIXED, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-01"))
    for day in ("2026-03-06", "2026-03-11"):
        letters(story, f"{day} 10:00")
    assert letters(story, "2026-03-21 10:00") == [
        ("hand off agency acme", 10000, {"I1": "agency"}),
        ("hand off agency acme", 6000, {"I2": "agency"}),
    ]
    assert story.case.status.value == "overdue"
    story.decided("2026-03-21 11:00")
    assert story.case.status.value == "placed"


# Waiting ---------------------------------------------------------------------------------------------------------------

LIMITED = f"contact_limits: [1 letter in 30 days]\ncatch_up: skip\n{THREE}"


def test_a_letter_that_waits_keeps_what_goes_along():
    story = Story(LIMITED, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-01"))
    story.contacted("2026-03-01 10:00", Channel.LETTER)
    decision = story.decided("2026-03-15 10:00")
    assert [type(event) for event in decision.events if not hasattr(event, "trigger")] == [ActionDeferred, LevelJoined]
    assert not [e for e in story.decided("2026-03-15 11:00").events if isinstance(e, LevelJoined)]
    assert letters(story, local(decision.next_look)) == [("letter one", 16000, {"I1": "one", "I2": "one"})]


APPROVED = """
lead: each
steps:
  - {step: one, when: 5 days after due, send: letter one}
  - {step: two, when: 10 days after due, send: letter two, approval: manager, deadline: 14 days}
"""


def waiting(story):
    letters(story, "2026-03-06 10:00")
    decision = story.decided("2026-03-11 10:00")
    (asked,) = decision.waiting
    return asked


def approval_story():
    return Story(APPROVED, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-06"))


def test_the_harshest_level_gives_approval_and_deadline():
    story = approval_story()
    asked = waiting(story)
    assert (asked.action.amount, asked.action.deadline is not None) == (16000, True)
    rider = asked.action.levels[1].action_id("case")
    assert story.case.deliveries[rider].state is DeliveryState.DEFERRED
    story.tell("2026-03-11 12:00", ApprovalGranted(asked.action.id, asked.digest, "mia"))
    assert letters(story, "2026-03-11 12:00") == [("letter two", 16000, {"I1": "two", "I2": "one"})]


def test_what_was_to_go_along_with_a_refused_letter_goes_alone():
    story = approval_story()
    asked = waiting(story)
    story.tell("2026-03-11 12:00", ApprovalRefused(asked.action.id, "mia"))
    rider = asked.action.levels[1].action_id("case")
    assert story.case.deliveries[rider].state is DeliveryState.CANCELLED
    assert letters(story, "2026-03-11 12:00") == [("letter one", 6000, {"I2": "one"})]


def test_a_level_whose_money_came_leaves_the_letter():
    """The question is asked anew over what is left, and the level that left it is free again."""
    story = approval_story()
    asked = waiting(story)
    story.tell("2026-03-11 12:00", paid("60.00", "I2"))
    (again,) = story.decided("2026-03-11 12:00").waiting
    assert (again.action.amount, again.action.levels) == (10000, ())
    rider = asked.action.levels[1].action_id("case")
    assert (story.case.deliveries[rider].state, story.case.deliveries[rider].into) == (DeliveryState.CANCELLED, "")


def test_what_waited_alone_is_taken_back_when_it_goes_along():
    text = f"contact_limits: [1 letter in 12 days]\n{THREE.replace('13 days', '2 days').replace('15 days', '12 days')}"
    story = Story(text, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-10"))
    letters(story, "2026-03-04 10:00")
    deferred = story.decided("2026-03-13 10:00")
    assert [type(e) for e in deferred.events] == [ActionDeferred]
    decision = story.decided("2026-03-16 10:00")
    assert [type(e).__name__ for e in decision.events] == ["ActionCleared", "ActionCancelled", "LevelJoined"]
    (cancelled,) = [e for e in decision.events if isinstance(e, ActionCancelled)]
    assert cancelled.why == "it goes along with letter two"


def test_a_bounced_letter_bounced_for_every_level():
    story = Story(THREE, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-01"))
    (cleared,) = story.decided("2026-03-15 10:00").cleared
    rider = cleared.action.action.levels[1].action_id("case")
    story.tell("2026-03-15 10:00", ReceiptRecorded(rider, ReceiptKind.BOUNCED))
    assert {d.state for d in story.case.deliveries.values()} == {DeliveryState.BOUNCED}


# Arming ----------------------------------------------------------------------------------------------------------------

CONDITIONAL = """
lead: each
steps:
  - {step: one, when: 5 days after due, send: letter one, unless: [fact vip is true]}
  - {step: two, when: 10 days after due, send: letter two}
"""


def armed(story, *events):
    letters(story, "2026-03-06 10:00")
    (cleared,) = story.decided("2026-03-11 10:00").cleared
    story.tell("2026-03-11 10:01", *events)
    return story.admit(cleared.action.action, "2026-03-11 10:02")


def conditional():
    return Story(CONDITIONAL, invoice("I1", "100.00", due="2026-03-01"), invoice("I2", "60.00", due="2026-03-06"))


def test_a_letter_is_armed_over_what_is_open_now():
    admission = armed(conditional(), paid("20.00", "I2"))
    assert isinstance(admission, Armed)
    assert admission.action.action.amount == 14000


def test_a_letter_is_taken_back_where_a_level_has_lost_its_reason():
    for events, why in (
        ([paid("60.00", "I2")], "an invoice that it was about is paid or disputed"),
        ([paid("100.00", "I1")], "the receivables that it was about are settled"),
        ([HostFact("vip", "true")], "one of I2: its exception “fact vip is true” holds"),
    ):
        admission = armed(conditional(), *events)
        assert isinstance(admission, Withdrawn)
        assert admission.why == why


def test_a_letter_speaks_of_no_step_that_the_policy_has_lost():
    story = conditional()
    letters(story, "2026-03-06 10:00")
    (cleared,) = story.decided("2026-03-11 10:00").cleared
    story.policy = Story(CONDITIONAL.replace("step: one", "step: first")).policy
    admission = story.admit(cleared.action.action, "2026-03-11 10:02")
    assert isinstance(admission, Withdrawn)
    assert admission.why == "the policy no longer has a step one"


def test_after_a_step_that_went_nowhere_the_ladder_keeps_its_distance_from_the_letter_of_today():
    text = """
        lead: each
        catch_up: next
        steps:
          - {step: one, when: 5 days after due, send: sms one}
          - {step: two, when: 6 days after due, send: letter two}
          - {step: three, when: 20 days after due, send: letter three}
        """
    silent = Party.consumer("ann", address=("1 Main Street",), country="US")
    story = Story(
        text, invoice("I1", "100.00", due="2026-02-10"), invoice("I2", "60.00", due="2026-03-01"), debtor=silent
    )
    letters(story, "2026-02-16 10:00")
    assert letters(story, "2026-03-07 10:00") == [("letter three", 10000, {"I1": "three"})]
    assert at("2026-03-08 10:00") == story.decide("2026-03-07 10:00").next_look
    assert letters(story, "2026-03-08 10:00") == [("letter two", 6000, {"I2": "two"})]
