"""Rules that count: contacts in days, minutes between calls, days of rest after a conversation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gate_scene import CALLS, NEW_YORK, NOON, ask, at, day, log, of_law, opens, talk

from dunning_engine.compliance.gate import own_rule
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.docket import CallConsent
from dunning_engine.domain.limits import (
    CONTACT_LIMIT,
    EVER,
    ContactLimit,
    CoolingOff,
    Counting,
    Per,
    RestAfterPromise,
    Spacing,
    Together,
)
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import DAY_SECONDS, parse_instant

SEVEN = ContactLimit(
    7,
    7,
    CALLS,
    Per.DEBT,
    Counting.BOTH,
    uncounted=frozenset({Outcome.NOT_CONNECTED, Outcome.WRONG_NUMBER}),
    consented=False,
)
"""The calls of Regulation F."""

ONE = ContactLimit(1, 7)


def each(month, *days, clock="10:00"):
    return [at(f"{month:02}-{one:02} {clock}") for one in days]


# Days -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "now", "first"),
    [
        (each(4, 1, 2, 3, 4, 5, 6), "04-07 10:00", "now"),
        (each(4, 1, 2, 3, 4, 5, 6, 7), "04-07 17:00", "04-08 10:00"),
        (each(4, 1, 2, 3, 4, 5, 6, 7), "04-08 09:59:59", "04-08 10:00"),
        (each(4, 1, 2, 3, 4, 5, 6, 7), "04-08 10:00", "now"),
        (each(4, 1, 2, 3, 4, 5, 6, 7, 8), "04-08 17:00", "04-09 10:00"),
        (each(4, *[1] * 7), "04-01 12:00", "04-08 10:00"),
        (each(4, 1, 1, 1, 5, 5, 5, 5), "04-06 12:00", "04-08 10:00"),
    ],
)
def test_the_official_examples_of_seven_calls(calls, now, first):
    """Seven calls from 1 to 7 April: the eighth waits for the 8th, and by the hour for the hour of the first."""
    assert opens(ask(of_law(SEVEN), now=at(now), contacts=log(*calls))) == first


@pytest.mark.parametrize(
    ("counting", "first"),
    [
        (Counting.CALENDAR, "04-08 00:00"),
        (Counting.ROLLING, "04-08 20:00"),
        (Counting.BOTH, "04-08 20:00"),
        (Counting.MONTH, "05-01 00:00"),
    ],
)
def test_days_are_counted_by_the_calendar_by_the_hour_both_or_by_the_month(counting, first):
    """Seven calls in one evening leave the window at midnight, at that hour, or when the month is over."""
    calls = log(*each(4, *[1] * 7, clock="20:00"))
    limit = replace(SEVEN, counting=counting, days=31 if counting is Counting.MONTH else 7)
    assert opens(ask(of_law(limit), now=at("04-05 10:00"), contacts=calls)) == first


def test_a_contact_of_exactly_as_many_days_ago_is_out():
    """By the hour the window is open at its far end."""
    rule = of_law(replace(ONE, counting=Counting.ROLLING))
    assert opens(ask(rule, contacts=log(NOON - 7 * DAY_SECONDS))) == "now"
    assert opens(ask(rule, contacts=log(NOON - 7 * DAY_SECONDS + 1))) == "06-10 12:00"


def test_today_is_the_first_of_the_calendar_days():
    """Once a day means: not on the same day, in any zone of the debtor."""
    late = log(at("04-01 20:00"))
    rule = own_rule("l", "l", ContactLimit(1, 1))
    assert opens(ask(rule, now=at("04-01 20:01"), contacts=late)) == "04-02 00:00"
    assert opens(ask(rule, now=at("04-01 20:01"), contacts=late, zones=(NEW_YORK, "Europe/Berlin"))) == "04-02 18:00"


@pytest.mark.parametrize(
    ("contacts", "now", "first"),
    [
        (each(4, 1, 30), "04-30 12:00", "05-01 00:00"),
        (each(4, 1, 30), "05-01 00:00", "now"),
        (each(4, 30), "04-30 12:00", "now"),
        (each(3, 31) + each(4, 1), "04-30 12:00", "now"),
        (each(12, 1, 2), "12-31 23:59", "01-01 01:00"),
    ],
)
def test_a_calendar_month_ends_with_its_last_day(contacts, now, first):
    """Two in a month: those of the month before do not count; December ends in January."""
    limit = ContactLimit(2, 31, counting=Counting.MONTH)
    assert opens(ask(of_law(limit), now=at(now), contacts=log(*contacts)), "Etc/GMT+4") == first


def test_a_month_is_over_where_the_debtor_may_be():
    """The first of May begins in Berlin before it does in New York; a month used up in one zone is used up."""
    rule = of_law(ContactLimit(1, 31, counting=Counting.MONTH))
    zones = (NEW_YORK, "Europe/Berlin")
    evening = log(at("04-30 19:00"))
    assert opens(ask(rule, now=at("04-30 19:30"), contacts=evening, zones=zones)) == "05-31 18:00"
    noon = log(at("04-30 12:00"))
    assert opens(ask(rule, now=at("04-30 19:00"), contacts=noon, zones=zones)) == "05-01 00:00"
    assert opens(ask(rule, now=at("04-30 19:00"), contacts=noon, zones=())) == "05-01 00:00"


def test_once_is_once_for_ever():
    """No plan is made for the next century."""
    assert opens(ask(of_law(ContactLimit(1, EVER, counting=Counting.ROLLING)), contacts=log(0))) == "never"


def test_without_a_zone_days_are_the_policys_or_whatever_is_stricter():
    """A policy counts in its own zone; for a law the day may be about to begin somewhere, and be a long one."""
    morning = parse_instant("2026-04-01T10:00:00+02:00")
    asked = {"now": morning + 60, "contacts": log(morning), "zones": (), "zone": "Europe/Berlin"}
    assert opens(ask(own_rule("l", "l", ContactLimit(1, 1)), **asked), "Europe/Berlin") == "04-02 00:00"
    assert opens(ask(of_law(ContactLimit(1, 1)), **asked), "Europe/Berlin") == "04-02 11:00"


def test_a_limit_of_zero_refuses():
    """It is no waiting but a bar, in the rule's own words."""
    verdict = ask(own_rule("l", "no calls at all", ContactLimit(0, 7)))
    assert [reason.words for reason in verdict.reasons] == ["no calls at all"]


