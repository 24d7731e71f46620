"""Words that were rendered anew go under a key of their own: files, mails and webhooks carry it."""

from __future__ import annotations

import json
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest

from dunning_engine.adapters.files import Files
from dunning_engine.adapters.mail import compose
from dunning_engine.adapters.webhook import body_of
from dunning_engine.domain.parties import Channel
from dunning_engine.ports.adapter import Sent
from dunning_engine.testing.adapters import sample_message

SECOND = replace(sample_message(Channel.EMAIL), rendering=2)


@pytest.mark.parametrize(("channel", "ending"), [(Channel.EMAIL, ".eml"), (Channel.LETTER, ".txt")])
def test_files_are_named_by_it(tmp_path: Path, channel: Channel, ending: str) -> None:
    """One file for each key, however often it is handed over, also by another process."""
    first = sample_message(channel)
    second = replace(first, rendering=2)
    for message in (first, second, second):
        assert isinstance(Files(tmp_path).deliver(message, seconds=5), Sent)

    names = sorted(path.name for path in tmp_path.iterdir() if path.suffix == ending)
    assert [name.rpartition("_")[2] for name in names] == [f"{first.key}.2{ending}", f"{first.key}{ending}"]


def test_a_mail_is_named_by_it() -> None:
    """Mail servers and readers know a mail by its Message-ID."""
    mail = message_from_bytes(compose(SECOND, "billing@example.com").data)
    assert mail["Message-ID"] == f"<{SECOND.action_id}.2@example.com>"


def test_a_webhook_tells_it_beside_the_action() -> None:
    """The receiver takes each key once, and knows what it is about."""
    told = json.loads(body_of(SECOND))
    assert (told["id"], told["action"]) == (f"{SECOND.action_id}.2", SECOND.action_id)
