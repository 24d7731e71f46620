"""Which ways out of the house there are, and what happens to actions that would need one that is missing.

A way that the host said may be missing is blocked by a rule of its own, `adapter/<way>`, which the gate asks like any
other: so fallbacks work, and "why" tells it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from dunning_engine.adapters.books import OWN_BOOKS
from dunning_engine.compliance.rulebook import Binds, Citation, Confidence, DatedValue, Rule, Rulebook, RuleKind
from dunning_engine.compliance.verdict import Blocked, Reason
from dunning_engine.domain.case import Case
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ActionBlocked, ActionCleared
from dunning_engine.domain.limits import ContactLimit
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.domain.verbs import BOOKED, WAYS_BESIDES, Do
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Capability, LooksUp

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.domain.actions import ActionSpec, ProposedAction
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.adapter import Adapter

WAYS: Final = (*(channel.value for channel in OFFERED), *WAYS_BESIDES)
"""Every way out of the house: the channels that policies use, and those of actions that reach no debtor."""


def by_way(adapters: Iterable[Adapter]) -> dict[str, Adapter]:
    """The adapter of each way; where several serve one, the first in the list."""
    found: dict[str, Adapter] = {}
    for adapter in adapters:
        if adapter.capability is Capability.LOOKUP and not isinstance(adapter, LooksUp):
            raise UsageError(f"the adapter {adapter.name} says that it can be asked: give it a method lookup")
        for handled in adapter.handles:
            found.setdefault(handled.value if isinstance(handled, Channel) else handled, adapter)
    return found


def adapter_of(spec: ActionSpec, adapters: Mapping[str, Adapter]) -> Adapter | None:
    """What takes an action; where nobody keeps other books, a charge and what becomes of it stand in those of its case."""
    found = adapters.get(spec.way)
    return OWN_BOOKS if found is None and spec.do in BOOKED else found


def allowed(words: Iterable[str | Channel]) -> frozenset[str]:
    """The ways of an `allow_missing` list."""
    ways = [word.value if isinstance(word, Channel) else word for word in words]
    for way in ways:
        if way not in WAYS:
            near = suggest(way, WAYS)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(WAYS)}"
            raise UsageError(f"allow_missing names {way!r}, which is no way to send anything: {hint}")
    return frozenset(ways)


def check_ways(policies: Sequence[Policy], adapters: Mapping[str, Adapter], may_lack: frozenset[str]) -> None:
    """Refuse policies that need a way out which is neither there nor allowed to be missing; names all of them."""
    lacking: defaultdict[str, list[str]] = defaultdict(list)
    for policy in policies:
        for step in policy.steps:
            for way in {spec.way: None for choice in step.actions for spec in choice if spec.do is not Do.CHARGE}:
                if way not in adapters and way not in may_lack:
                    lacking[way].append(f"{policy.name} step {step.name}")
    if lacking:
        lines = [f"  {way}: used by {', '.join(users)}" for way, users in lacking.items()]
        raise UsageError(
            "no adapter serves these:\n"
            + "\n".join(lines)
            + f"\nPass adapters that do, or allow_missing={list(lacking)} to record such actions as blocked."
        )


def ways_for(
    policies: Sequence[Policy], adapters: Iterable[Adapter], allow_missing: Iterable[str | Channel]
) -> dict[str, Adapter]:
    """The adapter of each way, once every policy has those that it needs or may do without."""
    ways = by_way(adapters)
    check_ways(policies, ways, allowed(allow_missing))
    return ways


def missing_rules(adapters: Mapping[str, Adapter]) -> Rulebook:
    """A rulebook that blocks every channel without an adapter."""
    return Rulebook(
        name="adapter",
        title="Ways out of this house",
        state_of=0,
        rules=tuple(_missing(channel) for channel in OFFERED if channel.value not in adapters),
    )


def _missing(channel: Channel) -> Rule:
    return Rule(
        id=f"adapter/{channel.value}",
        kind=RuleKind.PROHIBITION,
        says=f"no adapter for {channel.value} is installed here",
        binds=Binds(channels=frozenset({channel})),
        values=(DatedValue(0, ContactLimit(0, 1, frozenset({channel}))),),
        citation=Citation(""),
        confidence=Confidence.HOUSE,
    )


def without_ways(decision: Decision, case: Case, adapters: Mapping[str, Adapter]) -> Decision:
    """The decision with what reaches no debtor and has no way out blocked: the gate knows channels only."""
    lacking = [verdict for verdict in decision.cleared if _lacks(verdict.action.action, adapters)]
    if not lacking:
        return decision
    actions = {verdict.action.id: verdict.action.action for verdict in lacking}
    reasons = {id_: _no_adapter(action.spec.way) for id_, action in actions.items()}
    known = {id_ for id_ in actions if id_ in case.deliveries and case.deliveries[id_].state is DeliveryState.BLOCKED}
    events = []
    for event in decision.events:
        if not isinstance(event, ActionCleared) or event.action.id not in actions:
            events.append(event)
        elif event.action.id not in known:
            reason = reasons[event.action.id]
            events.append(ActionBlocked(event.action, (reason.rule,), (str(reason),)))
    return decision._replace(
        events=tuple(events),
        cleared=tuple(verdict for verdict in decision.cleared if verdict not in lacking),
        blocked=(*decision.blocked, *(Blocked(action, (reasons[id_],)) for id_, action in actions.items())),
    )


def _lacks(action: ProposedAction, adapters: Mapping[str, Adapter]) -> bool:
    return action.spec.channel is None and adapter_of(action.spec, adapters) is None


def _no_adapter(way: str) -> Reason:
    return Reason(f"adapter/{way}", f"no adapter for {way} is installed here")
