"""`dunning diff`: two policies compared in words, and replayed over the same debtors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.reading import compiled, errors
from dunning_engine.cli.screen import columns, counted, note, print_json, room
from dunning_engine.engine.paths import file_bytes
from dunning_engine.kernel.errors import PolicyInvalid, UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.intake_files import Sources
    from dunning_engine.intake.model import Intake
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.compiler import Compiled
    from dunning_engine.policy.differences import Change
    from dunning_engine.policy.model import Policy
    from dunning_engine.simulation.replay import Replay
    from dunning_engine.simulation.run import Line
    from dunning_engine.simulation.world import Approvals

SAME, DIFFERENT = 0, 1

STORED: Final = re.compile(r"([a-z][a-z0-9-]*)@([0-9]{1,9})")
"""How a version that the store knows is named."""

AFTERWARDS: Final = timedelta(180)
"""How long after the last due date a replay goes on, where nobody says."""


class DiffFormat(StrEnum):
    """How differences are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Over:
    """What a replay runs over: files, else those of a configuration; and from when to when."""

    sources: Sequence[Sources] = ()
    config: Path | None = None
    start: date | None = None
    until: date | None = None
    approvals: str = "instant"


def diff(old: str, new: str, *, over: Over, form: DiffFormat) -> int:
    """Print what differs; 0 where nothing does, 1 where something does."""
    from dunning_engine.policy.differences import as_markdown, differences, renamed

    was, now = _policy(old, over.config), _policy(new, over.config)
    changes = differences(was, now)
    replay = _replay(_built(was), _built(now), renamed(was, now), over)
    match form:
        case DiffFormat.JSON:
            told = None if replay is None else replay.as_json()
            print_json({"old": old, "new": new, "changes": [c.as_json() for c in changes], "replay": told})
        case DiffFormat.MARKDOWN:
            print(as_markdown(f"{old} → {new}", changes), end="")
            if replay is not None:
                print("\n## Replay\n", *(f"    {line}".rstrip() for line in _replayed(replay)), sep="\n")
        case _:
            print(*changes, sep="\n", end="\n" if changes else "")
            if replay is not None:
                print("" if changes else "nothing differs", *_replayed(replay), sep="\n")
    _advise(_built(was), _built(now), changes)
    return DIFFERENT if changes else SAME


def _advise(was: Policy, now: Policy, changes: Sequence[Change]) -> None:
    if not changes:
        note("nothing differs")
    elif (was.name, was.version) == (now.name, now.version):
        note(f"both say version {was.version}: raise it before the new one is registered")


# The policies ---------------------------------------------------------------------------------------------------------


def _built(found: Compiled) -> Policy:
    if found.policy is None:
        raise PolicyInvalid(errors(found.diagnostics))
    return found.policy


def _policy(name: str, config: Path | None) -> Compiled:
    """A policy by its file, or by the name and number under which the store keeps it."""
    stored = STORED.fullmatch(name)
    if stored is None or Path(name).exists():
        found = compiled(Path(name), file_bytes(Path(name)))
    elif config is None:
        raise UsageError(f"{name} is a version in a store: say which with --config dunning.toml")
    else:
        found = _stored(stored[1], int(stored[2]), config)
    _built(found)
    return found


def _stored(name: str, version: int, config: Path) -> Compiled:
    from dunning_engine.cli.cases import opened_to_read

    with opened_to_read(config) as engine:
        source = engine.policy_text(name, version)
    return compiled(Path(f"{name}@{version}"), source.encode())


# The replay -----------------------------------------------------------------------------------------------------------


def _replay(was: Policy, now: Policy, names: Mapping[str, str], over: Over) -> Replay | None:
    from dunning_engine.cli.simulating import approvals_of
    from dunning_engine.simulation.replay import compare

    intake = _intake(over)
    if intake is None:
        return None
    start, until = _reach(intake, over)
    answers = approvals_of(over.approvals)
    before = _run(intake, was, was.name, start, until, answers)
    after = _run(intake, now, was.name, start, until, answers)
    note(f"replayed from {start} to {until}")
    return compare(before, after, names)


def _intake(over: Over) -> Intake | None:
    from dunning_engine.engine.intake_files import read_files

    if over.sources:
        found = read_files(over.sources)
    elif over.config is not None:
        from dunning_engine.engine.config import load_config
        from dunning_engine.engine.installation import intake_of

        found = intake_of(load_config(over.config))
    else:
        return None
    note(*map(str, found.findings))
    if not found.receivables:
        return None
    return found


def _reach(intake: Intake, over: Over) -> tuple[date, date]:
    """From the first invoice to half a year after the last one falls due, unless somebody says."""
    dues = [incoming.invoice.due for incoming in intake.receivables]
    issued = [incoming.invoice.issued or incoming.invoice.due for incoming in intake.receivables]
    start, until = over.start or min(issued), over.until or max(dues) + AFTERWARDS
    if until < start:
        raise UsageError(f"--until {until} is before --from {start}")
    return start, until


def _run(intake: Intake, policy: Policy, name: str, start: date, until: date, answers: Approvals) -> list[Line]:
    """What a policy does to the invoices that name the old one, or none."""
    from dunning_engine.cli.simulating import bar
    from dunning_engine.engine.casework import casework
    from dunning_engine.engine.loading import load_rulebooks
    from dunning_engine.simulation.run import Simulation
    from dunning_engine.whereabouts.zones import Whereabouts

    work = casework(intake, {name: policy}, default=name)
    simulation = Simulation(
        plans=work.plans,
        rulebooks={book.name: book for book in load_rulebooks(policy.books)},
        zones=Whereabouts(),
        start=start,
        until=until,
        approvals=answers,
    )
    with bar(f"Replaying {policy.name} {policy.version}", len({plan.debtor.id for plan in work.plans})) as done:
        return simulation.run(done)


def _replayed(replay: Replay) -> list[str]:
    """A replay as lines: sums, a table by step and way, what rules hold up, the largest moves."""
    from dunning_engine.simulation.replay import Fate

    fates = replay.fates
    told = [f"{fates[fate]} {fate.value}" for fate in Fate if fates[fate]]
    cases = f"{len(replay.changed_cases)} of {counted(len(replay.cases), 'case')} change"
    lines = [f"{cases}: {', '.join(told) or 'no contacts'}; {counted(replay.days_moved, 'day')} moved in all"]
    if replay.by_step():
        rows = [
            [step, way, *(str(counts[fate] or "") for fate in Fate)] for (step, way), counts in replay.by_step().items()
        ]
        lines += ["", *columns(["step", "way", *(fate.value for fate in Fate)], rows, room=room())]
    held = [[rule, verdict, str(before), str(now)] for (rule, verdict), before, now in replay.held_up()]
    if held:
        lines += ["", *columns(["rule", "verdict", "before", "now"], held, room=room())]
    if replay.largest():
        moves = [
            [
                f"{move.days:+d}",
                *(move.which.case_id, move.which.step, move.which.way),
                *(_when(move.was, move.zone), _when(move.now, move.zone)),
            ]
            for move in replay.largest()
        ]
        lines += ["", *columns(["days", "case", "step", "way", "was", "now"], moves, room=room())]
    return lines


def _when(at: Instant | None, zone: str) -> str:
    from dunning_engine.kernel.calendar import moment

    return "" if at is None else f"{moment(at, zone):%Y-%m-%d %H:%M}"
