"""Who receives an action: the debtor, a contact person by role, a guarantor or a representative."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.contacts import CONSUMER
from dunning_engine.domain.parties import Party, PartyKind

if TYPE_CHECKING:
    from dunning_engine.domain.parties import ContactPerson

GUARANTOR: Final = "guarantor"
REPRESENTATIVE: Final = "representative"

ENTITLED: Final = frozenset({GUARANTOR, REPRESENTATIVE})
"""Who may hear of a consumer's debt beside the consumer."""


def person_of(debtor: Party, to: str) -> ContactPerson | None:
    """The person whom an action names; the first of several."""
    if to == GUARANTOR:
        return debtor.guarantors[0] if debtor.guarantors else None
    if to == REPRESENTATIVE:
        return debtor.representative
    return next((person for person in debtor.contacts if person.role == to), None)


def addressed(debtor: Party, to: str) -> Party:
    """The party that receives an action: with the person's name and addresses, and nothing of the debtor's own.

    What is missing is not taken from the debtor: a letter to a guarantor never goes to the debtor's house.
    """
    person = person_of(debtor, to) if to else None
    if person is None:
        return debtor
    return replace(
        debtor,
        kind=PartyKind.CONSUMER if to == GUARANTOR and person.private else debtor.kind,
        name=person.name,
        email=person.email,
        phone=person.phone,
        social=None,
        push=None,
        address=person.address,
        zone=person.zone,
        language=person.language or debtor.language,
    )


def reached(party: Party) -> tuple[object, ...]:
    """What a message depends on of its receiver: name, language, and every address that it may go to."""
    written_to = (party.address, party.postal_code, party.region, party.country)
    return party.name, party.language, party.email, party.phone, party.social, party.push, written_to


def in_law(debtor: Party, to: str) -> str:
    """Who receives an action, in the word that laws use.

    Contact persons of a business stand for it, and guarantors are protected like the debtor; only an attorney is
    somebody else.
    """
    person = person_of(debtor, to) if to == REPRESENTATIVE else None
    return "consumer_attorney" if person is not None and person.role == "attorney" else CONSUMER


def unaddressable(debtor: Party, to: str) -> str:
    """Why nobody may receive what is meant for somebody else than the debtor; empty where somebody may."""
    if debtor.kind is PartyKind.CONSUMER and to not in ENTITLED:
        return f"what a private person owes is not told to their {to}"
    return "" if person_of(debtor, to) is not None else f"nobody is known as {to} of this debtor"


def zones_of(debtor: Party, zones: tuple[str, ...], to: str) -> tuple[str, ...]:
    """Where the receiver may be: a guarantor or representative lives elsewhere, and nobody guesses where."""
    person = person_of(debtor, to)
    own = (person.zone,) if person is not None and person.zone else ()
    return own or (() if to in ENTITLED else zones)
