"""What differs between a test and what happened: day by day, with the reasons that the decisions give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from dunning_engine.domain.facts import News, StepNews, show_fact
from dunning_engine.kernel.calendar import day_start, iso, local_day
from dunning_engine.testing.expectations import (
    NOTHING,
    Expectation,
    Kind,
    Seen,
    Wish,
    compare,
    watch,
    wish_of,
    wishes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.compliance.verdict import Blocked, Deferred
    from dunning_engine.compliance.verdict import Reason as Word
    from dunning_engine.decision.decision import Decision, Note
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.testing.scenarios import Scenario, Wanted


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something came, or did not; with the rule that said so where one did."""

    text: str
    rule: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A day on which something else happened than the test says."""

    day: date
    expected: tuple[str, ...]
    got: tuple[str, ...]
    because: tuple[Reason, ...]

    def __str__(self) -> str:
        lines = [self.day.isoformat()]
        reasons = [reason.text for reason in self.because]
        for head, texts in (("- expected", self.expected), ("+ got", self.got), ("  because", reasons)):
            lines += [f"  {'' if number else head:<12}{text}" for number, text in enumerate(texts)]
        return "\n".join(lines)


def differences(scenario: Scenario, policy: Policy, happened: Happened) -> Iterator[Difference]:
    """The days that differ.

    Actions are compared on every day. Closings, pauses, deferrals and the like are compared where the test speaks of
    their kind at all, states where it asks for them.
    """
    decisions = happened.decisions
    for at, news, refusal in happened.unheard:
        yield _unmet(date.fromordinal(local_day(at, policy.zone)), news, refusal)
    spoken = {one.what.kind for one in scenario.wanted} | {Kind.DONE}
    expected: dict[Day, list[Expectation]] = {}
    for one in scenario.wanted:
        expected.setdefault(one.day.toordinal(), []).extend(() if one.what == NOTHING else (one.what,))
    seen = [one for one in watch(decisions, policy.zone, happened.zones) if one.what.kind in spoken]
    seen += [asked for one in scenario.wanted if (asked := happened.state_of(one)) is not None]
    days = sorted({*expected, *(one.day for one in seen)})
    matched = {day: compare(expected.get(day, ()), [one for one in seen if one.day == day]) for day in days}
    told = _Telling(policy, decisions, [one for _, extra, _ in matched.values() for one in extra])
    for day, (missing, extra, met) in matched.items():
        if missing or extra:
            yield Difference(
                date.fromordinal(day),
                _words([str(one) for one in missing], met),
                _words([str(_as_asked(one.what, missing)) for one in extra], met),
                tuple(dict.fromkeys(told.because(day, missing, extra))),
            )


def _as_asked(seen: Expectation, missing: Sequence[Expectation]) -> Expectation:
    """What happened, with its hour and sum only where the test asked for them."""
    alike = [one for one in missing if one.plain().fits(seen)]
    return replace(
        seen,
        at=seen.at if any(one.at is not None for one in alike) else None,
        over=seen.over if seen.wish is None or any(one.over is not None for one in alike) else None,
    )


@dataclass(frozen=True, slots=True)
class Happened:
    """What a simulation of a test did: decisions, news that met nothing, the clock of each case, states by day."""

    decisions: Sequence[Decision]
    unheard: Sequence[tuple[Instant, StepNews, str]] = ()
    zones: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[tuple[Day, Kind], tuple[Expectation, ...]] = field(default_factory=dict)
    """What is owed at the end of days, a sum for each currency, and where each case stands."""

    def state_of(self, wanted: Wanted) -> Seen | None:
        """The state that an expectation asks for; of several currencies or cases the one that meets it."""
        day = wanted.day.toordinal()
        states = self.states.get((day, wanted.what.kind), ())
        return Seen(day, wanted.what if wanted.what in states else states[0]) if states else None


def _unmet(day: date, news: StepNews, refusal: str) -> Difference:
    """A fact that met no action, or a person's word that was refused: a test says that it happened."""
    if refusal:
        return Difference(day, (show_fact(news),), (str(NOTHING),), (Reason(f"step {news.step}: {refusal}"),))
    answer = news.news in (News.APPROVED, News.REFUSED)
    why = "nobody was asked to approve it" if answer else "nothing of it had gone out"
    reason = Reason(f"step {news.step}: {why} by the end of that day")
    return Difference(day, (f"something that “{show_fact(news)}” is about",), (str(NOTHING),), (reason,))


