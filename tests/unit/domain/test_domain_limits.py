"""Limits on contacts as people write them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain.limits import (
    CONTACT_LIMIT,
    PUBLIC_HOLIDAYS,
    QUIET_DAY,
    QUIET_HOURS,
    WEEKDAYS,
    ClosedDays,
    ContactLimit,
    Counting,
    Hours,
    Per,
    QuietHours,
    RestAfterPromise,
    Spacing,
    never_binds,
    quiet_days,
)
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.kernel.calendar import day_of
from dunning_engine.kernel.grammar import Misfit

MINUTES = st.integers(0, 1439)
NOUNS = [frozenset(), *(frozenset({channel}) for channel in OFFERED)]


@given(hours=st.integers(1, 9999), channels=st.sampled_from(NOUNS))
def test_a_rest_after_a_promise_reads_back_what_it_prints(hours, channels):
    """In the same list and grammar as what is counted."""
    limit = RestAfterPromise(hours, channels)
    assert CONTACT_LIMIT.parse(CONTACT_LIMIT.show(limit)) == limit


@given(
    kind=st.sampled_from(["conversation", "voice message", "connected call"]),
    count=st.integers(1, 9999),
    days=st.integers(1, 9999),
    per=st.sampled_from(Per),
)
def test_a_limit_by_outcome_reads_back_what_it_prints(kind, count, days, per):
    """Each noun counts calls of its own outcomes, and no two nouns the same."""
    limit = CONTACT_LIMIT.parse(f"{count} {kind}{'s' * (count > 1)} in {days} days per {per.value}")
    assert (limit.count, limit.days, limit.per, limit.channels) == (count, days, per, frozenset({Channel.CALL}))
    assert limit.counted or limit.uncounted
    assert kind in CONTACT_LIMIT.show(limit)
    assert CONTACT_LIMIT.parse(CONTACT_LIMIT.show(limit)) == limit


@given(count=st.integers(1, 9999), days=st.integers(1, 9999), channels=st.sampled_from(NOUNS), per=st.sampled_from(Per))
def test_a_contact_limit_reads_back_what_it_prints(count, days, channels, per):
    """One spelling for each."""
    limit = ContactLimit(count, days, channels, per)
    assert CONTACT_LIMIT.parse(CONTACT_LIMIT.show(limit)) == limit


@pytest.mark.parametrize(
    ("text", "limit", "printed"),
    [
        ("3 contacts in 7 days", ContactLimit(3, 7), "3 contacts in 7 days per debtor"),
        ("1 contact per day", ContactLimit(1, 1), "1 contact per day per debtor"),
        (
            "1 call in 1 day per debt",
            ContactLimit(1, 1, frozenset({Channel.CALL}), Per.DEBT),
            "1 call per day per debt",
        ),
        ("2 sms in 1 days", ContactLimit(2, 1, frozenset({Channel.SMS})), "2 sms per day per debtor"),
        ("4 emails in 30 days per debt", ContactLimit(4, 30, frozenset({Channel.EMAIL}), Per.DEBT), None),
        ("1 letter in 14 days per debtor", ContactLimit(1, 14, frozenset({Channel.LETTER})), None),
    ],
)
def test_a_contact_limit_counts_per_debtor_unless_it_says_otherwise(text, limit, printed):
    """And it is printed with what was meant."""
    assert CONTACT_LIMIT.parse(text) == limit
    assert CONTACT_LIMIT.show(limit) == (printed or text)


def test_a_policys_limit_counts_calendar_days():
    """Other ways of counting are for rulebooks; a limit on several channels at once has no phrase."""
    assert CONTACT_LIMIT.parse("3 contacts in 7 days").counting is Counting.CALENDAR
    with pytest.raises(TypeError, match="is not a contact limit"):
        CONTACT_LIMIT.show(ContactLimit(1, 2, frozenset({Channel.CALL, Channel.SMS})))


@pytest.mark.parametrize(
    "text", ["0 contacts per day", "3 contacts", "3 faxes per day", "3 contacts in 0 days", "1 call per debt"]
)
def test_what_is_no_contact_limit_is_refused(text):
    """Zero contacts is not a limit but a silence, which has its own words."""
    assert isinstance(CONTACT_LIMIT.parse(text), Misfit)


@given(start=MINUTES, end=MINUTES)
def test_quiet_hours_hold_their_start_and_not_their_end(start, end):
    """Minute by minute, over midnight too; quiet from an hour to the same hour is quiet all day."""
    quiet = QUIET_HOURS.parse(QUIET_HOURS.show(QuietHours(start, end)))
    assert quiet == QuietHours(start, end)
    is_quiet = {(start + i) % 1440 for i in range((end - start) % 1440 or 1440)}
    open_minutes = {m for first, last in quiet.open_hours.windows for m in range(first, last + 1)}
    assert open_minutes == set(range(1440)) - is_quiet


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("20:00 to 09:00", ((540, 1199),)),
        ("12:00 to 14:00", ((0, 719), (840, 1439))),
        ("00:00 to 09:00", ((540, 1439),)),
        ("21:00 to 00:00", ((0, 1259),)),
        ("00:00 to 00:00", ()),
    ],
)
def test_quiet_hours_leave_the_rest_of_the_day_open(text, windows):
    """Windows are first and last minute, both included, in order."""
    assert QUIET_HOURS.parse(text).open_hours == Hours(windows)


@pytest.mark.parametrize("day", [*WEEKDAYS, PUBLIC_HOLIDAYS])
def test_a_quiet_day_is_a_weekday_or_the_public_holidays(day):
    """Each has one word."""
    assert QUIET_DAY.parse(day) == QUIET_DAY.show(day) == day


def test_quiet_days_become_one_limit():
    """Weekdays count from Monday."""
    assert quiet_days(("sunday", "monday")) == ClosedDays(frozenset({0, 6}))
    assert quiet_days((PUBLIC_HOLIDAYS,)) == ClosedDays(holidays=True)
    assert quiet_days(()) == ClosedDays()


def test_the_example_of_quiet_hours_leaves_hours_to_call():
    """What messages and the schema show would work."""
    assert QUIET_HOURS.examples() == ("20:00 to 09:00",)


# Limits against each other --------------------------------------------------------------------------------------------

DAYTIME = Hours(((481, 1259),))
CALL, CALL_SMS = frozenset({Channel.CALL}), frozenset({Channel.CALL, Channel.SMS})
WEEKLY = ContactLimit(7, 7)


def test_a_weekday_may_have_windows_of_its_own():
    """Others have the usual ones; a Monday is 0."""
    limit = Hours(((481, 1259),), ((6, ()), (5, ((541, 700),))))
    monday = day_of("2026-06-08")
    assert [limit.on(monday + ahead) for ahead in (0, 4, 5, 6)] == [
        ((481, 1259),),
        ((481, 1259),),
        ((541, 700),),
        (),
    ]


@pytest.mark.parametrize(
    ("loose", "strict", "never"),
    [
        (Hours(((480, 1260),)), DAYTIME, True),
        (DAYTIME, DAYTIME, False),
        (Hours(((540, 1260),)), DAYTIME, False),
        (Hours(((480, 1260),)), replace(DAYTIME, weekdays=((6, ()),)), False),
        (ContactLimit(8, 7), WEEKLY, True),
        (WEEKLY, WEEKLY, False),
        (ContactLimit(6, 7), WEEKLY, False),
        (ContactLimit(14, 14), WEEKLY, True),
        (ContactLimit(13, 14), WEEKLY, False),
        (ContactLimit(14, 8), WEEKLY, True),
        (ContactLimit(8, 7, CALL), ContactLimit(7, 7, CALL), True),
        (ContactLimit(8, 7), ContactLimit(7, 7, CALL), False),
        (ContactLimit(8, 7, CALL_SMS), ContactLimit(7, 7, CALL), False),
        (ContactLimit(8, 7, CALL), ContactLimit(7, 7, CALL_SMS), True),
        (ContactLimit(8, 7, CALL), WEEKLY, True),
        (ContactLimit(8, 7, per=Per.DEBT), WEEKLY, True),
        (ContactLimit(8, 7), replace(WEEKLY, per=Per.DEBT), False),
        (ContactLimit(8, 7), replace(WEEKLY, counting=Counting.MONTH), False),
        (ContactLimit(8, 7), replace(WEEKLY, lines=frozenset({"work"})), False),
        (ContactLimit(8, 7), replace(WEEKLY, unanswered=True), False),
        (replace(WEEKLY, count=8, counting=Counting.ROLLING), WEEKLY, False),
        (Spacing(5), Spacing(6), False),
        (DAYTIME, WEEKLY, False),
    ],
)
def test_a_limit_never_binds_beside_a_stricter_one(loose, strict, never):
    """Only where whatever the stricter one lets through passes for certain."""
    assert never_binds(loose, strict) is never
