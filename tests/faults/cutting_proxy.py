"""Stands between the driver and PostgreSQL, and hangs up after so many bytes of one side, wherever that is."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

NAME: Final = ".s.PGSQL.5432"
SHARE: Final = 65_536


class CuttingProxy:
    """A socket in a folder of its own; `cut` says after how many bytes of which side the line goes dead, once."""

    def __init__(self, server: Path, folder: Path) -> None:
        self._server, self.folder = server, folder
        self._left: dict[str, int | None] = {"asked": None, "answered": None}
        self.passed = {"asked": 0, "answered": 0}
        self.cuts = 0
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / NAME))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_args: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def cut(self, side: str, after: int | None) -> None:
        self._left = {"asked": None, "answered": None, side: after}
        self.passed = {"asked": 0, "answered": 0}

    def _serve(self) -> None:
        lines = []
        with suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                line = threading.Thread(target=self._line, args=(near,))
                line.start()
                lines.append(line)
        for line in lines:
            line.join()

    def _line(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        self._open |= {near, far}
        with near, far, suppress(OSError), selectors.DefaultSelector() as ready:
            far.connect(str(self._server / NAME))
            ready.register(near, selectors.EVENT_READ, ("asked", far))
            ready.register(far, selectors.EVENT_READ, ("answered", near))
            while all(self._passes(key.fileobj, *key.data) for key, _events in ready.select()):
                pass
        self._open -= {near, far}

    def _passes(self, source: socket.socket, side: str, to: socket.socket) -> bool:  # type: ignore[override]
        content = source.recv(SHARE)
        left = self._left[side]
        if left is not None:
            self._left[side] = max(0, left - len(content))
            if len(content) > left:
                to.sendall(content[:left])
                self._left[side] = None
                self.cuts += 1
                return False
        self.passed[side] += len(content)
        to.sendall(content)
        return bool(content)
