"""The facts behind an answer: what a rule looked at when it refused or deferred, in words."""

from __future__ import annotations

import pytest
from gate_scene import CALLS, NEW_YORK, NOON, at, day, log, situation, talk

from dunning_engine.compliance.evidence import SHOWN, evidence
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import CallConsent, Challenge, InconvenientTime, Notice
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Hours,
    InconvenientTimes,
    KnownPlace,
    OpenChallenge,
    Per,
    Prerequisites,
    RefusedAddress,
    Spacing,
    Together,
)
from dunning_engine.domain.parties import Channel, ZoneHint
from dunning_engine.domain.questions import Op, Question

PACIFIC = "America/Los_Angeles"
NINE = at("06-10 09:05")


def told(limit, now=NOON, docket=None, **facts):
    return evidence(limit, situation(docket=docket or {}, **facts), now)


# Clocks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [Hours(((481, 1259),)), ClosedDays(frozenset({6})), InconvenientTimes()])
def test_what_clocks_show_wherever_the_debtor_may_be(limit):
    """Weekday, day and minute in each zone, with what says that they may be there."""
    hints = (
        ZoneHint("phone", (PACIFIC, "America/Denver")),
        ZoneHint("address", (NEW_YORK,)),
        ZoneHint("ZIP", (NEW_YORK,)),
    )
    assert told(limit, NINE, zones=(NEW_YORK, PACIFIC, "UTC"), hints=hints) == (
        "Wed 2026-06-10 09:05 in America/New_York (by address and ZIP)",
        "Wed 2026-06-10 06:05 in America/Los_Angeles (by phone)",
        "Wed 2026-06-10 13:05 in UTC",
    )  # fmt: skip


def test_hours_of_a_state_look_at_its_own_clock_too():
    hours = Hours(((481, 1259),), zone=PACIFIC)
    assert told(hours, NINE) == (
        "Wed 2026-06-10 09:05 in America/New_York",
        "Wed 2026-06-10 06:05 in America/Los_Angeles",
    )


@pytest.mark.parametrize(
    ("now", "clock"),
    [
        ("06-08 00:00", "Mon 2026-06-08 00:00"),
        ("06-09 00:59", "Tue 2026-06-09 00:59"),
        ("06-11 01:00", "Thu 2026-06-11 01:00"),
        ("06-12 12:00", "Fri 2026-06-12 12:00"),
        ("06-13 23:59", "Sat 2026-06-13 23:59"),
        ("06-14 10:10", "Sun 2026-06-14 10:10"),
    ],
)
def test_a_moment_is_told_by_weekday_day_and_clock(now, clock):
    assert told(InconvenientTimes(), at(now)) == (f"{clock} in {NEW_YORK}",)


# Contacts -------------------------------------------------------------------------------------------------------------


def test_contacts_that_use_up_a_limit_are_shown_oldest_first():
    contacts = log(at("06-08 10:00"), at("06-09 11:30"), outcome=Outcome.NO_MESSAGE)
    assert told(ContactLimit(2, 7, CALLS), contacts=contacts) == (
        "call on Mon 2026-06-08 10:00: no message possible",
        "call on Tue 2026-06-09 11:30: no message possible",
    )


@pytest.mark.parametrize(("zones", "clock"), [((PACIFIC, NEW_YORK), "07:00"), ((), "10:00")])
def test_contacts_are_told_by_the_debtors_clock(zones, clock):
    """Where nobody knows it, by the policy's."""
    assert told(ContactLimit(1, 7), contacts=log(at("06-08 10:00")), zones=zones) == (
        f"call on Mon 2026-06-08 {clock}: attempted",
    )


def test_contacts_that_were_used_up_before_are_not_shown():
    """As many as the limit has, the newest."""
    contacts = log(at("06-07 10:00"), at("06-08 10:00"), at("06-09 10:00"))
    assert told(ContactLimit(2, 7), contacts=contacts) == (
        "call on Mon 2026-06-08 10:00: attempted",
        "call on Tue 2026-06-09 10:00: attempted",
    )


def test_of_many_contacts_the_newest_are_shown():
    """And how many there are besides; as many as are shown need no such word."""
    instants = [at("06-08 10:00") + 60 * minute for minute in range(SHOWN + 2)]
    shown = told(ContactLimit(SHOWN + 2, 7), contacts=log(*instants))
    assert (shown[0], shown[1], len(shown)) == ("2 more before", "call on Mon 2026-06-08 10:02: attempted", SHOWN + 1)
    assert told(ContactLimit(SHOWN, 7), contacts=log(*instants[:SHOWN]))[0] == "call on Mon 2026-06-08 10:00: attempted"
    assert len(told(ContactLimit(SHOWN, 7), contacts=log(*instants[:SHOWN]))) == SHOWN


def test_contacts_of_limits_together_are_shown_once_each():
    """In the order of time, whichever limit they use up."""
    texts, calls = log(at("06-08 10:00"), channel=Channel.SMS), log(at("06-07 09:00"), at("06-09 09:00"))
    limit = Together((ContactLimit(2, 7, CALLS), ContactLimit(3, 7)))
    assert told(limit, contacts=calls.plus(*texts)) == (
        "call on Sun 2026-06-07 09:00: attempted",
        "sms on Mon 2026-06-08 10:00: attempted",
        "call on Tue 2026-06-09 09:00: attempted",
    )


