"""An SMTP conversation that ends on time and knows whether the message may have been accepted (RFC 1047)."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable

LINE_MAX = 8_192
LINES_MAX = 128
RECEIVE = 4_096

_LEADING_DOT = re.compile(rb"(?m)^\.")


class Session(smtplib.SMTP):
    """`smtplib` with one deadline for the whole conversation instead of one per read.

    A server that sends a byte a second would otherwise hold its client for ever. `dotted` turns true just before the
    final dot is written: from there on a lost connection says nothing about the message.
    """

    def __init__(self, *, seconds: float, hostname: str) -> None:
        super().__init__(local_hostname=hostname)
        self.dotted = False
        self._amid = False
        self._ends = time.monotonic() + seconds
        self._received = b""

    def remaining(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is up")
        return left

    def open(self, host: str, port: int, context: ssl.SSLContext | None) -> tuple[int, bytes]:
        """Connect, with TLS from the first byte where there is a context; the server's greeting."""
        self.sock = self._connected(host, port)
        if context is not None:
            self._secure(context, host)
        return self.getreply()

    def upgrade(self, context: ssl.SSLContext, host: str) -> tuple[int, bytes]:
        """STARTTLS; what the server said before encryption is forgotten (CVE-2011-0411)."""
        code, text = self.docmd("STARTTLS")
        if code == 220:
            self._secure(context, host)
            self.helo_resp = self.ehlo_resp = None
            self.esmtp_features = {}
            self.does_esmtp = False
        return code, text

    def content(self, data: bytes, may_go: Callable[[], bool]) -> tuple[int, bytes] | None:
        """Everything after 354: the message, then the dot; the server's verdict, `None` where it may not go after all."""
        self._amid = True
        self.send(_LEADING_DOT.sub(b"..", data))
        self.remaining()
        if not may_go():
            return None
        self.remaining()
        self.dotted = True
        self.send(b".\r\n")
        self._amid = False
        return self.getreply()

    def goodbye(self) -> None:
        """QUIT, which nobody has to answer; amid a message it would be a line of it, and closing says enough."""
        if not self._amid:
            self.send(b"QUIT\r\n")

    def send(self, s: object) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.remaining())
        super().send(s)  # type: ignore[arg-type]  # typeshed names the buffer types that we hand through

    def getreply(self) -> tuple[int, bytes]:
        """A whole reply within the time that is left. A line that breaks off is no reply."""
        texts = []
        for _ in range(LINES_MAX):
            line = self._line()
            texts.append(line[4:].strip())
            if not re.fullmatch(rb"[2-5][0-9]{2}", line[:3]) or line[3:4] not in (b" ", b"-", b"\r", b"\n"):
                return -1, line.strip()
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(texts)
        raise smtplib.SMTPServerDisconnected("the reply does not end")

    def _line(self) -> bytes:
        while b"\n" not in self._received:
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("the connection is closed")
            if len(self._received) > LINE_MAX:
                raise smtplib.SMTPServerDisconnected("a line of the reply does not end")
            self.sock.settimeout(self.remaining())
            received = self.sock.recv(RECEIVE)
            if not received:
                raise smtplib.SMTPServerDisconnected("the server closed the connection")
            self._received += received
        line, _, self._received = self._received.partition(b"\n")
        return line + b"\n"

    def _connected(self, host: str, port: int) -> socket.socket:
        """The first of the host's addresses that answers; all of them share the deadline."""
        trouble: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self.remaining())
                sock.connect(address)
            except OSError as error:
                sock.close()
                trouble = error
            else:
                return sock
        raise trouble

    def _secure(self, context: ssl.SSLContext, host: str) -> None:
        assert self.sock is not None  # only called on an open connection
        self.sock.settimeout(self.remaining())
        self.sock = context.wrap_socket(self.sock, server_hostname=host)
        self._received = b""
