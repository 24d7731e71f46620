"""The auditor: each kind of limit with a history that keeps it and one that breaks it."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from dunning_engine.compliance.audit.answers import anniversary
from dunning_engine.compliance.audit.auditor import CHECKS, audit, docket, may_be_in
from dunning_engine.compliance.audit.history import Deed, Held, History, Known, OptOut, Stretch
from dunning_engine.compliance.audit.scene import Facts
from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.docket import CallConsent, Challenge, InconvenientTime, Notice, TimeConsent
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.kernel.errors import UsageError

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
NIGHT = {"open_hours": {"windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "after": "08:00", "before": "21:00"}]}}


def at(text):
    """An instant: `2026-03-02 10:00` in New York, or with an offset of its own."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{text}-05:00" if text < "2026-03-08 02" else f"{text}-04:00")
    return int(moment.timestamp())


def day(text):
    return date.fromisoformat(text).toordinal()


def call(text="2026-03-02 10:00", facts=None, **more):
    """A deed; a call about the debt d1 unless told otherwise."""
    contact = Contact(at(text), more.pop("channel", Channel.CALL), more.pop("debts", ("d1",)), **more)
    return Deed.of(contact, facts or {})


def act(text="2026-03-02 10:00", **facts):
    """A deed that reaches no debtor."""
    return Deed(at(text), None, ("d1",), facts)


def law(limit, **more):
    rule = {"rule": "r", "kind": "prohibition", "says": "Not so", "code": "CODE", "since": {"2000-01-01": limit}}
    rule |= {"citation": {"text": "1 XX 2", "url": "https://example.org"}, "confidence": "high"} | more
    return {"rulebook": "xx/law", "title": "A law", "state_of": "2026-01-01", "rules": [rule]}


def found(limit, *deeds, mode=Facts.REQUIRED, is_holiday=lambda _calendar, _day: False, rule=(), book=(), **history):
    """The breaches of some deeds under a rule."""
    whole = History(**({"debtor": "ann", "zones": (NEW_YORK,), "zone": NEW_YORK} | history), deeds=deeds)
    return audit(whole, [law(limit, **dict(rule)) | dict(book)], facts=mode, is_holiday=is_holiday)


def broken(*arguments, **more):
    """Which deeds broke the rule."""
    return [breach.index for breach in found(*arguments, **more)]


def known(**facts):
    """Facts that always stood."""
    return {"facts": tuple(Known(term, value) for term, value in facts.items())}


# What a finding says --------------------------------------------------------------------------------------------------


def test_a_breach_tells_everything_that_a_reader_needs():
    (breach,) = found({"spacing": {"minutes": 5}}, call("2026-03-02 10:00"), call("2026-03-02 10:05"))

    assert (breach.index, breach.at, breach.rule, breach.code) == (1, at("2026-03-02 10:05"), "xx/law/r", "CODE")
    assert (breach.kind, breach.says, breach.confidence) == ("prohibition", "Not so", "high")
    assert (breach.citation, breach.url) == ("1 XX 2", "https://example.org")
    assert breach.words == "another one came within 5 minutes"
    assert breach.evidence == ("call 2026-03-02 10:00:00 EST, attempted",)
    assert breach.others == (0,)


def test_a_kind_of_limit_that_is_not_known_is_told_and_never_passed():
    with pytest.raises(UsageError, match="asks 'phase_of_the_moon', which this auditor cannot judge"):
        found({"phase_of_the_moon": []}, call())


def test_what_the_debtor_began_is_never_a_breach():
    assert broken(NIGHT, call("2026-03-02 23:00", inbound=True)) == []


# Whom a rule binds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "binds",
    [
        {"collectors": ["first_party"]},
        {"debtors": ["business"]},
        {"channels": ["sms"]},
        {"regulators": ["fca"]},
    ],
)
def test_a_rule_binds_only_whom_it_names(binds):
    late = call("2026-03-02 23:00")
    assert broken(NIGHT, late, rule={"binds": binds}) == []


def test_a_rule_that_names_everything_as_it_is_binds():
    binds = {"collectors": ["first_party"], "debtors": ["business"], "channels": ["sms"], "regulators": ["fca"]}
    history = {"collector": Collector.FIRST_PARTY, "kind": PartyKind.BUSINESS, "regulators": frozenset({"fca"})}
    assert broken(NIGHT, call("2026-03-02 23:00", channel=Channel.SMS), rule={"binds": binds}, **history) == [0]


@pytest.mark.parametrize(
    ("places", "binds"),
    [
        (None, True),
        (frozenset(), True),
        (frozenset({"US-MA"}), True),
        (frozenset({"US"}), True),
        (frozenset({"US-MA-BOSTON"}), True),
        (frozenset({"US-NY", "US-MA"}), True),
        (frozenset({"US-NY"}), False),
        (frozenset({"US-M"}), False),
    ],
)
def test_a_law_of_a_place_binds_where_the_debtor_may_be(places, binds):
    assert may_be_in(places, "US-MA") is binds
    assert broken(NIGHT, call("2026-03-02 23:00"), book={"place": "US-MA"}, places=places) == ([0] if binds else [])


