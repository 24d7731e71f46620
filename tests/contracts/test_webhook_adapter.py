"""The webhook adapter keeps the adapter contract, against a real server."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dunning_engine.adapters.webhook import Webhook
from dunning_engine.domain.parties import Channel
from dunning_engine.ports.signatures import Secret, verified
from dunning_engine.testing.adapters import AdapterContract, Arrival

KEY = Secret(b"a key of thirty-two bytes, or so")


class Receiver(BaseHTTPRequestHandler):
    """Keeps what is signed, each identity once."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        name = verified(dict(self.headers), body, [KEY], int(self.headers["webhook-timestamp"]))
        self.server.kept.setdefault(name, body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args):
        """Quiet."""


class TestWebhook(AdapterContract):
    secrets = (repr(KEY.key), KEY.key.decode())

    @pytest.fixture
    def adapter(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        server.kept = {}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.kept = server.kept
        yield self.to(server.server_port)
        server.shutdown()
        thread.join()
        server.server_close()

    def to(self, port):
        channels = [Channel.SMS, Channel.PUSH, Channel.EMAIL, "agency", "host"]
        return Webhook(f"http://127.0.0.1:{port}/in?x=1", [KEY], channels, internal=True)

    def evidence(self, _adapter):
        return [
            Arrival((str(told["to"]["id"]),), f"{told['subject']}\n{told['text']}\n{told['to']['name']}", body)
            for body in self.kept.values()
            for told in [json.loads(body)]
        ]

    @pytest.fixture(autouse=True)
    def _silent(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.silent = silent
            yield

    def stalled(self):
        return self.to(self.silent.getsockname()[1])

    def broken(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            return self.to(gone.getsockname()[1])
