"""Receivers in a process that nobody kills: a mail server and a webhook server that hang up at each of their points.

Whatever they take is a line in an append-only file: its key, a digest of its bytes, and whether it is the first of its
key. They know nothing of the engine, and no test tells them what to expect.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socketserver
import threading
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from random import Random
from typing import Any, Final

from chaos_house import tenant_of

SMTP_POINTS: Final = (
    "greeting", "EHLO", "MAIL", "RCPT", "DATA", "body", "dot lost", "dot kept",
    "4 MAIL", "4 RCPT", "4 DATA", "4 dot", "5 RCPT", "QUIT",
)  # fmt: skip
"""Where a conversation ends badly: hung up at a stage (after the final dot with the mail lost or kept), or refused."""

HTTP_POINTS: Final = ("before", "after reading", "after taking", "500", "503", "400")

TROUBLE: Final = 0.25
"""Share of conversations in which something goes wrong."""

_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)


class Log:
    """What arrived, one line each, in a file that is only ever appended to."""

    def __init__(self, path: Path, calm: Synchronized[int]) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, str]] = Counter()
        self._chance = Random(os.getpid())
        self.calm = calm
        self.points: Counter[str] = Counter()

    def trouble(self, points: tuple[str, ...]) -> str:
        """Where this conversation ends badly; empty where it does not."""
        with self._lock:
            point = self._chance.choice(points) if not self.calm.value and self._chance.random() < TROUBLE else ""
            self.points[point] += 1
        return point

    def take(self, receiver: str, key: str, content: bytes) -> None:
        """Something arrived."""
        with self._lock:
            self._seen[receiver, key] += 1
            line = {
                "receiver": receiver,
                "key": key,
                "digest": sha256(content).hexdigest(),
                "tenant": tenant_of(content),
                "number": self._seen[receiver, key],
            }
            os.write(self._file, json.dumps(line).encode() + b"\n")


class _Mail(socketserver.StreamRequestHandler):
    """One conversation with the mail server."""

    log: Log

    def handle(self) -> None:
        point = self.log.trouble(SMTP_POINTS)
        with suppress(OSError):
            self._converse(point)

    def _converse(self, point: str) -> None:
        if point == "greeting":
            return
        self._say("220 chaos")
        while line := self.rfile.readline():
            verb = line.split(b" ")[0].strip().upper().decode()
            if point == verb:
                return
            if point == f"4 {verb}":
                self._say("451 4.3.0 later")
            elif point == f"5 {verb}":
                self._say("550 5.1.1 no such box")
            elif verb == "DATA":
                self._say("354 go on")
                if not self._take(point):
                    return
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self, point: str) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line or point == "body":
                return False
            lines.append(line)
        content = b"".join(lines)
        if point == "4 dot":
            self._say("451 4.3.0 later")
            return True
        if point != "dot lost":
            found = _ID.search(content)
            self.log.take("mail", found[1].decode() if found else "", content)
        if point.startswith("dot"):
            return False
        self._say("250 2.0.0 queued")
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Hook(BaseHTTPRequestHandler):
    """One request to the webhook server, which takes each key once and answers the second time as the first."""

    log: Log
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        point = self.log.trouble(HTTP_POINTS)
        self.close_connection = True
        if point == "before":
            return
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if point in ("500", "503", "400"):
            self._answer(int(point))
            return
        if point == "after reading":
            return
        self.log.take("webhook", self.headers["Idempotency-Key"] or self.headers["webhook-id"], content)
        if point != "after taking":
            self._answer(200)

    def _answer(self, code: int) -> None:
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


class _HookServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_args: Any) -> None:
        """Clients that are killed leave broken connections behind."""


def receive(path: Path, calm: Synchronized[int], ready: Connection) -> None:
    """Run both servers until told to stop; their ports go to whoever waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log = Log(path, calm)
    mail = _MailServer(("127.0.0.1", 0), type("Mail", (_Mail,), {"log": log}))
    mail.handle_error = lambda *_args: None  # type: ignore[method-assign]
    hook = _HookServer(("127.0.0.1", 0), type("Hook", (_Hook,), {"log": log}))
    for server in (mail, hook):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ready.send((mail.server_address[1], hook.server_address[1]))
    with suppress(EOFError, OSError):
        ready.recv()