def test_a_rulebook_may_need_the_place_to_be_known():
    """Where facts are assumed, a foreign table without places is not drowned in it."""
    needy = {"place_needed": True, "rules": []}
    (breach,) = found(NIGHT, call(), book=needy)
    assert (breach.rule, breach.code, breach.words) == (
        "xx/law/place",
        "PLACE_UNDETERMINED",
        "nobody knows where the debtor was",
    )
    assert broken(NIGHT, call(), book=needy, mode=Facts.ASSUMED) == []
    assert broken(NIGHT, call(), book=needy, places=frozenset({"US"})) == []
    assert broken(NIGHT, act(), book=needy) == []


def test_what_a_rule_asks_begins_on_a_day():
    since = {"2026-03-03": {"blocked_channels": []}, "2026-03-05": {"blocked_person": ["cease"]}}
    history = {"opted_out": (OptOut(Channel.CALL),)}
    calls = [call(f"2026-03-0{n} 10:00") for n in (2, 3, 4, 5, 6)]
    assert broken({}, *calls, rule={"since": since}, **history) == [1, 2]


def test_the_day_on_which_a_rule_begins_is_one_of_utc():
    since = {"2026-03-03": NIGHT}
    assert broken({}, call("2026-03-02 18:59"), call("2026-03-02 22:00"), rule={"since": since}) == [1]


def test_when_and_unless_and_what_nobody_knows():
    speaks = {"when": [{"op": "is", "fact": "purpose", "words": ["reminder"]}]}
    silent = {"unless": [{"op": "is", "fact": "reply", "words": ["yes"]}]}
    late = [call("2026-03-02 23:00", facts={"purpose": word}) for word in ("reminder", "settlement_offer")]
    assert broken(NIGHT, *late, call("2026-03-02 23:00"), rule=speaks) == [0]
    assert broken(NIGHT, call("2026-03-02 23:00", reply=True), call("2026-03-02 23:00"), rule=silent) == [1]


def test_rules_about_acts_out_of_sight_are_asked_of_those_alone():
    limit = {"prerequisites": {"refuses": [{"op": "is", "fact": "purpose", "words": ["furnish"]}]}}
    both = (act(purpose="furnish"), call(facts={"purpose": "furnish"}))
    assert broken(limit, *both, rule={"offstage": True}) == [0]
    assert broken(limit, *both) == [1]


def test_a_rule_that_a_person_set_aside_is_not_broken_but_a_prohibition_is():
    late = replace(call("2026-03-02 23:00"), overrides=frozenset({"xx/law/r"}))
    assert broken(NIGHT, late, rule={"kind": "presumption"}) == []
    assert broken(NIGHT, late) == [0]


# What was known when --------------------------------------------------------------------------------------------------


def test_facts_begin_and_end_and_the_last_to_begin_is_meant():
    facts = (
        Known("debt_kind", "commercial", Stretch(at("2026-03-03 00:00"), at("2026-03-05 00:00"))),
        Known("debt_kind", "consumer"),
        Known("disputed", True, Stretch(debts=("d2",))),
    )
    history = History(debtor="ann", facts=facts)
    kinds = [docket(history, call(f"2026-03-0{n} 00:00"))["debt_kind"] for n in (2, 3, 4, 5)]
    assert kinds == ["consumer", "commercial", "commercial", "consumer"]
    assert "disputed" not in docket(history, call())
    assert docket(history, call(debts=("d2", "d3")))["disputed"] is True
    assert docket(history, call(debts=()))["disputed"] is True


def test_the_facts_of_a_contact_stand_in_its_own_fields_too():
    deed = call(line="work", reply=True, addressee="employer", facts={"line": "home"})
    assert docket(History(debtor="ann"), deed) == {"line": "home", "reply": True, "addressee": "employer"}


# Clocks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "is_open"),
    [
        ("08:00:00", False),
        ("08:00:01", True),
        ("08:00:59", True),
        ("12:00:00", True),
        ("20:59:59", True),
        ("21:00:00", False),
        ("21:00:01", False),
    ],
)
def test_hours_are_open_inside_the_interval_to_the_second(time, is_open):
    assert broken(NIGHT, call(f"2026-03-02 {time}")) == ([] if is_open else [0])


def test_hours_hold_in_every_zone_and_in_the_one_that_the_rule_names():
    morning = call("2026-03-02 10:00")
    assert broken(NIGHT, morning, zones=(NEW_YORK, LOS_ANGELES)) == [0]
    named = {"open_hours": NIGHT["open_hours"] | {"zone": LOS_ANGELES}}
    (breach,) = found(named, morning)
    assert breach.words == f"it was Monday 07:00 in {LOS_ANGELES}, open after 08:00 and before 21:00"


def test_a_weekday_without_windows_is_closed():
    weekdays = {"open_hours": {"windows": [{"days": [0, 1, 2, 3, 4], "after": "08:00", "before": "21:00"}]}}
    (breach,) = found(weekdays, call("2026-03-01 12:00"))
    assert (breach.code, breach.words) == ("PUBLIC_HOLIDAY", f"it was Sunday 12:00 in {NEW_YORK}, a closed day")


def test_hours_of_nobody_knows_where():
    """It cannot be shown that the hour was open; where facts are assumed it is not judged."""
    (breach,) = found(NIGHT, call(), zones=())
    assert (breach.code, breach.words) == ("TIME_UNDETERMINED", "nobody knows in which time zone the debtor was")
    assert broken(NIGHT, call(), zones=(), mode=Facts.ASSUMED) == []


