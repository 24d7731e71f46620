"""Holds, promises and payment plans as commands: what a clerk does, as the facts that follow from it."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from dunning_engine.domain.arrangements import Clock, DisputeOutcome, HoldReason, Resume
from dunning_engine.domain.events import DisputeAnswered, HoldLifted, HoldPlaced, PromiseMade
from dunning_engine.domain.plans import Instalment, PlanAgreed, PlanOffered
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.domain.events import Fact
    from dunning_engine.domain.parties import Channel
    from dunning_engine.kernel.calendar import Day, LocalDate
    from dunning_engine.kernel.money import Money
    from dunning_engine.policy.arranged import PlanBounds
    from dunning_engine.policy.model import Policy


class Arranging(ABC):
    """The part of an engine that takes arrangements down; each method records one fact, at the present instant."""

    @abstractmethod
    def record(self, case_id: str, fact: Fact, *, connection: Any = None) -> bool:
        """Take a fact in."""

    @abstractmethod
    def policy_of(self, case_id: str, *, connection: Any = None) -> Policy:
        """The policy version that a case keeps."""

    def hold(
        self,
        case_id: str,
        reason: HoldReason | str,
        *,
        invoice: str | None = None,
        until: LocalDate | str | Day | None = None,
        amount: Money | None = None,
        channel: Channel | str | None = None,
        resume: Resume | str | None = None,
        clock: Clock | str | None = None,
        by: str = "",
        note: str = "",
        connection: Any = None,
    ) -> None:
        """Let a case, an invoice, a disputed part of one or a channel wait, until it is released or a day is over."""
        fact: Any = HoldPlaced(
            reason,  # type: ignore[arg-type]  # the fact reads words and dates as well
            invoice,
            by,
            note,
            until,  # type: ignore[arg-type]
            amount,
            channel,  # type: ignore[arg-type]
            resume,  # type: ignore[arg-type]
            clock,  # type: ignore[arg-type]
        )
        self.record(case_id, fact, connection=connection)

    def release(
        self,
        case_id: str,
        reason: HoldReason | str,
        *,
        invoice: str | None = None,
        outcome: DisputeOutcome | str | None = None,
        channel: Channel | str | None = None,
        by: str = "",
        note: str = "",
        connection: Any = None,
    ) -> None:
        """End the holds of a reason: of one invoice or channel, or all of them; a dispute with its outcome."""
        fact = HoldLifted(reason, invoice, by, note, outcome, channel)  # type: ignore[arg-type]  # read from words
        self.record(case_id, fact, connection=connection)

    def answer_dispute(
        self, case_id: str, *, invoice: str | None = None, by: str = "", note: str = "", connection: Any = None
    ) -> None:
        """Note that the debtor got an answer to a dispute, which goes on."""
        self.record(case_id, DisputeAnswered(invoice, by, note), connection=connection)

    def promise(
        self,
        case_id: str,
        amount: Money,
        by: LocalDate | str | Day,
        *,
        invoice: str | None = None,
        connection: Any = None,
    ) -> None:
        """Note the debtor's promise to pay an amount by the end of a day, for one invoice or any."""
        self.record(case_id, PromiseMade(amount, by, invoice), connection=connection)

    def offer_plan(
        self,
        case_id: str,
        instalments: Sequence[Instalment],
        *,
        invoice: str | None = None,
        by: str = "",
        note: str = "",
        connection: Any = None,
    ) -> None:
        """Note that the debtor was offered to pay by instalments; nothing waits for an offer."""
        self.record(case_id, PlanOffered(tuple(instalments), invoice, by, note), connection=connection)

    def agree_plan(
        self,
        case_id: str,
        instalments: Sequence[Instalment],
        *,
        invoice: str | None = None,
        interest: bool = False,
        by: str = "",
        approved_by: str = "",
        note: str = "",
        connection: Any = None,
    ) -> None:
        """Agree a payment plan; `plans.instalments` splits an amount. It takes the place of an earlier plan.

        Raises `UsageError` where the plan goes beyond what the policy offers and nobody approved it.
        """
        fact = PlanAgreed(tuple(instalments), invoice, interest, by, approved_by, note)
        self.record(case_id, fact, connection=connection)


def check_plan(event: object, policy: Policy) -> None:
    """Refuse a plan that goes beyond everything that a policy offers, unless somebody approved it."""
    if not isinstance(event, PlanAgreed) or event.approved_by:
        return
    beyond = [beyond_offer(event, bounds) for bounds in policy.plans_offered]
    if beyond and all(beyond):
        raise UsageError(f"{beyond[0]}: name the person who approved it as approved_by, or agree on less")


def beyond_offer(plan: PlanAgreed, bounds: PlanBounds) -> str:
    """In what a plan goes beyond what a policy offers; empty where it stays within."""
    parts, currency = plan.instalments, plan.total.currency
    if len(parts) > bounds.count:
        return f"a plan of {len(parts)} instalments is more than the {bounds.count} that the policy offers"
    least = 0 if bounds.least is None else bounds.least.minor(currency)
    small = next((one.amount for one in parts if one.amount.minor < least), None)
    if small is not None:
        return f"an instalment of {small} is less than the policy offers"
    widest = bounds.widest
    if any(later.due - sooner.due > widest for sooner, later in itertools.pairwise(parts)):
        return f"its instalments lie further apart than a {bounds.every}"
    return ""
