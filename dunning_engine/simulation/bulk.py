"""Simulations in shares: the debtors of a portfolio dealt out to processes here or on a cluster.

Debtors never meet, so however they are dealt out, the rows are the same; put in order, they are the same file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from dunning_engine.engine.casework import CasePlan
from dunning_engine.engine.loading import SOURCE, load_rulebooks, policy_of
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.simulation.run import Line, Simulation, lines_of

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy

DEBTORS_MAX: Final = 500
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
    totals: Totals = {}
    rows: list[Row] = []
    cases: list[Case] = []
    count = 0
    for _debtor, world in simulation.worlds():
        lines = lines_of(world)
        for line in lines:
            kind, tally = _counted(line)
            totals[kind] = _added(totals.get(kind), tally)
        rows += map(row_of, lines) if wanted.rows else ()
        cases += (thread.case for thread in world.threads.values() if thread.case is not None and wanted.cases)
        count += 1
        progress(1)
    return Part(totals, tuple(rows), tuple(cases), count)


def _counted(line: Line) -> tuple[Kind, Tally]:
    trace = line.trace
    action = trace.action
    kind = Kind(action.step, action.spec.words, trace.verdict, trace.deferred_from is not None, trace.reasons)
    return kind, Tally(line.at, action.case_id, trace.why, 1)


# Elsewhere ------------------------------------------------------------------------------------------------------------


def shares(simulation: Simulation, count: int) -> Iterator[Share]:
    """The debtors of a simulation dealt out to `count` shares, or to more where these would be large."""
    by_debtor: dict[str, list[CasePlan]] = {}
    for plan in simulation.plans:
        by_debtor.setdefault(plan.debtor.id, []).append(plan)
    groups = list(by_debtor.values())
    size = max(1, min(DEBTORS_MAX, -(-len(groups) // count)))
    for first in range(0, len(groups), size):
        dealt = groups[first : first + size]
        plans = [plan for group in dealt for plan in group]
        policies = {plan.policy.hash: plan.policy for plan in plans}
        texts = tuple((key, _source(policy), policy.name) for key, policy in policies.items())
        sent = [replace(plan, policy=plan.policy.hash) for plan in plans]  # type: ignore[arg-type]  # `play` puts it back
        yield Share(replace(simulation, plans=sent, rulebooks={}), texts, len(dealt))


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
    plans = [replace(plan, policy=policies[plan.policy]) for plan in share.simulation.plans]  # type: ignore[index]
    books = {book.name: book for policy in policies.values() for book in load_rulebooks(policy.books)}
    return played(replace(share.simulation, plans=plans, rulebooks=books), wanted)


@lru_cache(maxsize=64)
def _policy(text: str, name: str) -> Policy:
    return policy_of(text, name)


def on_processes(
    simulation: Simulation, workers: int, wanted: Wanted = ROWS, progress: Callable[[int], None] = lambda _done: None
) -> list[Part]:
    """Play a simulation in some processes of this machine; `progress` is told how many debtors are done."""
    dealt = list(shares(simulation, workers * 4))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return _gathered([pool.submit(play, share, wanted) for share in dealt], as_completed, progress)


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