@pytest.mark.parametrize("channel", list(Channel))
def test_letters_alone_have_no_hours(channel):
    """They are opened when it suits; what a portal shows is noticed by whoever looks into it."""
    late = call("2026-03-02 23:00", channel=channel)
    times = known(inconvenient_times=(InconvenientTime(),))
    places = known(inconvenient_places=frozenset({"work"}), place="work")
    breaches = [] if channel is Channel.LETTER else [0]
    assert broken(NIGHT, late) == breaches
    assert broken({"holidays": {"calendar": "US"}}, late, is_holiday=lambda *_: True) == breaches
    assert broken({"inconvenient_times": []}, late, **times) == breaches
    assert broken({"inconvenient_places": []}, late, **places) == breaches


def test_hours_to_which_the_person_agreed():
    late = [call(f"2026-03-0{n} 22:30") for n in (2, 3, 4)]
    consent = TimeConsent(22 * 60, 22 * 60 + 30, at("2026-03-03 12:00"), at("2026-03-04 12:00"))
    assert broken(NIGHT, *late, call("2026-03-03 22:31"), **known(time_consents=(consent,))) == [0, 2, 3]
    forever = consent._replace(revoked=None)
    assert broken(NIGHT, *late, **known(time_consents=(forever,))) == [0]


def test_holidays_in_every_zone():
    def is_holiday(calendar, day):
        if day.year != 2026:
            raise UsageError("no data")
        return calendar == "US" and day == date(2026, 7, 4)

    limit = {"holidays": {"calendar": "US"}}
    evening = call("2026-07-03 21:30")
    assert broken(limit, evening, is_holiday=is_holiday) == []
    (breach,) = found(limit, evening, is_holiday=is_holiday, zones=(NEW_YORK, "Europe/Berlin"))
    assert (breach.code, breach.words) == ("PUBLIC_HOLIDAY", "2026-07-04 was a holiday of US")
    assert broken(limit, evening, is_holiday=is_holiday, zones=(), zone="Asia/Tokyo") == [0]
    assert broken(limit, call("2027-01-05 10:00"), is_holiday=is_holiday) == [0], "nobody can show that it was none"


def test_laws_that_name_no_calendar_need_none():
    history = History(debtor="ann", zones=(NEW_YORK,), deeds=(call(),))
    assert audit(history, [law({"holidays": {"calendar": "US"}})]) == ()


@pytest.mark.parametrize(
    ("change", "is_free"),
    [
        ({}, False),
        ({"weekdays": frozenset({1})}, True),
        ({"weekdays": frozenset({0})}, False),
        ({"first": 10 * 60 + 1}, True),
        ({"last": 10 * 60}, False),
        ({"last": 10 * 60 - 1}, True),
        ({"through": day("2026-03-02")}, False),
        ({"through": day("2026-03-01")}, True),
        ({"withdrawn": at("2026-03-02 10:00")}, True),
        ({"withdrawn": at("2026-03-02 10:01")}, False),
    ],
)
def test_inconvenient_times(change, is_free):
    """10:00 on a Monday."""
    times = known(inconvenient_times=(InconvenientTime()._replace(**change),))
    assert broken({"inconvenient_times": []}, call("2026-03-02 10:00"), **times) == ([] if is_free else [0])


def test_inconvenient_times_in_any_zone():
    times = known(inconvenient_times=(InconvenientTime(last=8 * 60),))
    limit = {"inconvenient_times": []}
    assert broken(limit, call(), zones=(NEW_YORK, LOS_ANGELES), **times) == [0]
    assert [breach.code for breach in found(limit, call(), zones=(), **times)] == ["TIME_UNDETERMINED"]
    assert broken(limit, call(), zones=(), mode=Facts.ASSUMED, **times) == []
    assert broken(limit, call(), zones=()) == []


def test_inconvenient_places():
    """A letter goes home; a call reaches the person where they are known to be."""
    limit, places = {"inconvenient_places": []}, known(inconvenient_places=frozenset({"work", "home"}))
    deeds = [
        call(line="work"),
        call(line="mobile"),
        call(facts={"place": "work"}),
        call(channel=Channel.LETTER),
        call(channel=Channel.LETTER, line="personal", facts={"place": "home"}),
    ]
    assert broken(limit, *deeds, **places) == [0, 2, 3]
    assert broken(limit, *deeds) == []


# Counting -------------------------------------------------------------------------------------------------------------

TWO = {"count": 2, "days": 7, "per": "debt", "counting": "calendar", "channels": ["call"]}


def two(**more):
    return {"contacts": TWO | more}


def calls(*times, **more):
    return [call(time, **more) for time in times]


def test_calendar_days_count_today():
    """Two calls on the 2nd use up the days to the 8th; the 9th is free again."""
    first = calls("2026-03-02 10:00", "2026-03-02 20:00")
    assert broken(two(), *first, call("2026-03-08 23:00")) == [2]
    assert broken(two(), *first, call("2026-03-09 00:30")) == []
    assert broken(two(), *first, call("2026-03-09 00:30"), zones=(NEW_YORK, LOS_ANGELES)) == [2]


