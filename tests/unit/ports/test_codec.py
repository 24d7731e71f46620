from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import Phase, find, given, settings

from dunning_engine.domain.case import fold
from dunning_engine.domain.events import Event, HostFact, PaymentReceived, Recorded
from dunning_engine.domain.parties import Party
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.kernel.money import Money
from dunning_engine.ports import codec
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.codec import UnreadableEvent
from dunning_engine.ports.documents import Document
from dunning_engine.testing import strategies


@given(strategies.events())
@settings(max_examples=300, deadline=None)
def test_every_event_comes_back_as_it_was(event: Event) -> None:
    """Writing an event and reading it gives the same event."""
    assert codec.decode_event(*codec.encode_event(event)) == event


@pytest.mark.parametrize("kind", codec.EVENTS.values(), ids=codec.EVENTS)
def test_no_type_of_event_is_left_out(kind: type) -> None:
    """The strategies make every event type that the codec knows, so that the property above covers them all."""
    once = settings(phases=[Phase.generate], database=None, max_examples=2000)

    assert isinstance(find(strategies.events(), lambda event: isinstance(event, kind), settings=once), kind)


@given(strategies.histories())
@settings(max_examples=200, deadline=None)
def test_every_case_comes_back_from_its_snapshot(history: tuple[Recorded, ...]) -> None:
    """A snapshot gives the case that was folded, and its text is the same each time."""
    case = fold("case", history)

    snapshot = codec.encode_case(case)

    assert codec.decode_case(snapshot) == case
    assert codec.encode_case(case) == snapshot


def test_a_snapshot_of_another_schema_is_not_read() -> None:
    """A cache that another version wrote is folded anew instead of being guessed at."""
    assert codec.decode_case('["000000000000",[]]') is None


def test_bodies_hold_names_and_exact_values() -> None:
    """What is kept for ever can be read by people: field names, minor units, ISO currency; keys sorted, no spaces."""
    written = codec.encode_event(PaymentReceived(Money("40.00", "USD"), "INV-1", "bank", "tx-9"))

    assert written.type == "PaymentReceived"
    assert written.version == 1
    expected = (
        '{"amount":{"currency":"USD","minor":4000},"event_id":"tx-9","invoice":"INV-1","source":"bank",'
        '"unapplied":false}'
    )
    assert written.body == expected


def test_a_field_that_came_later_takes_its_default() -> None:
    """Events of before a field was added are read with its default."""
    body = '{"amount":{"currency":"USD","minor":4000}}'

    assert codec.decode_event("PaymentReceived", 1, body) == PaymentReceived(Money("40.00", "USD"))


@pytest.mark.parametrize(
    ("kind", "version", "body"),
    [
        ("DebtSoldToMoon", 1, "{}"),
        ("PaymentReceived", 2, "{}"),
        ("PaymentReceived", 1, "{}"),
        ("PaymentReceived", 1, "not json"),
        ("HoldPlaced", 1, '{"reason":"no such reason"}'),
        ("PromiseMade", 1, '{"amount":7,"by":3}'),
    ],
)
def test_what_cannot_be_read_is_said_and_not_guessed(kind: str, version: int, body: str) -> None:
    """Unknown types, newer versions and damaged bodies stop the case."""
    with pytest.raises(UnreadableEvent, match=kind):
        codec.decode_event(kind, version, body)


def test_older_versions_are_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upcaster turns each older version's JSON into the next one's, and stored bytes stay as they are."""
    monkeypatch.setattr(codec, "VERSIONS", {"HostFact": 3})
    monkeypatch.setattr(
        codec,
        "UPCASTERS",
        {
            ("HostFact", 1): lambda old: {"fact": old["fact"], "value": old["val"]},
            ("HostFact", 2): lambda old: {"name": old["fact"], "value": old["value"]},
        },
    )

    assert codec.decode_event("HostFact", 1, '{"fact":"vip","val":"true"}') == HostFact("vip", "true")
    assert codec.decode_event("HostFact", 2, '{"fact":"vip","value":"true"}') == HostFact("vip", "true")
    assert codec.encode_event(HostFact("vip", "true")).version == 3


@given(strategies.events())
@settings(deadline=None)
def test_bodies_are_canonical(event: Event) -> None:
    """The quick way to a body gives the bytes that the slow one would."""
    body = codec.encode_event(event).body

    assert body == canonical_json(json.loads(body))


def test_text_is_kept_in_composed_form() -> None:
    """`normal` gives the event as it will be read back, so that live and folded cases agree."""
    decomposed = HostFact("nom", "Rene\u0301")

    assert codec.normal(decomposed) == HostFact("nom", "Ren\u00e9")
    assert codec.normal(HostFact("name", "Rene")) == HostFact("name", "Rene")
    with pytest.raises(UsageError, match="half a character"):
        codec.normal(HostFact("nom", "Ren\ud800"))


@given(strategies.actions(), strategies.parties())
@settings(deadline=None)
def test_outbox_payloads_come_back_as_they_were(action: strategies.ProposedAction, party: Party) -> None:
    """Actions and rendered messages survive the outbox unchanged."""
    message = Message(action_id=action.id, action=action, debtor=party, sender=None, at=5, text="a\nb", subject="s")
    paper = Document("INV-1.pdf", "application/pdf", bytes(range(256)))
    message = replace(message, attachments=(paper,), lacking=("INV-2: no document",))

    assert codec.decode_action(codec.encode_action(action)) == action
    assert codec.decode_message(codec.encode_message(message)) == message


def test_the_snapshot_schema_follows_the_shape_of_a_case() -> None:
    """The schema is a short hash that stands in every snapshot."""
    assert len(codec.snapshot_schema()) == 12
    assert json.loads(codec.encode_case(fold("c", _opened())))[0] == codec.snapshot_schema()


def _opened() -> tuple[Recorded, ...]:
    opened = codec.decode_event(
        "CaseOpened",
        1,
        '{"debtor":{"id":"d","kind":"consumer"},"hints":[],"policy":{"hash":"h","name":"p","version":1}}',
    )
    return (Recorded(1, 0, 0, opened),)
