"""A map of lawful hours as one SVG picture: a row per day, every stretch to the minute, a title on whatever is closed.

It needs no script and no file beside it, follows a light or a dark screen, and reads without colour: letters stand for
rules, stripes for more than one of them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.calendar import moment
from dunning_engine.reports.lawful_hours import DAY_MINUTES, Because, clock, clocks_moved, minutes_of, open_spans
from dunning_engine.reports.lawful_hours_legend import doubt

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Day
    from dunning_engine.reports.lawful_hours import Closing, Stretch
    from dunning_engine.reports.lawful_hours_legend import Entry, Portrait

LEFT, PLOT, RIGHT, EDGE = 92, 864, 268, 20
WIDTH: Final = EDGE + LEFT + PLOT + RIGHT + EDGE
ROW, HEIGHT = 24, 20
"""From one day to the next, and the height of a day's bar."""

WEEK_GAP: Final = 7
HEAD: Final = 82
LINE: Final = 17
LETTER_ROOM, NAME_ROOM = 15, 190
TELLING: Final = EDGE + LEFT + PLOT + 26
"""Where the words beside a day begin."""

SPANS_TOLD: Final = 2
LEGEND_CHARACTERS: Final = 150

CLASSES: Final = {
    Because.CLOCK: "clock",
    Because.REST_DAY: "rest",
    Because.OFTEN: "often",
    Because.WISH: "wish",
    Because.STOP: "stop",
    Because.UNKNOWN: "unknown",
}

PALETTE: Final = """
.lh { --page:#ffffff; --ink:#1b2430; --soft:#5b6675; --faint:#d9dee5; --open:#2a9d77; --on-open:#ffffff;
  --clock:#dfe4ea; --rest:#f3d48b; --often:#f2a97e; --wish:#cdb9ea; --stop:#e0707a; --unknown:#aab2bd;
  --on:#1b2430; --stripe:#1b2430; }
@media (prefers-color-scheme: dark) { .lh { --page:#11161d; --ink:#e8edf3; --soft:#9aa6b5; --faint:#2b343f;
  --open:#37b98d; --on-open:#06251a; --clock:#2a333e; --rest:#8f6d1f; --often:#a2562c; --wish:#6a4f96; --stop:#a9303d;
  --unknown:#59636f; --on:#eef2f6; --stripe:#ffffff; } }
"""
STYLE: Final = """
.lh text { font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-size: 12px; fill: var(--ink); }
.lh .title { font-size: 19px; font-weight: 650; } .lh .soft { fill: var(--soft); }
.lh .monday { font-weight: 650; } .lh .num { font-variant-numeric: tabular-nums; }
.lh .page { fill: var(--page); } .lh .grid { stroke: var(--page); stroke-width: 1; opacity: .55; }
.lh .tick { stroke: var(--soft); stroke-width: 1; } .lh .letter { fill: var(--on); font-weight: 650; font-size: 11px; }
.lh .open { fill: var(--open); } .lh .clock { fill: var(--clock); } .lh .rest { fill: var(--rest); }
.lh .often { fill: var(--often); } .lh .wish { fill: var(--wish); } .lh .stop { fill: var(--stop); }
.lh .unknown { fill: var(--unknown); } .lh .more { fill: url(#lh-more); pointer-events: none; }
.lh .gap { fill: none; stroke: var(--soft); stroke-dasharray: 3 3; } .lh .stripe { stroke: var(--stripe); opacity: .17; }
.lh a text { text-decoration: underline; }
"""


STRIPES: Final = (
    '<defs><pattern id="lh-more" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="stripe" x1="0" y1="0" x2="0" y2="7" stroke-width="3"/></pattern></defs>'
)


def as_svg(portrait: Portrait, *, legend: bool = True) -> str:
    """The picture; without its legend where a page has one of its own."""
    drawing = _Drawing(portrait)
    body = [*drawing.head(), *drawing.axis(), *drawing.days()]
    height = drawing.bottom + 14
    if legend:
        body += drawing.legend(height)
        height = drawing.after_legend
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    told = escape(f"{portrait.under}. {portrait.clocks}. {portrait.footer}.")
    lines = [
        f'<svg class="lh" xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="lh-title lh-desc">',
        f'<title id="lh-title">{escape(portrait.title)}</title>',
        f'<desc id="lh-desc">{told}</desc>',
        f"<style>{PALETTE}{STYLE}</style>",
        STRIPES,
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        *body,
        "</svg>",
    ]
    return "\n".join(lines)


