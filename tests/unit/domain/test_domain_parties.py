"""People: who they are, where they may be, how they may be reached."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dunning_engine.domain.addressing import reached
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import ContactMade
from dunning_engine.domain.parties import Channel, ContactPerson, Party, PartyKind, ZoneHint, united
from dunning_engine.kernel.errors import UsageError


def test_a_party_is_a_consumer_or_a_business():
    """The law protects one more than the other, so a host has to say which."""
    assert Party.consumer("c", email="ann@example.com").kind is PartyKind.CONSUMER
    assert Party.business("b", name="Acme").kind is PartyKind.BUSINESS


def test_a_wrong_particular_is_refused():
    """A misspelt field would be a missing fact."""
    with pytest.raises(TypeError):
        Party.consumer("c", mail="ann@example.com")


@pytest.mark.parametrize(
    ("facts", "taught"),
    [
        (
            {"address": "1 Main Street"},
            "the address of debtor c is a list of lines, not '1 Main Street': pass [\"1 Main",
        ),
        ({"address": [1]}, "one entry a line"),
        ({"accounts": "customer-17"}, "one entry an account"),
        ({"payment_methods": "Card: https://pay.example.com"}, "one entry a way to pay"),
        ({"paid_late": "2026-03-01"}, "one entry a day"),
        ({"contacts": ContactPerson(role="billing")}, "one entry a person"),
        ({"guarantors": ["Bob"]}, "one entry a person"),
    ],
)
def test_a_lone_text_is_no_list(facts, taught):
    """Python would take it apart: an address of one letter a line."""
    with pytest.raises(UsageError) as refused:
        Party.consumer("c", **facts)
    assert taught in str(refused.value)


def test_people_and_contacts_ask_for_lists_too():
    """The address of a guarantor, the debts that a call was about."""
    with pytest.raises(UsageError, match="the address of guarantor is a list of lines"):
        ContactPerson(role="guarantor", address="1 Main Street")
    with pytest.raises(UsageError, match="what a contact discussed is a list of debts"):
        ContactMade(Channel.CALL, Outcome.CONVERSATION, discussed="ann/USD")
    assert ContactMade(Channel.CALL, Outcome.CONVERSATION, discussed=["ann/USD"]).discussed == ("ann/USD",)


def test_lists_are_kept_as_tuples():
    """A party does not change when the host's list does."""
    party = Party.consumer("c", address=["1 Main St"], accounts=["a"], contacts=[ContactPerson(role="owner")])
    assert (party.address, party.accounts, party.contacts) == (("1 Main St",), ("a",), (ContactPerson(role="owner"),))


@pytest.mark.parametrize(
    ("facts", "channels"),
    [
        ({}, set()),
        ({"social": "@ann"}, {Channel.SOCIAL}),
        ({"push": "device-17"}, {Channel.PUSH}),
        ({"email": "ann@example.com"}, {Channel.EMAIL}),
        ({"phone": "+12125550123"}, {Channel.SMS, Channel.CALL}),
        ({"address": ("1 Main St", "Springfield")}, {Channel.LETTER, Channel.VISIT}),
        ({"address": ()}, set()),
    ],
)
def test_a_channel_needs_its_address(facts, channels):
    """A phone number serves calls and text messages; the portal is there for whoever uses it."""
    party = Party.consumer("c", **facts)
    assert {channel for channel in Channel if party.reachable(channel)} == {Channel.PORTAL, *channels}


def test_letters_alone_do_not_reach_at_once():
    """Clock rules bind what the debtor notices when it arrives."""
    assert {channel for channel in Channel if not channel.reaches_at_once} == {Channel.LETTER}


def test_hints_are_united():
    """Every zone of every hint counts, once, in a fixed order."""
    hints = (ZoneHint("phone", ("America/New_York", "America/Chicago")), ZoneHint("zone", ("America/Chicago",)))
    assert united(hints) == ("America/Chicago", "America/New_York")
    assert united(()) == ()


def test_a_hint_that_cannot_be_read_leaves_no_zone_known():
    """The debtor may be somewhere that nobody can name, and then what other hints say is not all."""
    assert united((ZoneHint("zone", ("America/Chicago",)), ZoneHint("postal code", ()))) == ()


def test_what_a_message_depends_on_of_its_receiver():
    """Who it is, in which language, and every address that it may go to; where they may be at what hour is not part of it."""
    ann = Party.consumer("ann", name="Ann", email="ann@example.com", country="DE", zone="Europe/Berlin")
    assert reached(ann) == reached(replace(ann, zone="Europe/Paris"))
    assert reached(ann) != reached(replace(ann, email="other@example.com"))
