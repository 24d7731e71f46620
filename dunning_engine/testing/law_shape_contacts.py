"""What a case may tell of contacts: of the one that is asked about, and of those before it."""

from __future__ import annotations

from typing import Final

from dunning_engine.domain.docket import PURPOSES, TERMS
from dunning_engine.testing.law_fields import COUNT, FLAG, MOMENT, TEXT, TEXTS, Field, Form, group, listed, needed, word

CALLS: Final = ("call", "voicemail", "lcm_voicemail", "ringless_voicemail")
MEDIA: Final = (
    *CALLS,
    "sms",
    "email",
    "letter",
    "postcard",
    "legal_pleading",
    "social_private",
    "social_public",
    "portal",
)
ACTS: Final = ("credit_bureau_furnish", "purge", "payment_allocation", "proof_of_claim", "none")
"""What reaches no debtor."""

ADDRESSEES: Final = (*TERMS["addressee"].words, "third_party_T")
NUMBER_KINDS: Final = ("home_landline", "mobile", "work")
DISCLOSURES: Final = ("attempt_to_collect", "from_debt_collector", "information_used_for_that_purpose")
OUTCOMES: Final = (
    "answered_dropped",
    "busy",
    "conversation",
    "conversation_dropped",
    "conversation_general",
    "no_answer",
    "no_answer_voicemail_available",
    "not_in_service",
    "reached_voicemail_no_message_left",
    "voicemail_lcm",
    "voicemail_left",
    "voicemail_unable",
)
LANGUAGE: Final = word("en", "es")
PLACES: Final = word("home", "work")

ATTEMPT: Final = group(
    at=needed(Field(Form.INSTANT)),
    channel=needed(word(*MEDIA, *ACTS)),
    purpose=word(*PURPOSES),
    scheme=word(*TERMS["scheme"].words),
    decline=word(*TERMS["decline"].words),
    debts=TEXTS,
    counted_to=TEXT,
    addressee=word(*ADDRESSEES),
    to=TEXT,
    number=TEXT,
    number_kind=word(*NUMBER_KINDS),
    address_kind=word("home_address", "work_address"),
    in_reply_to=MOMENT,
    same_call=FLAG,
    in_session=FLAG,
    automated=FLAG,
    result=word("no_answer"),
    queued_at=MOMENT,
    opened_at=MOMENT,
    content=word(
        "confirmation_only",
        "confirmation_plus_payment_link",
        "debt_information",
        "names_credit_card_receivables_group",
        "obscene",
        "required_only",
        "states_debt_collector",
    ),
    message=group(opt_out=TEXT, legible=FLAG, fee=FLAG, extra_information_required=TEXTS),
    opt_out_notice=FLAG,
    disclosures=listed(word(*DISCLOSURES)),
    languages=listed(LANGUAGE),
    disclosures_by_language=group(en=listed(word(*DISCLOSURES)), es=listed(word(*DISCLOSURES))),
    language=LANGUAGE,
    identity_disclosed=FLAG,
    visible_to=word("recipient_only", "contacts", "public"),
    envelope=TEXTS,
    first_written=FLAG,
    is_initial_communication=FLAG,
    deadline=MOMENT,
    portion=word("disputed", "undisputed"),
    record=word("call_log", "recording"),
)

PRIOR_CONTACT: Final = group(
    at=MOMENT,
    ended=MOMENT,
    count=COUNT,
    per_day=COUNT,
    from_=MOMENT,
    to=MOMENT,
    replies=COUNT,
    direction=word("inbound", "outbound"),
    channel=needed(word(*MEDIA)),
    outcome=word(*OUTCOMES),
    debts=TEXTS,
    counted_to=TEXT,
    call_counted_to=TEXTS,
    conversation_debts=TEXTS,
    addressee=word(*ADDRESSEES),
    number=TEXT,
    number_kind=word(*NUMBER_KINDS),
    misdirected_known_at=MOMENT,
    in_reply_to=MOMENT,
    automated=FLAG,
    purpose=word(*PURPOSES),
    disclosures=listed(word(*DISCLOSURES)),
)