def test_full_days_have_24_hours():
    """Also where the clock changes."""
    before = parse_instant("2026-10-24T12:00:00+02:00")
    rule = own_rule("l", "l", ContactLimit(1, 1, counting=Counting.ROLLING))
    assert ask(rule, now=before + 60, contacts=log(before), zones=("Europe/Berlin",)).until == before + DAY_SECONDS


# What counts ----------------------------------------------------------------------------------------------------------

JUST = NOON - 600
CALL = Contact(JUST, Channel.CALL, ("case-1",))


@pytest.mark.parametrize(
    ("contact", "limit", "counts"),
    [
        (CALL, replace(SEVEN, count=1), True),
        (replace(CALL, debts=("case-2",)), replace(SEVEN, count=1), False),
        (replace(CALL, debts=("case-2",)), replace(SEVEN, count=1, per=Per.DEBTOR), True),
        (replace(CALL, debts=("case-2", "case-1")), replace(SEVEN, count=1), True),
        (replace(CALL, debts=()), replace(SEVEN, count=1), True),
        (replace(CALL, channel=Channel.SMS), replace(SEVEN, count=1), False),
        (replace(CALL, channel=Channel.PORTAL), ONE, True),
        (replace(CALL, inbound=True), replace(SEVEN, count=1), False),
        (replace(CALL, inbound=True), ONE, False),
        (replace(CALL, outcome=Outcome.NOT_CONNECTED), replace(SEVEN, count=1), False),
        (replace(CALL, outcome=Outcome.NOT_CONNECTED), ONE, True),
        (replace(CALL, outcome=Outcome.WRONG_NUMBER), replace(SEVEN, count=1), False),
        (replace(CALL, outcome=Outcome.CONVERSATION), replace(SEVEN, count=1), True),
        (replace(CALL, outcome=Outcome.NO_MESSAGE), replace(SEVEN, count=1), True),
        (CALL, replace(ONE, counted=frozenset({Outcome.CONVERSATION})), False),
        (replace(CALL, outcome=Outcome.CONVERSATION), replace(ONE, counted=frozenset({Outcome.CONVERSATION})), True),
        (replace(CALL, reply=True), replace(ONE, replies=False), False),
        (replace(CALL, reply=True), ONE, True),
        (replace(CALL, answered=True), replace(ONE, unanswered=True), False),
        (replace(CALL, reply=True), replace(ONE, unanswered=True), False),
        (CALL, replace(ONE, unanswered=True), True),
        (replace(CALL, addressee="surviving_spouse"), ONE, True),
        (replace(CALL, addressee="employer"), ONE, False),
    ],
)
def test_what_counts(contact, limit, counts):
    """Debts, channels, outcomes, answers and people, as the limit says; what the debtor began never counts."""
    assert (opens(ask(of_law(limit), contacts=ContactLog([contact]))) != "now") is counts


