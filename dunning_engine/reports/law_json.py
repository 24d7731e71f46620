"""A rule of law for programs: everything that is shown of it, its examples with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from dunning_engine.kernel.calendar import iso
from dunning_engine.reports.law_terms import facts_of, question_words
from dunning_engine.reports.law_words import over_time

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rule, Rulebook
    from dunning_engine.reports.law_bench import Example, Line


def footer(books: Sequence[Rulebook]) -> str:
    """What stands under everything that is said of law."""
    days = sorted({date.fromordinal(book.state_of).isoformat() for book in books})
    return f"Not legal advice; state of {', '.join(days)}"


def rule_json(rule: Rule, book: Rulebook, shown: Sequence[Example] = ()) -> dict[str, Any]:
    told = {
        "rule": rule.id,
        "says": rule.says,
        "kind": rule.kind.value,
        "code": rule.code,
        "place": book.place,
        "binds": {
            "collectors": sorted(one.value for one in rule.binds.collectors),
            "debtors": sorted(one.value for one in rule.binds.debtors),
            "channels": sorted(one.value for one in rule.binds.channels),
            "regulators": sorted(rule.binds.regulators),
        },
        "when": list(map(question_words, rule.when)),
        "unless": list(map(question_words, rule.unless)),
        "offstage": rule.offstage,
        "since": [{"day": since.day, "asks": since.words} for since in over_time(rule)],
        "citation": rule.citation.text,
        "url": rule.citation.url,
        "confidence": rule.confidence.value,
        "conflict": rule.conflict,
        "facts": facts_of(rule),
        "state_of": date.fromordinal(book.state_of).isoformat(),
        "disclaimer": footer([book]),
    }
    return told | ({"examples": list(map(_example_json, shown))} if shown else {})


def _example_json(example: Example) -> dict[str, Any]:
    return {
        "title": example.title,
        "zones": list(example.zones),
        "lines": [_line_json(line, example.zone) for line in example.lines],
    }


def _line_json(line: Line, zone: str) -> dict[str, str | None]:
    until = None if line.until is None else iso(line.until, zone)
    return {"at": iso(line.at, zone), "what": line.what, "answer": line.answer, "until": until, "why": line.why}
