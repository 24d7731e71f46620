"""`dunning outbox`: what is on its way out, and a person's word on what nobody knows about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dunning_engine.cli.cases import chosen, opened, opened_to_read
from dunning_engine.cli.screen import columns, counted, note, print_json, room
from dunning_engine.cli.story import told
from dunning_engine.domain.actions import ProposedAction
from dunning_engine.kernel.calendar import iso, moment
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.ports.store import OutboxRow, OutboxState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dunning_engine.domain.events import Recorded
    from dunning_engine.engine.engine import DunningEngine

SHORT: Final = 8
"""Characters of an action's identity in a list: enough to tell it from others, in almost every store."""

DEAD: Final = OutboxState.DEAD.value
UNCERTAIN: Final = OutboxState.UNCERTAIN.value


def list_outbox(config_file: Path, *, state: str | None, as_json: bool) -> None:
    """One line per action on its way out, in the order in which they were cleared."""
    wanted = None if state is None else chosen(state, OutboxState, "--state")
    with opened_to_read(config_file) as engine:
        rows = [_row(row) for row in engine.outbox(state=wanted)]
    if as_json:
        print_json(rows)
        return
    keys = ("action", "changed", "state", "case", "step", "do", "note")
    table = [
        [row["action"][:SHORT], row["changed"][:16].replace("T", " ") + "Z", *(row[key] for key in keys[2:])]
        for row in rows
    ]
    print(*columns(keys, table, room=room(), whole=(0, 1, 2, 3)), sep="\n")
    note(counted(len(rows), "action"), *_asks(rows))


def _asks(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What waits for a person, and for which word."""
    for row in rows:
        if row["state"] == DEAD:
            yield f"given up, and its step waits; to try again {row['do']}: `dunning outbox requeue {row['action']} --by NAME`"
        if row["state"] == UNCERTAIN and row["next_at"] is None:
            word = f"`dunning outbox resolve {row['action']} --left --by NAME`, or --not-left"
            yield f"nobody knows whether {row['do']} left; whoever does: {word}"


def show(config_file: Path, action_id: str, *, as_json: bool) -> None:
    """How an action stands, what happened to it, and the words of its latest attempt."""
    with opened_to_read(config_file) as engine:
        row = _found(engine, action_id)
        case, policy = engine.case(row.action.case_id), engine.policy_of(row.action.case_id)
        happened = [recorded for recorded in engine.history(case.id) if _concerns(recorded, row.id)]
    message = row.message
    if as_json:
        more = None if message is None else {"subject": message.subject, "text": message.text}
        print_json([{**_row(row), "owner": row.owner, "fence": row.fence, "message": more}])
        return
    print(f"{row.action.spec.words} of case {case.id}, step {row.action.step}: {row.state.value}")
    if row.note:
        print(f"  {row.note}")
    for recorded in happened:
        line = told(recorded.event, case, policy)
        if line is not None:
            print(f"  {moment(recorded.at, policy.zone):%Y-%m-%d %H:%M}  {line.what:<10} {line.details}")
    if row.next_at is not None:
        print(f"  seen to at {moment(row.next_at, policy.zone):%Y-%m-%d %H:%M}")
    if message is not None:
        print("", *([message.subject, ""] if message.subject else []), message.text, sep="\n")


def requeue(config_file: Path, action_id: str, *, by: str, words: str, now: str | None) -> None:
    """Put an action that was given up back among those to be tried."""
    with opened(config_file, now) as engine:
        row = _found(engine, action_id)
        engine.requeue(row.id, by=by, note=words)
    print(f"to be tried again: {row.action.spec.words} of case {row.action.case_id}")


def resolve(config_file: Path, action_id: str, *, left: bool, by: str, words: str, now: str | None) -> None:
    """Take a person's word on whether an action left."""
    with opened(config_file, now) as engine:
        row = _found(engine, action_id)
        engine.resolve(row.id, left=left, by=by, note=words)
    what = "left" if left else "did not leave, and is handed over by the next run"
    print(f"{row.action.spec.words} of case {row.action.case_id} {what}, says {by}")


def _found(engine: DunningEngine, action_id: str) -> OutboxRow:
    """An action by its identity, or by what only its identity begins with."""
    rows = engine.outbox(begins=action_id) if action_id else ()
    if len(rows) > 1:
        known = ", ".join(row.id[: len(action_id) + 4] for row in rows[:3])
        raise UsageError(f"{len(rows)} actions begin with {action_id!r} ({known} …): write more of it")
    if not rows:
        raise NotFound(f"there is no action {action_id!r} in the outbox")
    return rows[0]


def _concerns(recorded: Recorded, action_id: str) -> bool:
    event: Any = recorded.event
    action = getattr(event, "action", None)
    return (action.id if isinstance(action, ProposedAction) else getattr(event, "action_id", "")) == action_id


def _row(row: OutboxRow) -> dict[str, Any]:
    return {
        "action": row.id,
        "case": row.action.case_id,
        "debtor": row.action.debtor_id,
        "step": row.action.step,
        "do": row.action.spec.words,
        "state": row.state.value,
        "changed": iso(row.changed_at),
        "next_at": iso(row.next_at) if row.next_at is not None else None,
        "attempts": row.attempts,
        "note": row.note,
    }