def test_hours_count_to_the_second():
    rolling = two(counting="rolling", days=1)
    first = calls("2026-03-02 10:00", "2026-03-02 10:00:01")
    assert broken(rolling, *first, call("2026-03-03 09:59:59")) == [2]
    assert broken(rolling, *first, call("2026-03-03 10:00:00")) == []


def test_both_ways_of_counting_hold():
    first = calls("2026-03-02 23:00", "2026-03-02 23:30")
    assert broken(two(days=1), *first, call("2026-03-03 09:00")) == []
    assert broken(two(days=1, counting="both"), *first, call("2026-03-03 09:00")) == [2]


def test_a_calendar_month():
    first = calls("2026-03-01 10:00", "2026-03-02 10:00")
    monthly = two(counting="month", days=31)
    assert broken(monthly, *first, call("2026-03-31 23:00")) == [2]
    assert broken(monthly, *first, call("2026-04-01 00:30")) == []
    assert broken(monthly, *first, call("2026-04-01 00:30"), zones=(), zone=LOS_ANGELES) == [2]


def test_days_of_nobody_knows_where_last_an_hour_longer():
    first = calls("2026-03-02 10:00", "2026-03-02 10:00")
    assert broken(two(days=1), *first, call("2026-03-03 10:59:59"), zones=()) == [2]
    assert broken(two(days=1), *first, call("2026-03-03 11:00:00"), zones=()) == []


def test_contacts_about_other_debts_do_not_count_and_those_about_nobody_knows_which_do():
    first = [call("2026-03-02 10:00", debts=("d2",)), call("2026-03-02 11:00", debts=())]
    assert broken(two(), *first, call("2026-03-02 12:00", debts=("d1", "d2"))) == [2]
    assert broken(two(), *first, call("2026-03-02 12:00")) == []
    assert broken(two(per="debtor"), *first, call("2026-03-02 12:00")) == [2]


def test_a_contact_about_nobody_knows_which_debt_may_be_about_each():
    """Two calls about d2 use it up for whatever may be about d2; one each about d1 and d2 do not."""
    unknown = call("2026-03-02 12:00", debts=())
    assert broken(two(), *calls("2026-03-02 10:00", "2026-03-02 11:00", debts=("d2",)), unknown) == [2]
    assert broken(two(), call("2026-03-02 10:00"), call("2026-03-02 11:00", debts=("d2",)), unknown) == []
    assert broken(two(count=1), unknown, unknown) == [1]


@pytest.mark.parametrize(
    ("limit", "other"),
    [
        ({}, {"channel": Channel.EMAIL}),
        ({}, {"inbound": True}),
        ({}, {"addressee": "employer"}),
        ({"uncounted": ["wrong number"]}, {"outcome": Outcome.WRONG_NUMBER}),
        ({"counted": ["attempted"]}, {"outcome": Outcome.MESSAGE}),
        ({"lines": [""]}, {"line": "work"}),
        ({"replies": False}, {"reply": True}),
        ({"unanswered": True}, {"answered": True}),
        ({"unanswered": True}, {"reply": True}),
    ],
)
def test_what_does_not_count(limit, other):
    plain = [call("2026-03-02 10:00"), call("2026-03-02 12:00"), call("2026-03-02 13:00")]
    assert broken(two(**limit), *plain) == [2]
    plain[1] = call("2026-03-02 12:00", **other)
    assert broken(two(**limit), *plain) == []


@pytest.mark.parametrize(
    ("limit", "attempt"), [({}, {"channel": Channel.SMS}), ({"lines": ["work"]}, {"line": "home"})]
)
def test_attempts_that_a_limit_is_not_about(limit, attempt):
    first = calls("2026-03-02 10:00", "2026-03-02 11:00", line="work")
    assert broken(two(**limit), *first, call("2026-03-02 12:00", **attempt)) == []


def test_a_surviving_spouse_stands_in_the_debtors_place():
    first = [call("2026-03-02 10:00", addressee="surviving_spouse"), call("2026-03-02 11:00")]
    assert broken(two(), *first, call("2026-03-02 12:00", addressee="surviving_spouse")) == [2]
    assert broken(two(), *first, call("2026-03-02 12:00", addressee="employer")) == []


def test_counting_may_begin_with_the_first_conversation():
    limit = two(since_conversation=True, count=1)
    talk = call("2026-03-02 11:00", outcome=Outcome.CONVERSATION)
    assert broken(limit, *calls("2026-03-02 09:00", "2026-03-02 10:00")) == []
    assert broken(limit, call("2026-03-02 09:00"), talk, call("2026-03-02 12:00")) == [2]
    heard = call("2026-03-02 11:00", outcome=Outcome.CONVERSATION, inbound=True)
    assert broken(limit, heard, *calls("2026-03-02 12:00", "2026-03-02 13:00")) == [2]


def test_no_contact_of_a_kind_at_all():
    (breach,) = found(two(count=0), call())
    assert breach.words == "0 that count came before it, and 0 are allowed"


CONSENT = CallConsent(at("2026-03-02 11:00"))