@pytest.mark.parametrize(
    ("addressee", "asked", "counts"),
    [
        ("consumer", "consumer", True),
        ("surviving_spouse", "consumer", True),
        ("consumer", "surviving_spouse", True),
        ("surviving_spouse", "surviving_spouse", True),
        ("consumer", "employer", False),
        ("employer", "employer", True),
        ("employer", "neighbour", False),
    ],
)
def test_contacts_count_for_whom_they_were_meant(addressee, asked, counts):
    """A surviving spouse stands in the debtor's place; neighbours have counts of their own."""
    verdict = ask(of_law(ONE), contacts=log(JUST, addressee=addressee), docket={"addressee": asked})
    assert (opens(verdict) != "now") is counts


@pytest.mark.parametrize(
    ("lines", "line_then", "line_now", "counts"),
    [
        ({"work"}, "work", "work", True),
        ({"work"}, "home", "work", False),
        ({"work"}, "work", "home", False),
        ({"work"}, "work", None, False),
        ({"home", ""}, "", None, True),
        ({"home", ""}, "", "home", True),
        ({"home", ""}, "work", "home", False),
    ],
)
def test_lines_have_limits_of_their_own(lines, line_then, line_now, counts):
    """What is not known to be at work is not; where the limit names it, an unknown number counts."""
    limit = replace(ONE, lines=frozenset(lines))
    docket = {} if line_now is None else {"line": line_now}
    assert (opens(ask(of_law(limit), contacts=log(JUST, line=line_then), docket=docket)) != "now") is counts


def test_a_limit_of_other_channels_does_not_speak():
    """Calls are limited, letters go on."""
    rules = (of_law(ContactLimit(1, 7, CALLS)), of_law(CoolingOff(7, CALLS)), of_law(Spacing(5, CALLS)))
    assert opens(ask(*rules, contacts=talk(NOON - 60))) == "06-17 00:00"
    assert opens(ask(*rules, contacts=talk(NOON - 60), channel=Channel.LETTER)) == "now"


FROM_THE_FIRST_TALK = ContactLimit(2, 7, counting=Counting.CALENDAR, since_conversation=True)


@pytest.mark.parametrize(
    ("log_of", "first"),
    [
        (log(*each(6, 7, 8, 9)), "now"),
        (talk(at("06-08 10:00")).plus(*log(*each(6, 7))), "now"),
        (talk(at("06-08 10:00")).plus(*log(*each(6, 9))), "06-15 00:00"),
        (talk(at("06-08 10:00"), inbound=True).plus(*log(*each(6, 9))), "now"),
        (talk(at("06-08 10:00"), inbound=True).plus(*log(*each(6, 8, 9, clock="11:00"))), "06-15 00:00"),
        (talk(at("05-01 10:00")).plus(*log(*each(6, 8, 9))), "06-15 00:00"),
        (talk(at("05-01 10:00"), addressee="employer").plus(*log(*each(6, 8, 9))), "now"),
        (talk(at("05-01 10:00"), addressee="surviving_spouse").plus(*log(*each(6, 8, 9))), "06-15 00:00"),
    ],
)
def test_counting_begins_with_the_first_conversation(log_of, first):
    """That one included where we began it; attempts before are free."""
    assert opens(ask(of_law(FROM_THE_FIRST_TALK), contacts=log_of)) == first


