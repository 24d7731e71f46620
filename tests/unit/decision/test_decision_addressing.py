"""Who receives an action: contact persons of businesses by role, guarantors and representatives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story import ANN, NEW_YORK, TOKYO, Story, held

from dunning_engine.decision.briefing import briefed
from dunning_engine.decision.standing import stand
from dunning_engine.domain.addressing import ENTITLED, addressed, in_law, unaddressable, zones_of
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.parties import ContactPerson, Party, PartyKind

EVA = ContactPerson(role="manager", name="Eva", email="eva@firm.example", language="de")
OLLI = ContactPerson(role="owner", phone="+12125550999")
GUS = ContactPerson(role="uncle", name="Gus", email="gus@example.com", zone=TOKYO)
LEA = ContactPerson(role="attorney", name="Lea", email="lea@law.example", zone=NEW_YORK)
FIRM = Party.business(
    "firm", email="office@firm.example", country="US", contacts=(EVA, OLLI), guarantors=(GUS,), representative=LEA
)

LADDER = """
steps:
  - {step: one, when: 5 days after due, send: email one}
  - {step: two, when: 5 days after one, send: email two to manager or else email two}
  - {step: three, when: 5 days after two, call: script to owner}
  - {step: four, when: 5 days after three, send: email four to guarantor}
"""


def climbed(debtor):
    return [what for out in Story(LADDER, debtor=debtor).follow("2026-03-01", "2026-05-01").values() for what in out]


def test_each_step_goes_to_the_person_that_it_names():
    assert climbed(FIRM) == [
        "one: email one",
        "two: email two to manager",
        "three: call script to owner",
        "four: email four to guarantor",
    ]


def test_where_nobody_has_the_role_the_fallback_goes():
    assert climbed(replace(FIRM, contacts=(OLLI,)))[1] == "two: email two"


def test_an_address_that_the_person_lacks_is_not_taken_from_the_debtor():
    story = Story(LADDER, debtor=replace(FIRM, contacts=(replace(EVA, email=None),)))
    story.look("2026-03-07 10:00")
    decision = story.decide("2026-03-12 10:00")
    assert [str(reason) for reason in decision.blocked[0].reasons] == ["no e-mail address is known [debtor/email]"]


@pytest.mark.parametrize(
    ("debtor", "to", "why"),
    [
        (FIRM, "manager", ""),
        (FIRM, "billing", "nobody is known as billing of this debtor"),
        (replace(FIRM, guarantors=()), "guarantor", "nobody is known as guarantor of this debtor"),
        (replace(ANN, contacts=(EVA,)), "manager", "what a private person owes is not told to their manager"),
        (replace(ANN, guarantors=(GUS,)), "guarantor", ""),
        (replace(ANN, representative=LEA), "representative", ""),
    ],
)
def test_who_may_hear_of_a_debt(debtor, to, why):
    assert unaddressable(debtor, to) == why


def test_the_manager_of_a_consumer_is_never_written_to():
    story = Story(LADDER, debtor=replace(ANN, contacts=(EVA,)))
    story.look("2026-03-07 10:00")
    decision = story.decide("2026-03-12 10:00")
    assert decision.blocked[0].reasons[0].rule == "house/addressee"
    assert [c.action.action.spec.words for c in decision.cleared] == ["email two"]


def test_a_person_has_their_own_name_addresses_and_language():
    eva = addressed(FIRM, "manager")
    assert (eva.id, eva.name, eva.email, eva.language, eva.kind) == (
        "firm", "Eva", "eva@firm.example", "de", PartyKind.BUSINESS,
    )  # fmt: skip
    assert addressed(FIRM, "") is FIRM
    assert addressed(FIRM, "guarantor").kind is PartyKind.CONSUMER
    firm = replace(FIRM, guarantors=(replace(GUS, private=False),))
    assert addressed(firm, "guarantor").kind is PartyKind.BUSINESS


def test_a_guarantor_is_where_they_are_and_nobody_guesses():
    assert zones_of(FIRM, (NEW_YORK,), "manager") == (NEW_YORK,)
    assert zones_of(FIRM, (NEW_YORK,), "guarantor") == (TOKYO,)
    assert zones_of(replace(FIRM, guarantors=(replace(GUS, zone=None),)), (NEW_YORK,), "guarantor") == ()


def test_rules_are_told_to_whom_it_goes():
    story = Story("steps: [{step: one, when: 5 days after due, send: email one to representative}]", debtor=FIRM)
    (cleared,) = story.decide("2026-03-07 10:00").cleared
    now = story.at("2026-03-07 10:00")
    standing = stand(story.case, story.policy, now)
    situation = briefed(cleared.action.action, story.case, story.policy, standing, story.case.contacts, now)
    assert situation.docket["addressee"] == "consumer_attorney"
    assert situation.docket["address"] == "lea@law.example"


def test_what_goes_to_an_attorney_counts_as_no_contact_with_the_debtor():
    """Nor does what went to the debtor count for the attorney; a contact person stands for the business."""
    text = "steps: [{step: one, when: 5 days after due, send: [email one to representative, letter one to manager]}]"
    firm = replace(FIRM, contacts=(replace(EVA, address=("1 Main St",)),))
    story = Story(text, debtor=firm)
    story.look("2026-03-07 10:00")
    assert {(c.channel.value, c.addressee) for c in story.case.contacts} == {
        ("email", "consumer_attorney"),
        ("letter", "consumer"),
    }


@pytest.mark.parametrize(
    ("debtor", "to", "word"),
    [
        (FIRM, "", "consumer"),
        (FIRM, "manager", "consumer"),
        (FIRM, "guarantor", "consumer"),
        (FIRM, "representative", "consumer_attorney"),
        (replace(FIRM, representative=replace(LEA, role="adviser")), "representative", "consumer"),
        (replace(ANN, representative=None), "representative", "consumer"),
    ],
)
def test_the_word_that_laws_have_for_the_receiver(debtor, to, word):
    """Who is protected like the debtor is the debtor to the law."""
    assert in_law(debtor, to) == word


@given(role=st.from_regex("[a-z]{2,12}", fullmatch=True).filter(lambda role: role not in ENTITLED))
@settings(max_examples=25, deadline=None)
def test_no_third_party_ever_hears_of_a_private_persons_debt(role):
    """Whatever the policy names the person, and whatever is known of them: 15 U.S.C. 1692c(b)."""
    text = f"""
collector: third_party
steps: [{{step: one, when: 5 days after due, send: "email one to {role}", call: "script to {role}"}}]
"""
    person = ContactPerson(role=role, name="Eva", email="eva@firm.example", phone="+12125550999", zone=NEW_YORK)
    decision = Story(text, debtor=replace(ANN, contacts=(person,))).decide("2026-03-07 10:00")
    assert not decision.cleared
    assert {reason.rule for blocked in decision.blocked for reason in blocked.reasons} == {"house/addressee"}


def test_an_attorney_bars_direct_contact_with_everybody():
    story = Story(LADDER, debtor=FIRM)
    story.tell("2026-03-03 10:00", held(HoldReason.ATTORNEY))
    assert story.look("2026-03-07 10:00") == []
