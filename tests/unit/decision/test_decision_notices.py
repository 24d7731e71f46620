"""A notice is good for one restriction: what gave the service back, and a plan that ended, ask for another one."""

from __future__ import annotations

import pytest
from story import Story, disputed, invoice, local, paid, promised, returned, settled_dispute, usd

from dunning_engine.domain.agency_events import AgencyReturned
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import PlanBroken
from dunning_engine.domain.plans import Instalment, PlanAgreed

UTILITY = """
restore_when: [paid, promise open, plan on track, disputed]
pause_while: [promise open, plan on track, disputed]
steps:
  - {step: reminder, when: 2 days after due, send: email reminder}
  - {step: warning, when: 5 days after due, send: letter warning}
  - {step: off, when: 6 days after due, restrict: service after warning and 14 days}
  - {step: demand, when: 40 days after due, send: letter demand}
stop_when: [paid]
"""
UP_TO_OFF = {
    "2026-03-04 10:00": ["reminder: email reminder"],
    "2026-03-07 10:00": ["warning: letter warning"],
    "2026-03-21 10:00": ["off: restrict service"],
}
UP_TO_WARNING = dict(list(UP_TO_OFF.items())[:2])


def followed(*facts, text=UTILITY, until="2026-06-30", **more):
    return Story(text, **more).follow("2026-03-01", until, facts)


def plan(amount="240.00", by="2026-04-01", invoice=None):
    return PlanAgreed((Instalment(usd(amount), by),), invoice)


# What was given back ---------------------------------------------------------------------------------------------------


def test_a_broken_promise_brings_the_notice_and_then_the_restriction_again():
    """The service came back for the promise; the old notice has led to one restriction, and is used up."""
    told = followed(("2026-03-23 12:00", promised("240.00", "2026-03-30")))
    assert told == UP_TO_OFF | {
        "2026-03-23 12:00": ["off: restore service"],
        "2026-03-31 10:00": ["warning: letter warning"],
        "2026-04-14 10:00": ["off: restrict service"],
        "2026-05-05 10:00": ["demand: letter demand"],
    }


def test_a_payment_that_went_back_does_the_same():
    """The case was closed; from the day on which the money went back the ladder stands before the notice."""
    told = followed(("2026-03-23 12:00", paid()), ("2026-05-04 12:00", returned("240.00")))
    assert told == UP_TO_OFF | {
        "2026-03-23 12:00": ["off: restore service"],
        "2026-05-04 12:00": ["warning: letter warning"],
        "2026-05-18 10:00": ["off: restrict service"],
        "2026-06-08 10:00": ["demand: letter demand"],
    }


def test_a_notice_after_a_payment_that_went_back_is_no_late_one():
    """Under `catch_up: skip` the days on which nothing was owed let nothing lapse."""
    told = followed(
        ("2026-03-23 12:00", paid()), ("2026-05-04 12:00", returned("240.00")), text=f"catch_up: skip\n{UTILITY}"
    )
    assert list(told)[3:6] == ["2026-03-23 12:00", "2026-05-04 12:00", "2026-05-18 10:00"]


def test_a_promise_that_is_kept_restricts_nothing_again():
    told = followed(("2026-03-23 12:00", promised("240.00", "2026-03-30")), ("2026-03-29 12:00", paid()))
    assert told == UP_TO_OFF | {"2026-03-23 12:00": ["off: restore service"]}


def test_a_dispute_that_is_rejected_does_the_same():
    told = followed(("2026-03-23 12:00", disputed()), ("2026-04-02 09:00", settled_dispute()), until="2026-04-18")
    assert told == UP_TO_OFF | {
        "2026-03-23 12:00": ["off: restore service"],
        "2026-04-02 10:00": ["warning: letter warning"],
        "2026-04-16 10:00": ["off: restrict service"],
    }


