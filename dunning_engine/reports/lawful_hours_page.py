"""A map of lawful hours as one HTML page: the picture, the rules with links to where they stand, and the same as tables.

The page needs no script and no other file; the tables say all that the picture says, for who does not see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Final

from dunning_engine.reports.lawful_hours import open_spans
from dunning_engine.reports.lawful_hours_legend import doubt, looked_at, rows
from dunning_engine.reports.lawful_hours_svg import CLASSES, PALETTE, as_svg

if TYPE_CHECKING:
    from dunning_engine.reports.lawful_hours import Closing
    from dunning_engine.reports.lawful_hours_legend import Entry, Portrait

STYLE: Final = """
:root { color-scheme: light dark; }
body.lh { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 8px 16px 48px; }
h1, .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
h2 { font-size: 17px; margin: 28px 20px 8px; }
figure { margin: 0; overflow-x: auto; } figure svg { display: block; min-width: 900px; width: 100%; height: auto; }
p, ul { margin: 8px 20px; } ul { padding-left: 20px; }
table { border-collapse: collapse; margin: 0 20px; width: calc(100% - 40px); font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--faint); }
th { color: var(--soft); font-weight: 600; } td.num { font-variant-numeric: tabular-nums; white-space: nowrap; }
.key { display: inline-block; width: 24px; text-align: center; font-weight: 650; border-radius: 3px; color: var(--on); }
.key.open { background: var(--open); } .key.clock { background: var(--clock); } .key.rest { background: var(--rest); }
.key.often { background: var(--often); } .key.wish { background: var(--wish); } .key.stop { background: var(--stop); }
.key.unknown { background: var(--unknown); } .soft { color: var(--soft); }
.key.striped { background-image: repeating-linear-gradient(45deg, transparent 0 4px, var(--soft) 4px 5px); }
a { color: inherit; text-underline-offset: 2px; } summary { cursor: pointer; margin: 24px 20px 12px; font-weight: 600; }
footer { margin: 28px 0 0; color: var(--soft); } code { font-size: 13px; }
"""


def as_html(portrait: Portrait) -> str:
    return "\n".join((
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(portrait.title)}</title>",
        f"<style>{PALETTE}{STYLE}</style></head>",
        '<body class="lh"><main>',
        f"<h1>{escape(portrait.title)}</h1>",
        f"<figure>{as_svg(portrait, legend=False)}</figure>",
        *_legend(portrait),
        *_facts(portrait),
        *_days(portrait),
        *_stretches(portrait),
        f"<footer><p>{escape(portrait.footer)}.</p></footer>",
        "</main></body></html>",
    ))  # fmt: skip


def _legend(portrait: Portrait) -> Iterator[str]:
    yield "<h2>What closes an hour</h2>"
    yield (
        '<p><span class="key open">&nbsp;</span> open &ensp; <span class="key clock striped">&nbsp;</span> '
        '<span class="soft">striped: closed for a reason of another kind as well; the letter is that of the longest '
        "wait. Rest the pointer on a stretch for every rule that closes it.</span></p>"
    )
    if portrait.quiet:
        yield "<p>No rule closes any hour.</p>"
        return
    yield '<table><thead><tr><th scope="col">letter</th><th scope="col">rule</th><th scope="col">source</th></tr></thead>'
    yield "<tbody>"
    for entry in portrait.entries:
        yield _entry(entry)
    yield "</tbody></table>"


def _entry(entry: Entry) -> str:
    source = escape(entry.citation or "a rule of this house")
    linked = f'<a href="{escape(entry.url)}">{source}</a>' if entry.url else source
    doubtful = f'<br><span class="soft">{doubt(entry.confidence)}</span>' if doubt(entry.confidence) else ""
    return (
        f'<tr><td><span class="key {CLASSES[entry.because]}">{entry.letter}</span></td>'
        f'<td>{escape(entry.says)}<br><span class="soft">{entry.because.value} · <code>{escape(entry.rule)}</code></span></td>'
        f"<td>{linked}{doubtful}</td></tr>"
    )


def _facts(portrait: Portrait) -> Iterator[str]:
    if portrait.lacking:
        yield "<h2>Needs facts that nobody gave</h2>"
        yield "<p>These rules are not on the map. Until the facts are recorded, they refuse at every hour.</p><ul>"
        for rule, facts in portrait.lacking:
            yield f"<li><code>{escape(rule)}</code>: {escape(facts)}</li>"
        yield "</ul>"
    if portrait.report.duties:
        yield f"<h2>The message has to carry</h2><p>{escape(portrait.duties)}</p>"


def _days(portrait: Portrait) -> Iterator[str]:
    """The open hours of each day."""
    yield "<details><summary>The same as tables</summary>"
    yield '<table><caption class="visually-hidden">Open hours of each day</caption>'
    yield '<thead><tr><th scope="col">day</th><th scope="col">open</th><th scope="col">note</th></tr></thead><tbody>'
    for day in portrait.report.days:
        spans = ", ".join(open_spans(portrait.report, day)) or "closed"
        when = date.fromordinal(day)
        yield (
            f'<tr><td class="num">{when:%A} {when.day} {when:%B %Y}</td><td class="num">{spans}</td>'
            f"<td>{escape('; '.join(portrait.notes(day)))}</td></tr>"
        )
    yield "</tbody></table>"


def _stretches(portrait: Portrait) -> Iterator[str]:
    """Every closed stretch of each day with its rules."""
    yield '<h2>Closed stretches</h2><table><thead><tr><th scope="col">day</th><th scope="col">closed</th>'
    yield '<th scope="col">by</th></tr></thead><tbody>'
    for day, part, span in rows(portrait):
        if not part.is_open:
            when = date.fromordinal(day)
            by = "<br>".join(_closing(portrait, closing) for closing in part.closings)
            yield f'<tr><td class="num">{when:%a} {when.day} {when:%b}</td><td class="num">{span}</td><td>{by}</td></tr>'
    yield "</tbody></table></details>"


def _closing(portrait: Portrait, closing: Closing) -> str:
    reason = closing.reason
    letter = portrait.letters()[reason.rule, closing.because]
    told = "; ".join((portrait.until(closing), *looked_at(closing)))
    return f'{letter} <code>{escape(reason.rule)}</code> <span class="soft">{escape(told)}</span>'
