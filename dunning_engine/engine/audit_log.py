"""The audit log as hosts use it: seal, anchor, erase, and give a case away so that others can check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dunning_engine.decision.keeping import RETENTION_YEARS, kept, last_activity
from dunning_engine.domain.case import fold
from dunning_engine.domain.erasure import Erased
from dunning_engine.engine.bundle import bundle_of
from dunning_engine.engine.writing import changed, known
from dunning_engine.kernel.errors import NotFound, UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.anchors import Anchors
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import HeldCase, Store, Transaction

SEALED_AT_ONCE: Final = 200
"""Cases that one commit seals."""


class AuditLogs:
    """A part of `DunningEngine`: what can be proved later, and what nobody shall know any more."""

    _store: Store
    _shelf: Shelf
    clock: Clock

    def anchor(self, anchors: Anchors) -> int:
        """Append the heads of all cases that moved to a file outside the database; how many these were."""
        return anchors.take(self._store, self.clock.now())

    def seal(self) -> int:
        """Give events from before there was a chain their hashes, and take personal data out of them; how many cases."""
        count = 0
        while True:
            with self._store.transaction() as tx:
                cases = tx.unsealed(SEALED_AT_ONCE)
                if not cases:
                    return count
                tx.seal(cases)
            count += len(cases)

    def erase(
        self, debtor_id: str, *, by: str, reason: str, years: int = RETENTION_YEARS, connection: Any = None
    ) -> tuple[str, ...]:
        """Delete what identifies a debtor from all their cases; the chains stay valid. `compact` then frees the files.

        Refused while a case is open, on legal hold, or has to be kept: `years` by the house, and by its rulebooks.

        Returns:
            The cases.
        """
        now, event = self.clock.now(), Erased(by, reason)
        with self._store.transaction(connection) as tx:
            held = [one for one in tx.cases(debtor_id=debtor_id) if one.case.erased_at is None]
            if not held:
                raise NotFound(f"there is no case of debtor {debtor_id!r} that was not erased before")
            if refusals := [words for one in held for words in self._refusals(one, tx, years, now)]:
                raise UsageError(f"{debtor_id} is not erased: {'; '.join(refusals)}")
            tx.seal([one.case.id for one in held if any(link.hash is None for link in tx.links(one.case.id))])
            tx.forget(debtor_id)
            tx.save([
                changed(one.case.id, fold(one.case.id, tx.history(one.case.id)), [(now, event)], now=now, next_look=None)
                for one in held
            ])  # fmt: skip
        return tuple(one.case.id for one in held)

    def _refusals(self, held: HeldCase, tx: Transaction, years: int, now: Instant) -> list[str]:
        case = held.case
        policy, rulebooks = self._shelf.of(case.policy, tx)
        acted_at = last_activity(tx.history(case.id))
        found = list(kept(case, policy, rulebooks, acted_at=acted_at, years=years, now=now))
        found += [f"{row.action.spec.words} is {row.state.value}" for row in tx.outbox(case_id=case.id) if row.next_at]
        return [f"case {case.id}: {words}" for words in found]

    def compact(self) -> None:
        """Leave nothing of what was erased in the database's files; takes as long as writing all of it anew."""
        self._store.compact()

    def bundle(self, case_id: str, *, anchors: Anchors | None = None, redact: bool = False) -> dict[str, Any]:
        """A case with everything that others need to check it without us; `redact` leaves personal data out."""
        with self._store.transaction(write=False) as tx:
            case = known(tx, case_id).case
            covering = [] if anchors is None else anchors.covering(tx.tenant, case_id)
            return bundle_of(case, tx, covering, self._shelf, redact=redact, now=self.clock.now())
