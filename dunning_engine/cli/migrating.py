"""`dunning migrate`: a preview of cases that move to another policy version, and with `--yes` the move."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dunning_engine.cli.cases import opened
from dunning_engine.cli.screen import columns, counted, note, print_json, room
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.migrating import Migration


def migrate(
    config_file: Path,
    policy: str,
    *,
    to: str,
    steps: Sequence[str],
    cases: Sequence[str],
    start_at: str,
    by: str,
    reason: str,
    yes: bool,
    as_json: bool,
    now: str | None,
) -> int:
    """Print what happens to each case; 1 where some case cannot be moved."""
    if yes and not (by and reason):
        raise UsageError("--yes moves the cases: say who decided it and why with --by and --reason")
    asked: dict[str, Any] = {
        "to": to if "@" in to or not to.isdecimal() else int(to),
        "steps": steps_of(steps),
        "where": list(cases) or None,
        "start_at": start_at,
    }
    with opened(config_file, now) as engine:
        done: Migration = (
            engine.migrate(policy, by=by, reason=reason, **asked) if yes else engine.preview_migration(policy, **asked)
        )
    if as_json:
        print_json(done.as_json())
    else:
        _table(done)
    _summary(done)
    return 1 if done.refused else 0


def steps_of(pairs: Sequence[str]) -> dict[str, str | None]:
    """`chase=reminder` is a step that has another name now, `chase=` one that has no counterpart."""
    found: dict[str, str | None] = {}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not old or not equals:
            raise UsageError(
                f"--step: {pair!r} is no pair such as chase=reminder; chase= is a step that has no counterpart"
            )
        if old in found:
            raise UsageError(f"--step: {old} has a counterpart already: {found[old] or 'none'}")
        found[old] = new or None
    return found


def _table(done: Migration) -> None:
    rows = [
        [
            move.case_id,
            move.version,
            move.fate.value,
            move.why or str(move.was or ""),
            str(move.will_be or ""),
            ", ".join(move.withdrawn),
        ]
        for move in done.cases
    ]
    if rows:
        keys = ["case", "from", "fate", "was next", "will be next", "taken back"]
        print(*columns(keys, rows, room=room(), whole=(0, 1, 2)), sep="\n")


def _summary(done: Migration) -> None:
    counts = [f"{count} {fate.value}" for fate, count in done.totals.items()]
    note(f"to {done.to}: {counted(len(done.cases), 'case')}{': ' if counts else ''}{', '.join(counts)}")
    if not done.done:
        note("nothing was changed: --yes --by NAME --reason TEXT moves them")