@pytest.mark.parametrize(
    ("change", "covers"),
    [
        ({}, True),
        ({"given": at("2026-03-02 12:00:01")}, False),
        ({"given": at("2026-02-24 12:00")}, True),
        ({"given": at("2026-02-23 12:00")}, False),
        ({"until": day("2026-03-02")}, True),
        ({"until": day("2026-03-01")}, False),
        ({"revoked": at("2026-03-02 12:00")}, False),
        ({"revoked": at("2026-03-02 12:00:01")}, True),
        ({"debt": "d1"}, True),
        ({"debt": "d2"}, False),
    ],
)
def test_a_call_to_which_the_person_agreed_neither_counts_nor_is_refused(change, covers):
    """12:00 on the 2nd of March, about d1."""
    consents = known(call_consents=(CONSENT._replace(**change),))
    limit = two(count=1, consented=False)
    assert broken(limit, call("2026-03-02 09:00"), call("2026-03-02 12:00"), **consents) == ([] if covers else [1])


def test_calls_to_which_the_person_agreed_do_not_count_for_later_ones():
    consents = known(call_consents=(CONSENT._replace(revoked=at("2026-03-02 13:00")),))
    first = calls("2026-03-02 11:30", "2026-03-02 12:00")
    limit = two(count=1, consented=False)
    assert broken(limit, *first, call("2026-03-02 14:00"), **consents) == []
    assert broken(limit, *first, *calls("2026-03-02 14:00", "2026-03-02 15:00"), **consents) == [3]
    assert broken(two(count=1), *first, **consents) == [1]


def test_a_conversation_ends_the_agreement_and_it_is_about_calls():
    consents = known(call_consents=(CONSENT,))
    talk = call("2026-03-02 11:30", outcome=Outcome.CONVERSATION)
    limit = two(count=1, consented=False)
    assert broken(limit, call("2026-03-02 09:00"), talk, call("2026-03-02 12:00"), **consents) == [2]
    texts = calls("2026-03-02 09:00", "2026-03-02 12:00", channel=Channel.SMS)
    assert broken({"contacts": TWO | {"count": 1, "consented": False, "channels": []}}, *texts, **consents) == [1]


def test_together_every_part_has_to_be_used_up():
    parts = {"together": [TWO, TWO | {"count": 1, "channels": ["sms"]}]}
    text = call("2026-03-02 12:00", channel=Channel.SMS)
    assert broken(parts, *calls("2026-03-02 10:00", "2026-03-02 11:00", "2026-03-02 12:00")) == []
    (breach,) = found(parts, call("2026-03-02 10:00"), text, call("2026-03-02 12:30"), call("2026-03-02 13:00"))
    assert (breach.index, breach.words, breach.others) == (3, "2 and 1 that count came before it", (0, 1, 2))


def test_spacing_includes_the_last_minute():
    limit = {"spacing": {"minutes": 5, "channels": ["call"]}}
    assert broken(limit, *calls("2026-03-02 10:00:00", "2026-03-02 10:05:00")) == [1]
    assert broken(limit, *calls("2026-03-02 10:00:00", "2026-03-02 10:05:01")) == []
    assert broken(limit, call("2026-03-02 10:00"), call("2026-03-02 10:01", channel=Channel.SMS)) == []
    assert broken(limit, call("2026-03-02 10:00", inbound=True), call("2026-03-02 10:01")) == []


REST = {"cooling_off": {"days": 7, "per": "debt", "channels": ["call"]}}


def talk_on(text="2026-03-01 12:00", **more):
    return call(text, outcome=Outcome.CONVERSATION, **more)


def test_rest_after_a_conversation_whose_day_is_the_first():
    assert broken(REST, talk_on(), call("2026-03-07 23:59")) == [1]
    assert broken(REST, talk_on(), call("2026-03-08 00:01")) == []
    assert broken(REST, talk_on(), call("2026-03-08 00:01"), zones=(NEW_YORK, "America/Chicago")) == [1]
    assert broken(REST, talk_on(inbound=True), call("2026-03-02 12:00")) == [1]


def test_rest_whose_days_begin_after_the_conversation():
    """Its own day is one of rest all the same."""
    limit = {"cooling_off": REST["cooling_off"] | {"day_itself": True}}
    assert broken(limit, talk_on(), call("2026-03-01 13:00"), call("2026-03-08 23:59"), call("2026-03-09 00:01")) == [
        1,
        2,
    ]


def test_rest_of_nobody_knows_where():
    assert broken(REST, talk_on(), call("2026-03-08 12:59-05:00"), zones=()) == [1]
    assert broken(REST, talk_on(), call("2026-03-08 13:00-05:00"), zones=()) == []


def test_rest_is_about_what_was_discussed_and_with_the_same_person():
    next_day = call("2026-03-02 12:00")
    assert broken(REST, talk_on(debts=("d2",)), next_day) == []
    assert broken(REST, talk_on(debts=("d2",), discussed=("d1",)), next_day) == [1]
    assert broken(REST, talk_on(discussed=("d2",)), next_day) == []
    assert broken(REST, talk_on(addressee="employer"), next_day) == []
    assert broken(REST, call("2026-03-01 12:00"), next_day) == []
    assert broken(REST, talk_on(), call("2026-03-02 12:00", channel=Channel.EMAIL)) == []


def test_rest_gives_way_to_a_call_to_which_the_person_agreed():
    consents = known(call_consents=(CallConsent(at("2026-03-01 12:01")),))
    assert broken(REST, talk_on(), call("2026-03-02 12:00"), **consents) == []


