"""What people say: yes or no to an action, rules set aside; skip, rewind, force and cancel on one ladder; pause and resume a case, a debtor, a policy, all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dunning_engine.decision import by_hand
from dunning_engine.decision.approvals import approve, refuse
from dunning_engine.decision.overrides import override
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldLifted, HoldPlaced
from dunning_engine.domain.given import given_text
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.engine.writing import changed, known, write
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import Store


class Steering:
    """A part of `DunningEngine`: a person's word on where ladders stand and what waits."""

    _store: Store
    _shelf: Shelf
    clock: Clock

    def approve(
        self, case_id: str, action_id: str, *, by: str, role: str, seen: str = "", connection: Any = None
    ) -> None:
        """A person's agreement to exactly the action that waits for it.

        `seen` is the digest of the question that they read (`Delivery.digest`, `ApprovalRequested.digest`): where the
        amount, the address or what is asked for has changed since, their answer is refused and not taken for another.
        """
        self._answer(
            case_id,
            lambda case, policy, _books, now: approve(case, policy, action_id, by=by, role=role, now=now, seen=seen),
            connection,
        )

    def refuse(
        self, case_id: str, action_id: str, *, by: str, role: str, note: str = "", connection: Any = None
    ) -> None:
        """A person's refusal: the action's step is skipped."""
        self._answer(
            case_id,
            lambda case, policy, _books, now: refuse(case, policy, action_id, by=by, role=role, now=now, note=note),
            connection,
        )

    def override(
        self, case_id: str, action: str, *, rules: Sequence[str], by: str, reason: str, connection: Any = None
    ) -> None:
        """Set rules aside for one action (its identity, or its step): presumptions and requirements, with a reason.

        Prohibitions and `house/…` rules stay. The next `advance` asks again whether the action may go.
        """
        self._answer(
            case_id,
            lambda case, policy, books, _now: override(case, policy, books, action, rules=rules, by=by, reason=reason),
            connection,
        )

    def _answer(self, case_id: str, answer: Any, connection: Any) -> None:
        now = self.clock.now()
        with self._store.transaction(connection) as tx:
            held = known(tx, case_id)
            policy, rulebooks = self._shelf.of(held.case.policy, tx)
            events = answer(held.case, policy, rulebooks, now)
            events = events if isinstance(events, tuple) else (events,)
            look = now if held.next_look is None else min(now, held.next_look)
            write(tx, [changed(case_id, held.case, [(now, e) for e in events], now=now, next_look=look)], now=now)

    def skip(self, case_id: str, step: str, *, by: str, reason: str, connection: Any = None) -> None:
        """Leave a step out; of one that repeats, the rest of its occurrences."""
        self._steer(by_hand.skip, case_id, step, by, reason, connection)

    def rewind(self, case_id: str, step: str, *, by: str, reason: str, connection: Any = None) -> None:
        """Set the ladder back: the step and all behind it are taken again, from today on at their distances."""
        self._steer(by_hand.rewind, case_id, step, by, reason, connection)

    def force(self, case_id: str, step: str, *, by: str, reason: str, connection: Any = None) -> None:
        """Let a step go at the next `advance`, whatever its day and its conditions; the gate is asked all the same."""
        self._steer(by_hand.force, case_id, step, by, reason, connection)

    def cancel_notice(self, case_id: str, what: str, *, by: str, reason: str, connection: Any = None) -> None:
        """Take back the latest notice (an action, or a step): its step counts as not taken and comes again."""
        self._steer(by_hand.cancel_notice, case_id, what, by, reason, connection)

    def _steer(self, word: Any, case_id: str, what: str, by: str, reason: str, connection: Any) -> None:
        self._answer(
            case_id,
            lambda case, policy, _books, now: word(case, policy, what, by=by, reason=reason, now=now),
            connection,
        )

    # Pauses ------------------------------------------------------------------------------------------------------------

    def pause(
        self,
        case_id: str | None = None,
        *,
        debtor: str | None = None,
        policy: str | None = None,
        everything: bool = False,
        by: str,
        reason: str,
        connection: Any = None,
    ) -> None:
        """Let nothing go out: of a case, to a debtor, under a policy, or at all. Clocks stand still meanwhile.

        What is on its way to an adapter at this instant goes; whatever is armed later is kept back at once.
        """
        by, reason = _signed(by, reason)
        scope, name = _scope(case_id, debtor, policy, everything=everything)
        if scope is None:
            self._answer(name, lambda case, *_: _held(case, by, reason), connection)
            return
        now = self.clock.now()
        with self._store.transaction(connection) as tx:
            if scope is Scope.POLICY:
                self._shelf.newest(name)  # refuses a policy that nobody knows
            if any(order.until is None and (order.scope, order.name) == (scope, name) for order in tx.orders()):
                raise UsageError(f"{_subject(scope, name)} is paused already: `pauses()` says by whom")
            tx.order(StandingOrder(scope, name, by, reason, now))

    def resume(
        self,
        case_id: str | None = None,
        *,
        debtor: str | None = None,
        policy: str | None = None,
        everything: bool = False,
        by: str,
        reason: str,
        connection: Any = None,
    ) -> None:
        """End a pause; what fell due meanwhile comes as the policy's `catch_up` says, counted without those days."""
        by, reason = _signed(by, reason)
        scope, name = _scope(case_id, debtor, policy, everything=everything)
        if scope is None:
            self._answer(name, lambda case, *_: _released(case, by, reason), connection)
            return
        with self._store.transaction(connection) as tx:
            if not tx.end_order(scope, name, self.clock.now(), by, reason):
                raise UsageError(f"{_subject(scope, name)} is not paused: `pauses()` lists what is")

    def pauses(self, *, connection: Any = None) -> tuple[StandingOrder, ...]:
        """The orders in force that let debtors, policies or everything wait, the oldest first."""
        with self._store.transaction(connection, write=False) as tx:
            return tuple(order for order in tx.orders() if order.until is None)


