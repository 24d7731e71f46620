"""Receivables on their way into cases: the policy of each way, then the cases that it opens or adds to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dunning_engine.engine.clocks import instant
from dunning_engine.engine.opening import NO_ROUTE, Opening, Refused, Request, open_receivables
from dunning_engine.engine.routes import Router, Way
from dunning_engine.engine.writing import write
from dunning_engine.kernel.errors import UsageError
from dunning_engine.policy.model import Policy, Unit
from dunning_engine.ports.audit_log import DEFAULT_TENANT

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.engine.clocks import When
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.sources import PlaceSource, ZoneSource
    from dunning_engine.ports.store import HeldCase, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a host wants opened: without `policy` routing chooses; `at` is when it happened, now where it is None."""

    debtor: Party
    owed: Sequence[Invoice]
    policy: str | Policy | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    case_id: str | None = None
    at: When | None = None


@dataclass(frozen=True, slots=True)
class Reception:
    """Opens cases in the transaction of its caller."""

    router: Router
    zones: ZoneSource
    places: PlaceSource

    def ways(self, visit: Visit, known: Sequence[HeldCase], now: Instant) -> list[Way]:
        """The receivables by the policy that they come under."""
        if visit.policy is not None:
            return [Way(self.router.named(visit.policy), tuple(visit.owed))]
        zone = self.router.routing.zone if self.router.routing is not None else "UTC"
        at = now if visit.at is None else min(now, instant(visit.at, zone))
        return self.router.ways(visit.debtor, visit.owed, visit.facts, [held.case for held in known], at)

    def open(self, visit: Visit, tx: Transaction, now: Instant) -> Opening:
        """Write whatever puts the receivables into cases."""
        known = tx.cases(debtor_id=visit.debtor.id)
        named = tx.case(visit.case_id) if visit.case_id is not None else None
        if named is not None and all(held.case.id != visit.case_id for held in known):
            known.append(named)
        return Opening.of([self._open(way, visit, known, tx, now) for way in self.ways(visit, known, now)])

    def _open(self, way: Way, visit: Visit, known: Sequence[HeldCase], tx: Transaction, now: Instant) -> Opening:
        routed = () if way.routed is None else (way.routed,)
        if way.policy is None:
            return Opening((), (), tuple(Refused(invoice, NO_ROUTE) for invoice in way.owed), routed)
        if visit.case_id is not None and way.policy.unit is Unit.INVOICE and len(way.owed) > 1:
            raise UsageError(
                f"policy {way.policy.name} makes a case per invoice: {len(way.owed)} of them cannot share a case_id"
            )
        request = Request(
            debtor=visit.debtor,
            hints=self.zones.hints(visit.debtor),
            place_hints=self.places.places(visit.debtor),
            owed=way.owed,
            policy=way.policy,
            case_id=visit.case_id,
            at=now if visit.at is None else min(now, instant(visit.at, way.policy.zone)),
            facts=visit.facts,
            routed=way.routed,
            tenant="" if tx.tenant == DEFAULT_TENANT else tx.tenant,
        )
        opening, changes = open_receivables(request, known, now)
        write(tx, changes, now=now)
        return replace(opening, routed=routed)
