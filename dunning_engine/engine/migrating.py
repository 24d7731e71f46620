"""Cases moved from one policy version to another: first what would happen, then, in batches, what does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dunning_engine.decision.decider import decide
from dunning_engine.decision.moving import moved, moving, refusal
from dunning_engine.domain.case import Case, CaseStatus
from dunning_engine.engine.writing import changed, seen, write
from dunning_engine.kernel.calendar import iso
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import DunningError, NotFound, UsageError
from dunning_engine.ports.store import WITHDRAWABLE

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.decision.decision import Decision
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import HeldCase, Store, Transaction

BATCH: Final = 500
"""Cases that one commit moves at most."""

Where: TypeAlias = Callable[[Case], bool] | Iterable[str] | None
"""Which cases: a question about each, their names, or all that keep the policy."""


class Fate(Enum):
    """What a migration does with a case."""

    MOVED = "moved"
    ALREADY = "already there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes next in a case: the step and, where it is known, when; or why nothing does."""

    words: str
    step: str = ""
    at: Instant | None = None
    zone: str = "UTC"

    def __str__(self) -> str:
        return self.words if self.at is None else f"{self.words} {iso(self.at, self.zone)[:16].replace('T', ' ')}"


@dataclass(frozen=True, slots=True)
class CaseMove:
    """One case: what was next under its version, what will be under the new one, and what is taken back on the way."""

    case_id: str
    fate: Fate
    version: str
    was: Coming | None = None
    will_be: Coming | None = None
    withdrawn: tuple[str, ...] = ()
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "case": self.case_id,
            "fate": self.fate.value,
            "from": self.version,
            "was_next": None if self.was is None else str(self.was),
            "will_be_next": None if self.will_be is None else str(self.will_be),
            "withdrawn": list(self.withdrawn),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Migration:
    """What a migration does, case by case; `done` says whether it was done or only looked at."""

    to: str
    done: bool
    cases: tuple[CaseMove, ...]

    @property
    def totals(self) -> Counter[Fate]:
        return Counter(case.fate for case in self.cases)

    @property
    def refused(self) -> tuple[CaseMove, ...]:
        return tuple(case for case in self.cases if case.fate is Fate.REFUSED)

    def as_json(self) -> dict[str, Any]:
        return {
            "to": self.to,
            "done": self.done,
            "totals": {fate.value: self.totals[fate] for fate in Fate},
            "cases": [case.as_json() for case in self.cases],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What was asked: the policy that cases keep, the version they go to, and what their steps become there."""

    policy: str
    target: Policy
    steps: Mapping[str, str]
    where: Where
    start_at: str
    by: str
    reason: str


class Migrations:
    """The part of `DunningEngine` that moves cases between policy versions."""

    _store: Store
    _shelf: Shelf
    clock: Clock

    def policy_text(self, name: str, version: int, *, connection: Any = None) -> str:
        """The text of a policy version that was ever registered here. Raises `NotFound` where there is none."""
        with self._store.transaction(connection, write=False) as tx:
            stored = tx.version(name, version)
        if stored is None or not stored.source:
            raise NotFound(f"the store has no text of {name} version {version}")
        return stored.source

    def preview_migration(
        self,
        policy: str,
        to: int | str,
        *,
        steps: Mapping[str, str | None] | None = None,
        where: Where = None,
        start_at: str = "",
        connection: Any = None,
    ) -> Migration:
        """What `migrate` would do with the same arguments; nothing changes."""
        with self._store.transaction(connection, write=False) as tx:
            move = self._asked(tx, policy, to, steps, where, start_at, by="preview", reason="")
            cases = tuple(self._moved(tx, held, move, write_it=False) for held in _of(tx, move))
        return Migration(_name(move.target), done=False, cases=cases)

    def migrate(
        self,
        policy: str,
        to: int | str,
        *,
        by: str,
        reason: str,
        steps: Mapping[str, str | None] | None = None,
        where: Where = None,
        start_at: str = "",
        connection: Any = None,
    ) -> Migration:
        """Move the cases of a policy to another version of it, or to another policy (`to="us-strict@2"`).

        `steps` says what steps of the old version are called now, `None` that one has no counterpart; those of the same
        name need no word. Cases that cannot be moved are refused one by one and stay as they are. Each batch of 500 is
        moved as a whole or not at all; asking again moves only what is not there yet.

        Args:
            policy: the name of the policy that the cases keep, whatever their version.
            to: the version, which the engine has to be open with.
            by: who decided it.
            reason: why; both stand in the history of each case.
            steps: old step → new step.
            where: names of cases, or a question about each; all of them unless told otherwise.
            start_at: a step of the new version: the ladder goes on right there, earlier ones are passed over.
            connection: the host's transaction; then everything is one batch.
        """
        if not by or not reason:
            raise UsageError("a migration needs a person and a reason: pass by=… and reason=…")
        with self._store.transaction(connection, write=False) as tx:
            move = self._asked(tx, policy, to, steps, where, start_at, by=by, reason=reason)
            names = [held.case.id for held in _of(tx, move)]
        size = len(names) or 1 if connection is not None else BATCH
        done: list[CaseMove] = []
        for start in range(0, len(names), size):
            with self._store.transaction(connection) as tx:
                held = [found for name in names[start : start + size] if (found := tx.case(name)) is not None]
                done += [self._moved(tx, case, move, write_it=True) for case in held]
        return Migration(_name(move.target), done=True, cases=tuple(done))

    def _asked(
        self,
        tx: Transaction,
        policy: str,
        to: int | str,
        steps: Mapping[str, str | None] | None,
        where: Where,
        start_at: str,
        *,
        by: str,
        reason: str,
    ) -> Move:
        target = self._target(tx, policy, to)
        wanted = {name: new or "" for name, new in (steps or {}).items()}
        for name in (*filter(None, wanted.values()), *filter(None, [start_at])):
            if name not in target.index:
                near = suggest(name, tuple(target.index))
                raise UsageError(
                    f"{_name(target)} has no step {name!r}; it has {', '.join(target.index)}"
                    f"{f'; did you mean {near!r}?' if near else ''}"
                )
        names = where if where is None or callable(where) else tuple(where)
        return Move(policy=policy, target=target, steps=wanted, where=names, start_at=start_at, by=by, reason=reason)

    def _target(self, tx: Transaction, policy: str, to: int | str) -> Policy:
        """The version to go to: of the policies that the engine was opened with, or that the store still has."""
        name, _, number = to.partition("@") if isinstance(to, str) else (policy, "", str(to))
        if not number:
            return self._shelf.newest(name)
        if not number.isdecimal():
            raise UsageError(f"{to!r} is no version: write {name}@3")
        known = [found for found in self._shelf.policies if (found.name, found.version) == (name, int(number))]
        if known:
            return known[0]
        stored = tx.version(name, int(number))
        if stored is None:
            raise NotFound(f"nobody knows {name} version {number}: open the engine with it")
        return self._shelf.of(stored.ref, tx)[0]

    def _moved(self, tx: Transaction, held: HeldCase, move: Move, *, write_it: bool) -> CaseMove:
        case, target = held.case, move.target
        version = f"{case.policy.name}@{case.policy.version}"
        if case.policy.hash == target.hash and not move.start_at:
            return CaseMove(case.id, Fate.ALREADY, version)
        old = self._old(tx, case)
        if why := refusal(case, old[0] if old else None, target, move.steps):
            return CaseMove(case.id, Fate.REFUSED, version, why=why)
        now = self.clock.now()
        rows = {row.id for row in tx.outbox(case_id=case.id) if row.state in WITHDRAWABLE}
        events = moving(
            case, target, move.steps, outbox=rows, now=now, by=move.by, reason=move.reason, start_at=move.start_at
        )
        if not events:
            return CaseMove(case.id, Fate.ALREADY, version)
        after = moved(case, events, now)
        logs = tx.contacts([case.debtor.id])
        told = CaseMove(
            case.id,
            Fate.MOVED,
            version,
            was=coming(seen(case, logs), *old, now) if old else None,
            will_be=coming(seen(after, logs), *self._shelf.of(target.ref, tx), now),
            withdrawn=_withdrawn(case, after),
        )
        if write_it:
            write(tx, [changed(case.id, case, [(now, event) for event in events], now=now, next_look=now)], now=now)
        return told

    def _old(self, tx: Transaction, case: Case) -> tuple[Policy, Sequence[Rulebook]] | None:
        """The version that a case keeps; `None` where this library reads it differently or nobody has it any more."""
        try:
            return self._shelf.of(case.policy, tx)
        except DunningError:
            return None


def _name(policy: Policy) -> str:
    return f"{policy.name}@{policy.version}"


def _of(tx: Transaction, move: Move) -> list[HeldCase]:
    """The cases that are meant; raises `NotFound` for a name that no case of the policy has."""
    held = [found for found in tx.cases() if found.case.policy.name in (move.policy, move.target.name)]
    if move.where is None:
        return [found for found in held if found.case.policy.name == move.policy]
    if callable(move.where):
        return [found for found in held if found.case.policy.name == move.policy and move.where(found.case)]
    by_name = {found.case.id: found for found in held}
    if missing := [name for name in move.where if name not in by_name]:
        raise NotFound(f"no case of {move.policy} is called {', '.join(missing)}")
    return [by_name[name] for name in dict.fromkeys(move.where)]


def _withdrawn(before: Case, after: Case) -> tuple[str, ...]:
    """The words of the actions that a move took back."""
    return tuple(
        delivery.words
        for id_, delivery in after.deliveries.items()
        if delivery.state.value == "cancelled" and before.deliveries[id_].state is not delivery.state
    )


def coming(case: Case, policy: Policy, rulebooks: Sequence[Rulebook], now: Instant) -> Coming:
    """What comes next in a case as far as anybody knows at `now`."""
    if case.status is CaseStatus.CLOSED:
        return Coming(f"closed as {case.closed_as}")
    return _next(decide(case, policy, rulebooks, now), policy)


def _next(decision: Decision, policy: Policy) -> Coming:
    zone = policy.zone
    for cleared in decision.cleared:
        action = cleared.action.action
        return Coming(f"{action.step}: {action.spec.words}", action.step, decision.at, zone)
    for asked in decision.waiting:
        return Coming(f"{asked.action.step} waits for {asked.role}", asked.action.step, None, zone)
    for late in decision.deferred:
        return Coming(f"{late.action.step}: {late.action.spec.words}", late.action.step, late.until, zone)
    for note in decision.why:
        if note.words == "comes next":
            return Coming(note.about.removeprefix("step "), note.about.removeprefix("step "), note.at, zone)
    for note in decision.why:
        if note.about == "case":
            return Coming(note.words)
    return Coming("nothing more by time alone", zone=zone)
