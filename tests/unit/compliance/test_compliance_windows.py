"""Clock and day rules: hours in every zone, days of rest, times that the debtor called inconvenient."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from gate_scene import NEW_YORK, ask, at, codes, day, of_law, opens, until, words

from dunning_engine.compliance.gate import own_rule
from dunning_engine.compliance.verdict import Cleared, Deferred
from dunning_engine.domain.docket import InconvenientTime, TimeConsent
from dunning_engine.domain.limits import ClosedDays, Hours, InconvenientTimes
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import BusinessCalendar, parse_instant

DAYTIME = Hours(((481, 1259),))
"""After 8 in the morning and before 9 in the evening, in whole minutes."""

OPEN = replace(DAYTIME, open_edges=True)
"""The same hours as a rulebook has them: to the second."""

PACIFIC, MOUNTAIN, HAWAII = "America/Los_Angeles", "America/Denver", "Pacific/Honolulu"
SUNDAY = frozenset({6})


# Hours ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-06-10T07:59:59-04:00", "2026-06-10T08:01:00-04:00"),
        ("2026-06-10T08:00:00-04:00", "2026-06-10T08:01:00-04:00"),
        ("2026-06-10T08:00:01-04:00", None),
        ("2026-06-10T08:00:59-04:00", None),
        ("2026-06-10T08:01:00-04:00", None),
        ("2026-06-10T20:59:59-04:00", None),
        ("2026-06-10T21:00:00-04:00", "2026-06-11T08:01:00-04:00"),
        ("2026-06-10T21:00:01-04:00", "2026-06-11T08:01:00-04:00"),
        ("2026-11-01T12:30:00Z", "2026-11-01T08:01:00-05:00"),
        ("2026-03-07T12:30:00Z", "2026-03-07T08:01:00-05:00"),
        ("2026-06-11T00:59:00Z", None),
    ],
)
def test_the_hours_of_regulation_f(now, first):
    """The open interval from 8 to 9 in the debtor's zone, to the second; what has to wait waits for a whole minute."""
    verdict = ask(of_law(OPEN), now=parse_instant(now))
    assert (until(verdict) if first else type(verdict)) == (first or Cleared)


@pytest.mark.parametrize("now", ["06-10 08:00:00", "06-10 08:00:01", "06-10 08:00:59"])
def test_quiet_hours_of_a_policy_are_whole_minutes(now):
    """What a creditor writes itself has no open interval."""
    assert opens(ask(own_rule("h", "h", DAYTIME), now=at(now))) == "06-10 08:01"


@pytest.mark.parametrize(
    ("now", "zones", "first"),
    [
        ("06-10 12:00:30", (NEW_YORK,), "06-10 13:01"),
        ("06-10 13:00:00", (NEW_YORK,), "06-10 13:01"),
        ("06-10 13:00:30", (NEW_YORK,), "now"),
        ("06-13 08:00:30", (NEW_YORK,), "06-13 10:01"),
        ("06-13 10:00:30", (NEW_YORK,), "now"),
        ("06-10 08:00:30", (NEW_YORK, PACIFIC), "06-10 11:01"),
        ("06-10 16:00:30", (NEW_YORK, PACIFIC), "now"),
        ("06-10 16:00:00", (NEW_YORK, PACIFIC), "06-10 16:01"),
    ],
)
def test_every_window_begins_right_after_its_edge(now, zones, first):
    """Those of the day, in every zone: before noon and after one, on Saturdays from ten on."""
    split = Hours(((481, 719), (781, 1259)), ((5, ((601, 1259),)),), open_edges=True)
    assert opens(ask(of_law(split), now=at(now), zones=zones)) == first


def test_hours_to_which_somebody_agreed_begin_with_their_minute():
    """Both ends of an agreement are included, and the hours of the law still begin right after their edge."""
    docket = {"time_consents": (TimeConsent(360, 420, at("06-01 12:00")),)}
    for now, first in (
        ("05:59:59", "06-10 06:00"),
        ("06:00:00", "now"),
        ("07:01:00", "06-10 08:01"),
        ("08:00:01", "now"),
    ):
        assert opens(ask(of_law(OPEN), now=at(f"06-10 {now}"), docket=docket)) == first


