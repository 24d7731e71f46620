"""A person's word that some rules are set aside for one action, checked and turned into an event.

Presumptions can be rebutted and requirements may be met in ways that the engine does not know: then somebody says so,
under their name. What is forbidden outright stays forbidden, and so do the rules of this house.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.rulebook import RuleKind
from dunning_engine.decision.own_rules import gate_rules
from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.given import given_text
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.compliance.gate import GateRule
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.policy.model import Policy

HOUSE: Final = "house/"

_OPEN: Final = frozenset(
    {
        DeliveryState.DEFERRED,
        DeliveryState.BLOCKED,
        DeliveryState.AWAITING,
        DeliveryState.APPROVED,
        DeliveryState.CLEARED,
        DeliveryState.CANCELLED,
    }
)
"""How far an action may have come for its rules to be set aside."""


def override(
    case: Case, policy: Policy, rulebooks: Sequence[Rulebook], what: str, *, rules: Iterable[str], by: str, reason: str
) -> OverrideGranted:
    """The event of an override; `what` is an action, or a step, whose latest action is meant.

    Raises:
        UsageError: nothing was proposed that the rules could be set aside for, a rule does not exist or cannot be set
            aside, or nobody says who does it and why.
    """
    wanted = _named(rules)
    by = given_text(by, "an override needs the person's name", "pass by=…")
    reason = given_text(reason, "an override needs its reason, for whoever asks about it later", "pass reason=…")
    if not wanted:
        raise UsageError("an override names the rules that it sets aside: pass rules=[…], as `case why` prints them")
    known = {rule.id: rule for rule in gate_rules(policy, rulebooks)}
    for rule in wanted:
        _check(rule, known)
    return OverrideGranted(_meant(case, policy, what).id, wanted, by, reason)


def _named(rules: object) -> tuple[str, ...]:
    """The names of rules, each once; one name alone is one."""
    named = (rules,) if isinstance(rules, str) else tuple(rules) if isinstance(rules, Iterable) else (rules,)
    for name in named:
        if not isinstance(name, str):
            raise UsageError(f'an override names rules, not {name!r}: pass rules=["us/reg-f/hours"], for example')
    return tuple(dict.fromkeys(named))


def _check(rule: str, known: dict[str, GateRule]) -> None:
    if rule.startswith(HOUSE):
        raise UsageError(f"{rule} is a rule of this house and is never set aside: change what it rests on")
    if rule not in known:
        near = suggest(rule, known)
        raise UsageError(f"no rule {rule!r} binds this case{f'; did you mean {near!r}?' if near else ''}")
    if known[rule].kind is RuleKind.PROHIBITION:
        raise UsageError(
            f"{rule} forbids the action, and nobody can set a prohibition aside: record the fact that lifts it"
        )
    if known[rule].law and known[rule].kind is None:
        raise UsageError(f"{rule} asks where the debtor is: record a DebtorUpdated that tells it")


def _meant(case: Case, policy: Policy, what: str) -> Delivery:
    """The action of an identity, or the latest one of a step."""
    found = [d for d in case.deliveries.values() if what in (d.id, d.key.step)]
    if not found:
        if what in policy.index:
            raise UsageError(
                f"step {what} of case {case.id} has no action yet: an override is about one that was proposed"
            )
        near = suggest(str(what), policy.index)
        raise NotFound(
            f"case {case.id} has no action and no step {what!r}{f'; did you mean {near!r}?' if near else ''}"
        )
    waiting = [delivery for delivery in found if delivery.state in _OPEN]
    if not waiting:
        raise UsageError(
            f"{found[-1].words} of step {found[-1].key.step} is {found[-1].state.value}: there is nothing to override"
        )
    return max(waiting, key=lambda delivery: (delivery.changed_at, delivery.key.occurrence, delivery.id))
