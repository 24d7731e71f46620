"""`dunning run`: take in, decide, hand over; and what that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.checking import Kind, findings_in
from dunning_engine.cli.reading import moment_in
from dunning_engine.cli.screen import counted, note
from dunning_engine.engine.bringing_in import Item, bring_in, itinerary
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.config import load_config
from dunning_engine.engine.dispatcher import Fate, Handover
from dunning_engine.engine.installation import anchors_of, intake_of, open_engine, policies_of, routing_of
from dunning_engine.engine.paths import file_bytes
from dunning_engine.engine.wording import is_text_rule
from dunning_engine.kernel.calendar import iso
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.errors import PolicyInvalid

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.engine.config import Config
    from dunning_engine.engine.engine import DunningEngine, Troubled
    from dunning_engine.kernel.calendar import Instant

ROUNDS_MAX: Final = 50
"""How often deciding and handing over follow each other at one instant before something must be wrong."""

_GONE: Final = (Fate.SENT, Fate.DELIVERED)
_UNWELL: Final = (Fate.RETRY, Fate.UNCERTAIN, Fate.DEAD)


@dataclass(slots=True)
class Settled:
    """What was decided and handed over until nothing was left to do at that instant."""

    decisions: list[Decision] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    troubles: list[Troubled] = field(default_factory=list)

    @property
    def unwell(self) -> bool:
        """Whether something did not come about that only a person can mend: a broken case, text or way out."""
        blocked = (reason.rule for decision in self.decisions for b in decision.blocked for reason in b.reasons)
        return bool(
            self.troubles
            or any(handover.fate in _UNWELL for handover in self.handovers)
            or any(map(is_text_rule, blocked))
        )


def settle(engine: DunningEngine) -> Settled:
    """Decide and hand over until neither has anything to do: what was sent may make the next step due."""
    done = Settled()
    for _ in range(ROUNDS_MAX):
        decisions, handovers = engine.advance(), engine.dispatch()
        done.decisions += decisions
        done.handovers += handovers
        done.troubles += engine.troubles
        if not decisions and not handovers:
            return done
    raise RuntimeError(f"the engine found something to do {ROUNDS_MAX} times in a row")


def items_of(config: Config) -> tuple[list[Item], int]:
    """What the intake of a configuration brings, and how many lines were left out; those are told."""
    intake = intake_of(config)
    policies = policies_of(config)
    items, findings = itinerary(intake, policies, routing_of(config, policies))
    told = (*intake.findings, *findings)
    note(*map(str, told))
    return items, sum(finding.severity is Severity.ERROR for finding in told)


def clock_at(now: str | None, config: Config) -> FixedClock | None:
    """The clock that `--now` sets; none where it was left out."""
    if now is None:
        return None
    return FixedClock(moment_in(now, "--now", {policy.zone for policy in policies_of(config)}))


def run(config_file: Path, now: str | None) -> int:
    """One run, as a scheduler starts it; twice in a row does nothing more.

    1 where lines were left out, or where a case, text or way out needs a person.
    """
    config = load_config(config_file)
    check_templates(config)
    clock = clock_at(now, config)
    items, left_out = items_of(config)
    with open_engine(config, clock) as engine:
        at = engine.clock.now()
        if (latest := engine.latest()) is not None and at < latest:
            note(f"warning: it is {_utc(at)} in this run, and the store has heard of {_utc(latest)} already")
        due = [item for item in items if item.at <= at]
        brought = bring_in(engine, due)
        note(*(f"refused: {why}" for why in brought.refused))
        done = settle(engine)
        if (anchors := anchors_of(config)) is not None:
            engine.anchor(anchors)
        halted = engine.store_state().halted
    known = len(due) - brought.invoices - brought.facts - len(brought.refused)
    print(f"{_utc(at)}, {config_file}")
    print(
        f"  taken in      {counted(brought.invoices, 'invoice')}, {counted(brought.facts, 'fact')}; "
        f"{known} known already, {len(items) - len(due)} dated later"
    )
    print(*_told(done), sep="\n")
    if halted:
        print(f"  halted        {halted}")
    return 1 if left_out or done.unwell or halted else 0


def check_templates(config: Config) -> None:
    """Refuse to begin where a policy has no texts: what it decides could not be said."""
    found = [
        replace(finding, severity=Severity.ERROR)
        for path in config.policies
        for finding in findings_in(path, Kind.POLICY, file_bytes(path), config.templates)
        if finding.severity is Severity.ERROR or finding.code == "DUN501"
    ]
    if found:
        raise PolicyInvalid(tuple(found))


def _told(done: Settled) -> Iterator[str]:
    looked = len({decision.case_id for decision in done.decisions})
    yield f"  looked at     {counted(looked, 'case')}"
    gone = [handover for handover in done.handovers if handover.fate in _GONE]
    yield from _counted("  handed over   ", [handover for handover in gone if not handover.before])
    if before := [handover for handover in gone if handover.before]:
        yield from _counted("  sent before   ", before, ", which only the send journal knew; not sent again")
    yield from _troubles(done.handovers)
    yield from (f"  failed        {t.case_id}: {type(t.error).__name__}: {t.error}" for t in done.troubles)
    yield from _verdicts(done.decisions)


def _counted(head: str, handovers: Sequence[Handover], tail: str = "") -> Iterator[str]:
    """How many actions, and how many of each kind."""
    kinds = Counter(handover.action.spec.words for handover in handovers)
    yield f"{head}{counted(len(handovers), 'action')}{tail}"
    yield from (f"                {count:>4} {words}" for words, count in sorted(kinds.items()))


def _troubles(handovers: Sequence[Handover]) -> Iterator[str]:
    for handover in handovers:
        if handover.fate not in _GONE:
            until = f" until {_utc(handover.until)}" if handover.until is not None else ""
            said = f": {handover.note}" if handover.note else ""
            yield f"  {handover.fate.value:<12}  {handover.action.case_id} {handover.action.spec.words}{until}{said}"


def _verdicts(decisions: Sequence[Decision]) -> Iterator[str]:
    """Deferred, blocked and waiting, as the last look at each case says; `dunning case why` tells more of each."""
    for decision in {decision.case_id: decision for decision in decisions}.values():
        for deferred in decision.deferred:
            rules = ", ".join(reason.rule for reason in deferred.reasons)
            yield f"  deferred      {decision.case_id} {deferred.action.spec.words} until {_utc(deferred.until)}: {rules}"
    for decision in decisions:
        for blocked in decision.blocked:
            first, *others = blocked.reasons
            more = f" and {', '.join(reason.rule for reason in others)}" if others else ""
            yield f"  blocked       {decision.case_id} {blocked.action.spec.words}: {first}{more}"
        for asked in decision.waiting:
            words = f"{decision.case_id} {asked.action.spec.words} for the approval of {asked.role}"
            yield f"  waiting       {words}: dunning approve {asked.action.id} --role {asked.role} --by NAME"


def _utc(instant: Instant) -> str:
    return f"{iso(instant)[:16].replace('T', ' ')} UTC"
