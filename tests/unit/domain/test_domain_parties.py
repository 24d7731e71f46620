"""People: who they are, where they may be, how they may be reached."""

from __future__ import annotations

import pytest

from dunning_engine.domain.parties import Channel, Party, PartyKind, ZoneHint, united


def test_a_party_is_a_consumer_or_a_business():
    """The law protects one more than the other, so a host has to say which."""
    assert Party.consumer("c", email="ann@example.com").kind is PartyKind.CONSUMER
    assert Party.business("b", name="Acme").kind is PartyKind.BUSINESS


def test_a_wrong_particular_is_refused():
    """A misspelt field would be a missing fact."""
    with pytest.raises(TypeError):
        Party.consumer("c", mail="ann@example.com")


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
