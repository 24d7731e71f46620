"""The send journal as a file of JSON lines, beside the database or on another disk.

A line is one `write` at the end of the file, so several processes can share it. A line that a crash tore is not one:
`begun` is on the disk before anything leaves, so what is torn was never handed over.

Lines at the beginning can be taken out. The first line then says how many bytes are gone, so that places go on meaning
the same; one line for each tenant says how new they were. Whoever writes sees that the file was put in place anew.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.journal import JournalLine, Mark, Older, Pages

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from dunning_engine.kernel.calendar import Instant

FORMAT: Final = 1
"""Raised whenever an older version would misread a line."""

TRIMMED: Final = 2
"""The format of a journal whose beginning was taken out: an older version would look for its lines in the wrong place."""

_synced: Final = getattr(os, "fdatasync", os.fsync)
"""What a file says and how long it is, without its times: half of what a file system writes otherwise."""

_written: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

_HEAD_MAX: Final = 200
"""Bytes in which the first line of a journal ends."""

_HEAD_WIDTH: Final = 160
"""Bytes of the first line of one that was trimmed, filled up with blanks."""


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
                return self._head(file)[0]
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._broken("read", error) from error

    def _head(self, file: BinaryIO) -> tuple[str, int, int]:
        """What the first line says: the journal's identity, how many bytes are gone, and the place of what is left."""
        try:
            told = json.loads(file.readline(_HEAD_MAX))
            known, identity = told["format"], str(told["journal"])
        except (ValueError, KeyError, TypeError):
            raise ForeignError(f"{self.path} is no send journal: its first line says nothing that we wrote") from None
        if known not in (FORMAT, TRIMMED):
            raise ForeignError(f"the send journal {self.path} was begun by a newer dunning_engine: update it")
        return identity, told.get("gone", 0), told.get("left", 0)

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
        text = _text(line)
        with self._lock:
            try:
                self._add(text)
                if durable and self._file is not None:
                    _synced(self._file)
            except OSError as error:
                raise self._broken("written", error) from error

    def _add(self, text: bytes) -> None:
        file = self._opened()
        _locked(file, alone=False)
        try:
            while not os.path.samestat(os.fstat(file), self.path.stat()):  # its beginning was taken out meanwhile
                self._forget()
                file = self._opened()
                _locked(file, alone=False)
            whole = os.write(file, text) == len(text)
        finally:
            if self._file is not None:
                _unlocked(self._file)
        if not whole:
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
                _identity, gone, left = self._head(file)
                first = file.tell()
                if file.seek(0, os.SEEK_END) + gone < start:
                    return None
                begin = file.seek(first if start < left else max(first, start - gone))
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._broken("read", error) from error
        *texts, tail = content.split(b"\n")
        if tail and not _torn(tail):  # it was no crash that left this: it is passed once it was told
            texts, tail = [*texts, tail], b""
        places: list[int] = []
        lines = list(zip(_lines(texts, begin + gone, places), places, strict=False))
        told = [(line, place) for line, place in lines if line is not None]
        known, starts = tuple(line for line, _ in told), tuple(place for _, place in told)
        broken = tuple(self._number(place - gone) for line, place in lines if line is None)
        return Pages(known, gone + begin + len(content) - len(tail), broken, starts)

    def _number(self, place: int) -> int:
        """Which line of the file begins at a place, as an editor counts."""
        with self.path.open("rb") as file:
            return file.read(place).count(b"\n") + 1

    def older(self, before: Instant, *, place: int | None = None) -> Older:
        marks: dict[str, JournalLine] = {}
        try:
            with self.path.open("rb") as file:
                _identity, gone, _left = self._head(file)
                end = file.tell()
                last = file.seek(0, os.SEEK_END) - 1
                file.seek(end)
                for text in file:
                    here = end + len(text)
                    line = next(_lines([text.rstrip(b"\n")], 0, []), None)
                    if here > last or (place is not None and here + gone > place) or (line and line.at >= before):
                        break
                    if line is not None:
                        marks[line.tenant] = _mark(line, marks.get(line.tenant, line))
                    end = here
        except OSError as error:
            raise self._broken("read", error) from error
        return Older(end + gone, tuple(marks.values()))

    def trim(self, older: Older) -> int:
        if fcntl is None:
            raise UsageError("a send journal is trimmed where processes can lock files: here they cannot")
        made = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            with self._lock, self.path.open("rb") as file:
                _locked(file.fileno(), alone=True)
                identity, gone, _left = self._head(file)
                stays = b"".join(map(_text, older.marks))
                begin = file.seek(older.place - gone)
                taken = begin - _HEAD_WIDTH - len(stays)
                if taken <= 0:
                    return 0
                told = {"journal": identity, "format": TRIMMED, "gone": gone + taken, "left": older.place}
                with made.open("xb") as kept:
                    kept.write(_written(told).ljust(_HEAD_WIDTH - 1).encode() + b"\n" + stays)
                    shutil.copyfileobj(file, kept)
                    kept.flush()
                    os.fsync(kept.fileno())
                made.replace(self.path)
                self._sync_folder()
        except OSError as error:
            raise self._broken("trimmed", error) from error
        finally:
            made.unlink(missing_ok=True)
        return taken

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


def _text(line: JournalLine) -> bytes:
    return _written(_told(line)).encode() + b"\n"


def _mark(line: JournalLine, before: JournalLine) -> JournalLine:
    """What stays of the lines of a tenant."""
    at, epoch = max(line.at, before.at), max(line.epoch, before.epoch)
    return JournalLine(mark=Mark.TRIMMED, at=at, tenant=line.tenant, epoch=epoch)


def _lines(texts: list[bytes], place: int, places: list[int]) -> Iterator[JournalLine | None]:
    """What each line says, and its place; nothing of one that was torn, `None` for one that cannot be read."""
    behind = place
    for text in texts:
        place, behind = behind, behind + len(text) + 1
        if not text.endswith(b"}") and _torn(text):
            continue
        places.append(place)
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
        except (ValueError, KeyError, TypeError, RecursionError):
            yield None


def _torn(text: bytes) -> bool:
    """Whether a text is the beginning of a line that a crash kept from being written to its end; no such line was handed over."""
    try:
        json.loads(text.decode("ascii"))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text) or error.msg.startswith(("Unterminated string", "Invalid \\u"))
        return not text or (text.startswith(b"{") and cut)
    except (UnicodeDecodeError, RecursionError):
        return False
    return False


def _locked(file: int, *, alone: bool) -> None:
    """Keep the file in its place, as many do who write, or be alone with it to put another there."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)


def _unlocked(file: int) -> None:
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_UN)