# Consent to more calls ------------------------------------------------------------------------------------------------

CONSENT = CallConsent(at("06-04 10:00"))
SEVEN_ON_THE_3RD = log(*each(6, *[3] * 7))


@pytest.mark.parametrize(
    ("consent", "now", "first"),
    [
        (None, "06-04 12:00", "06-10 10:00"),
        (CONSENT, "06-04 12:00", "now"),
        (CONSENT._replace(given=at("06-04 12:01")), "06-04 12:00", "06-10 10:00"),
        (CONSENT, "06-09 23:59", "now"),
        (CONSENT._replace(debt="case-1"), "06-04 12:00", "now"),
        (CONSENT._replace(debt="case-2"), "06-04 12:00", "06-10 10:00"),
        (CONSENT._replace(until=day("06-05")), "06-05 23:59", "now"),
        (CONSENT._replace(until=day("06-05")), "06-06 00:00", "06-10 10:00"),
        (CONSENT._replace(revoked=at("06-05 10:00")), "06-05 09:59:59", "now"),
        (CONSENT._replace(revoked=at("06-05 10:00")), "06-05 10:00", "06-10 10:00"),
    ],
)
def test_the_debtor_may_agree_to_more_calls(consent, now, first):
    """From when it was given, about its debt, until its end or its revocation."""
    docket = {} if consent is None else {"call_consents": (consent,)}
    assert opens(ask(of_law(SEVEN), now=at(now), contacts=SEVEN_ON_THE_3RD, docket=docket)) == first


def test_the_day_of_consent_is_the_first_of_seven():
    """Consent on Thursday the 4th covers calls through Wednesday the 10th, in the policy's zone."""
    rule, docket = of_law(SEVEN), {"call_consents": (CONSENT,)}
    calls = log(*each(6, *[9] * 7)).plus(*log(*each(6, *[3] * 7)))
    assert opens(ask(rule, now=at("06-10 23:59"), contacts=calls, docket=docket)) == "now"
    assert opens(ask(rule, now=at("06-11 00:00"), contacts=calls, docket=docket)) == "now"
    assert opens(ask(rule, now=at("06-11 00:00"), contacts=calls)) == "06-16 10:00"
    later = log(*each(6, *[11] * 7, clock="00:00"))
    assert opens(ask(rule, now=at("06-11 00:01"), contacts=later, docket=docket)) == "06-18 00:00"


def test_a_conversation_ends_the_consent():
    """What was agreed to has happened: calls until then are not counted, that call included."""
    docket = {"call_consents": (CONSENT,)}
    spoke = talk(at("06-06 10:00"))
    covered = log(*each(6, 4, 5, 5, 5, 5, 5, clock="12:00"))
    rule = of_law(SEVEN)
    assert opens(ask(rule, now=at("06-06 10:00"), contacts=SEVEN_ON_THE_3RD, docket=docket)) == "now"
    assert opens(ask(rule, now=at("06-06 11:00"), contacts=covered.plus(*spoke), docket=docket)) == "now"
    after = SEVEN_ON_THE_3RD.plus(*spoke)
    assert opens(ask(rule, now=at("06-06 11:00"), contacts=after, docket=docket)) == "06-10 10:00"


def test_calls_by_consent_count_where_the_limit_says_nothing_of_them():
    """And consent to calls says nothing about messages."""
    docket = {"call_consents": (CONSENT,)}
    calls = log(*each(6, *[4] * 7, clock="12:00"))
    asked = {"now": at("06-05 10:00"), "contacts": calls, "docket": docket}
    assert opens(ask(of_law(replace(SEVEN, consented=True)), **asked)) == "06-11 12:00"
    assert opens(ask(of_law(SEVEN), **asked)) == "now"
    texts = log(*each(6, *[4] * 7, clock="12:00"), channel=Channel.SMS)
    limit = replace(SEVEN, channels=frozenset())
    assert opens(ask(of_law(limit), **asked | {"contacts": texts, "channel": Channel.SMS})) == "06-11 12:00"


# Together -------------------------------------------------------------------------------------------------------------

