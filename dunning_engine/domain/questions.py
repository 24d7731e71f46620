"""Questions to the docket: the few that rules ask about facts, as values.

An answer is true, false, or unknown where a fact is missing; what to make of the unknown is the asking rule's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Op(Enum):
    """What is asked about a fact."""

    IS = "is"
    """It is one of some words (`yes` and `no` for a flag)."""
    IS_NOT = "is not"
    KNOWN = "known"
    UNKNOWN = "unknown"
    INCLUDES = "includes"
    """It holds every one of some words."""
    HOLDS_ONLY = "holds only"
    """It holds nothing but some words."""
    WITHIN = "within"
    """It happened fewer than `count` full units ago; for minutes, at most that many."""
    OVER = "over"
    """Its day has passed."""
    RUNS = "runs"
    """Its day is today or lies ahead."""
    WAITED = "waited"
    """It happened `count` days ago or earlier; for years, the anniversary is over."""
    AFTER = "after"
    """It is a day at least `count` days after the day of another fact."""


class Unit(Enum):
    """In what a question counts time."""

    MINUTES = "minutes"
    DAYS = "days"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Question:
    """One question about the fact `fact`; `other` is a second one, for `Op.AFTER`."""

    op: Op
    fact: str
    words: tuple[str, ...] = ()
    count: int = 0
    unit: Unit = Unit.DAYS
    other: str = ""
