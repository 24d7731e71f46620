"""`dunning case skip`, `rewind`, `force`, `cancel-notice`, `pause` and `resume`, and `dunning pause`, `resume`, `pauses`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.cli.cases import found, opened, opened_to_read
from dunning_engine.cli.screen import columns, counted, note, print_json, room
from dunning_engine.kernel.calendar import iso

if TYPE_CHECKING:
    from dunning_engine.domain.orders import StandingOrder

_DONE: Final = {
    "skip": "skipped",
    "rewind": "rewound to",
    "force": "forced",
    "cancel_notice": "cancelled the notice of",
}


def steer(config_file: Path, word: str, name: str, step: str, *, by: str, reason: str, now: str | None) -> None:
    """A person's word on one step of a case."""
    with opened(config_file, now) as engine:
        case = found(engine, name)
        getattr(engine, word)(case.id, step, by=by, reason=reason)
    print(f"{_DONE[word]} {step} of case {case.id} by {by}; the next run goes on from there")


def pause(config_file: Path, *, on: bool, by: str, reason: str, now: str | None, **what: Any) -> None:
    """Let a case, a debtor, a policy or everything wait, or go on."""
    with opened(config_file, now) as engine:
        if what.get("case_id") is not None:
            what["case_id"] = found(engine, what["case_id"]).id
        (engine.pause if on else engine.resume)(**what, by=by, reason=reason)
    print(f"{'paused' if on else 'resumed'} by {by}: {reason}")


def list_pauses(config_file: Path, *, as_json: bool) -> None:
    """The standing orders in force."""
    with opened_to_read(config_file) as engine:
        rows = [_row(order) for order in engine.pauses()]
    if as_json:
        print_json(rows)
        return
    keys = ("since", "what", "by", "reason")
    print(*columns(keys, [[row[key] for key in keys] for row in rows], room=room(), whole=(0, 1)), sep="\n")
    note(f"{counted(len(rows), 'pause')}; cases that are paused one by one are in `dunning case list --status paused`")


def _row(order: StandingOrder) -> dict[str, str]:
    return {"since": iso(order.since), "what": order.subject, "by": order.by, "reason": order.reason}