@pytest.mark.parametrize(
    ("zones", "now", "first"),
    [
        ((NEW_YORK, PACIFIC), "2026-06-10T09:00:00-04:00", "2026-06-10T11:01:00-04:00"),
        ((NEW_YORK, PACIFIC), "2026-06-10T21:01:00-04:00", "2026-06-11T11:01:00-04:00"),
        ((NEW_YORK, MOUNTAIN), "2026-06-10T09:00:00-04:00", "2026-06-10T10:01:00-04:00"),
        ((NEW_YORK, HAWAII), "2026-01-14T09:00:00-05:00", "2026-01-14T13:01:00-05:00"),
        ((MOUNTAIN, "America/Phoenix"), "2026-07-14T10:30:00-04:00", "2026-07-14T11:01:00-04:00"),
        (("Asia/Kathmandu",), "2026-06-10T20:00:00-04:00", "2026-06-10T22:16:00-04:00"),
    ],
)
def test_it_must_be_day_in_every_zone(zones, now, first):
    """The official pairs: a mobile of the East with an address in the West or the mountains, and others."""
    assert until(ask(of_law(DAYTIME), zones=zones, now=parse_instant(now))) == first


@pytest.mark.parametrize(
    ("windows", "now", "first"),
    [
        (((150, 1199),), "2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"),
        (((120, 140), (540, 600)), "2026-10-25T02:45:00+02:00", "2026-10-25T02:00:00+01:00"),
        (((130, 140), (540, 600)), "2026-10-25T02:45:00+02:00", "2026-10-25T02:10:00+01:00"),
        (((130, 140), (540, 600)), "2026-10-25T02:45:00+01:00", "2026-10-25T09:00:00+01:00"),
        (((130, 140), (200, 210)), "2026-03-29T01:00:00+01:00", "2026-03-29T03:20:00+02:00"),
    ],
)
def test_windows_that_open_while_clocks_change(windows, now, first):
    """An hour that comes twice opens twice; one that is skipped does not open at all."""
    verdict = ask(own_rule("h", "h", Hours(windows)), zones=("Europe/Berlin",), now=parse_instant(now))
    assert until(verdict, "Europe/Berlin") == first


def test_a_day_without_open_minutes_blocks():
    """Quiet from midnight to midnight."""
    assert words(ask(own_rule("h", "h", Hours(())))) == "h: no hour of any day is open"


def test_without_a_zone_nobody_knows_which_hour_it_is():
    """The code says so, for rules of law and others."""
    verdict = ask(of_law(DAYTIME, code="TIME_WINDOW"), zones=())
    assert (codes(verdict), words(verdict)[:44]) == (
        ["TIME_UNDETERMINED"],
        "nothing tells in which time zone the debtor ",
    )


def test_letters_have_no_hours():
    """They are read when it suits; what arrives by a social network or in the portal is noticed at once."""
    night = at("06-10 23:00")
    found = {channel: opens(ask(of_law(DAYTIME), now=night, channel=channel)) for channel in Channel}
    assert found == dict.fromkeys(Channel, "06-11 08:01") | {Channel.LETTER: "now"}


WEEK = Hours(((481, 1259),), ((5, ((541, 1019),)), (6, ())))
"""Longer on working days, shorter on Saturdays, never on Sundays."""


@pytest.mark.parametrize(
    ("now", "first", "code"),
    [
        ("06-12 20:00", "now", None),
        ("06-12 21:00", "06-13 09:01", "TIME_WINDOW"),
        ("06-13 08:30", "06-13 09:01", "TIME_WINDOW"),
        ("06-13 17:00", "06-15 08:01", "TIME_WINDOW"),
        ("06-14 12:00", "06-15 08:01", "PUBLIC_HOLIDAY"),
        ("06-14 23:59", "06-15 08:01", "PUBLIC_HOLIDAY"),
    ],
)
def test_weekdays_have_hours_of_their_own(now, first, code):
    """A day without any is a day of rest, which has another code."""
    verdict = ask(of_law(WEEK, code="TIME_WINDOW"), now=at(now))
    assert (opens(verdict), codes(verdict)[0] if code else None) == (first, code)


