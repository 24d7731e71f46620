"""`dunning verify`: a policy driven through many tales, and what must not be as short dated stories."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.cli.reading import policy_in
from dunning_engine.cli.screen import counted, has_colour, note, painted, print_json, progress

if TYPE_CHECKING:
    from dunning_engine.testing.telling import Line
    from dunning_engine.testing.verification import Finding, Report

STYLES = {"sent": "green", "blocked": "red", "deferred": "yellow", "withdrawn": "yellow", "closed": "bold"}
"""Colours of lines by what they tell, as in the timeline of a case."""


def verify(policy_file: Path, *, examples: int, seed: int, as_json: bool) -> int:
    """Print what is found; 1 where something is."""
    from dunning_engine.engine.loading import load_rulebooks
    from dunning_engine.testing.verification import verify as drive

    policy = policy_in(policy_file)
    with _bar(examples) as done:
        report = drive(policy, load_rulebooks(policy.books), examples=examples, seed=seed, progress=done)
    if as_json:
        print_json(report.as_json())
    else:
        _print(report)
    note(*_summary(report, policy_file))
    return 0 if report.clean else 1


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal; what it gives is called after each tale."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with progress() as bar:
        task = bar.add_task("Verifying", total=total)
        yield lambda: bar.advance(task)


def _print(report: Report) -> None:
    on = has_colour(sys.stdout)
    for finding in report.findings:
        for line in _told(finding, on=on):
            print(line)
        print()


def _told(finding: Finding, *, on: bool) -> Iterator[str]:
    """A finding with its story."""
    from dunning_engine.testing.telling import days_once

    yield f"{painted(finding.kind.value, 'bold red', on=on)}: {finding.words}"
    yield from (f"  {line.when}  {_painted(line, on=on)}" for line in days_once(finding.story))


def _painted(line: Line, *, on: bool) -> str:
    text = f"{line.what:<9}  {line.details}".rstrip()
    style = STYLES.get(line.what, "")
    return painted(text, style, on=on) if style else text


def _summary(report: Report, policy_file: Path) -> Iterator[str]:
    ran = ", ".join(f"{step} {times}" for step, times in report.ran.items())
    yield f"{report.policy}: {counted(report.tales, 'tale')}, {counted(len(report.findings), 'finding')}; steps ran in: {ran}"
    file = shlex.quote(str(policy_file))
    yield f"the same again: dunning verify {file} --examples {report.examples} --seed {report.seed}"
