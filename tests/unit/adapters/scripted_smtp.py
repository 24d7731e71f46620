"""A mail server on a real socket that answers by a script, and stops where the script says."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Self

CERTIFICATE = Path(__file__).with_name("localhost.pem")


class Stop(Enum):
    """Ways of not answering."""

    CLOSE = "hang up"
    HANG = "keep the line open and say nothing"
    DRIP = "say one byte now and then, and never finish a line"
    ENDLESS = "say continuation lines for ever"
    FLOOD = "say one line without an end, as fast as possible"


CLOSE, HANG, DRIP, ENDLESS, FLOOD = Stop


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@dataclass
class ScriptedServer:
    """Answers each stage from `script`: `greeting`, a verb in capitals, `body` (hang up amid the message), `dot`.

    `seen` are the lines of the client; `stored` the messages whose final dot came.
    """

    script: dict[str, object] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("8BITMIME",)
    tls: bool = False
    seen: list[str] = field(default_factory=list)
    stored: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_args: object) -> None:
        self._over.set()
        self._listener.close()
        with_wake = socket.socket()
        with_wake.settimeout(0.2)
        with_wake.connect_ex(("127.0.0.1", self.port))
        with_wake.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with ExitStack() as opened, suppress(OSError, StopIteration):
                opened.enter_context(line)
                self._converse(self._secured(line, opened) if self.tls else line, opened)

    def _secured(self, line: socket.socket, opened: ExitStack) -> ssl.SSLSocket:
        return opened.enter_context(server_context().wrap_socket(line, server_side=True))

    def _converse(self, line: socket.socket, opened: ExitStack) -> None:
        self._answer(line, "greeting", "220 scripted")
        reader = opened.enter_context(line.makefile("rb"))
        while raw := reader.readline():
            text = raw.decode(errors="replace").rstrip("\r\n")
            self.seen.append(text)
            verb = text.split(" ")[0].upper()
            match verb:
                case "EHLO":
                    lines = ["scripted", *self.extensions]
                    default = "\r\n".join(f"250{'-' if n < len(lines) - 1 else ' '}{x}" for n, x in enumerate(lines))
                    self._answer(line, verb, default)
                case "STARTTLS":
                    self._answer(line, verb, "220 go ahead")
                    if self.script.get(verb) is None:
                        line = self._secured(line, opened)
                        reader = opened.enter_context(line.makefile("rb"))
                case "DATA":
                    self._answer(line, verb, "354 go on")
                    if not str(self.script.get(verb, "354")).startswith("354"):
                        continue
                    self._take(line, reader)
                    self._answer(line, "dot", "250 2.0.0 queued as 42")
                case "QUIT":
                    self._answer(line, verb, "221 bye")
                    return
                case _:
                    self._answer(line, verb, "250 ok")

    def _take(self, line: socket.socket, reader) -> None:
        content = b""
        if self.script.get("body") is CLOSE:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            raise StopIteration
        while (raw := reader.readline()) != b".\r\n":
            if not raw:
                raise StopIteration
            content += raw
        self.stored.append(content)

    def _answer(self, line: socket.socket, stage: str, default: str) -> None:
        answer = self.script.get(stage, default)
        if answer is CLOSE:
            raise StopIteration
        if answer is HANG:
            self._over.wait(10)
            raise StopIteration
        if answer in (DRIP, ENDLESS, FLOOD):
            unit, pause = {DRIP: (b"2", 0.05), ENDLESS: (b"250-more\r\n", 0.001), FLOOD: (b"2" * 4096, 0)}[answer]
            while not self._over.is_set():
                line.sendall(unit)
                time.sleep(pause)
            raise StopIteration
        line.sendall(answer if isinstance(answer, bytes) else f"{answer}\r\n".encode())