def test_a_policys_own_day_of_rest_has_no_code():
    """Codes are words of the law."""
    assert codes(ask(own_rule("h", "h", WEEK), now=at("06-14 12:00"))) == [""]


def test_the_zone_of_the_law_counts_as_well():
    """Hours of a state's own time, for a debtor who is elsewhere now; without a zone of theirs nothing is known."""
    limit = Hours(DAYTIME.windows, zone=NEW_YORK)
    west = {"zones": (PACIFIC,)}
    assert opens(ask(of_law(limit), now=at("06-10 18:00"), **west)) == "now"
    assert opens(ask(of_law(limit), now=at("06-10 21:00"), **west)) == "06-11 11:01"
    assert opens(ask(of_law(DAYTIME), now=at("06-10 21:00"), **west)) == "now"
    assert codes(ask(of_law(limit), zones=())) == ["TIME_UNDETERMINED"]


EVENING = (21 * 60, 22 * 60)


@pytest.mark.parametrize(
    ("consent", "now", "first"),
    [
        (TimeConsent(*EVENING, at("06-01 12:00")), "06-10 20:59", "now"),
        (TimeConsent(*EVENING, at("06-01 12:00")), "06-10 21:00", "now"),
        (TimeConsent(*EVENING, at("06-01 12:00")), "06-10 22:00:59", "now"),
        (TimeConsent(*EVENING, at("06-01 12:00")), "06-10 22:01", "06-11 08:01"),
        (TimeConsent(360, 420, at("06-01 12:00")), "06-10 05:00", "06-10 06:00"),
        (TimeConsent(360, 420, at("06-01 12:00")), "06-10 07:01", "06-10 08:01"),
        (TimeConsent(*EVENING, at("06-10 21:31")), "06-10 21:30", "06-11 08:01"),
        (TimeConsent(*EVENING, at("06-10 21:30")), "06-10 21:30", "now"),
        (TimeConsent(*EVENING, at("06-01 12:00"), at("06-10 21:30")), "06-10 21:29", "now"),
        (TimeConsent(*EVENING, at("06-01 12:00"), at("06-10 21:30")), "06-10 21:30", "06-11 08:01"),
    ],
)
def test_consent_opens_its_minutes(consent, now, first):
    """Both ends included, from when it was given until it was revoked."""
    docket = {"time_consents": (consent,)}
    assert opens(ask(of_law(DAYTIME), now=at(now), docket=docket)) == first


def test_consent_opens_the_hours_of_the_law_only():
    """What the creditor chose itself stays as it chose."""
    docket = {"time_consents": (TimeConsent(*EVENING, at("06-01 12:00")),)}
    assert opens(ask(own_rule("h", "h", DAYTIME), now=at("06-10 21:30"), docket=docket)) == "06-11 08:01"


def test_consent_opens_a_day_of_rest_too_and_must_hold_in_every_zone():
    """Half past nine in the East is half past six in the West."""
    docket = {"time_consents": (TimeConsent(*EVENING, at("06-01 12:00")),)}
    assert opens(ask(of_law(WEEK), now=at("06-14 12:00"), docket=docket)) == "06-14 21:00"
    zones = (NEW_YORK, PACIFIC)
    assert opens(ask(of_law(DAYTIME), now=at("06-10 21:30"), docket=docket, zones=zones)) == "now"
    assert opens(ask(of_law(DAYTIME), now=at("06-10 23:00"), docket=docket, zones=zones)) == "06-11 11:01"


# Closed days ----------------------------------------------------------------------------------------------------------

JULY_4 = (date(2026, 7, 3), date(2026, 7, 4))
US = BusinessCalendar("us", holidays_of=lambda year: [one for one in JULY_4 if one.year == year])


