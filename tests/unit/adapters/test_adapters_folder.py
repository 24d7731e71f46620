"""Folders that several processes write to: whoever waited for its turn asks once more, when it has it."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dunning_engine.adapters.bureau import BureauFile
from dunning_engine.adapters.files import Files
from dunning_engine.adapters.legal import LegalBundle
from dunning_engine.domain.parties import Channel
from dunning_engine.ports.adapter import Sent, Withheld
from dunning_engine.testing.adapters import sample_message

FOLDERS: list[tuple[Callable[[Path], Any], Channel | str]] = [
    (Files, Channel.EMAIL),
    (Files, Channel.LETTER),
    (Files, Channel.SMS),
    (Files, "agency"),
    (BureauFile, "bureau"),
    (LegalBundle, "legal"),
]


@dataclass
class Asked:
    """Notes for each question whether the folder was ours when it came."""

    folder: Path
    answer: bool = True
    ours: list[bool] = field(default_factory=list)

    def __call__(self) -> bool:
        with (self.folder / ".lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.ours.append(False)
            except BlockingIOError:
                self.ours.append(True)
        return self.answer


@pytest.mark.parametrize(("kind", "way"), FOLDERS)
def test_it_is_asked_when_nobody_else_is_in_the_way_any_more(
    tmp_path: Path, kind: Callable[[Path], Any], way: Channel | str
) -> None:
    """The wait for the folder is over, nothing is written yet; where the answer is no, nothing ever is."""
    adapter, asked = kind(tmp_path), Asked(tmp_path, answer=False)

    assert adapter.deliver_asking(sample_message(way), seconds=5, may_go=asked) == Withheld()
    assert asked.ours == [True]
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize(("kind", "way"), FOLDERS)
def test_of_what_lies_there_nobody_asks(tmp_path: Path, kind: Callable[[Path], Any], way: Channel | str) -> None:
    """It has left: no answer could take it back."""
    message, asked = sample_message(way), Asked(tmp_path, answer=False)
    sent = kind(tmp_path).deliver(message, seconds=5)

    assert isinstance(sent, Sent)
    assert kind(tmp_path).deliver_asking(message, seconds=5, may_go=asked) == sent
    assert asked.ours == []
