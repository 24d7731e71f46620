"""Simulations in shares: the debtors of a portfolio dealt out to processes here or on a cluster.

Debtors never meet, so however they are dealt out, the rows are the same; put in order, they are the same file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from dunning_engine.engine.casework import CasePlan
from dunning_engine.engine.loading import SOURCE, load_rulebooks, policy_of
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.simulation.parcels import packed, unpacked
from dunning_engine.simulation.run import Line, Simulation, lines_of
from dunning_engine.simulation.together import ends

if TYPE_CHECKING:
    from datetime import date

    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.simulation.likeness import Walker
    from dunning_engine.simulation.world import ActionTrace

DEBTORS_MAX: Final = 5_000
"""Debtors of one share at most: what a process takes at a time, and the bar's step."""


class Row(NamedTuple):
    """One action at its final verdict: `text` is the line that `--format jsonl` prints, the rest what tables show."""

    at: Instant
    case_id: str
    zone: str
    step: str
    words: str
    verdict: str
    deferred: bool
    reasons: tuple[str, ...]
    why: tuple[str, ...]
    text: str


class Kind(NamedTuple):
    """What is counted together."""

    step: str
    words: str
    verdict: str
    deferred: bool
    reasons: tuple[str, ...]


class Tally(NamedTuple):
    """How many actions of a kind there were; `at` and `case_id` tell the first of them, and `why` it was so."""

    at: Instant
    case_id: str
    why: tuple[str, ...]
    times: int


Totals: TypeAlias = dict[Kind, Tally]


@dataclass(frozen=True, slots=True)
class Share:
    """Some debtors of a simulation, on their way to another process: policies go as the texts they were compiled from."""

    simulation: Simulation
    """Without its cases."""
    plans: bytes
    policies: tuple[tuple[str, str, str], ...]
    debtors: int


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a share; `rows`, and `cases` as they stand in the end, where somebody asked for them."""

    totals: Totals
    rows: tuple[Row, ...]
    cases: tuple[Case, ...]
    debtors: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a simulation is asked for besides its totals."""

    rows: bool = True
    cases: bool = False


ROWS: Final = Wanted()


def row_of(line: Line) -> Row:
    trace = line.trace
    action = trace.action
    return Row(
        line.at,
        action.case_id,
        line.zone,
        action.step,
        action.spec.words,
        trace.verdict,
        trace.deferred_from is not None,
        trace.reasons,
        trace.why,
        json.dumps(line.as_json(), ensure_ascii=False),
    )


def in_order(parts: Iterable[Part]) -> list[Row]:
    """The rows of all parts by time, then case: a case's own stay as they came."""
    return sorted((row for part in parts for row in part.rows), key=lambda row: (row.at, row.case_id))


def together(parts: Iterable[Part]) -> Totals:
    """The totals of all parts, kinds in the order of their words."""
    found: Totals = {}
    for part in parts:
        for kind, tally in part.totals.items():
            found[kind] = _added(found.get(kind), tally)
    return dict(sorted(found.items()))


def _added(known: Tally | None, more: Tally) -> Tally:
    return more if known is None else min(known, more)._replace(times=known.times + more.times)


# Here -----------------------------------------------------------------------------------------------------------------


def played(simulation: Simulation, wanted: Wanted = ROWS, progress: Callable[[int], None] = lambda _done: None) -> Part:
    """A simulation played to its end; `progress` is told how many debtors are done."""
    if not (wanted.rows or wanted.cases or simulation.asked):
        return _counted(simulation, progress)
    totals: Totals = {}
    rows: list[Row] = []
    cases: list[Case] = []
    count = 0
    for _debtor, world in simulation.worlds():
        lines = lines_of(world)
        for line in lines:
            action = line.trace.action
            kind, tally = _kind(line.trace), Tally(line.at, action.case_id, line.trace.why, 1)
            totals[kind] = _added(totals.get(kind), tally)
        rows += map(row_of, lines) if wanted.rows else ()
        cases += (thread.case for thread in world.threads.values() if thread.case is not None and wanted.cases)
        count += 1
        progress(1)
    return Part(totals, tuple(rows), tuple(cases), count)