@dataclass(slots=True)
class _Drawing:
    """Where things stand on the picture."""

    portrait: Portrait
    after_legend: int = 0

    @property
    def subtitle(self) -> list[str]:
        told = (self.portrait.under, self.portrait.clocks)
        return [line for words in told for line in textwrap.wrap(words, LEGEND_CHARACTERS + 20)]

    @property
    def head_end(self) -> int:
        """Where the first day begins."""
        return HEAD + len(self.subtitle) * 18

    def y(self, day: Day) -> int:
        first = self.portrait.report.enquiry.first
        return self.head_end + (day - first) * ROW + ((day - 1) // 7 - (first - 1) // 7) * WEEK_GAP

    @property
    def bottom(self) -> int:
        return self.y(self.portrait.report.days[-1]) + HEIGHT

    def head(self) -> Iterator[str]:
        portrait = self.portrait
        yield _text(EDGE, 34, portrait.title, "title")
        for at, line in enumerate(self.subtitle):
            yield _text(EDGE, 56 + at * 18, line, "soft")

    def axis(self) -> Iterator[str]:
        for hour in range(25):
            x = _x(hour * 60)
            if hour % 3 == 0:
                yield _text(x, self.head_end - 12, f"{hour:02}:00", "soft num", "middle")
            yield f'<line class="tick" x1="{x}" y1="{self.head_end - (7 if hour % 3 == 0 else 5)}" x2="{x}" y2="{self.head_end - 3}"/>'
        yield _text(TELLING, self.head_end - 12, "open", "soft")

    def days(self) -> Iterator[str]:
        for day in self.portrait.report.days:
            yield from self._day(day)
        for hour in range(1, 24):
            x = _x(hour * 60)
            yield f'<line class="grid" x1="{x}" y1="{self.head_end}" x2="{x}" y2="{self.bottom}"/>'
        for day in self.portrait.report.days:
            yield from self._labels(day)

    def _day(self, day: Day) -> Iterator[str]:
        y = self.y(day)
        when = date.fromordinal(day)
        marked = "monday" if when.weekday() == 0 or day == self.portrait.report.enquiry.first else "soft"
        yield _text(EDGE, y + 14, f"{when:%a} {when.day} {when:%b}", marked)
        for part in sorted(self.portrait.report.of_day(day), key=lambda one: not one.is_open):
            yield from self._part(part, y, day)
        yield from self._gap(day, y)
        yield _text(TELLING, y + 14, " · ".join((*self._told(day), *self.portrait.notes(day))), "soft num")

    def _told(self, day: Day) -> Iterator[str]:
        """When a day is open; or when the next hour is."""
        spans = open_spans(self.portrait.report, day)
        if spans:
            rest = len(spans) - SPANS_TOLD
            yield ", ".join(spans[:SPANS_TOLD]) + (f" and {rest} more" if rest > 0 else "")
            return
        opens = self.portrait.report.next_open(self.portrait.report.of_day(day)[-1].end)
        yield "closed" if opens is None else f"opens {self.portrait.time(opens)}"

    def _part(self, part: Stretch, y: int, day: Day) -> Iterator[str]:
        first, end = minutes_of(part, self.portrait.report.enquiry.zone)
        if first >= end:
            return
        x, wide = _x(first), _x(end) - _x(first)
        kind = "open" if part.is_open else CLASSES[part.longest.because]
        box = f'x="{x}" y="{y}" width="{wide:g}" height="{HEIGHT}"'
        yield f'<g><title>{escape(_title(self.portrait, part, day, first, end))}</title><rect class="{kind}" {box}/>'
        if len({closing.because for closing in part.closings}) > 1:
            yield f'<rect class="more" {box}/>'
        yield "</g>"

    def _labels(self, day: Day) -> Iterator[str]:
        """One letter for neighbours that are closed by the same rule; its name too, where there is room."""
        zone = self.portrait.report.enquiry.zone
        closed = [part for part in self.portrait.report.of_day(day) if not part.is_open]
        runs: list[tuple[Closing, int, int]] = []
        for part in closed:
            first, end = minutes_of(part, zone)
            if runs and runs[-1][2] == first and runs[-1][0].reason.rule == part.longest.reason.rule:
                runs[-1] = (runs[-1][0], runs[-1][1], end)
            else:
                runs.append((part.longest, first, end))
        for closing, first, end in runs:
            wide = _x(end) - _x(first)
            if wide >= LETTER_ROOM:
                yield _text(_x(first) + wide / 2, self.y(day) + 14, self._label(closing, wide), "letter", "middle")

    def _label(self, closing: Closing, wide: float) -> str:
        letter = self.portrait.letters()[closing.reason.rule, closing.because]
        return f"{letter} · {closing.reason.rule.rpartition('/')[2].replace('-', ' ')}" if wide >= NAME_ROOM else letter

    def _gap(self, day: Day, y: int) -> Iterator[str]:
        """The hour that clocks leave out."""
        zone = self.portrait.report.enquiry.zone
        moved = clocks_moved(day, zone)
        if moved is None:
            return
        before, after = moment(moved - 1, zone), moment(moved, zone)
        first, end = before.hour * 60 + before.minute + 1, after.hour * 60 + after.minute
        if first < end:
            x, wide = _x(first), _x(end) - _x(first)
            yield f'<rect class="gap" x="{x + 1}" y="{y + 1}" width="{wide - 2:g}" height="{HEIGHT - 2}"/>'

    def legend(self, y: int) -> Iterator[str]:
        y += 10
        yield f'<rect class="open" x="{EDGE}" y="{y}" width="22" height="14"/>' + _text(EDGE + 30, y + 12, "open")
        yield f'<rect class="clock" x="{EDGE + 90}" y="{y}" width="22" height="14"/>'
        yield f'<rect class="more" x="{EDGE + 90}" y="{y}" width="22" height="14"/>'
        yield _text(
            EDGE + 120,
            y + 12,
            "striped: closed for a reason of another kind as well; the letter is that of the longest wait",
        )
        y += 30
        for entry in self.portrait.entries:
            yield from self._entry(entry, y)
            y += 2 * LINE + 8
        for line in _facts(self.portrait):
            yield _text(EDGE, y + 8, line)
            y += LINE
        yield _text(EDGE, y + 16, f"{self.portrait.footer}.", "soft")
        self.after_legend = y + 34

    def _entry(self, entry: Entry, y: int) -> Iterator[str]:
        yield f'<rect class="{CLASSES[entry.because]}" x="{EDGE}" y="{y}" width="22" height="16"/>'
        yield _text(EDGE + 11, y + 12, entry.letter, "letter", "middle")
        yield _text(EDGE + 32, y + 12, entry.says)
        told = (entry.because.value, entry.rule, entry.citation, doubt(entry.confidence))
        cited = _text(EDGE + 32, y + 12 + LINE, " · ".join(part for part in told if part), "soft")
        yield f'<a href="{escape(entry.url)}">{cited}</a>' if entry.url else cited


def _title(portrait: Portrait, part: Stretch, day: Day, first: int, end: int) -> str:
    """What a pointer that rests on a stretch is told."""
    when = date.fromordinal(day)
    span = f"{when:%A} {when.day} {when:%B}, {clock(first)} to {clock(end)}"
    if part.is_open:
        return f"{span}: open"
    return "\n\n".join((f"{span}: closed", *(portrait.told(closing) for closing in part.closings)))


def _facts(portrait: Portrait) -> Iterator[str]:
    if portrait.lacking:
        yield "Needs facts that nobody gave; until they are recorded these rules refuse at every hour:"
    for rule, facts in portrait.lacking:
        yield from textwrap.wrap(f"{rule}: {facts}", LEGEND_CHARACTERS)
    if portrait.report.duties:
        yield f"The message has to carry: {portrait.duties}"


def _x(minute: int) -> float:
    return round(EDGE + LEFT + PLOT * minute / DAY_MINUTES, 2)


def _text(x: float, y: float, words: str, classes: str = "", anchor: str = "") -> str:
    styled = f' class="{classes}"' if classes else ""
    placed = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{styled}{placed}>{escape(words)}</text>'
