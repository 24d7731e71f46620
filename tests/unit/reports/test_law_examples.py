"""Worked examples: each line that asks is the gate's own answer, and shows where a rule begins and ends."""

from __future__ import annotations

import pytest

from dunning_engine.cli.law import clocks_of, named
from dunning_engine.kernel.calendar import moment
from dunning_engine.reports.law_bench import Bench
from dunning_engine.reports.law_examples import examples


def told(name: str) -> dict[str, list[str]]:
    """The lines of each example of a rule as short texts."""
    rule, book = named(name)
    zone, elsewhere = clocks_of(book)
    shown = examples(Bench(rule=rule, book=book, zone=zone, elsewhere=elsewhere))
    return {each.title: [_line(line, zone) for line in each.lines] for each in shown}


def _line(line, zone: str) -> str:
    until = "" if line.until is None else f" until {moment(line.until, zone):%d %b %H:%M:%S}"
    return f"{moment(line.at, zone):%d %b %H:%M} {line.what} {line.answer}{until}".strip()


def test_hours_show_the_edges_of_a_day_and_a_second_zone():
    shown = told("us/reg-f/hours")

    assert shown["the edges of a day"] == [
        "23 Nov 08:00 call refused until 23 Nov 08:01:00",
        "23 Nov 08:01 call allowed",
        "23 Nov 20:59 call allowed",
        "23 Nov 21:00 call refused until 24 Nov 08:01:00",
    ]
    assert shown["somebody who may be in America/Los_Angeles as well"] == [
        "23 Nov 08:01 call refused until 23 Nov 11:01:00",
        "23 Nov 11:01 call allowed",
    ]


def test_days_of_other_hours_have_their_own_lines():
    assert told("ca/qc/hours")["a day of other hours"] == ["29 Nov 12:00 call refused until 30 Nov 08:01:00"]


def test_holidays_show_the_next_one():
    assert told("ca/on/holidays")["the next such day"][0].startswith("25 Dec 12:00 call refused until")


def test_frequencies_show_the_last_allowed_the_refused_and_the_next():
    shown = told("us/ma/weekly-calls")["2 calls and one more"]

    assert shown == [
        "23 Nov 10:00 call",
        "24 Nov 10:00 call number 2 allowed",
        "24 Nov 11:00 one more call refused until 30 Nov 10:00:00",
        "30 Nov 10:00 one more call allowed",
    ]


def test_what_does_not_count_is_shown():
    shown = told("us/reg-f/seven-calls")

    assert shown["the same, where the last is not counted (not connected)"][-1].endswith("one more call allowed")


@pytest.mark.parametrize(
    ("rule", "title", "last"),
    [
        ("au/rg96/monthly-contacts", "10 calls and one more", "01 Jan 00:00 one more call allowed"),
        ("us/reg-f/location-once", "1 call and one more", "23 Nov 11:00 one more call refused"),
        ("us/reg-f/rapid-succession", "one after the other", "23 Nov 10:05 call allowed"),
        ("us/reg-f/rest-after-conversation", "after a conversation", "30 Nov 00:00 call allowed"),
        (
            "us/reg-f/rest-after-conversation",
            "somebody who may be in America/Los_Angeles as well",
            "30 Nov 03:00 call allowed",
        ),
        ("us/reg-f/calls-and-messages", "one contact less", "29 Nov 11:00 one more call allowed"),
        ("us/reg-f/blocked-media", "after a request to stop calls", "23 Nov 12:00 call refused"),
        ("us/reg-f/blocked-addresses", "to an address that was refused", "23 Nov 12:00 call refused"),
        ("us/reg-f/inconvenient-places", "at work, where it does not suit", "23 Nov 12:00 call refused"),
        ("us/reg-f/cease", "with cease in force", "23 Nov 12:00 call refused"),
        ("us/reg-f/dispute", "before and after the answer", "27 Nov 12:00 call allowed"),
        ("us/reg-f/bureau-notice", "a notice that stands", "08 Dec 00:00 report allowed"),
        ("us/reg-f/bureau-notice", "a notice that came back", "23 Dec 12:00 report refused"),
        ("us/reg-f/opt-out", "a text without it", "23 Nov 12:00 e-mail refused"),
        ("us/reg-f/postcard", "recorded: form is postcard", "23 Nov 12:00 letter refused"),
        ("us/reg-f/third-parties", "nothing more recorded", "23 Nov 12:00 call refused"),
        ("us/reg-f/sms-procedure", "the last day", "22 Jan 12:00 text refused"),
        ("us/reg-f/validation", "nothing recorded", "23 Nov 12:00 call refused"),
        ("ca/on/notice", "the first day", "29 Nov 00:00 call allowed"),
        ("us/reg-f/retention", "the first day", "24 Nov 00:00 act allowed"),
    ],
)
def test_the_last_line_of_an_example(rule, title, last):
    assert told(rule)[title][-1] == last