def _held(case: Any, by: str, reason: str) -> HoldPlaced:
    if any(hold.reason is HoldReason.MANUAL and hold.end is None for hold in case.holds):
        raise UsageError(f"case {case.id} is paused already")
    return HoldPlaced(HoldReason.MANUAL, by=by, note=reason)


def _released(case: Any, by: str, reason: str) -> HoldLifted:
    if not any(hold.reason is HoldReason.MANUAL and hold.end is None for hold in case.holds):
        raise UsageError(f"case {case.id} is not paused by hand: case why says what it waits for")
    return HoldLifted(HoldReason.MANUAL, by=by, note=reason)


def _scope(
    case_id: str | None, debtor: str | None, policy: str | None, *, everything: bool
) -> tuple[Scope | None, str]:
    """What is meant, `None` for one case; exactly one of them has to be."""
    named: list[tuple[Scope | None, str]] = [
        (scope, name)
        for scope, name in ((None, case_id), (Scope.DEBTOR, debtor), (Scope.POLICY, policy))
        if name is not None
    ]
    if everything:
        named.append((Scope.EVERYTHING, ""))
    if len(named) != 1:
        raise UsageError("say what waits: a case, debtor=…, policy=…, or everything=True, and one of them only")
    scope, name = named[0]
    if scope is not Scope.EVERYTHING:
        given_text(name, f"the name of a {'case' if scope is None else scope.value}", "pass its name")
    return scope, name


def _signed(by: object, reason: object) -> tuple[str, str]:
    return (
        given_text(by, "whoever pauses or resumes says who they are", "pass by=…"),
        given_text(reason, "whoever pauses or resumes says why", "pass reason=…"),
    )


def _subject(scope: Scope, name: str) -> str:
    return scope.value if scope is Scope.EVERYTHING else f"{scope.value} {name}"
