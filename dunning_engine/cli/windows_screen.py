"""A map of lawful hours on a terminal: a row per day, a cell per half hour, a letter for each rule that closes one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from rich.text import Text

from dunning_engine.cli.screen import console, width
from dunning_engine.reports.lawful_hours import DAY_MINUTES, Because, day_words, minutes_of, open_spans
from dunning_engine.reports.lawful_hours_legend import doubt

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Day
    from dunning_engine.reports.lawful_hours import Closing, Stretch
    from dunning_engine.reports.lawful_hours_legend import Entry, Portrait

OPEN, BEGINS, ENDS, PARTLY, NO_HOUR = "█", "▐", "▌", "▒", "·"
MARGIN: Final = 12
"""Columns of the day's name."""

REASONS: Final = 20
"""Columns that the open times and the letters of a day need at least."""

STYLES: Final = {
    Because.CLOCK: "bright_black",
    Because.REST_DAY: "yellow",
    Because.OFTEN: "bold yellow",
    Because.WISH: "magenta",
    Because.STOP: "bold red",
    Because.UNKNOWN: "bold red",
}
STEPS: Final = (15, 30, 60)
OURS: Final = "a rule of this house"


def show(portrait: Portrait, step: int) -> None:
    """Print the map, its legend and what has to be known."""
    screen = console()
    step = _fitting(step)
    screen.print(portrait.title, style="bold")
    screen.print(portrait.under)
    screen.print(portrait.clocks)
    screen.print()
    screen.print(_hours(step), style="dim")
    for day in portrait.report.days:
        screen.print(_row(portrait, day, step), soft_wrap=True)
    screen.print()
    for line in _legend(portrait, step):
        screen.print(line, soft_wrap=True)
    screen.print()
    for line in _facts(portrait):
        screen.print(line, soft_wrap=True)
    screen.print(_footer(portrait), style="dim", soft_wrap=True)


def _fitting(step: int) -> int:
    """The step asked for, or the next coarser one that the screen has room for."""
    room = width() - MARGIN - REASONS
    return next((wide for wide in STEPS if wide >= step and DAY_MINUTES // wide <= room), STEPS[-1])


def _hours(step: int) -> str:
    cells = 60 // step
    every = 3 if cells < 3 else 1
    marks = (f"{hour:02}".ljust(cells * every) for hour in range(0, 24, every))
    return " " * MARGIN + "".join(marks).rstrip()


def _row(portrait: Portrait, day: Day, step: int) -> Text:
    name = day_words(day)
    row = Text(name.ljust(MARGIN), "bold" if name.startswith("Mon") else "")
    for cell, style in _cells(portrait, day, step):
        row.append(cell, style)
    return row.append("  ").append(_why(portrait, day))


def _cells(portrait: Portrait, day: Day, step: int) -> Iterator[tuple[str, str]]:
    letters = portrait.letters()
    minutes = _minutes(portrait, day)
    for start in range(0, DAY_MINUTES, step):
        yield _cell(minutes[start : start + step], letters)


def _minutes(portrait: Portrait, day: Day) -> list[Stretch | None]:
    """The stretch of each minute that clocks show; an hour that comes twice is open where both are."""
    found: list[Stretch | None] = [None] * DAY_MINUTES
    parts = sorted(portrait.report.of_day(day), key=lambda part: not part.is_open)
    for part in parts:
        first, end = minutes_of(part, portrait.report.enquiry.zone)
        for minute in range(first, end):
            found[minute] = part
    return found


def _cell(minutes: list[Stretch | None], letters: dict[tuple[str, Because], str]) -> tuple[str, str]:
    there = [stretch for stretch in minutes if stretch is not None]
    if not there:
        return NO_HOUR, "dim"
    is_open = [stretch.is_open for stretch in there]
    if all(is_open):
        return OPEN, "green"
    if any(is_open):
        changes = sum(a != b for a, b in pairwise(is_open))
        return (PARTLY if changes > 1 else BEGINS if is_open[-1] else ENDS), "green"
    closing = max(there, key=lambda stretch: (stretch.longest.until is None, stretch.longest.until or 0)).longest
    return letters[closing.reason.rule, closing.because], STYLES[closing.because]


def _why(portrait: Portrait, day: Day) -> str:
    """The open times of a day and the letters of what closes the rest."""
    spans = open_spans(portrait.report, day)
    closings = [one for part in portrait.report.of_day(day) for one in part.closings]
    letters = portrait.letters()
    met = dict.fromkeys(letters[one.reason.rule, one.because] for one in closings)
    told = [", ".join(spans) if spans else "closed".ljust(11), "".join(sorted(met)), *portrait.notes(day)]
    if not spans and closings:
        told.append(_until(portrait, max(closings, key=lambda one: (one.until is None, one.until or 0))))
    return "  ".join(part for part in told if part)


def _until(portrait: Portrait, closing: Closing) -> str:
    opens = None if closing.until is None else portrait.report.next_open(closing.until)
    return "" if opens is None else f"opens {portrait.time(opens)}"


def _legend(portrait: Portrait, step: int) -> Iterator[Text]:
    parts = f" open   {BEGINS} {ENDS} {PARTLY} open for a part of the {step} minutes   {NO_HOUR} no such hour"
    yield Text().append(OPEN, "green").append(parts)
    if portrait.quiet:
        yield Text("No rule closes any hour.")
    for entry in portrait.entries:
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[Text]:
    doubtful = f" ({doubt(entry.confidence)})" if doubt(entry.confidence) else ""
    first, *rest = _folded(f"{entry.because.value}: {entry.says}{doubtful}")
    yield Text().append(entry.letter, STYLES[entry.because]).append(f" {first}")
    yield from (Text(f"  {line}") for line in rest)
    yield from (Text(f"  {line}", "dim") for line in _folded(f"{entry.rule} · {entry.citation or OURS}"))
    if entry.url:
        yield Text(f"  {entry.url}", "dim")


def _folded(words: str) -> list[str]:
    return textwrap.wrap(words, width() - 2, break_on_hyphens=False, break_long_words=False)


def _facts(portrait: Portrait) -> Iterator[Text]:
    lacking = portrait.lacking
    if lacking:
        yield Text("Needs facts that nobody gave; until they are recorded, these rules refuse at every hour:", "bold")
    for rule, facts in lacking:
        yield from (Text(f"  {line}") for line in _folded(f"{rule}: {facts}"))
    if portrait.duties:
        yield Text("The message has to carry: ", "bold").append(portrait.duties, "not bold")
    if lacking or portrait.duties:
        yield Text()


def _footer(portrait: Portrait) -> str:
    entry = next((entry for entry in portrait.entries if entry.citation), None)
    more = f"\n`dunning law show {entry.rule}` shows a rule with its source and worked examples." if entry else ""
    return f"{portrait.footer}.{more}"