MESSAGES = frozenset({Channel.EMAIL, Channel.SMS, Channel.SOCIAL})
BOTH_USED_UP = Together((ContactLimit(2, 7, CALLS), ContactLimit(1, 7, MESSAGES)))


@pytest.mark.parametrize(
    ("contacts", "first"),
    [
        (log(*each(6, 8, 9)), "now"),
        (log(*each(6, 9), channel=Channel.SMS), "now"),
        (log(*each(6, 8, 9)).plus(*log(*each(6, 5), channel=Channel.SMS)), "06-12 00:00"),
        (log(*each(6, 4, 9)).plus(*log(*each(6, 6), channel=Channel.EMAIL)), "06-11 00:00"),
    ],
)
def test_together_refuses_while_every_part_is_used_up(contacts, first):
    """One part that frees is enough, for whichever channel."""
    for channel in (Channel.CALL, Channel.EMAIL):
        assert opens(ask(of_law(BOTH_USED_UP), contacts=contacts, channel=channel)) == first


# Spacing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "waits"),
    [(0, 301), (1, 300), (299, 2), (300, 1), (301, 0), (86_400, 0)],
)
def test_exactly_five_minutes_are_too_early(seconds, waits):
    """The fifth minute is included, to its last second."""
    verdict = ask(of_law(Spacing(5, CALLS)), contacts=log(NOON - seconds))
    assert (verdict.until - NOON if waits else opens(verdict)) == (waits or "now")


def test_spacing_is_counted_from_the_last_attempt_of_ours():
    """Whatever it was about and whatever came of it; what the debtor began, and other channels, do not count."""
    rule = of_law(Spacing(5, CALLS))
    busy = log(NOON - 60, outcome=Outcome.NOT_CONNECTED, debts=("case-2",))
    assert ask(rule, contacts=busy.plus(*log(NOON - 120))).until == NOON + 241
    assert opens(ask(rule, contacts=log(NOON - 60, inbound=True))) == "now"
    assert opens(ask(rule, contacts=log(NOON - 60, channel=Channel.SMS))) == "now"
    assert ask(of_law(Spacing(5)), contacts=log(NOON - 60, channel=Channel.SMS)).until == NOON + 241


# Rest after a conversation --------------------------------------------------------------------------------------------

REST = CoolingOff(7, CALLS, Per.DEBT)


@pytest.mark.parametrize(
    ("limit", "now", "first"),
    [
        (REST, "08-14 12:26", "08-21 00:00"),
        (REST, "08-20 23:59", "08-21 00:00"),
        (REST, "08-21 00:00", "now"),
        (replace(REST, day_itself=True), "08-14 12:26", "08-22 00:00"),
        (replace(REST, day_itself=True), "08-21 23:59", "08-22 00:00"),
        (replace(REST, day_itself=True), "08-22 00:00", "now"),
        (CoolingOff(1), "08-14 12:26", "08-15 00:00"),
    ],
)
def test_the_day_of_a_conversation_is_day_one(limit, now, first):
    """After Friday the 14th the next call may come on Friday the 21st; where that day is not counted, a day later."""
    assert opens(ask(of_law(limit), now=at(now), contacts=talk(at("08-14 10:00")))) == first


@pytest.mark.parametrize(
    ("contact", "limit", "rests"),
    [
        (replace(CALL, outcome=Outcome.CONVERSATION), REST, True),
        (replace(CALL, outcome=Outcome.CONVERSATION, inbound=True), REST, True),
        (replace(CALL, outcome=Outcome.CONVERSATION, debts=()), REST, True),
        (replace(CALL, outcome=Outcome.CONVERSATION, debts=("case-2",)), REST, False),
        (replace(CALL, outcome=Outcome.CONVERSATION, debts=("case-2",)), replace(REST, per=Per.DEBTOR), True),
        (replace(CALL, outcome=Outcome.CONVERSATION, debts=("case-2",), discussed=("case-1",)), REST, True),
        (replace(CALL, outcome=Outcome.CONVERSATION, discussed=("case-2",)), REST, False),
        (replace(CALL, outcome=Outcome.CONVERSATION, addressee="surviving_spouse"), REST, True),
        (replace(CALL, outcome=Outcome.CONVERSATION, addressee="employer"), REST, False),
        (replace(CALL, outcome=Outcome.CONVERSATION, channel=Channel.SMS), REST, True),
        (CALL, REST, False),
        (replace(CALL, outcome=Outcome.MESSAGE), REST, False),
    ],
)
def test_what_is_a_conversation_about_the_debt(contact, limit, rests):
    """Whoever began it, about what was discussed; where nobody knows that, about each debt."""
    assert opens(ask(of_law(limit), contacts=ContactLog([contact]))) == ("06-17 00:00" if rests else "now")