def test_rest_is_explained_by_the_last_conversation():
    """Also the one that began it at the far end of the days of rest, and a day itself not counted."""
    rest = CoolingOff(7, CALLS, Per.DEBT)
    spoke = talk(at("06-01 10:00"), at("06-04 10:00"))
    assert told(rest, contacts=spoke) == ("call on Thu 2026-06-04 10:00: conversation",)
    assert told(rest, contacts=log(at("06-09 10:00"))) == ()
    assert told(rest, contacts=talk(NOON - 10 * 86_400)) == ("call on Sun 2026-05-31 12:00: conversation",)
    assert told(rest, contacts=talk(NOON - 10 * 86_400 - 1)) == ()


def test_minutes_between_calls_are_explained_by_the_last_call():
    contacts = log(NOON - 240, NOON - 60)
    assert told(Spacing(5, CALLS), contacts=contacts) == ("call on Wed 2026-06-10 11:59: attempted",)
    assert told(Spacing(5, CALLS)) == ()


# People, channels and facts -------------------------------------------------------------------------------------------


def test_holds_and_refused_channels_are_named():
    """Those of the holds that the rule is about."""
    holds = frozenset({HoldReason.CEASE, HoldReason.ATTORNEY, HoldReason.DISPUTE})
    limit = BlockedPerson(frozenset({HoldReason.CEASE, HoldReason.ATTORNEY}))
    assert told(limit, holds=holds) == ("in force: attorney", "in force: cease")
    assert told(BlockedChannel(), opted_out=frozenset({Channel.SMS, Channel.CALL})) == (
        "opted out of call",
        "opted out of sms",
    )


def test_facts_are_told_by_their_names_as_far_as_they_are_known():
    """A refused address, and what a question looked at, each once."""
    assert told(RefusedAddress(), docket={"address": "+1", "place": "home"}) == ("address is +1",)
    needs = (Question(Op.AFTER, "deadline", count=1, other="validation_end"), Question(Op.RUNS, "deadline"))
    ways = ((Question(Op.IS, "email_basis", ("direct_consent",)),), (Question(Op.KNOWN, "oral_stop"),))
    limit = Prerequisites(needs, ways, refuses=(Question(Op.IS, "disputed", ("yes",)),))
    docket = {
        "email_basis": "direct_consent",
        "deadline": day("06-20"),
        "disputed": False,
        "oral_stop": at("06-01 23:30"),
    }
    assert told(limit, docket=docket, zone="UTC") == (
        "disputed is no",
        "deadline is 2026-06-20",
        "email_basis is direct_consent",
        "oral_stop is 2026-06-02",
    )


@pytest.mark.parametrize(
    ("fact", "value", "words"),
    [
        ("disputed", True, "disputed is yes"),
        ("envelope", frozenset({"postage", "other"}), "envelope is other and postage"),
        ("envelope", frozenset(), "envelope is nothing"),
        ("known_name", "Ann", "known_name is Ann"),
        ("paid", at("06-01 23:30"), "paid is 2026-06-01"),
        (
            "call_consents",
            (CallConsent(at("06-01 10:00"), "d1", day("06-05"), at("06-03 10:00")), CallConsent(at("06-04 10:00"))),
            "call_consents is given 2026-06-01, debt d1, until 2026-06-05, revoked 2026-06-03; given 2026-06-04",
        ),
    ],
)
def test_how_a_fact_is_told(fact, value, words):
    """Yes and no, days, lists, and records with their days."""
    limit = Prerequisites(refuses=(Question(Op.KNOWN, fact),))
    assert told(limit, docket={fact: value}) == (words,)


def test_the_end_of_an_inconvenient_time_is_told_by_its_day():
    time = InconvenientTime(first=0, last=720, through=day("06-30"), withdrawn=at("06-20 10:00"))
    (words,) = told(Prerequisites((Question(Op.KNOWN, "inconvenient_times"),)), docket={"inconvenient_times": (time,)})
    assert words.endswith("first 0, last 720, through 2026-06-30, withdrawn 2026-06-20")


def test_disputes_and_notices_are_told_with_their_days():
    challenges = (Challenge(at("06-01 10:00"), at("06-05 10:00")), Challenge(at("06-08 10:00"), repeats=True))
    docket = {"challenges": challenges, "duplicate_notice": at("06-09 10:00"), "monitored": True}
    assert told(OpenChallenge(), docket=docket) == (
        "challenges is received 2026-06-01, answered 2026-06-05; received 2026-06-08, repeats True",
        "duplicate_notice is 2026-06-09",
    )
    docket = {"notices": (Notice("sent", at("06-01 10:00")), Notice("returned", at("06-03 10:00"))), "monitored": False}
    assert told(BureauNotice(14), docket=docket) == (
        "notices is what sent, at 2026-06-01; what returned, at 2026-06-03",
        "monitored is no",
    )


@pytest.mark.parametrize("limit", [KnownPlace(), Carries(("opt_out",))])
def test_some_limits_look_at_nothing_that_is_worth_telling(limit):
    """Their words say it already."""
    assert told(limit, docket={"carries": frozenset()}) == ()
