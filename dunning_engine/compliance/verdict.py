"""The gate's answer about one action: cleared, deferred until an instant, or blocked; with every rule that spoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ClearedAction, ProposedAction
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's word: its id, what it says about this action, where it stands in the law, and until when it stands.

    `until` is `None` where waiting does not help. `confidence` is how sure the rulebook is of the rule.
    """

    rule: str
    words: str
    citation: str = ""
    until: Instant | None = None
    confidence: str = ""
    code: str = ""
    """The word by which other systems know the breach (`TIME_WINDOW`); empty where the rule has none."""
    url: str = ""
    facts: tuple[str, ...] = ()
    """What the rule looked at: clocks, contacts, facts of the docket."""

    @property
    def doubt(self) -> str:
        """What to think of the rule where it is no plain law; what cites nothing does not look like law."""
        return DOUBTS.get(self.confidence, "") if self.citation else ""

    def __str__(self) -> str:
        return f"{self.words} [{', '.join(filter(None, (self.rule, self.citation, self.doubt)))}]"


DOUBTS = {"house": "house rule, not law", "low": "low confidence"}
"""What to think of a rule that is no plain law, by its confidence."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """Every rule lets the action pass now."""

    action: ClearedAction


@dataclass(frozen=True, slots=True)
class Deferred:
    """The action is lawful from `until` on, and at no earlier minute."""

    action: ProposedAction
    until: Instant
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """No waiting makes the action lawful; a new fact may."""

    action: ProposedAction
    reasons: tuple[Reason, ...]


Verdict: TypeAlias = Cleared | Deferred | Blocked
