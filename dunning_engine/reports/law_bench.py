"""A bench on which one rule of law is asked alone: somebody whom it binds, facts with which it speaks, the gate's answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.compliance.gate import GateRules, assemble, gate
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Cleared, Deferred
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.limits import Carries
from dunning_engine.domain.parties import Channel, Collector, Party, PartyKind
from dunning_engine.kernel.calendar import EVERY_DAY, resolve
from dunning_engine.reports.law_facts import laid_out, words_of
from dunning_engine.reports.law_terms import NOUNS

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rule, Rulebook
    from dunning_engine.compliance.verdict import Verdict
    from dunning_engine.domain.arrangements import HoldReason
    from dunning_engine.domain.docket import Fact
    from dunning_engine.kernel.calendar import Day, Instant, Minute

ASKED: Final = (Channel.CALL, Channel.EMAIL, Channel.SMS, Channel.LETTER, Channel.SOCIAL)
"""Which channel an example takes, where a rule binds several."""

ON_PAPER: Final = frozenset({"postcard", "envelope"})

DEBT: Final = "the debt"


@dataclass(frozen=True, slots=True)
class Line:
    """One dated line: what happened, or what was asked and the gate's answer to it."""

    at: Instant
    what: str
    answer: str = ""
    """`allowed`, `refused`, or empty for what only happened."""
    until: Instant | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Lines that belong together; times are shown in the first of the zones."""

    title: str
    zones: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def zone(self) -> str:
        return self.zones[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One rule, somebody whom it binds, and the gate to ask. `elsewhere` is a second zone of the same country."""

    rule: Rule
    book: Rulebook
    zone: str
    elsewhere: str = ""

    @property
    def channel(self) -> Channel | None:
        bound = self.rule.binds.channels
        if self.rule.offstage:
            return None
        on_paper = not ON_PAPER.isdisjoint(words_of(self.rule))
        usual: tuple[Channel, ...] = (Channel.LETTER,) if on_paper else ASKED[1:] if self._is_written else ASKED
        return next(c for c in (*usual, *ASKED) if not bound or c in bound)

    @property
    def _is_written(self) -> bool:
        return isinstance(self.rule.values[-1].limit, Carries)

    @property
    def monday(self) -> Day:
        """The first Monday on which the newest words of the rule stand and its sources were read."""
        day = max(self.book.state_of, self.rule.values[-1].since)
        return day + (1 - day) % 7

    @property
    def noun(self) -> str:
        return "act" if self.channel is None else NOUNS[self.channel]

    def at(self, day: Day, minute: Minute) -> Instant:
        return resolve(day, minute, self.zone)

    def ask(self, now: Instant, what: str = "", **facts: Any) -> Line:
        """The gate's answer, as a line. `facts` are fields of the situation; `docket` comes on top of what the rule needs."""
        verdict = gate(self._action(), self._situation(now, **facts), self._rules(), now)
        return _answered(now, what or self.noun, verdict, self.rule)

    def _rules(self) -> GateRules:
        return GateRules(rule for rule in assemble((), (self.book,)) if rule.id == self.rule.id)

    def _action(self) -> ProposedAction:
        do = {Channel.CALL: Do.CALL, None: Do.HAND_OFF}.get(self.channel, Do.SEND)
        return ProposedAction(
            id="example",
            key=ActionKey("", "", 1, ""),
            case_id=DEBT,
            debtor_id="",
            spec=ActionSpec(do, "example", self.channel),
            planned_at=0,
            invoices=(),
            amount=0,
            currency="USD",
        )

    def _situation(
        self,
        now: Instant,
        *,
        zones: tuple[str, ...] = (),
        contacts: Iterable[Contact] = (),
        docket: Mapping[str, Fact | None] | None = None,
        opted_out: frozenset[Channel] = frozenset(),
        holds: frozenset[HoldReason] = frozenset(),
        tries: tuple[Instant, ...] = (),
    ) -> Situation:
        binds = self.rule.binds
        third = not binds.collectors or Collector.THIRD_PARTY in binds.collectors
        known = laid_out(self.rule, now, self.zone) | dict(docket or {})
        return Situation(
            debtor=_somebody(PartyKind.CONSUMER if PartyKind.BUSINESS not in binds.debtors else PartyKind.BUSINESS),
            zones=zones or (self.zone,),
            contacts=ContactLog(contacts),
            debts=(DEBT,),
            collector=Collector.THIRD_PARTY if third else min(binds.collectors, key=lambda one: one.value),
            opted_out=opted_out,
            holds=holds,
            zone=self.zone,
            calendar=EVERY_DAY,
            places=frozenset({self.book.place}) if self.book.place else None,
            regulators=binds.regulators,
            docket={name: value for name, value in known.items() if value is not None},
            tries=tries,
        )


def _somebody(kind: PartyKind) -> Party:
    return Party(id="somebody", kind=kind, email="a@example.com", phone="+1", social="a", address=("somewhere",))


def _answered(now: Instant, what: str, verdict: Verdict, rule: Rule) -> Line:
    if isinstance(verdict, Cleared):
        carried = " and ".join(item.replace("_", " ") for item in verdict.action.obligations)
        return Line(now, what, "allowed", why=f"the text has to carry: {carried}" if carried else "")
    until = verdict.until if isinstance(verdict, Deferred) else None
    words = next(reason.words for reason in verdict.reasons)
    why = words.removeprefix(f"{rule.says}: ")
    return Line(now, what, "refused", until, "" if why == rule.says else why)


def example(bench: Bench, title: str, *lines: Line, zones: tuple[str, ...] = ()) -> Example:
    return Example(title, zones or (bench.zone,), lines)


def then(bench: Bench, line: Line, **facts: Any) -> tuple[Line, ...]:
    """A line and, where waiting helps, the same at the first lawful instant."""
    return (line,) if line.until is None else (line, bench.ask(line.until, line.what, **facts))