# Holds and refusals ---------------------------------------------------------------------------------------------------

WEEK = Stretch(at("2026-03-02 00:00"), at("2026-03-04 00:00"), ("d1",))


def test_holds_stand_from_their_start_to_their_end():
    days = [call(f"2026-03-0{n} 00:00") for n in (1, 2, 3, 4)]
    limit = {"blocked_person": ["cease", "attorney"]}
    (first, second) = found(limit, *days, holds=(Held("cease", WEEK), Held("plan")))
    assert ((first.index, second.index), first.words) == ((1, 2), "in force: cease")
    assert first.evidence == ("since 2026-03-02 00:00:00 EST",)
    assert broken(limit, call("2026-03-03 10:00", debts=("d2",)), holds=(Held("cease", WEEK),)) == []
    (always,) = found(limit, call(), holds=(Held("attorney"),))
    assert always.evidence == ()


def test_channels_that_the_debtor_refused():
    limit = {"blocked_channels": []}
    refused = (OptOut(Channel.SMS, Stretch(at("2026-03-02 00:00"))),)
    texts = calls("2026-03-01 10:00", "2026-03-02 10:00", channel=Channel.SMS)
    assert broken(limit, *texts, call("2026-03-02 11:00"), opted_out=refused) == [1]


def test_addresses_that_the_debtor_refused():
    limit, refused = {"blocked_addresses": []}, known(refused_addresses=frozenset({"+12125550100"}))
    deeds = [call(facts={"address": number}) for number in ("+12125550100", "+12125550199")]
    assert broken(limit, *deeds, call(), **refused) == [0]
    assert broken(limit, *deeds) == []


# Facts ----------------------------------------------------------------------------------------------------------------


def ask(question, **facts):
    """Whether a rule that needs something is kept, at 10:00 on the 2nd of March."""
    return not broken({"prerequisites": {"needs": [question]}}, call(), **known(**facts))


def q(op, fact, *words, **more):
    return {"op": op, "fact": fact} | ({"words": list(words)} if words else {}) | more


@pytest.mark.parametrize(
    ("question", "facts", "true"),
    [
        (q("known", "paid"), {}, False),
        (q("known", "paid"), {"paid": at("2026-03-02 10:00")}, True),
        (q("known", "paid"), {"paid": at("2026-03-02 10:01")}, False),
        (q("unknown", "paid"), {"paid": at("2026-03-02 10:01")}, True),
        (q("unknown", "paid"), {"paid": at("2026-03-02 10:00")}, False),
        (q("is", "debt_kind", "consumer"), {"debt_kind": "consumer"}, True),
        (q("is", "debt_kind", "consumer"), {"debt_kind": "commercial"}, False),
        (q("is", "debt_kind", "consumer"), {}, False),
        (q("is not", "debt_kind", "consumer"), {"debt_kind": "commercial"}, True),
        (q("is not", "debt_kind", "consumer"), {}, False),
        (q("is", "disputed", "no"), {"disputed": False}, True),
        (q("is", "disputed", "yes"), {"disputed": False}, False),
        (q("includes", "carries", "opt_out"), {"carries": frozenset({"opt_out", "cost_breakdown"})}, True),
        (q("includes", "carries", "opt_out"), {"carries": frozenset({"cost_breakdown"})}, False),
        (q("holds only", "envelope", "postage"), {"envelope": frozenset({"postage"})}, True),
        (q("holds only", "envelope", "postage"), {"envelope": frozenset({"postage", "other"})}, False),
        (q("over", "validation_end"), {"validation_end": day("2026-03-01")}, True),
        (q("over", "validation_end"), {"validation_end": day("2026-03-02")}, False),
        (q("runs", "validation_end"), {"validation_end": day("2026-03-02")}, True),
        (q("runs", "validation_end"), {"validation_end": day("2026-03-01")}, False),
        (q("within", "sms_checked", count=2, unit="days"), {"sms_checked": at("2026-03-01 00:00")}, True),
        (q("within", "sms_checked", count=2, unit="days"), {"sms_checked": at("2026-02-28 23:59")}, False),
        (q("within", "sms_checked", count=5, unit="minutes"), {"sms_checked": at("2026-03-02 09:55")}, True),
        (q("within", "sms_checked", count=5, unit="minutes"), {"sms_checked": at("2026-03-02 09:54:59")}, False),
        (q("waited", "paid", count=2, unit="days"), {"paid": at("2026-02-28 23:59")}, True),
        (q("waited", "paid", count=2, unit="days"), {"paid": at("2026-03-01 00:00")}, False),
        (q("waited", "paid", count=3, unit="years"), {"paid": at("2023-03-01 10:00")}, True),
        (q("waited", "paid", count=3, unit="years"), {"paid": at("2023-03-02 10:00")}, False),
        (q("after", "deadline", count=2, other="validation_end"), {"deadline": 12, "validation_end": 10}, True),
        (q("after", "deadline", count=3, other="validation_end"), {"deadline": 12, "validation_end": 10}, False),
        (q("after", "deadline", other="validation_end"), {"deadline": 12}, False),
        (
            q("after", "deadline", count=1, other="paid"),
            {"deadline": day("2026-03-02"), "paid": at("2026-03-01 23:59")},
            True,
        ),
    ],
)
def test_questions(question, facts, true):
    assert ask(question, **facts) is true