def _words(listed: Sequence[str], met: Sequence[Expectation]) -> tuple[str, ...]:
    """One side of a difference; where nothing differs on this side, what both agree on."""
    return tuple(listed) or ((f"only {', '.join(map(str, met))}",) if met else (str(NOTHING),))


class _Telling:
    """Finds the reasons for what came and what did not."""

    def __init__(self, policy: Policy, decisions: Sequence[Decision], extra: Sequence[Seen]) -> None:
        self.policy = policy
        self.decisions = decisions
        self.extra = extra
        self.steps: Mapping[Wish, tuple[str, ...]] = wishes(policy)

    def because(self, day: Day, missing: Sequence[Expectation], extra: Sequence[Seen]) -> Iterator[Reason]:
        for one in missing:
            yield from self._why_not(day, one)
        for seen in extra:
            yield from self._why(seen)

    def _why_not(self, day: Day, one: Expectation) -> Iterator[Reason]:
        """Verdicts on the action that stand on that day, what its step waits for, and when it came instead."""
        before = day_start(day + 1, self.policy.zone)
        if one.wish is not None:
            yield from self._verdicts(one.wish, before)
        steps = {f"step {name}" for name in self.steps.get(one.wish, ())} if one.wish is not None else set()
        for decision in self._latest(before):
            told = [note for note in decision.why if note.about in steps or note.about == "case"]
            yield from map(self._noted, told or decision.why)
            if not decision.why:
                yield Reason("nothing was to be done: nothing is open, or no step is left")
        for seen in self.extra:
            if one.fits(seen.what) and seen.day != day:
                yield Reason(f"it came on {date.fromordinal(seen.day).isoformat()}")

    def _latest(self, before: Instant) -> list[Decision]:
        """The last decision about each case before an instant."""
        return list({decision.case_id: decision for decision in self.decisions if decision.at < before}.values())

    def _verdicts(self, wish: Wish, before: Instant) -> Iterator[Reason]:
        """Verdicts on an action that stood at an instant; one that it overcame stands no more."""
        standing: dict[str, list[Reason]] = {}
        for decision in self.decisions:
            if decision.at >= before:
                break
            for cleared in decision.cleared:
                standing.pop(cleared.action.action.id, None)
            for verdict in _refusals(decision):
                if Expectation(Kind.DONE, wish).fits(Expectation(Kind.DONE, wish_of(verdict.action.spec))):
                    standing[verdict.action.id] = self._spoken(verdict)
            for request in decision.waiting:
                if wish_of(request.action.spec).words == wish.words:
                    text = f"it waits for the approval of {request.role} (until {self._time(request.expires)})"
                    standing[request.action.id] = [Reason(text, f"approval/{request.role}")]
        for reasons in standing.values():
            yield from reasons

    def _why(self, seen: Seen) -> Iterator[Reason]:
        """When the step was due and what put its action off; for the case, what the decision says."""
        action = seen.action
        if action is None or seen.decision is None:
            told = seen.decision.why if seen.decision is not None else ()
            yield from (self._noted(note) for note in told if note.about == "case")
            return
        key = action.key
        occurrence = f" for the {_ordinal(key.occurrence)} time" if key.occurrence > 1 else ""
        yield Reason(f"step {key.step} was due {self._time(action.planned_at)}{occurrence}")
        if seen.what.kind is not Kind.DONE:
            for verdict in _refusals(seen.decision):
                if verdict.action.id == action.id:
                    yield from self._spoken(verdict)
            return
        for decision in self.decisions:
            for deferred in decision.deferred:
                if deferred.action.id == action.id and decision.at < seen.decision.at:
                    yield from self._spoken(deferred)

    def _spoken(self, verdict: Deferred | Blocked) -> list[Reason]:
        return [self._said(word) for word in verdict.reasons]

    def _said(self, word: Word) -> Reason:
        until = f" (until {self._time(word.until)})" if word.until is not None else ""
        citation = f" [{word.citation}]" if word.citation else ""
        return Reason(f"{word.rule}: {word.words}{until}{citation}", word.rule, word.citation)

    def _noted(self, note: Note) -> Reason:
        return Reason(f"{note.about}: {note.words}{f' ({self._time(note.at)})' if note.at is not None else ''}")

    def _time(self, instant: Instant) -> str:
        return iso(instant, self.policy.zone)[:16].replace("T", " ")


def _refusals(decision: Decision) -> tuple[Deferred | Blocked, ...]:
    return (*decision.deferred, *decision.blocked)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
