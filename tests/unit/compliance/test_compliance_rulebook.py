"""Rulebooks as values: read from JSON, dated, asked by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dunning_engine.compliance.rulebook import Binds, Citation, DatedValue, limit_of, named, rulebook_of
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    OpenChallenge,
    Per,
    Prerequisites,
    RefusedAddress,
    Retries,
    Spacing,
    Together,
)
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel.calendar import day_of
from dunning_engine.kernel.errors import UsageError

CAP = {"contacts": {"count": 2, "days": 7, "per": "debt", "counting": "both"}}
LATER = {"contacts": {"count": 3, "days": 7, "per": "debt", "counting": "both"}}


def book(**more):
    rule = {
        "rule": "cap",
        "kind": "presumption",
        "says": "Not too often",
        "since": {"2026-09-01": LATER, "2020-01-01": CAP},
        "citation": {"text": "An act"},
        "confidence": "low",
    }
    data = {"rulebook": "xx/law", "title": "A law", "state_of": "2026-01-01", "rules": [{**rule, **more}]}
    return rulebook_of(data)


def test_a_rulebook_is_read_from_its_json():
    """Rules carry the name of their book, and bind everybody unless they say whom."""
    read = book()
    assert (read.name, read.title, read.state_of) == ("xx/law", "A law", day_of("2026-01-01"))
    (rule,) = read.rules
    assert (rule.id, rule.binds, rule.citation) == ("xx/law/cap", Binds(), Citation("An act"))


def test_a_rule_says_whom_it_binds():
    """Collectors, debtors and channels by their words."""
    binds = {
        "collectors": ["third_party"],
        "debtors": ["consumer"],
        "channels": ["call", "sms"],
        "regulators": ["fca"],
    }
    (rule,) = book(binds=binds).rules
    assert rule.binds == Binds(
        frozenset({Collector.THIRD_PARTY}),
        frozenset({PartyKind.CONSUMER}),
        frozenset({Channel.CALL, Channel.SMS}),
        frozenset({"fca"}),
    )


@pytest.mark.parametrize(
    ("day", "count"), [("2019-12-31", None), ("2020-01-01", 2), ("2026-08-31", 2), ("2026-09-01", 3)]
)
def test_values_follow_each_other_by_date(day, count):
    """The latest that has taken effect; before the first there is none."""
    (rule,) = book().rules
    assert [value.since for value in rule.values] == [day_of("2020-01-01"), day_of("2026-09-01")]
    found = rule.at(day_of(day))
    assert (found and found.count) == count


def window(days, after, before):
    return {"days": days, "after": after, "before": before}


WEEK = [window([0, 1, 2, 3, 4, 5, 6], "08:00", "21:00")]


@pytest.mark.parametrize(
    ("windows", "hours"),
    [
        (WEEK, Hours(((481, 1259),))),
        ([window([0, 1, 2, 3, 4, 5], "08:00", "21:00")], Hours(((481, 1259),), ((6, ()),))),
        (
            [window([0, 1, 2, 3, 4], "13:00", "17:00"), window([0, 1, 2, 3, 4], "08:00", "12:00"), *[
                window([5, 6], "09:00", "12:00")
            ]],
            Hours(((481, 719), (781, 1019)), ((5, ((541, 719),)), (6, ((541, 719),)))),
        ),
    ],
)  # fmt: skip
def test_an_open_interval_leaves_out_its_edges(windows, hours):
    """After 8 and before 9 in the evening: whole minutes from 08:01 to 20:59, and the seconds after 08:00:00.

    A day without a window is closed.
    """
    law = replace(hours, open_edges=True)
    assert limit_of({"open_hours": {"windows": windows}}) == law
    zoned = limit_of({"open_hours": {"windows": windows, "zone": "America/New_York"}})
    assert zoned == replace(law, zone="America/New_York")


CALL = frozenset({Channel.CALL})


@pytest.mark.parametrize(
    ("data", "limit"),
    [
        (CAP, ContactLimit(2, 7, per=Per.DEBT, counting=Counting.BOTH)),
        (
            {"contacts": {**CAP["contacts"], "channels": ["call"], "counted": ["conversation"], "lines": ["work", ""]}},
            ContactLimit(
                2,
                7,
                CALL,
                Per.DEBT,
                Counting.BOTH,
                counted=frozenset({Outcome.CONVERSATION}),
                lines=frozenset({"work", ""}),
            ),
        ),
        (
            {
                "contacts": {
                    **CAP["contacts"],
                    "uncounted": ["wrong number"],
                    "replies": False,
                    "consented": False,
                    "since_conversation": True,
                    "unanswered": True,
                }
            },
            ContactLimit(
                2,
                7,
                per=Per.DEBT,
                counting=Counting.BOTH,
                uncounted=frozenset({Outcome.WRONG_NUMBER}),
                replies=False,
                consented=False,
                since_conversation=True,
                unanswered=True,
            ),
        ),
        ({"together": [CAP["contacts"]]}, Together((ContactLimit(2, 7, per=Per.DEBT, counting=Counting.BOTH),))),
        ({"spacing": {"minutes": 5, "channels": ["call"]}}, Spacing(5, CALL)),
        ({"spacing": {"minutes": 5}}, Spacing(5)),
        ({"cooling_off": {"days": 7, "per": "debt", "channels": ["call"]}}, CoolingOff(7, CALL)),
        ({"cooling_off": {"days": 7, "per": "debtor", "day_itself": True}}, CoolingOff(7, per=Per.DEBTOR, day_itself=True)),
        ({"blocked_channels": []}, BlockedChannel()),
        ({"blocked_addresses": []}, RefusedAddress()),
        ({"blocked_person": ["cease"]}, BlockedPerson(frozenset({HoldReason.CEASE}))),
        ({"inconvenient_times": []}, InconvenientTimes()),
        ({"inconvenient_places": []}, InconvenientPlaces()),
        ({"carries": ["opt_out"]}, Carries(("opt_out",))),
        ({"open_challenge": []}, OpenChallenge()),
        ({"bureau_notice": {"days": 14}}, BureauNotice(14)),
        ({"retries": {"count": 15, "hours": 720}}, Retries(15, 720)),
        ({"prerequisites": {}}, Prerequisites()),
        (
            {
                "prerequisites": {
                    "needs": [{"op": "is", "fact": "reply", "words": ["yes"]}],
                    "any_of": [[{"op": "waited", "fact": "paid", "count": 3, "unit": "years"}]],
                    "refuses": [{"op": "after", "fact": "deadline", "count": 1, "other": "validation_end"}],
                }
            },
            Prerequisites(
                (Question(Op.IS, "reply", ("yes",)),),
                ((Question(Op.WAITED, "paid", count=3, unit=Unit.YEARS),),),
                (Question(Op.AFTER, "deadline", count=1, other="validation_end"),),
            ),
        ),
    ],
)  # fmt: skip
def test_every_kind_of_limit_has_its_json(data, limit):
    """What is left out is the usual."""
    assert limit_of(data) == limit


def test_a_rule_says_when_it_speaks_and_about_what():
    """Its code, its questions, whether it is about what the debtor does not see, and which readings differ."""
    asked = [{"op": "known", "fact": "oral_stop"}]
    (rule,) = book(code="CAP", when=asked, unless=asked, offstage=True, conflict="C1").rules
    question = Question(Op.KNOWN, "oral_stop")
    assert (rule.code, rule.when, rule.unless, rule.offstage, rule.conflict) == (
        "CAP",
        (question,),
        (question,),
        True,
        "C1",
    )


def test_a_rulebook_says_where_it_binds_and_what_it_includes():
    """And which holidays it needs."""
    rules = [{"rule": name, "kind": "prohibition", "says": "No", "since": {"2020-01-01": limit},
              "citation": {"text": "An act", "url": "https://example.org"}, "confidence": "high"}
             for name, limit in (("rest", {"holidays": {"calendar": "CA-ON"}}), ("cap", CAP))]  # fmt: skip
    read = rulebook_of(
        {
            "rulebook": "ca/on",
            "title": "Ontario",
            "state_of": "2026-01-01",
            "rules": rules,
            "place": "CA-ON",
            "includes": ["ca/all"],
            "place_needed": True,
        }
    )
    assert (read.place, read.includes, read.place_needed) == ("CA-ON", ("ca/all",), True)
    assert read.holidays == {"CA-ON"}
    assert read.rules[0].values[0].limit == ClosedDays(holidays=True, calendar="CA-ON")
    assert book().holidays == frozenset()


def test_a_rulebook_is_followed_by_those_that_it_includes():
    """Each once, however often it is named."""
    one, two, both = (
        book(),
        replace(book(), name="xx/two"),
        replace(book(), name="xx/both", includes=("xx/two", "xx/law")),
    )
    assert named([one, two, both], ["xx/both"]) == (both, two, one)
    assert named([one, two, both], ["xx/law", "xx/both", "xx/law"]) == (one, both, two)


def test_an_unknown_kind_of_limit_is_refused():
    """A newer rulebook is not half understood."""
    with pytest.raises(UsageError, match="'moon_phase' is no kind of limit that this version knows"):
        limit_of({"moon_phase": {}})


def test_rulebooks_are_found_by_name():
    """In the order asked; an unknown name brings those that there are."""
    read = book()
    assert named([read], ["xx/law"]) == (read,)
    with pytest.raises(UsageError, match="no rulebook is called yy/law; there are xx/law"):
        named([read], ["yy/law"])


def test_a_dated_value_is_a_plain_value():
    """Equal by content."""
    assert DatedValue(1, Hours(())) == DatedValue(1, Hours(()))