@pytest.mark.parametrize(
    ("limit", "now", "first"),
    [
        (ClosedDays(SUNDAY), "06-14 12:00", "06-15 00:00"),
        (ClosedDays(holidays=True), "07-03 12:00", "07-05 00:00"),
        (ClosedDays(non_business=True), "07-03 12:00", "07-06 00:00"),
        (ClosedDays(SUNDAY, holidays=True), "07-03 12:00", "07-06 00:00"),
        (ClosedDays(SUNDAY, holidays=True), "07-06 12:00", "now"),
    ],
)
def test_closed_days_end_at_midnight_where_the_debtor_is(limit, now, first):
    """Weekdays, public holidays, or whatever is no business day."""
    assert opens(ask(own_rule("d", "d", limit), now=at(now), calendar=US)) == first


def test_it_must_be_an_open_day_in_every_zone():
    """Saturday evening in New York is Sunday in Berlin."""
    verdict = ask(own_rule("d", "d", ClosedDays(SUNDAY)), now=at("06-13 20:00"), zones=(NEW_YORK, "Europe/Berlin"))
    assert opens(verdict) == "06-15 00:00"


def test_letters_may_go_out_on_quiet_days_but_not_on_days_without_post():
    """What is opened when it suits disturbs nobody; but a step rolls to a business day on every channel."""
    for limit, kind in ((ClosedDays(SUNDAY), Cleared), (ClosedDays(non_business=True), Deferred)):
        rule, working = own_rule("d", "d", limit), BusinessCalendar("plain")
        verdict = ask(rule, now=at("06-14 12:00"), channel=Channel.LETTER, zones=(), calendar=working)
        assert isinstance(verdict, kind)


def test_a_year_of_closed_days_blocks():
    """Nothing waits for a day that does not come."""
    assert words(ask(own_rule("d", "d", ClosedDays(frozenset(range(7)))))) == "d: no day within a year is open"


def test_the_holidays_of_a_law_are_its_own():
    """Not the policy's; the code says what kind of day it is, and a calendar that nobody loaded refuses."""
    limit = ClosedDays(holidays=True, calendar="CA-ON")
    victoria = BusinessCalendar("CA-ON", holidays_of=lambda year: [date(year, 5, 18)])
    verdict = ask(of_law(limit, code="TIME_WINDOW", calendars={"CA-ON": victoria}), now=at("05-18 12:00"), calendar=US)
    assert (opens(verdict), codes(verdict)) == ("05-19 00:00", ["PUBLIC_HOLIDAY"])
    assert words(ask(of_law(limit), now=at("05-18 12:00"))) == "the holidays of CA-ON are not loaded"


# Inconvenient times ---------------------------------------------------------------------------------------------------

RULE = of_law(InconvenientTimes(), code="TIME_KNOWN_INCONVENIENT")


def asked(*times, now, **facts):
    return ask(RULE, now=at(now), docket={"inconvenient_times": times}, **facts)


MORNINGS = InconvenientTime(first=540, last=720)
WORK = InconvenientTime(frozenset({0, 1, 2, 3, 4}), 540, 1019)
SUNDAY_NIGHTS = InconvenientTime(SUNDAY, 22 * 60, 6 * 60)


