"""Hypothesis strategies for policies: texts that are right by construction, with the policies that they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hypothesis import strategies as st

if TYPE_CHECKING:
    from dunning_engine.policy.model import Policy

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

NOTHING: Final = ""

HEADS: Final[dict[str, tuple[str, ...]]] = {
    "collector": (NOTHING, NOTHING, "collector: third_party"),
    "law": (NOTHING, "law: []", "law: [us/reg-f-limits]"),
    "unit": (NOTHING, NOTHING, "unit: invoice"),
    "lead": (NOTHING, "lead: oldest"),
    "on_lead_paid": (NOTHING, "on_lead_paid: restart"),
    "grace": (NOTHING, "grace: 2 days", "grace: 3 business days", "grace: 1 week"),
    "tolerance": (NOTHING, NOTHING, "tolerance: 1.00 USD"),
    "allocation": (NOTHING, NOTHING, "allocation: [principal, interest, fees]"),
    "on_paid": (NOTHING, NOTHING, "on_paid: lapse"),
    "min_gap": (NOTHING, "min_gap: 3 days", "min_gap: 2 business days"),
    "catch_up": (NOTHING, NOTHING, "catch_up: jump", "catch_up: skip"),
    "contact_limits": (
        NOTHING,
        NOTHING,
        "contact_limits: [2 contacts in 7 days]",
        "contact_limits: [1 contact per day, 1 sms in 9 days per debt]",
        "contact_limits: [1 call per day per debtor, 2 letters in 30 days]",
        "contact_limits: [1 conversation in 7 days per debt, no calls for 24 hours after a promise]",
    ),
    "quiet_hours": (NOTHING, "quiet_hours: 20:00 to 09:00", "quiet_hours: 12:00 to 14:00"),
    "quiet_days": (NOTHING, NOTHING, "quiet_days: [sunday]", "quiet_days: [saturday, public holidays]"),
    "pause_while": (NOTHING, "pause_while: [promise open, plan on track]", "pause_while: [disputed, on hold]"),
    "stop_when": (NOTHING, "stop_when: [paid, bankrupt, deceased]", "stop_when: [paid, opted out]"),
}
"""Every key of the head with ways to say it, or to leave it out."""

ZONES: Final = ("America/New_York", "Europe/Berlin", "Pacific/Honolulu", "Asia/Kolkata", "Australia/Lord_Howe")
CALENDARS: Final = ("US", "ECB", "none")
ROLLS: Final = ("next", "previous", "none", "{default: next, letter: none, email: previous}")

BEFORE: Final = ("5 days before due", "2 business days before due", "on the due date")
AFTER: Final = (
    "1 day after due", "3 business days after due", "9 days after due", "grace ends", "4 days after grace ends",
    "2 weeks after due", "1 month after due", "end of month after due", "40 days after issue",
)  # fmt: skip
CHAINED: Final = ("4 days after {last}", "3 business days after {last}", "2 days after previous", "1 week after {last}")
BY_FACTS: Final = ("2 days after resume", "balance reaches 500.00", "2 failed payments")
ACTIONS: Final = (
    "send: email {name}",
    "send: email {name} with invoice",
    "send: [email {name}, sms {name}]",
    "send: sms {name} or else email {name}",
    "send: letter {name} or else email {name}",
    "send: certified letter {name} or else letter {name}",
    "call: {name}",
    "send: email {name}, call: {name}",
)
CONDITIONS: Final = (
    NOTHING, NOTHING, NOTHING, NOTHING, "only_if: [balance at least 60.00]", "only_if: [overdue amount below 900.00]",
    "only_if: [at least 6 days overdue]", "only_if_any: [debtor is business, promise broken]",
    "unless: [promise broken]", "unless: [fact vip is true]", "only_if: [reachable by email]",
)  # fmt: skip
CADENCES: Final = (
    NOTHING, NOTHING, NOTHING, "cadence: every 3 days up to 3 times", "cadence: every 5 business days up to 2 times",
    "cadence: every 1 month up to 2 times",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A policy with the text that it was compiled from."""

    text: str
    policy: Policy

    def __repr__(self) -> str:
        return f"\n{self.text}"  # what a failing test shows has to be what one would write


@st.composite
def policies(draw: Draw, /, max_steps: int = 4, **fixed: str) -> Drawn:
    """A policy of one to some steps; `fixed` lines (`catch_up="catch_up: skip"`) replace what is drawn for the head."""
    head = [fixed[key] if key in fixed else draw(st.sampled_from(ways)) for key, ways in HEADS.items()]
    zone, days, roll = (draw(st.sampled_from(ways)) for ways in (ZONES, CALENDARS, ROLLS))
    send_at = draw(st.sampled_from(["10:00", "09:30", "18:45"]))
    lines = ["policy: drawn", "version: 1"]
    lines += [f'time: {{zone: {zone}, business_days: {days}, roll: {roll}, send_at: "{send_at}"}}']
    lines += [line for line in head if line]
    graced = any(line.startswith("grace:") for line in lines)
    text = "\n".join([*lines, "steps:", *draw(ladders(max_steps, graced=graced))]) + "\n"
    return Drawn(text, compiled(text))


@st.composite
def ladders(draw: Draw, max_steps: int = 4, *, graced: bool = False) -> list[str]:
    """The lines of some steps: perhaps one before the due date, perhaps a hand-off at the end."""
    lines: list[str] = []
    count, early = draw(st.integers(1, max_steps)), draw(st.booleans())
    names = [f"step{number + 1}" for number in range(count)]
    for number, name in enumerate(names):
        first = number == 0
        ahead = early and first
        parts = [f"step: {name}", f"when: {draw(_anchors(names[number - 1], first=first, ahead=ahead, graced=graced))}"]
        parts += draw(_doings(name, last=not first and number == count - 1, ahead=ahead))
        parts.append(draw(st.sampled_from(CONDITIONS)))
        lines.append("  - {" + ", ".join(part for part in parts if part) + "}")
    return lines


def _anchors(last: str, *, first: bool, ahead: bool, graced: bool) -> st.SearchStrategy[str]:
    if ahead:
        return st.sampled_from(BEFORE)
    chained = st.sampled_from([when.format(last=last) for when in CHAINED])
    after = st.sampled_from([when for when in AFTER if graced or "grace" not in when])
    return after if first else st.one_of(after, chained, chained, st.sampled_from(BY_FACTS))


@st.composite
def _doings(draw: Draw, name: str, *, last: bool, ahead: bool) -> list[str]:
    """What a step does, and how often; an ultimatum does not repeat."""
    if last and draw(st.booleans()):
        asked = draw(st.sampled_from([NOTHING, "approval: manager", "approval: manager within 5 days"]))
        return [f"hand_off: agency {name}", asked]
    does = draw(st.sampled_from(ACTIONS)).format(name=name)
    if ahead:
        return [does]
    cadence = draw(st.sampled_from(CADENCES))
    deadline = (
        NOTHING if cadence else draw(st.sampled_from([NOTHING, NOTHING, "deadline: 5 days", "deadline: 14 days"]))
    )
    return [does, cadence, deadline]


@lru_cache(maxsize=256)
def compiled(text: str) -> Policy:
    """The policy of a text; raises with everything that is wrong with it."""
    from dunning_engine.engine.loading import policy_of

    return policy_of(text, file="drawn.yaml")
