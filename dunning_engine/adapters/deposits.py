"""What is handed over by writing it into a folder, once: under the folder's lock, and asked last of all if it still may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.adapters.folder import Unsure, locked
from dunning_engine.ports.adapter import Outcome, Retry, Sent, Uncertain, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dunning_engine.adapters.folder import Lines

AGAIN: Final = 60
"""Seconds after which a folder that is locked or cannot be written is tried again."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """Something for a folder: `known` names it if it lies there already, `write` writes it and names it."""

    known: Callable[[], str]
    write: Callable[[], str]


def deposited(folder: Path, deposit: Deposit, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
    """Write into a folder, which is made where it is not there; what stands in the way is an outcome."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, seconds):
            if name := deposit.known():
                return Sent(name)
            return Sent(deposit.write()) if may_go() else Withheld()
    except TimeoutError as late:
        return Retry(AGAIN, str(late))
    except Unsure as trouble:
        return Uncertain(f"{folder}: {trouble}")
    except OSError as trouble:
        return Retry(AGAIN, f"{folder} cannot be written: {trouble}")


def line_of(lines: Lines, action_id: str, values: Mapping[str, object]) -> Deposit:
    """A line that names its action."""
    name = f"{lines.path.name} {action_id}"

    def write() -> str:
        lines.append(values)
        return name

    return Deposit(lambda: name if action_id in lines else "", write)
