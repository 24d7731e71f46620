"""What is handed over by writing it into a folder, once: under the folder's lock, and asked last of all if it still may."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.adapters.asking import Asking
from dunning_engine.adapters.folder import Unsure, locked
from dunning_engine.ports.adapter import Capability, Outcome, Retry, Sent, Uncertain, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dunning_engine.adapters.folder import Lines

AGAIN: Final = 60
"""Seconds after which a folder that is locked or cannot be written is tried again."""


class Depositing(Asking):
    """An adapter for one folder, which is made at the first delivery: what lies there already is not written again."""

    __slots__ = ("folder",)

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.folder,)

    @property
    def capability(self) -> Capability:
        return Capability.DEDUPE


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
