"""Whether what identifies a debtor may be erased from a case: never while it is open, on hold, or due to be kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.gate import GateRules, assemble, gate
from dunning_engine.compliance.prerequisites import years_after
from dunning_engine.compliance.verdict import Cleared
from dunning_engine.decision.briefing import briefed
from dunning_engine.decision.standing import stand
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.case import Case, CaseStatus
from dunning_engine.domain.erasure import Erased
from dunning_engine.domain.events import DebtorUpdated, FactRecorded, HostFact, OptedIn, OptedOut
from dunning_engine.kernel.calendar import day_start, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dunning_engine.compliance.gate import GateRule
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.events import Recorded
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy

RETENTION_YEARS: Final = 3
"""How long a case is kept after the last activity where the host says nothing: as 12 CFR 1006.100(a) asks of collectors."""

PURPOSE: Final = "delete_records"

_NO_ACTIVITY: Final = (DebtorUpdated, HostFact, FactRecorded, OptedOut, OptedIn, Erased)
"""Events that may come years later and concern the person, not the debt."""


def last_activity(history: Iterable[Recorded]) -> Instant:
    """When something was last done about the debt, by whomever: it is from then on that records are kept."""
    return max(recorded.at for recorded in history if not isinstance(recorded.event, _NO_ACTIVITY))


def kept(
    case: Case,
    policy: Policy,
    rulebooks: Sequence[Rulebook],
    *,
    acted_at: Instant,
    years: int,
    now: Instant,
) -> tuple[str, ...]:
    """Why nothing of the case may be erased yet, in words; empty where it may.

    The retention of the house (`years`) and that of every rulebook are asked; the later one stands.
    """
    reasons = []
    if case.status is not CaseStatus.CLOSED:
        reasons.append(f"it is {case.status.value}: close it first")
    if case.docket.get("legal_hold"):
        reasons.append("a legal hold is on it")
    due = years_after(local_day(acted_at, policy.zone), years) + 1
    if now < day_start(due, policy.zone):
        reasons.append(f"the house keeps it until {date.fromordinal(due)}, {years} years after the last activity")
    return (*reasons, *_by_law(case, policy, rulebooks, acted_at, now))


def _by_law(
    case: Case, policy: Policy, rulebooks: Sequence[Rulebook], acted_at: Instant, now: Instant
) -> tuple[str, ...]:
    action = ProposedAction(
        id="",
        key=ActionKey("", "erase", 1, ""),
        case_id=case.id,
        debtor_id=case.debtor.id,
        spec=ActionSpec(Do.CORRECT, "personal data"),
        planned_at=now,
        invoices=(),
        amount=0,
        currency=case.currency,
    )
    situation = briefed(action, case, policy, stand(case, policy, now), case.contacts, now)
    told = case.docket.get("last_activity")
    acted_at = max(acted_at, told) if isinstance(told, int) else acted_at
    situation = situation._replace(docket={**situation.docket, "purpose": PURPOSE, "last_activity": acted_at})
    rules = GateRules(rule for rule in assemble((), rulebooks) if _about_records(rule))
    verdict = gate(action, situation, rules, now)
    return () if isinstance(verdict, Cleared) else tuple(map(str, verdict.reasons))


def _about_records(rule: GateRule) -> bool:
    """Whether a rule of law speaks about keeping records: the others are about reaching the debtor."""
    return any(question.fact == "purpose" and PURPOSE in question.words for question in rule.when)
