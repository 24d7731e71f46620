"""Which policy some receivables come under: that of the case they join, the one that was named, or what routing says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dunning_engine.decision.routing import Question, Routed, route
from dunning_engine.domain.screening import Settled, settled
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing import Routing
    from dunning_engine.ports.store import Transaction


@dataclass(frozen=True, slots=True)
class Way:
    """Receivables that go the same way; `policy` is None where no route matched."""

    policy: Policy | None
    owed: tuple[Invoice, ...]
    routed: Routed | None = None


@dataclass(frozen=True, slots=True)
class Router:
    """Asks routing about new cases; cases that are there keep their policy."""

    routing: Routing | None
    shelf: Shelf

    def named(self, policy: str | Policy) -> Policy:
        """The policy that a host names."""
        return self.shelf.newest(policy if isinstance(policy, str) else policy.name)

    def ways(
        self, debtor: Party, owed: Sequence[Invoice], facts: Mapping[str, str], known: Sequence[Case], at: Instant
    ) -> list[Way]:
        """Receivables by the policy that routing chooses: once for each currency, on everything that comes in it."""
        if self.routing is None:
            raise UsageError("no policy is named: pass policy=…, or open the engine with routing=load_routing(…)")
        by_currency: dict[str, list[Invoice]] = {}
        for invoice in owed:
            by_currency.setdefault(invoice.amount.currency, []).append(invoice)
        told = {name: value for case in known for name, value in case.facts.items()} | dict(facts)
        history = history_of(known)
        return [
            self._way(Question(debtor, group, told, history), f"{debtor.id}/{currency}", known, at)
            for currency, group in by_currency.items()
        ]

    def _way(self, question: Question, case_id: str, known: Sequence[Case], at: Instant) -> Way:
        assert self.routing is not None
        owed = tuple(question.owed)
        home = next((case for case in known if case.id == case_id), None)
        if home is not None:
            choice = f"case {home.id} is there and keeps its policy"
            routed = Routed(self.routing.label, home.policy.name, choice=choice, variant=home.variant)
            return Way(self.named(home.policy.name), owed, routed)
        routed = route(self.routing, question, at)
        return Way(self.named(routed.policy) if routed.policy else None, owed, routed)


def history_of(cases: Sequence[Case]) -> tuple[Settled, ...]:
    """What some cases tell of how their debtor pays."""
    return tuple(one for case in cases for one in settled(case.receivables))


def informed(case: Case, policy: Policy, tx: Transaction) -> Case:
    """The case with the history that its policy asks for: what the debtor settled in other cases."""
    from dataclasses import replace

    if not policy.asks_history:
        return case
    others = [held.case for held in tx.cases(debtor_id=case.debtor.id) if held.case.id != case.id]
    return replace(case, history=history_of(others))