def test_rest_lasts_in_every_zone_and_without_one_until_the_days_are_over_anywhere():
    """A policy rests by its own calendar."""
    spoke = talk(parse_instant("2026-06-10T10:00:00+02:00"))
    limit, facts = CoolingOff(2), {"contacts": spoke, "zones": (), "zone": "Europe/Berlin"}
    assert opens(ask(own_rule("r", "r", limit), **facts), "Europe/Berlin") == "06-12 00:00"
    assert opens(ask(of_law(limit), **facts), "Europe/Berlin") == "06-12 11:00"
    zones = ("Europe/Berlin", "Pacific/Honolulu")
    assert opens(ask(of_law(limit), **facts | {"zones": zones}), "Pacific/Honolulu") == "06-11 12:00"


def test_the_last_conversation_begins_the_rest():
    """Older ones are forgotten with it."""
    spoke = talk(at("06-08 10:00"), at("06-09 10:00"))
    assert opens(ask(of_law(REST), contacts=spoke)) == "06-16 00:00"


def test_consent_ends_the_rest_of_the_law_for_calls():
    """The debtor asked to be called again; a creditor's own rest stays, and so does that from messages."""
    docket = {"call_consents": (CallConsent(NOON - 30),)}
    facts = {"contacts": talk(NOON - 60), "docket": docket}
    assert opens(ask(of_law(REST), **facts)) == "now"
    assert opens(ask(own_rule("r", "r", REST), **facts)) == "06-17 00:00"
    assert opens(ask(of_law(CoolingOff(7)), **facts, channel=Channel.SMS)) == "06-17 00:00"
    assert opens(ask(of_law(REST), **facts | {"contacts": talk(NOON - 60, NOON - 10)})) == "06-17 00:00"


# After a promise ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("06-09 10:59", "now"),
        ("06-09 11:00", "06-10 11:00"),
        ("06-10 10:59", "06-10 11:00"),
        ("06-10 11:00", "now"),
    ],
)
def test_a_promise_gives_rest_for_hours(now, first):
    """From the promise on, to the second; one that is only known as of later gives none yet."""
    rule = own_rule("policy/contact-limit-1", "no calls", RestAfterPromise(24, CALLS))
    promised = (at("06-09 11:00"), at("06-01 11:00"))
    assert opens(ask(rule, now=at(now), promised=promised)) == first


def test_a_rest_after_a_promise_is_about_its_channels():
    """A letter goes out, unless no contact at all is wanted; who promised nothing has no rest."""
    calls, all_of_them = (own_rule("r", "rest", RestAfterPromise(24, channels)) for channels in (CALLS, frozenset()))
    promised = (NOON - 60,)
    assert opens(ask(calls, channel=Channel.LETTER, promised=promised)) == "now"
    assert opens(ask(all_of_them, channel=Channel.LETTER, promised=promised)) == "06-11 11:59"
    assert opens(ask(calls)) == "now"


def test_a_rest_after_a_promise_says_of_which_one():
    """The reason names the promise from which it counts."""
    verdict = ask(own_rule("r", "rest", RestAfterPromise(24, CALLS)), promised=(NOON - 3600,))
    assert verdict.reasons[0].facts == ("promise on Wed 2026-06-10 11:00",)


def test_a_limit_by_outcome_counts_what_came_of_calls():
    """Seven attempts without a talk leave the one talk of the week open; the talk closes it for seven days."""
    rule = own_rule("r", "one talk", CONTACT_LIMIT.parse("1 conversation in 7 days per debt"))
    assert opens(ask(rule, contacts=log(*each(6, 4, 5, 6, 7, 8, 9)))) == "now"
    assert opens(ask(rule, contacts=talk(at("06-09 10:00")))) == "06-16 00:00"