def test_a_question_that_is_not_known_is_told():
    with pytest.raises(ValueError, match="asks 'smells like', which this auditor cannot answer"):
        ask(q("smells like", "paid"), paid=at("2026-03-01 10:00"))


def test_anniversaries_of_the_29th_of_february():
    assert anniversary(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert anniversary(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert anniversary(date(2096, 2, 29), 4) == date(2100, 2, 28)
    assert anniversary(date(1996, 2, 29), 4) == date(2000, 2, 29)
    assert anniversary(date(2023, 3, 1), 3) == date(2026, 3, 1)


WAYS = {
    "any_of": [
        [q("is", "sms_basis", "consumer_texted")],
        [q("is", "sms_basis", "direct_consent"), q("unknown", "paid")],
    ],
    "refuses": [q("is", "sms_reassigned", "yes")],
}


def test_one_of_several_ways_has_to_be_followed():
    limit = {"prerequisites": WAYS}
    assert broken(limit, call(), **known(sms_basis="consumer_texted")) == []
    assert broken(limit, call(), **known(sms_basis="direct_consent")) == []
    (breach,) = found(limit, call(), **known(sms_basis="consumer_called_only"))
    assert breach.words == "none of the ways that the law accepts was followed"
    assert breach.evidence[0] == "sms_basis is consumer_called_only"
    (refused,) = found(limit, call(), **known(sms_basis="direct_consent", sms_reassigned=True))
    assert refused.words == "sms_reassigned is yes"


def test_what_nobody_recorded():
    """Required, it is a breach; assumed, it is as the law needs it, and only what is known is judged."""
    needs = {"prerequisites": {"needs": [q("known", "validation_provided")]} | WAYS}
    (breach,) = found(needs, call())
    assert breach.words.startswith("nobody can show when the validation information was given")
    assert broken(needs, call(), mode=Facts.ASSUMED) == []
    assert broken(needs, call(), mode=Facts.ASSUMED, **known(sms_basis="consumer_called_only")) == [0]
    after = {"prerequisites": {"needs": [q("after", "deadline", count=1, other="validation_end")]}}
    assert broken(after, call(), mode=Facts.ASSUMED, **known(deadline=12)) == []
    assert broken(after, call(), mode=Facts.ASSUMED, **known(deadline=12, validation_end=12)) == [0]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"validation_end": day("2026-03-02")}, "validation_end is 2026-03-02"),
        ({"paid": at("2026-03-01 23:59")}, "paid is 2026-03-01"),
        ({"envelope": frozenset({"postage", "other"})}, "envelope is other, postage"),
        ({"envelope": frozenset()}, "envelope is nothing"),
        ({"disputed": True}, "disputed is yes"),
        ({"known_name": "Ann"}, "known_name is Ann"),
        ({"challenges": ()}, "challenges is on record"),
    ],
)
def test_how_facts_are_told(facts, words):
    (term,) = facts
    (breach,) = found({"prerequisites": {"refuses": [q("known", term)]}}, call(), **known(**facts))
    assert breach.words == words


def test_what_a_text_carries():
    limit = {"carries": ["opt_out", "from_debt_collector"]}
    carried = [call(facts={"carries": frozenset(words)}) for words in (["opt_out", "from_debt_collector"], ["opt_out"])]
    (lacks, unproven) = found(limit, *carried, call())
    assert (lacks.index, lacks.words) == (1, "the text lacked from_debt_collector")
    assert (unproven.index, unproven.words) == (2, "nobody can show that the text carried opt_out, from_debt_collector")
    assert broken(limit, *carried, call(), mode=Facts.ASSUMED) == [1]


@pytest.mark.parametrize(
    ("challenges", "notice", "is_open"),
    [
        ([Challenge(at("2026-03-01 10:00"))], None, True),
        ([Challenge(at("2026-03-02 10:01"))], None, False),
        ([Challenge(at("2026-03-01 10:00"), at("2026-03-02 10:00"))], None, False),
        ([Challenge(at("2026-03-01 10:00"), at("2026-03-02 10:01"))], None, True),
        ([Challenge(10, 20), Challenge(30, None, repeats=True)], None, True),
        ([Challenge(10, 20), Challenge(30, None, repeats=True)], 30, False),
        ([Challenge(10, 20), Challenge(30, None, repeats=True)], 29, True),
        ([Challenge(10, 20), Challenge(30, None, repeats=True)], at("2026-03-02 10:01"), True),
        ([Challenge(10, 20), Challenge(30)], 30, True),
        ([Challenge(10), Challenge(30, None, repeats=True)], 30, True),
    ],
)
def test_disputes(challenges, notice, is_open):
    told = {"challenges": tuple(challenges)} | ({} if notice is None else {"duplicate_notice": notice})
    assert broken({"open_challenge": []}, call(), **known(**told)) == ([0] if is_open else [])


FURNISH = {"rule": {"offstage": True}}