def test_money_that_comes_later_asks_for_no_third_notice():
    """A part that is paid after the second notice changes nothing about it."""
    told = followed(
        ("2026-03-23 12:00", promised("240.00", "2026-03-30")), ("2026-04-05 12:00", paid("40.00")), until="2026-04-15"
    )
    assert list(told)[3:] == ["2026-03-23 12:00", "2026-03-31 10:00", "2026-04-14 10:00"]


def test_it_is_given_back_as_often_as_it_was_restricted():
    """A second promise finds it restricted a second time."""
    story = Story(UTILITY)
    facts = [
        ("2026-03-23 12:00", promised("240.00", "2026-03-30")),
        ("2026-04-15 12:00", promised("240.00", "2026-04-22")),
        ("2026-05-25 12:00", paid()),
    ]
    told = story.follow("2026-03-01", "2026-06-30", facts)
    words = [line for lines in told.values() for line in lines if "service" in line]
    assert words == ["off: restrict service", "off: restore service"] * 3
    assert not story.decide("2026-06-30").events


def test_a_notice_that_came_back_lets_nothing_be_restricted_again():
    """The second letter reaches nobody: what the first one said is not enough."""
    story = Story(UTILITY)
    story.follow("2026-03-01", "2026-03-30", [("2026-03-23 12:00", promised("240.00", "2026-03-30"))])
    story.arrives = "bounced"
    told = story.follow("2026-03-31", "2026-04-18")
    assert told == {"2026-03-31 10:00": ["warning: letter warning"]}


def test_the_ladder_goes_back_to_a_proof_that_the_restriction_requires():
    """Where the restriction names no notice but requires one, that is the one that comes again."""
    text = UTILITY.replace(
        "restrict: service after warning and 14 days", "restrict: service, requires: warning delivered"
    )
    told = followed(("2026-03-23 12:00", promised("240.00", "2026-03-30")), text=text, until="2026-04-05")
    assert list(told.values())[-3:] == [
        ["off: restore service"],
        ["warning: letter warning"],
        ["off: restrict service"],
    ]


def test_a_restriction_that_restarts_a_step_back_comes_to_its_notice_all_the_same():
    """`plan: back one step` says no more than that: the ladder stands before the notice already."""
    text = UTILITY.replace("stop_when", "holds: {plan: back one step}\nstop_when")
    told = followed(("2026-03-23 12:00", plan(by="2026-03-30")), text=text, until="2026-04-16")
    assert told == UP_TO_OFF | {
        "2026-03-23 12:00": ["off: restore service"],
        "2026-03-31 10:00": ["warning: letter warning"],
        "2026-04-14 10:00": ["off: restrict service"],
    }


def test_what_was_with_an_agency_is_not_restricted_again():
    """The ladder would hand it off a second time; it goes on behind the agency instead."""
    text = UTILITY.replace("send: letter demand", "hand_off: agency acme")
    story = Story(text)
    story.follow("2026-03-01", "2026-04-12")
    told = story.follow(
        "2026-04-12",
        "2026-06-30",
        [
            ("2026-04-13 12:00", promised("240.00", "2026-04-20")),
            ("2026-05-01 12:00", AgencyReturned("acme")),
        ],
    )
    assert list(told.values()) == [["off: restore service"]]


def test_a_broken_promise_that_leads_to_the_restriction_leads_to_its_notice():
    """A restriction needs its notice, wherever it is reached from."""
    text = UTILITY.replace("stop_when", "promises: {then: off}\nstop_when")
    told = followed(("2026-03-05 12:00", promised("240.00", "2026-03-06")), text=text, until="2026-03-30")
    assert list(told.values())[1:] == [["warning: letter warning"], ["off: restrict service"]]


def test_a_broken_promise_leads_straight_to_a_restriction_that_was_announced():
    """Its waiting time runs from the notice that has gone out."""
    text = UTILITY.replace("stop_when", "promises: {then: off}\nstop_when")
    told = followed(("2026-03-08 12:00", promised("240.00", "2026-03-10")), text=text, until="2026-03-30")
    assert list(told.values())[2:] == [["off: restrict service"]]


