"""Segments: named lists of conditions, in policies and in routing alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from dunning_engine.kernel.diagnostics import Diagnostic, Severity, suggest
from dunning_engine.policy.model import Condition, Conditions, Test
from dunning_engine.policy.source import Path, Source

Segments: TypeAlias = Mapping[str, Conditions]


def resolved(conditions: Conditions, segments: Segments) -> Conditions:
    """The same conditions, those about segments with what the segments say."""
    if not segments:
        return conditions
    return tuple(replace(c, parts=segments[c.name]) if c.test is Test.SEGMENT else c for c in conditions)


def about_segments(
    segments: Segments, asked: Iterable[tuple[Path, Condition]], source: Source, reported: frozenset[Path]
) -> Iterator[Diagnostic]:
    """Segments that are asked about and not there, and those that nobody asks about."""
    used: set[str] = set()
    names = tuple(segments)
    doubtful = {path[1] for path in reported if path[0] == "segments" and len(path) > 1}
    for path, condition in asked:
        if condition.test is not Test.SEGMENT:
            continue
        used.add(condition.name)
        if condition.name not in segments and condition.name not in doubtful and ("segments",) not in reported:
            message, place = f'there is no segment "{condition.name}"', source.word(path, condition.name)
            meant = suggest(condition.name, names)
            yield Diagnostic("DUN380", message, place, suggestion=meant, accepted=names)
    for name in names:
        if name not in used and not reported:  # what could not be read may ask about it
            message = f'nothing asks about the segment "{name}"'
            yield Diagnostic("DUN381", message, source.key(("segments", name)), Severity.WARNING)


def parts_of(segments: Segments) -> Iterator[tuple[Path, Condition]]:
    """Every condition of every segment, and where it stands."""
    for name, conditions in segments.items():
        for at, condition in enumerate(conditions):
            yield ("segments", name, at), condition
