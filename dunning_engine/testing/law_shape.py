"""What may stand in a file of law cases: every key, its form, and the closed words that it takes."""

from __future__ import annotations

from typing import Final

from dunning_engine.domain.docket import TERMS
from dunning_engine.testing.law_fields import (
    CLOCK,
    COMMENTARY,
    COUNT,
    FLAG,
    MOMENT,
    NAMES,
    NUMBER,
    TEXT,
    TEXTS,
    Field,
    Form,
    group,
    listed,
    needed,
    word,
)
from dunning_engine.testing.law_shape_contacts import ADDRESSEES, ATTEMPT, MEDIA, PLACES, PRIOR_CONTACT
from dunning_engine.testing.law_sums import COMPUTATION_CASE

CONSUMER: Final = group(
    kind=word("company", "person"),
    locations=listed(
        group(
            kind=word("current_location", "landline_area_code", "mobile_area_code", "office", "residential_address"),
            tz=listed(Field(Form.ZONE), alone=True),
            value=TEXT,
        )
    ),
    inconvenient_times=listed(
        group(
            weekdays=listed(word("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
            from_=CLOCK,
            to=CLOCK,
            all_day=FLAG,
            through=MOMENT,
            withdrawn_at=MOMENT,
            learned_from=word("consumer", "creditor_file"),
        )
    ),
    inconvenient_places=listed(PLACES),
    known_current_place=PLACES,
    blocked_media=listed(word(*MEDIA)),
    blocked_numbers=TEXTS,
    email_opt_outs=TEXTS,
    sms_opt_outs=TEXTS,
    attorney=group(
        represented=FLAG,
        for_debt=TEXT,
        name_and_address_known=FLAG,
        readily_ascertainable=FLAG,
        unresponsive=FLAG,
        consents_direct=FLAG,
    ),
    employer_prohibits=FLAG,
    employer_prohibits_basis=TEXT,
    deceased=FLAG,
    esign_statement_consent=FLAG,
)

EMAIL_BASIS: Final = group(
    kind=word(*TERMS["email_basis"].words),
    about_debt=FLAG,
    disclosed_use=FLAG,
    via=word("oral", "written"),
    withdrawn_at=MOMENT,
    obtained_from_consumer=FLAG,
    creditor_used_for=word(*TERMS["email_creditor_use"].words),
    asked_creditor_to_stop=FLAG,
    notice_sent=MOMENT,
    notice_medium=word(*TERMS["email_notice_medium"].words),
    names_specific_collector=FLAG,
    opt_out_method=word(*TERMS["email_notice_opt_out"].words),
    opt_out_deadline=MOMENT,
    respond_to=word(*TERMS["email_notice_respond_to"].words),
    opted_out=FLAG,
    opted_out_at=MOMENT,
    domain=word(*TERMS["email_domain"].words),
    known_employer_provided=FLAG,
    chain=listed(group(name=TEXT, obtained_properly=FLAG, used=FLAG, opted_out=FLAG)),
)

SMS_BASIS: Final = group(
    kind=word(*TERMS["sms_basis"].words),
    last_text=MOMENT,
    last_call=MOMENT,
    given=MOMENT,
    renewed=MOMENT,
    reassigned_check=MOMENT,
    database=word("FCC_RND", "incomplete_vendor"),
    result=word("not_reassigned", "reassigned"),
)

GIVEN: Final = group(
    consumer=CONSUMER,
    addressee=word(*ADDRESSEES),
    jurisdiction=Field(Form.PLACE),
    debts=TEXTS,
    debt_kind=word("consumer", "commercial", "residential_mortgage_servicer"),
    student_loan_account=NAMES,
    prior_contacts=listed(PRIOR_CONTACT),
    consents=listed(
        group(
            scope=needed(word("calls", "time")),
            given_to=word("creditor", "debt_collector", "prior_debt_collector"),
            given_during=word("compliant_communication"),
            at=MOMENT,
            via=word("email", "letter", "call", "sms"),
            debt=TEXT,
            from_=CLOCK,
            to=CLOCK,
            limited_to=MOMENT,
            revoked_at=MOMENT,
        )
    ),
    cease_notice=group(
        form=word("email", "letter"),
        content=word("refuses_to_pay", "stop"),
        sent=MOMENT,
        received=MOMENT,
        debts=TEXTS,
        medium_accepted_by_collector=FLAG,
    ),
    oral_statement=group(at=MOMENT, content=TEXT),
    media_request=TEXT,
    in_call_discovery=group(inconvenient=FLAG),
    court_permission=group(scope=word("time"), until=MOMENT),
    portal_session=group(from_=MOMENT, to=MOMENT),
    work_request=group(form=word("oral", "letter"), at=MOMENT, written_confirmation=MOMENT),
    email_basis=EMAIL_BASIS,
    known_disclosure_address=FLAG,
    sms_basis=SMS_BASIS,
    sms_opt_out=group(at=MOMENT, via=TEXT, word=TEXT),
    opt_out_received_at=MOMENT,
    message_kind=word("telephone_solicitation"),
    electronic_consent=FLAG,
    esign_consent=FLAG,
    number_owner=word(*ADDRESSEES),
    collector_knows_owner=FLAG,
    shared_voicemail=FLAG,
    address=group(last_known=FLAG, known_bad=FLAG),
    initial_communication=MOMENT,
    initial_communication_done=FLAG,
    first_written_done=FLAG,
    validation_notice_sent=MOMENT,
    validation_oral=FLAG,
    validation_end=MOMENT,
    undeliverable=MOMENT,
    notice=group(
        name=TEXT,
        account_number_reference=TEXT,
        amount_reference=TEXT,
        itemization=group(interest=TEXT, fees=TEXT, payments=TEXT, credits=TEXT),
    ),
    notices=listed(group(sent=MOMENT, undeliverable=FLAG, stated_end_date_based_on=MOMENT)),
    known_name=TEXT,
    optional_spanish_disclosure=FLAG,
    spanish_requested=MOMENT,
    paid=MOMENT,
    fee=group(kind=TEXT, authorised_by_agreement=FLAG, permitted_by_law=FLAG),
    debt=group(limitation_expired=MOMENT),
    legal_action_intended=FLAG,
    dispute=group(form=word("oral", "letter"), at=MOMENT),
    dispute_flag=FLAG,
    disputed_debts=TEXTS,
    disputes=listed(
        group(
            form=word("courier", "letter", "oral", "portal", "tear_off_form"),
            medium_accepted_by_collector=FLAG,
            received=MOMENT,
            scope=word("part", "whole"),
            amount=NUMBER,
            new_material_information=TEXT,
            verification_sent=MOMENT,
        )
    ),
    verification_sent=MOMENT,
    duplicative_notice_sent=MOMENT,
    original_creditor_request=group(form=word("letter"), received=MOMENT, answered=MOMENT, answer=TEXT),
    events=listed(
        group(
            mailed=MOMENT,
            electronic_message=MOMENT,
            conversation=MOMENT,
            lcm=MOMENT,
            undeliverable=MOMENT,
            furnished=MOMENT,
            channel=word("sms", "email", "social_private"),
            medium=word("call", "in_person"),
        )
    ),
    monitored=FLAG,
    bureau=word(*TERMS["bureau"].words),
    call_at=MOMENT,
    recorded=FLAG,
    last_collection_activity=MOMENT,
    written_notice_mailed=MOMENT,
    written_notice_sent=MOMENT,
    active_litigation=FLAG,
    consumer_requested_information=FLAG,
    payment_failed=FLAG,
    retries=listed(group(at=needed(MOMENT), count=COUNT)),
    grace_ends=MOMENT,
    waiver_controlled_by=TEXT,
)

_VERDICT: Final = word("allowed", "denied")


def contact_case(laws: tuple[str, ...]) -> Field:
    """A question to the rulebooks of these names."""
    return group(
        id=needed(TEXT),
        law=needed(listed(word(*laws), alone=True)),
        collector=word("third_party", "first_party", "first_party_in_default", "either"),
        regulated_as=word("fca", "rbi"),
        given=GIVEN,
        attempt=needed(ATTEMPT),
        expected=needed(_VERDICT),
        strict_expected=_VERDICT,
        reason=TEXT,
        legal_effect=TEXT,
        risk_flags=TEXTS,
        **COMMENTARY,
    )


def law_cases(laws: tuple[str, ...]) -> Field:
    """The whole file."""
    return group(
        kind=needed(word("law-cases")),
        reason_codes=NAMES,
        contact_cases=listed(contact_case(laws)),
        computation_cases=listed(COMPUTATION_CASE),
    )
