"""What was armed is in the chain as a hash: a message of the outbox or of a bundle that is another one is found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from audit_stage import Stage

from dunning_engine import audit_log_verify
from dunning_engine.domain.case import fold
from dunning_engine.domain.events import DeliveryArmed
from dunning_engine.engine.channels import missing_rules
from dunning_engine.engine.evidence import gate_inputs_hash, payload_hash
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.ports.adapter import Message, Retry
from dunning_engine.ports.codec import encode_message
from dunning_engine.ports.documents import Document
from dunning_engine.ports.law_codec import law_text


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def armings(stage: Stage, case_id: str) -> list[DeliveryArmed]:
    return [r.event for r in stage.engine.history(case_id) if isinstance(r.event, DeliveryArmed)]


def message_of(stage: Stage, case_id: str) -> Message:
    (row,) = stage.engine.outbox(case_id=case_id)
    assert row.message is not None
    return row.message


def tampered(stage: Stage, **changes: Any) -> None:
    """Let the database say that another message went out."""
    with closing(sqlite3.connect(stage.file)) as connection:
        ((text,),) = connection.execute("SELECT message FROM dunning_outbox")
        connection.execute("UPDATE dunning_outbox SET message = ?", [json.dumps(json.loads(text) | changes)])
        connection.commit()


def test_the_event_holds_the_hash_of_what_was_handed_over(stage: Stage) -> None:
    case_id = stage.tells()
    (armed,), (sent,) = armings(stage, case_id), stage.house.sink.got
    assert armed.payload_hash == payload_hash(sent) == payload_hash(message_of(stage, case_id))
    assert audit_log_verify.payload(json.loads(encode_message(sent))) == armed.payload_hash


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Pay twice."},
        {"subject": "Another"},
        {"rendering": 2},
        {"seal": "0"},
        {"attachments": (Document("INV-1.pdf", "application/pdf", b"%PDF"),)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_whatever_is_said_counts(stage: Stage, other: dict[str, Any]) -> None:
    sent = message_of(stage, stage.tells())
    changed = replace(sent, **other)
    assert payload_hash(changed) != payload_hash(sent)
    assert audit_log_verify.payload(json.loads(encode_message(changed))) == payload_hash(changed)


def test_whoever_receives_it_counts(stage: Stage) -> None:
    sent = message_of(stage, stage.tells())
    elsewhere = replace(sent, recipient=replace(sent.debtor, email="bob@example.org"))
    accents = replace(sent, recipient=replace(sent.debtor, name="Zoe\u0308"))
    assert len({payload_hash(message) for message in (sent, elsewhere, accents)}) == 3
    for message in (elsewhere, accents):
        assert audit_log_verify.payload(json.loads(encode_message(message))) == payload_hash(message)


def test_nobody_can_try_out_what_was_said(stage: Stage) -> None:
    """The same words to the same person have another hash each time, and what it was made with is erased with them."""
    first, second = stage.tells(), stage.tells("bob")
    assert message_of(stage, first).seal != message_of(stage, second).seal


def test_another_try_of_the_same_bytes_has_the_same_hash(stage: Stage) -> None:
    house = stage.house
    house.sink.answer = lambda message: Retry(60, "busy")
    case_id = house.opens()
    house.moves("2026-03-05T10:00:00+01:00")
    house.moves("2026-03-05T10:05:00+01:00")
    first, second = armings(stage, case_id)
    assert first.payload_hash == second.payload_hash
    assert first.gate_inputs_hash != second.gate_inputs_hash


def test_a_message_of_the_outbox_that_was_changed_is_found(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    case_id = stage.tells()
    assert audit_log_verify.main([str(stage.file)]) == 0
    tampered(stage, text="Pay twice.")
    assert audit_log_verify.main([str(stage.file)]) == 1
    assert f"case default/{case_id}, event " in (told := capsys.readouterr().out)
    assert "is not what was armed" in told


def test_a_message_that_cannot_be_read_any_more_is_found(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.tells()
    tampered(stage, debtor=None)
    assert audit_log_verify.main([str(stage.file)]) == 1
    assert "is not what was armed" in capsys.readouterr().out


def test_a_message_that_was_taken_out_is_missed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.tells()
    with closing(sqlite3.connect(stage.file)) as connection:
        connection.execute("UPDATE dunning_outbox SET message = NULL")
        connection.commit()
    assert audit_log_verify.main([str(stage.file)]) == 1
    assert "is gone" in capsys.readouterr().out


@pytest.mark.parametrize("state", ["pending", "cancelled"])
def test_the_chain_and_not_the_outbox_says_what_left(
    stage: Stage, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    """Whoever takes out a message cannot say that it never left: its receipt stands in the chain."""
    stage.tells()
    with closing(sqlite3.connect(stage.file)) as connection:
        connection.execute("UPDATE dunning_outbox SET message = NULL, state = ?", (state,))
        connection.commit()
    assert audit_log_verify.main([str(stage.file)]) == 1
    assert "is gone" in capsys.readouterr().out


def test_what_is_to_leave_once_more_has_not_left() -> None:
    """Nor does what cannot be read say anything."""
    left: set[str] = set()
    for kind, body in (("ReceiptRecorded", '{"action_id":"a","kind":"sent"}'), ("ReceiptRecorded", "[]")):
        audit_log_verify.follow(kind, body, left)
    assert left == {"a"}
    audit_log_verify.follow("DeliveryRequeued", '{"action_id":"a"}', left)
    assert left == set()


def test_a_bundle_holds_its_messages_unless_it_is_redacted(stage: Stage, tmp_path: Path) -> None:
    case_id = stage.tells()
    file = tmp_path / "bundle.json"
    bundle = stage.engine.bundle(case_id)
    file.write_text(json.dumps(bundle))
    assert audit_log_verify.main([str(file)]) == 0
    ((action_id, state, text),) = bundle["outbox"]
    bundle["outbox"] = [[action_id, state, text.replace("ann@", "bob@")]]
    file.write_text(json.dumps(bundle))
    assert audit_log_verify.main([str(file)]) == 1
    assert "outbox" not in stage.engine.bundle(case_id, redact=True)


def test_an_arming_of_before_has_no_hash_and_is_held_against_nobody(stage: Stage) -> None:
    body = '{"action_id": "a", "attempt": 1, "known": false}'
    assert audit_log_verify.arming(7, body) == audit_log_verify.arming(7, "[]") == {}


def test_what_the_gate_was_asked_with_can_be_put_together_again(stage: Stage) -> None:
    """From the policy of the case, the law and the channels of the house, its chain and the debtor's contacts until then."""
    case_id = stage.house.opens()
    stage.house.moves("2026-03-05T10:00:00+01:00")
    history = stage.engine.history(case_id)
    at = next(recorded for recorded in history if isinstance(recorded.event, DeliveryArmed))
    (policy,) = stage.house.policies
    books = (*load_rulebooks(policy.books), missing_rules({"email": stage.house.sink, "sms": stage.house.sink}))
    law = sha256(law_text(books).encode()).hexdigest()
    asked = fold(case_id, history[: at.seq - 1])
    assert at.event.gate_inputs_hash == gate_inputs_hash(asked, policy.hash, law, at.event.action_id, at.recorded_at)
    before = fold(case_id, history[: at.seq - 2])
    assert at.event.gate_inputs_hash != gate_inputs_hash(before, policy.hash, law, at.event.action_id, at.recorded_at)
