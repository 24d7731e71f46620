"""The send journal as a file of JSON lines, beside the database or on another disk.

A line is one `write` at the end of the file, so several processes can share it. A line that a crash tore is not one:
`begun` is on the disk before anything leaves, so what is torn was never handed over.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.kernel.errors import ForeignError
from dunning_engine.ports.journal import JournalLine, Mark, Pages

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT: Final = 1
"""Raised whenever an older version would misread a line."""

_synced: Final = getattr(os, "fdatasync", os.fsync)
"""What a file says and how long it is, without its times: half of what a file system writes otherwise."""

_written: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

_HEAD_MAX: Final = 200
"""Bytes in which the first line of a journal ends."""


class FileJournal:
    """Lines in one file, which is made when the first one is written."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file: int | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<FileJournal {self.path}>"

    def __str__(self) -> str:
        return str(self.path)

    def identity(self) -> str:
        try:
            with self.path.open("rb") as file:
                head = file.readline(_HEAD_MAX)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._broken("read", error) from error
        try:
            told = json.loads(head)
            known, identity = told["format"], str(told["journal"])
        except (ValueError, KeyError, TypeError):
            raise ForeignError(f"{self.path} is no send journal: its first line says nothing that we wrote") from None
        if known != FORMAT:
            raise ForeignError(f"the send journal {self.path} was begun by a newer dunning_engine: update it")
        return identity

    def begin(self) -> str:
        """Two processes that begin at once get the same journal: the file appears whole, and once."""
        if known := self.identity():
            return known
        made = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        head = json.dumps({"journal": secrets.token_hex(16), "format": FORMAT})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with made.open("x", encoding="ascii") as file:
                file.write(f"{head}\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(made, self.path)
            except FileExistsError:
                return self.identity()
            finally:
                made.unlink()
            self._sync_folder()
        except OSError as error:
            raise self._broken("begun", error) from error
        return self.identity()

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def write(self, line: JournalLine, *, durable: bool = False) -> None:
        text = _written(_told(line)).encode() + b"\n"
        with self._lock:
            try:
                self._add(text)
                if durable and self._file is not None:
                    _synced(self._file)
            except OSError as error:
                raise self._broken("written", error) from error

    def _add(self, text: bytes) -> None:
        if os.write(self._opened(), text) != len(text):
            self._forget()  # the next line begins on one of its own
            raise OSError("no space left")

    def _opened(self) -> int:
        """The file, open for adding; a torn line at its end is ended first."""
        if self._file is None:
            file = os.open(self.path, os.O_RDWR | os.O_APPEND)
            try:
                size = os.fstat(file).st_size
                if os.pread(file, 1, max(size - 1, 0)) != b"\n":
                    os.write(file, b"\n")
            except OSError:
                os.close(file)
                raise
            self._file = file
        return self._file

    def read(self, start: int = 0) -> Pages | None:
        try:
            with self.path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < start:
                    return None
                file.seek(start)
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._broken("read", error) from error
        whole, _, _torn = content.rpartition(b"\n")
        texts = whole.split(b"\n") if whole else []
        lines = list(_lines(texts if start else texts[1:]))
        known = tuple(line for line in lines if line is not None)
        return Pages(known, start + len(whole) + bool(whole), len(lines) - len(known))

    def close(self) -> None:
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _broken(self, what: str, error: OSError) -> ForeignError:
        return ForeignError(f"the send journal {self.path} cannot be {what}: {error.strerror or error}")


def _told(line: JournalLine) -> dict[str, Any]:
    told = {"mark": line.mark.value, "at": line.at, "tenant": line.tenant, "epoch": line.epoch}
    more = {
        "action": line.action_id,
        "case": line.case_id,
        "way": line.way,
        "fence": line.fence,
        "outcome": line.outcome,
    }
    return told | {name: value for name, value in more.items() if value}


def _lines(texts: list[bytes]) -> Iterator[JournalLine | None]:
    """What each line says; nothing of one that was torn, `None` for one that is whole and yet says nothing."""
    for text in texts:
        if not (text.startswith(b"{") and text.endswith(b"}")):
            continue
        try:
            told = json.loads(text)
            yield JournalLine(
                mark=Mark(told["mark"]),
                at=told["at"],
                tenant=told["tenant"],
                epoch=told["epoch"],
                action_id=told.get("action", ""),
                case_id=told.get("case", ""),
                way=told.get("way", ""),
                fence=told.get("fence", 0),
                outcome=told.get("outcome", ""),
            )
        except (ValueError, KeyError, TypeError):
            yield None
