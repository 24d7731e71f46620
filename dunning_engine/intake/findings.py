"""Findings as people read them: in the order of lines, and what is wrong with many lines alike told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dunning_engine.intake.model import Finding


def folded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding at its first line, with the further lines of which it is true; files stay in their order."""
    found = list(findings)
    files = {file: rank for rank, file in enumerate(dict.fromkeys(finding.file for finding in found))}
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in sorted(found, key=lambda finding: (files[finding.file], finding.line)):
        alike.setdefault(_kind(finding), []).append(finding)
    return tuple(_one(same) for same in alike.values())


def _kind(finding: Finding) -> tuple[object, ...]:
    """What findings have in common that say the same of different lines."""
    words = finding.message.replace(finding.subject, "") if finding.subject else finding.message
    return finding.file, finding.severity, finding.column, words


def _one(same: list[Finding]) -> Finding:
    first = same[0]
    lines = [line for finding in same for line in (finding.line, *finding.more)]
    return replace(first, more=tuple(line for line in dict.fromkeys(lines) if line != first.line))