@pytest.mark.parametrize(
    ("notices", "may"),
    [
        ([], False),
        ([("spoke", "2026-03-01 10:00")], True),
        ([("spoke", "2026-03-02 10:01")], False),
        ([("sent", "2026-02-15 23:00")], True),
        ([("sent", "2026-02-16 00:00")], False),
        ([("sent", "2026-02-10 10:00"), ("sent", "2026-02-20 10:00")], False),
        ([("sent", "2026-02-10 10:00"), ("returned", "2026-02-20 10:00")], False),
        ([("returned", "2026-02-01 10:00"), ("sent", "2026-02-10 10:00")], True),
        ([("sent", "2026-02-10 10:00"), ("returned", "2026-03-02 10:01")], True),
        ([("sent", "2026-01-10 10:00"), ("reported", "2026-02-10 10:00"), ("returned", "2026-02-20 10:00")], True),
        ([("sent", "2026-02-09 10:00"), ("reported", "2026-02-10 10:00"), ("returned", "2026-02-20 10:00")], False),
    ],
)
def test_reports_to_a_bureau(notices, may):
    told = tuple(Notice(what, at(when)) for what, when in notices)
    limit = {"bureau_notice": {"days": 14}}
    assert broken(limit, act(purpose="furnish"), **FURNISH, **known(notices=told, monitored=True)) == (
        [] if may else [0]
    )


def test_reports_of_which_too_little_is_known():
    limit, sent = {"bureau_notice": {"days": 14}}, (Notice("sent", at("2026-02-01 10:00")),)
    assert broken(limit, act(), **FURNISH) == [0]
    assert broken(limit, act(), **FURNISH, mode=Facts.ASSUMED) == []
    (breach,) = found(limit, act(), **FURNISH, **known(notices=sent))
    assert breach.words == "no notice had stood for 14 days"
    assert breach.evidence == ("sent 2026-02-01 10:00:00 EST",)
    assert broken(limit, act(), **FURNISH, mode=Facts.ASSUMED, **known(notices=sent)) == []
    assert broken(limit, act(), **FURNISH, mode=Facts.ASSUMED, **known(notices=sent, monitored=False)) == [0]


def test_counts_see_past_acts_that_reach_no_debtor():
    assert broken({"spacing": {"minutes": 5}}, act("2026-03-02 09:59"), call("2026-03-02 10:00")) == []


def test_evidence_is_told_in_the_collectors_zone_where_nobody_knows_the_debtors():
    (breach,) = found({"spacing": {"minutes": 5}}, *calls("2026-03-02 10:00", "2026-03-02 10:01"), zones=())
    assert breach.evidence == ("call 2026-03-02 10:00:00 EST, attempted",)


# Independence ---------------------------------------------------------------------------------------------------------


def test_the_auditor_shares_no_code_with_the_gate():
    """Only plain values: what a fault of the gate's modules breaks must not break here too."""
    folder = Path(__file__).parents[3] / "dunning_engine/compliance/audit"
    taken, names = set(), set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                taken.add(node.module)
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Import):
                taken |= {alias.name for alias in node.names}
    ours = {name.removeprefix("dunning_engine.") for name in taken if name.startswith("dunning_engine.")}
    assert {name for name in ours if not name.startswith("compliance.audit.")} == {
        "domain.contacts",
        "domain.docket",
        "domain.parties",
        "kernel.calendar",
        "kernel.errors",
    }
    assert not names & {"resolve", "local", "local_day", "day_start", "earliest_reading", "may_be_in", "united"}
    assert {name for name in names if name[0].islower()} >= {"zone"}


def test_every_kind_of_limit_that_rulebooks_can_hold_can_be_judged():
    from dunning_engine.compliance.rulebook import _LIMITS

    assert set(CHECKS) == set(_LIMITS)


def tried(text, **more):
    """A payment that was tried again, about the debt d1 unless told otherwise."""
    return Deed(at(text), None, more.pop("debts", ("d1",)), {"purpose": "retry_payment", **more})


@pytest.mark.parametrize(
    ("deeds", "breaches"),
    [
        ([tried("2026-03-01 10:00"), tried("2026-03-01 11:00")], []),
        ([tried("2026-03-01 10:00"), tried("2026-03-01 11:00"), tried("2026-03-02 09:59")], [2]),
        ([tried("2026-03-01 10:00"), tried("2026-03-01 11:00"), tried("2026-03-02 10:00")], []),
        ([tried("2026-03-01 10:00", debts=("d2",)), tried("2026-03-01 11:00"), tried("2026-03-01 12:00")], []),
        ([act("2026-03-01 10:00", purpose="furnish"), tried("2026-03-01 11:00"), tried("2026-03-01 12:00")], []),
        ([call("2026-03-01 10:00"), tried("2026-03-01 11:00"), tried("2026-03-01 12:00")], []),
    ],
)
def test_retries_of_one_payment_are_counted_by_the_hour(deeds, breaches):
    """Two in 24 hours: contacts, other acts and other debts are no tries."""
    rule = {"offstage": True, "when": [{"op": "is", "fact": "purpose", "words": ["retry_payment"]}]}
    told = found({"retries": {"count": 2, "hours": 24}}, *deeds, rule=rule)
    assert [breach.index for breach in told] == breaches
    if told:
        assert told[0].others == (0, 1)
        assert told[0].words == "2 further attempts came before it, and 2 are allowed"
        assert told[0].evidence[0].startswith("tried again 2026-03-01 10:00:00")
