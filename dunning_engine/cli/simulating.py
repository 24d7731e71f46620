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
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dunning_engine.cli.options import Simulated
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
    from dunning_engine.simulation.bulk import Part, Row, Tally, Totals, Wanted
    from dunning_engine.simulation.run import Simulation
    from dunning_engine.simulation.world import Approvals

WORTH_A_PROCESS: Final = 200
"""Debtors for which it pays to start a process: starting takes as long as playing so many."""


class Hands(NamedTuple):
    """Who plays: processes of this machine, or a Dask cluster at an address; this process alone where neither is said."""

    workers: int = 1
    dask: str = ""


def simulate(
    policy_file: Path,
    sources: Sources,
    *,
    start: date,
    until: date,
    approvals: str,
    form: Simulated,
    hands: Hands,
) -> None:
    """Print what the policy would have done from the start of one day to the end of another."""
    from dunning_engine.cli.variants import variant_table
    from dunning_engine.engine.casework import casework
    from dunning_engine.engine.intake_files import read_files
    from dunning_engine.engine.loading import load_rulebooks
    from dunning_engine.simulation.bulk import Wanted, in_order, together
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
    parts = _parts(simulation, Wanted(rows=form is not Simulated.TOTALS, cases=routing is not None), hands)
    rows, totals = in_order(parts), together(parts)
    match form:
        case Simulated.JSONL:
            for row in rows:
                print(row.text)
        case Simulated.TOTALS:
            print(json.dumps(_totals(totals, len(work.plans)), ensure_ascii=False, indent=1))
        case Simulated.TABLE:
            _table(rows)
    _summary(totals, len(work.plans), start, until)
    if routing is not None:
        cases = sorted((case for part in parts for case in part.cases), key=lambda case: case.id)
        note(*variant_table((case, policies[case.policy.name].zone) for case in cases))


def _parts(simulation: Simulation, wanted: Wanted, hands: Hands) -> list[Part]:
    """The simulation played by whoever shall play it."""
    from dunning_engine.simulation.bulk import on_dask, on_processes, played

    debtors = len({plan.debtor.id for plan in simulation.plans})
    with bar("Simulating", debtors) as done:

        def more(count: int) -> None:
            for _ in range(count):
                done("")

        if hands.dask:
            return on_dask(simulation, hands.dask, wanted, more)
        workers = min(hands.workers, debtors // WORTH_A_PROCESS)
        if workers > 1:
            return on_processes(simulation, workers, wanted, more)
        return [played(simulation, wanted, more)]


def _totals(totals: Totals, cases: int) -> dict[str, Any]:
    """How many actions of each kind, as one JSON object."""
    kinds = [
        {
            "step": kind.step,
            "action": kind.words,
            "verdict": kind.verdict,
            "deferred": kind.deferred,
            "reasons": list(kind.reasons),
            "count": tally.times,
        }
        for kind, tally in totals.items()
    ]
    return {"cases": cases, "actions": sum(tally.times for tally in totals.values()), "kinds": kinds}


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


def _table(rows: Sequence[Row]) -> None:
    from dunning_engine.kernel.calendar import moment

    cells = [
        (
            f"{moment(row.at, row.zone):%Y-%m-%d %H:%M %Z}",
            row.case_id,
            row.step,
            row.words,
            "deferred" if row.deferred and row.verdict == "cleared" else row.verdict,
            ", ".join(row.reasons),
        )
        for row in rows
    ]
    head, *body = columns(("when", "case", "step", "action", "verdict", "why"), cells, room=room(), whole=(0, 1, 4))
    on = has_colour(sys.stdout)
    print(painted(head, "bold", on=on))
    colour = {"blocked": "red", "waiting": "yellow", "deferred": "yellow"}
    for text, row in zip(body, cells, strict=True):
        style = colour.get(row[4], "")
        print(painted(text, style, on=on) if style else text)


def _summary(totals: Totals, cases: int, start: date, until: date) -> None:
    verdicts: Counter[str] = Counter()
    deferred = 0
    for kind, tally in totals.items():
        verdicts[kind.verdict] += tally.times
        deferred += tally.times if kind.deferred else 0
    parts = [
        f"{verdicts['cleared']} cleared ({deferred} of them after a wait)"
        if deferred
        else f"{verdicts['cleared']} cleared"
    ]
    parts += [f"{verdicts[verdict]} {verdict}" for verdict in ("blocked", "waiting") if verdicts[verdict]]
    actions = counted(verdicts.total(), "action")
    note(f"{counted(cases, 'case')}, {start} to {until}: {actions}, {', '.join(parts)}")
    blocked: dict[tuple[str, tuple[str, ...]], Tally] = {}
    for kind, tally in totals.items():
        if kind.verdict == "blocked":
            group = kind.words, kind.reasons
            known = blocked.get(group)
            both = tally if known is None else min(known, tally)._replace(times=known.times + tally.times)
            blocked[group] = both
    for (words, rules), first in sorted(blocked.items(), key=lambda one: one[1]):
        why = "; ".join(first.why) or ", ".join(rules)
        note(f"blocked {counted(first.times, 'time')}: {words}, first in case {first.case_id}: {why}")
