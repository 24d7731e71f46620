"""`dunning simulate`: a policy over recorded facts, one line per action at its final verdict."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.cli.reading import policy_in
from dunning_engine.cli.screen import columns, counted, has_colour, note, painted, progress, room
from dunning_engine.engine.paths import file_bytes
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.casework import Casework
    from dunning_engine.engine.intake_files import Sources
    from dunning_engine.intake.model import IncomingInvoice, Intake
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing import Routing
    from dunning_engine.simulation.run import Line
    from dunning_engine.simulation.world import ActionTrace, Approvals


def simulate(policy_file: Path, sources: Sources, *, start: date, until: date, approvals: str, as_jsonl: bool) -> None:
    """Print what the policy would have done from the start of one day to the end of another."""
    from dunning_engine.cli.variants import variant_table
    from dunning_engine.engine.casework import casework
    from dunning_engine.engine.intake_files import read_files
    from dunning_engine.engine.loading import load_rulebooks
    from dunning_engine.simulation.run import Simulation
    from dunning_engine.whereabouts.zones import Whereabouts

    if until < start:
        raise UsageError(f"--until {until} is before --from {start}")
    answers = approvals_of(approvals)
    policies, routing = _played(policy_file)
    intake = read_files([sources])
    work = casework(intake, policies, default=None if routing else next(iter(policies)), routing=routing)
    note(*_told(intake, work, policies))
    simulation = Simulation(
        plans=work.plans,
        rulebooks={book.name: book for policy in policies.values() for book in load_rulebooks(policy.books)},
        zones=Whereabouts(),
        start=start,
        until=until,
        approvals=answers,
    )
    debtors = len({plan.debtor.id for plan in work.plans})
    with bar("Simulating", debtors) as done:
        lines, cases = simulation.played(done)
    if as_jsonl:
        for line in lines:
            print(json.dumps(line.as_json(), ensure_ascii=False))
    else:
        _table(lines)
    _summary(lines, len(work.plans), start, until)
    if routing is not None:
        note(*variant_table((case, policies[case.policy.name].zone) for case in cases))


def _played(file: Path) -> tuple[dict[str, Policy], Routing | None]:
    """The policy of a file; of a routing file, the policies that it chooses among."""
    from dunning_engine.engine.routing_files import is_routing, load_routing, policies_beside

    if not is_routing(file_bytes(file)):
        policy = policy_in(file)
        return {policy.name: policy}, None
    policies = policies_beside(file)
    return {policy.name: policy for policy in policies}, load_routing(file, policies=policies)


def approvals_of(words: str) -> Approvals:
    """`none`, `instant`, or after how many days people answer."""
    from dunning_engine.simulation.world import Approvals

    if found := re.fullmatch(r"(\d{1,3}) days?", words.strip()):
        return Approvals(int(found[1]))
    if words not in ("none", "instant"):
        raise UsageError(f'--approvals: {words!r} is none of "none", "instant" and, for example, "3 days"')
    return Approvals(None if words == "none" else 0)


# Facts in -------------------------------------------------------------------------------------------------------------


def _told(intake: Intake, work: Casework, policies: Collection[str]) -> Iterator[str]:
    """Bad lines and doubts; lines that name another policy are told together."""
    from dunning_engine.intake.findings import folded

    others = {(i.file, i.line): i for i in intake.receivables if i.policy is not None and i.policy not in policies}
    findings = [finding for finding in work.findings if (finding.file, finding.line) not in others]
    yield from map(str, folded((*intake.findings, *findings)))
    by_name: dict[str | None, list[IncomingInvoice]] = {}
    for incoming in others.values():
        by_name.setdefault(incoming.policy, []).append(incoming)
    for name, rows in by_name.items():
        yield (
            f"{rows[0].file}:{rows[0].line}: note: {counted(len(rows), 'invoice')} from this line on "
            f"({rows[0].invoice.number} first) name the policy {name!r}, which is not simulated"
        )


# What people read -----------------------------------------------------------------------------------------------------


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal; what it gives is called for each debtor that is done."""
    if not sys.stderr.isatty():
        yield lambda _debtor: None
        return
    with progress() as bar:
        task = bar.add_task(what, total=total)
        yield lambda _debtor: bar.advance(task)


def _table(lines: Sequence[Line]) -> None:
    from dunning_engine.kernel.calendar import moment

    rows = [
        (
            f"{moment(line.at, line.zone):%Y-%m-%d %H:%M %Z}",
            line.trace.action.case_id,
            line.trace.action.step,
            line.trace.action.spec.words,
            line.trace.verdict if line.trace.deferred_from is None or line.trace.verdict != "cleared" else "deferred",
            ", ".join(line.trace.reasons),
        )
        for line in lines
    ]
    head, *body = columns(("when", "case", "step", "action", "verdict", "why"), rows, room=room(), whole=(0, 1, 4))
    on = has_colour(sys.stdout)
    print(painted(head, "bold", on=on))
    colour = {"blocked": "red", "waiting": "yellow", "deferred": "yellow"}
    for text, row in zip(body, rows, strict=True):
        style = colour.get(row[4], "")
        print(painted(text, style, on=on) if style else text)


def _summary(lines: Sequence[Line], cases: int, start: date, until: date) -> None:
    verdicts = Counter(line.trace.verdict for line in lines)
    deferred = sum(line.trace.deferred_from is not None for line in lines)
    parts = [
        f"{verdicts['cleared']} cleared ({deferred} of them after a wait)"
        if deferred
        else f"{verdicts['cleared']} cleared"
    ]
    parts += [f"{verdicts[verdict]} {verdict}" for verdict in ("blocked", "waiting") if verdicts[verdict]]
    note(f"{counted(cases, 'case')}, {start} to {until}: {counted(len(lines), 'action')}, {', '.join(parts)}")
    blocked: dict[tuple[str, str], list[ActionTrace]] = {}
    for trace in (line.trace for line in lines if line.trace.verdict == "blocked"):
        blocked.setdefault((trace.action.spec.words, ", ".join(trace.reasons)), []).append(trace)
    for (words, rules), traces in blocked.items():
        why = "; ".join(traces[0].why) or rules
        note(f"blocked {counted(len(traces), 'time')}: {words}, first in case {traces[0].action.case_id}: {why}")
