"""The docket: what law asks to be known about a person, a debt and an attempt to collect; a closed list of terms.

Rules of law look at few things themselves (clocks, contacts); the rest are facts that somebody has to know: on which
basis an e-mail address may be used, whether a notice was sent, what a message carries. Each has one name here, a kind
and the words that it may hold. What is not on the docket is not known, and what a rule needs and nobody knows refuses.

`happened` terms are instants at which something happened: one that lies ahead has not happened yet. `day` terms are
days that were agreed or set (ordinals), which may lie ahead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import Day, Instant, Minute


class Sort(Enum):
    """What kind of value a term holds."""

    WORD = "word"
    FLAG = "flag"
    WORDS = "words"
    HAPPENED = "happened"
    DAY = "day"
    TEXT = "text"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Term:
    """One fact that rules may ask for: its sort, what it says, and (for words) the closed list of them."""

    sort: Sort
    says: str
    words: tuple[str, ...] = ()


class InconvenientTime(NamedTuple):
    """Hours that the person named as inconvenient; `weekdays` 0 is Monday, an empty one means all.

    `first` and `last` are minutes of the day, both included; where the first is the later one, it lasts over midnight. It holds through the day `through`, and until it was
    `withdrawn`.
    """

    weekdays: frozenset[int] = frozenset()
    first: Minute = 0
    last: Minute = 1439
    through: Day | None = None
    withdrawn: Instant | None = None


def stretches(time: InconvenientTime) -> tuple[InconvenientTime, ...]:
    """The stretches of single days that a time stands for: one from evening to morning ends on the day after.

    Its morning counts on the named weekdays as well as on those after them: the stricter reading.
    """
    if time.first <= time.last:
        return (time,)
    mornings = time.weekdays | {(day + 1) % 7 for day in time.weekdays}
    through = None if time.through is None else time.through + 1
    return (
        time._replace(last=1439),
        time._replace(weekdays=frozenset(mornings), first=0, through=through),
    )


def same_address(one: str, other: str) -> bool:
    """Whether two spellings mean one address: e-mail whatever the case, numbers by their last digits, else the words."""
    if "@" in one or "@" in other:
        return one.strip().casefold() == other.strip().casefold()
    digits = ["".join(filter(str.isdigit, text)) for text in (one, other)]
    if min(map(len, digits)) >= NATIONAL_DIGITS and not any(c.isalpha() for c in one + other):
        return digits[0][-NATIONAL_DIGITS:] == digits[1][-NATIONAL_DIGITS:]
    return one.casefold().split() == other.casefold().split()


NATIONAL_DIGITS: Final = 7
"""Digits at the end of a number that say which it is, whatever prefix stands before them."""


class TimeConsent(NamedTuple):
    """The person agreed, to this collector and directly, to contact at hours that the law calls inconvenient."""

    first: Minute
    last: Minute
    given: Instant
    revoked: Instant | None = None


class CallConsent(NamedTuple):
    """The person agreed, to this collector and directly, to more calls; about one debt, or all. `until` is its own last day."""

    given: Instant
    debt: str | None = None
    until: Day | None = None
    revoked: Instant | None = None


class Challenge(NamedTuple):
    """A dispute as the law of validation sees it: when it came, when it was answered, whether it says anything new."""

    received: Instant
    answered: Instant | None = None
    repeats: bool = False


class Notice(NamedTuple):
    """Something that came to the person before a report to a bureau, or came back: `what` is one of `NOTICES`."""

    what: str
    at: Instant


NOTICES: Final = ("spoke", "sent", "returned", "reported")

Fact: TypeAlias = (
    str
    | bool
    | int
    | frozenset[str]
    | tuple[InconvenientTime, ...]
    | tuple[TimeConsent, ...]
    | tuple[CallConsent, ...]
    | tuple[Challenge, ...]
    | tuple[Notice, ...]
)
Docket: TypeAlias = Mapping[str, Fact]

Record: TypeAlias = InconvenientTime | TimeConsent | CallConsent | Challenge | Notice
Told: TypeAlias = Fact | Record | None
"""What somebody tells about a term: its value, one more record of it, or (`None`) that it is not known any more."""

RECORDS: Final[Mapping[str, type[Record]]] = MappingProxyType(
    {
        "inconvenient_times": InconvenientTime,
        "time_consents": TimeConsent,
        "call_consents": CallConsent,
        "challenges": Challenge,
        "notices": Notice,
    }
)
"""What the terms of records hold."""

EMPTY: Final[Docket] = MappingProxyType({})


def _word(says: str, *words: str) -> Term:
    return Term(Sort.WORD, says, words)


def _flag(says: str) -> Term:
    return Term(Sort.FLAG, says)


def _words(says: str, *words: str) -> Term:
    return Term(Sort.WORDS, says, words)


def _happened(says: str) -> Term:
    return Term(Sort.HAPPENED, says)


def _day(says: str) -> Term:
    return Term(Sort.DAY, says)


def _text(says: str) -> Term:
    return Term(Sort.TEXT, says)


def _records(says: str) -> Term:
    return Term(Sort.RECORDS, says)


PURPOSES: Final = (
    "active_litigation",
    "apply_payment",
    "ask_convenient_time",
    "avoid_third_party_penalty",
    "bankruptcy_claim",
    "charge",
    "collect",
    "complete_dropped_call",
    "contact_request",
    "delete_records",
    "demand_with_fee",
    "discount_offer",
    "file_suit",
    "furnish",
    "intends_specified_remedy",
    "internal",
    "location_information",
    "may_invoke_ordinary_remedy",
    "opt_out_confirmation",
    "place_with_agency",
    "regx_early_intervention",
    "regx_live_contact",
    "regz_periodic_statement",
    "relief",
    "reminder",
    "request_electronic_consent",
    "requested_information",
    "required_disclosure",
    "restrict_service",
    "retry_payment",
    "seek_consent_to_continue",
    "settlement_offer",
    "skip_validation_notice",
    "terminate_efforts",
    "threaten_suit",
    "ultimatum",
    "validation_notice",
    "verification",
)

TERMS: Final[Mapping[str, Term]] = MappingProxyType(
    {
        # The attempt: what is about to be done ------------------------------------------------------------------------
        "purpose": _word("what the contact is for", *PURPOSES),
        "form": _word(
            "the form that a call or letter takes",
            "plain",
            "voicemail",
            "limited_content_message",
            "ringless_voicemail",
            "postcard",
            "pleading",
            "proof_of_claim",
            "public_post",
        ),
        "addressee": _word(
            "to whom it goes",
            "consumer",
            "surviving_spouse",
            "consumer_attorney",
            "creditor",
            "employer",
            "friend",
            "neighbour",
            "third_party",
        ),
        "address": _text("the address or number that it uses"),
        "line": _word("what kind of number or address it uses", "personal", "mobile", "home", "work"),
        "place": _word("where the person is known to be now", "home", "work"),
        "content": _word(
            "what a message holds",
            "neutral",
            "required_only",
            "confirmation_only",
            "debt_information",
            "names_the_collector",
            "more_than_allowed",
            "obscene",
        ),
        "automated": _flag("whether a machine dials or speaks"),
        "solicitation": _flag("whether it sells something"),
        "same_call": _flag("whether it goes on within a call that is under way"),
        "in_session": _flag("whether the person is using the portal themselves at this moment"),
        "reply": _flag("whether it is the one answer, by the same medium, to a message of the person's own"),
        "carries": _words(
            "what the text of the message carries",
            "opt_out",
            "attempt_to_collect",
            "information_used_for_that_purpose",
            "from_debt_collector",
            "client_and_ground",
            "interest_calculation",
            "cost_breakdown",
            "address_source",
            "supervisory_authority",
        ),
        "opt_out_method": _word(
            "how the message lets the person opt out",
            "reply_stop",
            "hyperlink",
            "reply_stop_subject",
            "postal_mail",
            "telephone",
            "website_no_link",
        ),
        "opt_out_costs": _flag("whether opting out costs a fee"),
        "opt_out_asks_more": _flag("whether opting out asks for more than the preference and the address"),
        "opt_out_legible": _flag("whether the way to opt out can be read without effort"),
        "all_languages_disclose": _flag("whether what must be disclosed is said in every language used"),
        "identity_disclosed": _flag("whether it says that a debt collector is asking"),
        "visible_to_others": _flag("whether others than the person may see it"),
        "envelope": _words(
            "what is printed on the envelope",
            "debtor_name_address",
            "collector_name_address",
            "return_address",
            "neutral_business_name",
            "postage",
            "imb_barcode",
            "postal_marks",
            "forwarding_language",
            "other",
        ),
        "deadline": _day("the last day to pay that it states"),
        "first_communication": _flag("whether it is the first communication with the person about the debt"),
        "first_writing": _flag("whether it is the first in writing"),
        "record": _word("which record would be deleted", "call_log", "recording"),
        "bureau": _word("which credit bureau is told", "nationwide", "nationwide_specialty_check_history"),
        # The person ---------------------------------------------------------------------------------------------------
        "scheme": _word("in whose scheme the payment failed", *(scheme.value for scheme in Scheme)),
        "decline": _word("why the payment was declined", *(decline.term for decline in Decline)),
        "refused_addresses": _words("addresses and numbers that the person asked not to be used"),
        "phone_line": _word("what kind of number the person's phone is", "personal", "mobile", "home", "work"),
        "inconvenient_times": _records("hours that the person called inconvenient"),
        "inconvenient_places": _words("places that the person called inconvenient", "home", "work"),
        "inconvenient_now": _flag("whether the person just said that this moment does not suit"),
        "oral_stop": _happened("when the person said, not in writing, that they want no more contact"),
        "employer_prohibits": _flag("whether the employer, or the person, has ruled out contact at work"),
        "time_consents": _records("hours to which the person agreed"),
        "call_consents": _records("calls to which the person agreed"),
        "court_permission_until": _day("through when a court permits contact at other times"),
        "medium_required": _flag("whether a law requires this medium for this message"),
        "electronic_consent": _flag("whether the person agreed to electronic messages about the debt"),
        "esign_consent": _flag("whether the person agreed to required disclosures in electronic form"),
        "opted_out_at": _happened("when the person last revoked consent to automated calls and texts"),
        "address_known_bad": _flag("whether the postal address is known to be wrong"),
        "known_name": _text("the person's name as completely as it is known"),
        "spanish_requested": _happened("when the person asked for Spanish"),
        "incorporated": _flag("whether the debtor is a company or another legal person"),
        # The address in use -------------------------------------------------------------------------------------------
        "email_basis": _word(
            "on which basis the e-mail address is used",
            "consumer_used",
            "direct_consent",
            "consumer_provided",
            "creditor_procedure",
            "prior_collector",
        ),
        "email_about_debt": _flag("whether the person used the address about the debt"),
        "email_use_disclosed": _flag("whether the use for the debt was disclosed where the address was typed in"),
        "email_consent_withdrawn": _happened("when consent to the address was withdrawn"),
        "email_from_consumer": _flag("whether the creditor had the address from the person"),
        "email_creditor_use": _word(
            "for what the creditor used the address", "account_statements", "payment_reminders", "unrelated_marketing"
        ),
        "email_creditor_stopped": _flag("whether the person asked the creditor to stop using the address"),
        "email_notice_sent": _happened("when the creditor told the person about the hand-over of the address"),
        "email_notice_medium": _word("how it was told", "paper", "electronic"),
        "email_notice_names_collector": _flag("whether it named this collector"),
        "email_notice_opt_out": _word(
            "how the notice let the person opt out",
            "reply_stop",
            "hyperlink",
            "enclosed_reply_form",
            "call_to_get_form",
            "postal_mail",
            "website_no_link",
        ),
        "email_notice_deadline": _day("the last day to opt out that the notice named"),
        "email_notice_respond_to": _word("to whom the person was to answer", "collector_only", "creditor_only", "both"),
        "email_opted_out": _flag("whether the person opted out in answer to the notice, or since"),
        "email_domain": _word("who may have such an address", "public", "company_branded", "institution_reserved"),
        "email_of_employer": _flag("whether the employer is known to have given the address"),
        "email_chain_obtained": _flag("whether some earlier collector obtained the address properly"),
        "email_chain_last_used": _flag("whether the collector just before used the address"),
        "email_chain_opted_out": _flag("whether the person opted out with any earlier collector"),
        "address_led_to_others": _flag("whether somebody reported that the address reaches others"),
        "sms_basis": _word(
            "on which basis the number is texted", "consumer_texted", "direct_consent", "consumer_called_only"
        ),
        "sms_last_text": _happened("when the person last texted from the number"),
        "sms_consent": _happened("when consent to texts was given or last renewed"),
        "sms_consent_withdrawn": _happened("when consent to texts was withdrawn"),
        "sms_checked": _happened("when a complete database was last asked whether the number was reassigned"),
        "sms_reassigned": _flag("whether the number was reassigned"),
        # The debt -----------------------------------------------------------------------------------------------------
        "debt_kind": _word("what kind of debt it is", "consumer", "commercial", "residential_mortgage_servicer"),
        "initial_communication": _happened("when the person was first spoken or written to about the debt"),
        "validation_provided": _happened("when the validation information was given, and did not come back"),
        "validation_end": _day("the last day of the validation period"),
        "validation_end_as_computed": _flag("whether the notice states the end that follows from its own sending"),
        "challenges": _records("disputes about the debt"),
        "duplicate_notice": _happened("when the person was told that a dispute repeats an earlier one"),
        "creditor_asked": _happened("when the person asked for the original creditor"),
        "creditor_told": _happened("when the original creditor was named"),
        "notices": _records("what reached the person before a report to a bureau, and what came back"),
        "monitored": _flag("whether returned notices were watched for"),
        "disputed": _flag("whether the person disputes the debt, in whatever form"),
        "dispute_flagged": _flag("whether the report says that the debt is disputed"),
        "paid": _happened("when the debt was paid"),
        "limitation_expired": _day("the last day on which a court could be asked"),
        "legal_action_intended": _flag("whether legal action is truly intended"),
        "amount_authorised": _flag("whether the agreement or a law allows every part of the amount"),
        "charge_authorised": _word("what allows the fees and interest that are added to the debt", "agreement", "law"),
        "itemised_fully": _flag("whether no field of the itemisation is blank"),
        "one_itemisation_date": _flag("whether every figure and number refers to the same itemisation date"),
        "named_fully": _flag("whether the notice names the person as completely as they are known"),
        "spanish_offered": _flag("whether the notice offers Spanish"),
        "in_spanish": _flag("whether the notice is in Spanish"),
        "last_activity": _happened("the last act to collect the debt"),
        "legal_hold": _flag("whether a suit, an audit or an order forbids to delete anything"),
        "recorded_at": _happened("when the recorded call took place"),
        "written_notice": _happened("when the person was told in writing who collects what"),
        "letter_of_claim": _happened("when a letter of claim was posted with statement and reply forms"),
        "judgment": _happened("when a court decided"),
        "grievance_open": _flag("whether a complaint of the person is still open"),
        "substantiation_asked": _happened("when the person asked that the debt be substantiated"),
        "substantiation_sent": _happened("when it was"),
        "reachable_at_home": _flag("whether the person can be reached at home in the permitted hours"),
    }
)

ATTEMPT_TERMS: Final = frozenset(list(TERMS)[: list(TERMS).index("refused_addresses")])
"""Facts about what is about to be done: whoever does it knows them, and nobody records them beforehand."""

PERSON_TERMS: Final = frozenset(
    {
        "phone_line",
        "refused_addresses",
        "inconvenient_times",
        "inconvenient_places",
        "inconvenient_now",
        "oral_stop",
        "employer_prohibits",
        "time_consents",
        "call_consents",
        "court_permission_until",
        "opted_out_at",
        "address_known_bad",
        "known_name",
        "spanish_requested",
        "email_consent_withdrawn",
        "email_creditor_stopped",
        "email_opted_out",
        "email_domain",
        "email_of_employer",
        "email_chain_opted_out",
        "address_led_to_others",
        "sms_consent_withdrawn",
        "sms_checked",
        "sms_reassigned",
        "reachable_at_home",
        "legal_hold",
    }
)
"""Facts about the person, whatever they owe: told once they hold for all debts.

What allows an address to be used (a basis, a consent) is told per debt; what forbids it follows the person.
"""


def line_of(channel: Channel | None, docket: Docket) -> str:
    """The kind of number that a channel uses: texts reach mobiles, also at work; for calls somebody has to say."""
    match channel:
        case Channel.SMS:
            return "work" if docket.get("phone_line") == "work" else "mobile"
        case Channel.CALL:
            return str(docket.get("phone_line", ""))
        case _:
            return ""