def _counted(simulation: Simulation, progress: Callable[[int], None]) -> Part:
    """Totals alone: debtors who are alike are played once and counted together."""
    totals: Totals = {}
    firsts: dict[Kind, Walker] = {}
    count = 0
    for world, walkers in ends(simulation):
        for trace in world.outcomes():
            place = list(world.threads).index(trace.action.case_id)
            first = min(walkers, key=lambda one: one.plans[place].case_id)
            kind = _kind(trace)
            tally = Tally(trace.at, first.plans[place].case_id, trace.why, len(walkers))
            known = totals.get(kind)
            totals[kind] = _added(known, tally)
            if known is None or tally < known:
                firsts[kind] = first
        count += len(walkers)
        progress(len(walkers))
    for kind, first in firsts.items():
        if totals[kind].why:
            totals[kind] = totals[kind]._replace(why=_why(simulation, first, kind))
    return Part(totals, (), (), count)


def _why(simulation: Simulation, first: Walker, kind: Kind) -> tuple[str, ...]:
    """The words of the first action of a kind in its own case: those that were counted may be of one who is alike."""
    world = simulation.world(first.plans)
    world.run()
    found = ((trace.at, trace.action.case_id, trace.why) for trace in world.outcomes() if _kind(trace) == kind)
    return min(found)[2]


def _kind(trace: ActionTrace) -> Kind:
    action = trace.action
    return Kind(action.step, action.spec.words, trace.verdict, trace.deferred_from is not None, trace.reasons)


# Elsewhere ------------------------------------------------------------------------------------------------------------


def shares(simulation: Simulation, count: int) -> Iterator[Share]:
    """The debtors of a simulation dealt out to `count` shares, or to more where these would be large."""
    groups = sorted(simulation.by_debtor(), key=_first_due)
    size = max(1, min(DEBTORS_MAX, -(-len(groups) // count)))
    for first in range(0, len(groups), size):
        dealt = groups[first : first + size]
        plans = [plan for group in dealt for plan in group]
        policies = {plan.policy.hash: plan.policy for plan in plans}
        texts = tuple((key, _source(policy), policy.name) for key, policy in policies.items())
        yield Share(replace(simulation, plans=(), rulebooks={}), packed(plans), texts, len(dealt))


def _first_due(plans: Sequence[CasePlan]) -> date:
    """Debtors who may be alike go into one share."""
    return min(incoming.invoice.due for plan in plans for incoming in plan.invoices)


def _source(policy: Policy) -> str:
    text = policy.memo.get(SOURCE)
    if not text:
        raise UsageError(f"policy {policy.name} was not read from a text: simulate it in this process, without workers")
    return str(text)


def play(share: Share, wanted: Wanted = ROWS) -> Part:
    """What comes of a share; called where it was sent to."""
    policies = {key: _policy(text, name) for key, text, name in share.policies}
    for (key, _text, name), policy in zip(share.policies, policies.values(), strict=True):
        if policy.hash != key:
            raise ForeignError(
                f"the worker reads policy {name} differently: give it the same version of dunning_engine"
            )
    plans = unpacked(share.plans, policies)
    books = {book.name: book for policy in policies.values() for book in load_rulebooks(policy.books)}
    return played(replace(share.simulation, plans=plans, rulebooks=books), wanted)


@lru_cache(maxsize=64)
def _policy(text: str, name: str) -> Policy:
    return policy_of(text, name)


def on_processes(
    simulation: Simulation, workers: int, wanted: Wanted = ROWS, progress: Callable[[int], None] = lambda _done: None
) -> list[Part]:
    """Play a simulation in some processes of this machine; `progress` is told how many debtors are done."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        dealt = shares(simulation, workers * 4)  # the first are played while the next are still being dealt
        try:
            return _gathered([pool.submit(play, share, wanted) for share in dealt], as_completed, progress)
        except BrokenProcessPool as error:
            raise ForeignError(
                "one of the processes that simulate was killed, perhaps because the machine has no more memory: "
                "use fewer --workers"
            ) from error


def on_dask(
    simulation: Simulation, address: str, wanted: Wanted = ROWS, progress: Callable[[int], None] = lambda _done: None
) -> list[Part]:
    """Play a simulation on a Dask cluster that is running; its workers need this version of `dunning_engine`."""
    try:
        cluster: Any = import_module("distributed")
    except ImportError as error:
        raise UsageError("simulating on a Dask cluster needs its client: pip install 'dunning-engine[dask]'") from error
    try:
        client = cluster.Client(address, timeout=10)
    except OSError as error:
        raise ForeignError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        dealt = list(shares(simulation, 4 * max(1, sum(client.nthreads().values()))))
        return _gathered(
            [client.submit(play, share, wanted, pure=False) for share in dealt], cluster.as_completed, progress
        )


def _gathered(futures: Sequence[Any], finished: Callable[[Any], Any], progress: Callable[[int], None]) -> list[Part]:
    """The parts in the order of their shares."""
    for future in finished(futures):
        progress(future.result().debtors)
    return [future.result() for future in futures]