# Plans that ended ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resume", ["", "holds: {plan: back one step}\n"])
def test_a_notice_from_before_a_plan_is_given_again(resume):
    """The plan was broken on the last of March: the warning of early March counts no more."""
    told = followed(
        ("2026-03-10 12:00", plan(by="2026-03-30")), text=UTILITY.replace("stop_when", f"{resume}stop_when")
    )
    assert told == UP_TO_WARNING | {
        "2026-03-31 10:00": ["warning: letter warning"],
        "2026-04-14 10:00": ["off: restrict service"],
        "2026-05-05 10:00": ["demand: letter demand"],
    }


def test_a_plan_that_somebody_calls_broken_does_the_same():
    told = followed(("2026-03-10 12:00", plan()), ("2026-03-12 09:00", PlanBroken()), until="2026-03-27")
    assert told == UP_TO_WARNING | {
        "2026-03-12 10:00": ["warning: letter warning"],
        "2026-03-26 10:00": ["off: restrict service"],
    }


def test_a_plan_that_lets_nothing_wait_asks_for_a_new_notice_too():
    """The policy does not wait for plans: the warning went out while one was running, and it broke afterwards."""
    told = followed(
        ("2026-03-05 12:00", plan(by="2026-03-15")),
        text=UTILITY.replace("promise open, plan on track, disputed]\nsteps", "promise open]\nsteps"),
        until="2026-04-01",
    )
    assert told == UP_TO_WARNING | {
        "2026-03-16 10:00": ["warning: letter warning"],
        "2026-03-30 10:00": ["off: restrict service"],
    }


def test_a_restriction_that_the_ladder_has_passed_sets_nothing_back():
    """Nothing was restricted, a later step has begun: the ladder goes on from there."""
    text = UTILITY.replace("and 14 days}", "and 14 days, only_if: fact eligible is yes}")
    told = followed(("2026-04-12 12:00", plan(by="2026-04-20")), text=text)
    assert list(told) == [*UP_TO_WARNING, "2026-04-11 10:00"]


def test_a_broken_plan_that_leads_elsewhere_leads_there():
    """The policy says what follows; the restriction on the way back would need another notice."""
    text = UTILITY.replace("stop_when", "plans: {then: demand}\nstop_when")
    told = followed(("2026-03-10 12:00", plan(by="2026-03-30")), text=text)
    assert told == UP_TO_WARNING | {"2026-03-31 10:00": ["demand: letter demand"]}


def test_nothing_is_restricted_on_a_notice_from_before_a_plan_wherever_the_ladder_was_led():
    """The policy leads past the notice: what would rest on it is blocked, and says why."""
    text = UTILITY.replace(
        "  - {step: off", "  - {step: last, when: 1 day after warning, send: email last}\n  - {step: off"
    )
    story = Story(text.replace("stop_when", "plans: {then: last}\nstop_when"))
    told = story.follow("2026-03-01", "2026-05-30", [("2026-03-07 12:00", plan(by="2026-03-30"))])
    assert list(told.values())[2:] == [["last: email last"], ["demand: letter demand"]]
    (blocked,) = [d for d in story.case.deliveries.values() if d.state is DeliveryState.BLOCKED]
    assert (blocked.key.step, blocked.rules) == ("off", ("policy/notice",))


def test_a_plan_of_one_invoice_leaves_the_notice_of_another_alone():
    """The ladder never stood still: the other invoice had its warning, and nothing was agreed about it."""
    story = Story(UTILITY, invoice(), invoice("INV-2", "60.00"))
    told = story.follow(
        "2026-03-01", "2026-03-22", [("2026-03-08 12:00", plan("60.00", by="2026-03-15", invoice="INV-2"))]
    )
    assert list(told)[-1] == "2026-03-21 10:00"


def test_why_says_what_set_the_ladder_back():
    story = Story(UTILITY)
    story.follow("2026-03-01", "2026-04-01", [("2026-03-23 12:00", promised("240.00", "2026-03-30"))])
    assert "set back: the service was given back" in story.decide("2026-04-02").explain()
    assert local(story.decide("2026-04-02").next_look) == "2026-04-14 10:00"
