"""Actions whose text cannot be made: blocked once, and until their template or the facts of their case change.

That a text cannot be made is found out when an action is armed. From then on every decision about it asks whether it
still is so, and if it is, decides again under a rule that refuses the action: so fallbacks work, and "why" tells it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.rulebook import Binds, Citation, Confidence, DatedValue, Rule, Rulebook, RuleKind
from dunning_engine.decision.decider import decide
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ActionBlocked
from dunning_engine.domain.limits import ContactLimit
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dunning_engine.decision.decision import Decision
    from dunning_engine.domain.actions import ActionSpec, ClearedAction, ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy

LOOK_SECONDS: Final = 3_600
"""How soon it is looked whether somebody has mended a template."""

_RULES: Final = "template/"


def text_rule(spec: ActionSpec) -> str:
    """The name under which an action without text is blocked."""
    return f"{_RULES}{spec.way}/{spec.name}"


def is_text_rule(rule: str) -> bool:
    return rule.startswith(_RULES)


def decide_in_words(
    case: Case,
    policy: Policy,
    rulebooks: Sequence[Rulebook],
    now: Instant,
    *,
    trouble: Callable[[ProposedAction, ClearedAction | None], str],
) -> Decision:
    """`decide`, where an action that was blocked for want of a text is refused as long as `trouble` says why."""
    wordless: tuple[Rule, ...] = ()
    decision = decide(case, policy, rulebooks, now)
    while found := tuple(
        _refusal(a.spec, a.key.step, why)
        for a, cleared in _blocked_before(decision, case)
        if (why := trouble(a, cleared))
    ):
        wordless += found
        decision = decide(case, policy, (*rulebooks, _book(wordless)), now)
    return _told_once(decision, case, now) if wordless else decision


def _blocked_before(decision: Decision, case: Case) -> Iterator[tuple[ProposedAction, ClearedAction | None]]:
    """Actions that would go out now or later and had no text the last time; cleared ones say what they have to carry."""
    actions: list[tuple[ProposedAction, ClearedAction | None]] = [(c.action.action, c.action) for c in decision.cleared]
    actions += [(deferred.action, None) for deferred in decision.deferred]
    return ((action, cleared) for action, cleared in actions if _wordless(case, action.id))


def _wordless(case: Case, action_id: str) -> bool:
    known = case.deliveries.get(action_id)
    return known is not None and known.state is DeliveryState.BLOCKED and any(map(is_text_rule, known.rules))


@lru_cache(maxsize=256)
def _refusal(spec: ActionSpec, step: str, why: str) -> Rule:
    if spec.channel is None:
        raise UsageError(why)  # no rule binds a hand-off: its case is left alone until somebody has looked
    return Rule(
        id=text_rule(spec),
        kind=RuleKind.PROHIBITION,
        says=f"its text cannot be made: {why}",
        binds=Binds(channels=frozenset({spec.channel}), slots=frozenset({(step, spec.slot)})),
        values=(DatedValue(0, ContactLimit(0, 1, frozenset({spec.channel}))),),
        citation=Citation(""),
        confidence=Confidence.HOUSE,
    )


@lru_cache(maxsize=256)
def _book(rules: tuple[Rule, ...]) -> Rulebook:
    """Always the same object for the same rules, because a policy remembers what it was asked under by identity."""
    return Rulebook(name="template", title="Texts of this house", state_of=0, rules=rules)


def _told_once(decision: Decision, case: Case, now: Instant) -> Decision:
    """The decision without saying again what the case knows, and with another look soon."""
    events = tuple(e for e in decision.events if not (isinstance(e, ActionBlocked) and _wordless(case, e.action.id)))
    soon = now + LOOK_SECONDS
    return decision._replace(events=events, next_look=min(decision.next_look or soon, soon))