@pytest.mark.parametrize(
    ("time", "now", "first"),
    [
        (MORNINGS, "06-10 08:59:59", "now"),
        (MORNINGS, "06-10 09:00", "06-10 12:01"),
        (MORNINGS, "06-10 12:00:59", "06-10 12:01"),
        (MORNINGS, "06-10 12:01", "now"),
        (WORK, "06-12 12:00", "06-12 17:00"),
        (WORK, "06-13 12:00", "now"),
        (InconvenientTime(frozenset({5, 6})), "06-13 12:00", "06-15 00:00"),
        (InconvenientTime(SUNDAY), "06-14 00:00", "06-15 00:00"),
        (InconvenientTime(through=day("06-12")), "06-10 12:00", "06-13 00:00"),
        (InconvenientTime(through=day("06-12")), "06-13 00:00", "now"),
        (MORNINGS._replace(withdrawn=at("06-10 10:00")), "06-10 09:30", "06-10 10:00"),
        (MORNINGS._replace(withdrawn=at("06-10 10:00")), "06-10 10:00", "now"),
        (MORNINGS._replace(withdrawn=at("06-10 10:00")), "06-10 09:59:59", "06-10 10:00"),
        (SUNDAY_NIGHTS, "06-14 21:59", "now"),
        (SUNDAY_NIGHTS, "06-14 22:00", "06-15 06:01"),
        (SUNDAY_NIGHTS, "06-15 06:00", "06-15 06:01"),
        (SUNDAY_NIGHTS, "06-15 22:00", "now"),
        (SUNDAY_NIGHTS, "06-14 05:00", "06-14 06:01"),
        (SUNDAY_NIGHTS, "06-13 05:00", "now"),
        (SUNDAY_NIGHTS, "06-16 05:00", "now"),
        (SUNDAY_NIGHTS._replace(through=day("06-14")), "06-15 05:00", "06-15 06:01"),
        (SUNDAY_NIGHTS._replace(through=day("06-14")), "06-21 23:00", "now"),
        (SUNDAY_NIGHTS._replace(through=day("06-13")), "06-14 23:00", "now"),
        (SUNDAY_NIGHTS._replace(through=day("06-13")), "06-14 05:00", "06-14 06:01"),
    ],
)
def test_times_that_the_debtor_named(time, now, first):
    """Ends included, on its weekdays, through its last day, until it is withdrawn."""
    assert opens(asked(time, now=now)) == first


def test_times_add_up():
    """One begins where the other ends."""
    afternoons = InconvenientTime(first=721, last=1000)
    verdict = asked(MORNINGS, afternoons, InconvenientTime(first=600, last=660), now="06-10 09:30")
    assert (opens(verdict), codes(verdict)) == ("06-10 16:41", ["TIME_KNOWN_INCONVENIENT"])


def test_a_time_is_inconvenient_in_any_zone():
    """Nobody knows whose morning was meant; and without a zone nobody knows anything."""
    assert opens(asked(MORNINGS, now="06-10 12:30", zones=(NEW_YORK, PACIFIC))) == "06-10 15:01"
    assert opens(asked(MORNINGS, now="06-10 11:00", zones=(NEW_YORK, PACIFIC))) == "06-10 15:01"
    assert codes(asked(MORNINGS, now="06-10 12:30", zones=())) == ["TIME_UNDETERMINED"]
    assert opens(ask(RULE, zones=())) == opens(asked(now="06-10 12:30", zones=())) == "now"


def test_letters_disturb_at_no_time():
    """They are opened when it suits."""
    assert opens(asked(InconvenientTime(), now="06-10 12:00", channel=Channel.LETTER)) == "now"


def test_somebody_for_whom_no_time_is_convenient_is_not_called():
    """All hours of all weekdays, without an end."""
    assert words(asked(InconvenientTime(), now="06-10 12:00")) == "the debtor called every time inconvenient"


@pytest.mark.parametrize(
    ("time", "now", "first"),
    [
        (InconvenientTime(first=60, last=119), "2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00"),
        (InconvenientTime(first=120, last=179), "2026-03-08T01:59:00-05:00", None),
        (InconvenientTime(first=60, last=89), "2026-11-01T01:15:00-04:00", "2026-11-01T01:30:00-04:00"),
        (InconvenientTime(first=60, last=89), "2026-11-01T01:15:00-05:00", "2026-11-01T01:30:00-05:00"),
        (InconvenientTime(first=90, last=300), "2026-11-01T01:45:00-04:00", "2026-11-01T01:00:00-05:00"),
        (InconvenientTime(first=90, last=119), "2026-11-01T01:45:00-04:00", "2026-11-01T01:00:00-05:00"),
        (InconvenientTime(first=90, last=119), "2026-11-01T01:45:00-05:00", "2026-11-01T02:00:00-05:00"),
    ],
)
def test_inconvenient_times_while_clocks_change(time, now, first):
    """Minutes that come twice are inconvenient twice, and free twice; those that are skipped are neither."""
    verdict = ask(RULE, now=parse_instant(now), docket={"inconvenient_times": (time,)})
    assert (until(verdict) if first else type(verdict)) == (first or Cleared)
