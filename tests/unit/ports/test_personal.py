from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given, settings

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.events import (
    CaseOpened,
    DeliveryArmed,
    Event,
    FactRecorded,
    HoldPlaced,
    HostFact,
    PolicyRef,
    StatusChanged,
)
from dunning_engine.domain.parties import ContactPerson, Party
from dunning_engine.ports.codec import EVENTS, UnreadableEvent, encode_event
from dunning_engine.ports.personal import MARK, PERSONAL, TERMS_OF_ADDRESSES, Opening, opened, sealed
from dunning_engine.testing import strategies

ANN = Party.consumer(
    "cust-17",
    name="Ann Canary",
    email="ann@canary.example",
    phone="+15550001",
    address=("1 Canary Row", "Denver"),
    postal_code="80014",
    country="US",
    zone="America/Denver",
    contacts=(ContactPerson(role="billing", name="Bob Canary", email="bob@canary.example"),),
)
OPENED = CaseOpened(ANN, PolicyRef("us-consumer", 1, "h"))

FREE_WORDS = {"note", "reason", "why", "debtor"}
"""Names of fields that people fill with whatever they like, or that hold a person."""

NOT_OF_THE_DEBTOR = {
    "PolicyAssigned": "why an operator moved a case to another policy",
    "Erased": "on whose wish something was erased, which has to stay",
    "ActionDeferred": "the words of rules",
    "ActionBlocked": "the words of rules",
    "ChargeOmitted": "the words of the law",
}
"""Events with such a field that says nothing about the debtor."""


@given(strategies.events())
@settings(max_examples=300, deadline=None)
def test_every_event_comes_back_from_its_two_parts(event: Event) -> None:
    """Body and opening together are the event, whatever of it stands where."""
    assert opened(*(parts := sealed(event))[0], parts[1]) == event


@given(strategies.events())
@settings(max_examples=200, deadline=None)
def test_what_was_erased_still_reads(event: Event) -> None:
    """The body alone is an event of the same type."""
    written, _opening = sealed(event)

    assert type(opened(*written, None)) is type(event)


def test_the_body_holds_a_commitment_and_nothing_that_identifies() -> None:
    """Names, addresses and people stand in the opening; country and zone, of many people, stay."""
    written, opening = sealed(OPENED)

    assert opening is not None
    for canary in ("Canary", "canary", "+1555", "80014"):
        assert canary not in written.body
        assert canary in opening.value
    assert json.loads(written.body)[MARK] == opening.commitment
    assert '"country":"US"' in written.body


def test_two_commitments_to_the_same_value_differ() -> None:
    """Without the salt nobody can try names until one fits."""
    (_, one), (_, other) = sealed(OPENED), sealed(OPENED)

    assert one is not None
    assert other is not None
    assert (one.value, len(one.salt)) == (other.value, 32)
    assert one.commitment != other.commitment


def test_most_events_stand_in_one_part() -> None:
    """An event that holds nothing personal is stored as it always was."""
    for event in (
        StatusChanged("settle", "closed", "paid"),
        DeliveryArmed("a1"),
        HoldPlaced(HoldReason.DISPUTE, "INV-1"),
        FactRecorded("incorporated", True),
    ):
        assert sealed(event) == (encode_event(event), None)


@pytest.mark.parametrize(
    ("event", "left"),
    [
        (HoldPlaced(HoldReason.DISPUTE, by="Ann", note="ill"), HoldPlaced(HoldReason.DISPUTE)),
        (StatusChanged("pause", "paused", "paused by Ida: ill"), StatusChanged("pause", "paused")),
        (HostFact("known_name", "Ann"), HostFact("known_name", "")),
        (FactRecorded("known_name", "Ann", by="Ann"), FactRecorded("known_name", None)),
        (FactRecorded("refused_addresses", {"a@b.example"}), FactRecorded("refused_addresses", None)),
        (FactRecorded("incorporated", False, by="Ann"), FactRecorded("incorporated", False)),
        (OPENED, CaseOpened(Party.consumer("cust-17", country="US", zone="America/Denver"), OPENED.policy)),
    ],
)
def test_without_its_opening_an_event_says_what_is_left(event: Event, left: Event) -> None:
    """Free words are empty, facts told in free words not known, the debtor one of whom only the identity is known."""
    written, opening = sealed(event)

    assert opening is not None
    assert opened(*written, None) == left


def test_another_value_is_not_what_was_recorded() -> None:
    """Whoever edits the table of personal data is found at the first reading."""
    written, opening = sealed(OPENED)

    assert opening is not None
    for other in (opening._replace(value=opening.value.replace("Ann", "Eve")), Opening("0" * 32, opening.value)):
        with pytest.raises(UnreadableEvent, match="not what was recorded"):
            opened(*written, other)


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_every_free_word_is_classified(kind: type) -> None:
    """A new event with a note, a reason or a party says here where that stands."""
    names = {field.name for field in fields(kind)} & FREE_WORDS

    assert not names or kind.__name__ in PERSONAL or kind.__name__ in NOT_OF_THE_DEBTOR


def test_facts_in_free_words_are_known() -> None:
    """A new term of law that holds a text is personal; whoever adds one sees it here."""
    assert {"known_name", "refused_addresses"} <= TERMS_OF_ADDRESSES < set(TERMS)
