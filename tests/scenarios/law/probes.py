"""Questions to the gate that case files have no words for, and the rules that a person may set aside.

A probe is a plain contact, as a case file would have it with nothing special about it, and the facts that are
otherwise. A fact of `None` is one that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dunning_engine.compliance.situation import Situation
from dunning_engine.domain.actions import ProposedAction
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.docket import Fact
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.loading import rulebook_names
from dunning_engine.kernel.calendar import Instant, day_of, parse_instant
from dunning_engine.testing.law_cases import parse_law_cases
from dunning_engine.testing.law_situation import asked

PLAIN = """
kind: law-cases
contact_cases:
  - id: {id}
    law: {law}
    collector: {collector}
    given:
      consumer: {{locations: [{{kind: residential_address, tz: {zone}}}]}}
      debt_kind: {debt}
    attempt: {{at: "{at}", channel: {channel}}}
    expected: allowed
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question with the answer that is expected; `code` is the reason of a denial."""

    id: str
    title: str
    law: str
    action: ProposedAction
    situation: Situation
    now: Instant
    expected: str
    code: str


def probe(
    id: str,  # noqa: A002 - the word of case files
    title: str,
    at: str,
    channel: str,
    answer: str,
    *,
    zone: str = "America/New_York",
    collector: str = "third_party",
    debt: str = "consumer",
    regulator: str = "",
    place: str = "",
    hold: HoldReason | None = None,
    contacts: Iterable[Contact] = (),
    **facts: Fact | None,
) -> Probe:
    """A probe; `id` begins with its rulebook, and the answer is `allowed`, `denied` or the reason of a denial."""
    law = "/".join(id.split("/")[:2])
    text = PLAIN.format(id=id, law=law, collector=collector, zone=zone, debt=debt, at=at, channel=channel)
    (case,) = parse_law_cases(text.encode(), file="probes.py", laws=rulebook_names()).contacts
    question = asked(case)
    docket = {name: fact for name, fact in {**question.situation.docket, **facts}.items() if fact is not None}
    situation = question.situation._replace(
        docket=docket,
        contacts=ContactLog(contacts),
        holds=frozenset([hold] if hold else []),
        regulators=frozenset([regulator] if regulator else []),
        places=frozenset([place]) if place else None,
    )
    code = "" if answer in {"allowed", "denied"} else answer
    expected = "allowed" if answer == "allowed" else "denied"
    return Probe(f"probe/{id}", title, law, question.action, situation, question.now, expected, code)


def on(text: str) -> Instant:
    return parse_instant(text)


def rang(text: str, *, outcome: Outcome = Outcome.ATTEMPTED, line: str = "personal") -> Contact:
    return Contact(on(text), Channel.CALL, outcome=outcome, line=line)


BANKRUPT = HoldReason.BANKRUPTCY
CLAIM = "proof_of_claim"

BANKRUPTCY = (
    probe("us/reg-f/stay", "A letter to somebody bankrupt", "1979-10-01T12:00:00Z", "letter", "denied", hold=BANKRUPT),
    probe("us/reg-f/stay-before", "The day before", "1979-09-30T12:00:00Z", "letter", "allowed", hold=BANKRUPT),
    probe("us/reg-f/stay-creditor-itself", "The creditor itself is bound by other rules",
          "2026-03-11T16:00:00Z", "letter", "allowed", collector="first_party", hold=BANKRUPT),
    probe("us/reg-f/stay-business", "A firm that is bankrupt is bound by other rules",
          "2026-03-11T16:00:00Z", "letter", "allowed", debt="commercial", hold=BANKRUPT),
    probe("us/reg-f/stay-claim", "A claim is filed with the court",
          "2026-03-11T16:00:00Z", "letter", "allowed", hold=BANKRUPT, form=CLAIM),
    *(
        probe(f"us/reg-f/stay-{who}", "Somebody else than the debtor hears",
              "2026-03-11T16:00:00Z", "letter", "allowed", hold=BANKRUPT, addressee=who)
        for who in ("creditor", "consumer_attorney")
    ),
)  # fmt: skip

CLAIMS = (
    probe("us/reg-f/claim-first", "A claim in bankruptcy as the first communication says nothing of collecting",
          "2026-03-11T16:00:00Z", "letter", "allowed",
          form=CLAIM, first_communication=True, carries=frozenset()),
    probe("us/reg-f/claim-writing", "A claim in bankruptcy as the first in writing",
          "2026-03-11T16:00:00Z", "letter", "allowed",
          form=CLAIM, first_writing=True, carries=frozenset({"from_debt_collector"})),
    probe("us/reg-f/claim-later", "A claim in bankruptcy as a later communication",
          "2026-03-11T16:00:00Z", "letter", "allowed", form=CLAIM, carries=frozenset()),
    probe("us/reg-f/claim-barred", "A claim in bankruptcy over a debt that is time-barred",
          "2026-03-11T16:00:00Z", "letter", "allowed",
          form=CLAIM, purpose="file_suit", limitation_expired=day_of("2020-01-01")),
)  # fmt: skip

AGREED = {"sms_basis": "direct_consent", "sms_consent": on("2026-03-01T12:00:00Z"), "sms_last_text": None}
TEXTS = (
    probe("us/reg-f/text-consent", "The debtor agreed to texts",
          "2026-03-11T16:00:00Z", "sms", "allowed", **AGREED),
    probe("us/reg-f/text-consent-back", "The debtor agreed to texts and took it back",
          "2026-03-11T16:00:00Z", "sms", "SMS_NO_SAFE_HARBOR",
          **AGREED, sms_consent_withdrawn=on("2026-03-05T12:00:00Z")),
    probe("us/reg-f/text-checked-back", "The number was checked, and consent is taken back",
          "2026-03-11T16:00:00Z", "sms", "SMS_NO_SAFE_HARBOR",
          **{**AGREED, "sms_consent": None, "sms_checked": on("2026-03-01T12:00:00Z")},
          sms_consent_withdrawn=on("2026-03-05T12:00:00Z")),
)  # fmt: skip

FIRST = frozenset({"attempt_to_collect", "information_used_for_that_purpose"})
DISCLOSURES = (
    probe("us/reg-f/first-says-enough", "What the first letter says need not be said twice",
          "2026-03-11T16:00:00Z", "letter", "allowed", first_communication=True, carries=FIRST),
)  # fmt: skip

# Germany: the first claim names client and ground, interest, costs, the source of the address and the supervisor.

CLAIM_ITEMS = ("client_and_ground", "interest_calculation", "cost_breakdown", "address_source", "supervisory_authority")


def german(id: str, title: str, at: str, answer: str, *, lacking: str = "", **more: object) -> Probe:  # noqa: A002
    items = frozenset(CLAIM_ITEMS) - {lacking}
    return probe(f"de/rdg/{id}", title, at, "letter", answer, zone="Europe/Berlin",
                 **{"first_communication": True, "carries": items, "place": "DE", **more})  # type: ignore[arg-type]  # fmt: skip


GERMANY = (
    german("complete", "The first claim names all five", "2026-03-11T12:00:00Z", "allowed"),
    *(
        german(f"without-{item}", f"The first claim leaves out the {item}", at, "DISCLOSURE_MISSING", lacking=item)
        for item, at in zip(CLAIM_ITEMS, ("2021-10-01T12:00:00Z", *["2026-03-11T12:00:00Z"] * 4), strict=True)
    ),
    *(
        german(id_, title, at, "allowed", carries=frozenset(), **more)
        for id_, title, at, more in (
            ("before", "The day before", "2021-09-30T12:00:00Z", {}),
            ("later", "A later letter", "2026-03-11T12:00:00Z", {"first_communication": False}),
            ("creditor-itself", "The creditor itself", "2026-03-11T12:00:00Z", {"collector": "first_party"}),
            ("business", "A claim against a firm", "2026-03-11T12:00:00Z", {"debt": "commercial"}),
            ("austria", "A claim in Austria", "2026-03-11T12:00:00Z", {"place": "AT"}),
            ("to-creditor", "A letter to the creditor", "2026-03-11T12:00:00Z", {"addressee": "creditor"}),
            ("to-attorney", "A letter to an attorney", "2026-03-11T12:00:00Z", {"addressee": "consumer_attorney"}),
        )
    ),
)


# India: while a complaint is open nothing is collected, from 2027 on.


def complaint(id: str, title: str, answer: str, at: str = "2027-03-11T06:00:00Z", **more: object) -> Probe:  # noqa: A002
    facts = {"regulator": "rbi", "grievance_open": True, "zone": "Asia/Kolkata", **more}
    return probe(f"in/rbi/complaint-{id}", title, at, "letter", answer, **facts)  # type: ignore[arg-type]


INDIA = (
    complaint("open", "A letter while a complaint is open", "DISPUTE_PENDING", "2027-01-01T06:00:00Z"),
    complaint("before", "The day before", "allowed", "2026-12-31T06:00:00Z"),
    complaint("closed", "The complaint was settled", "allowed", grievance_open=False),
    complaint("reply", "The borrower wrote; this is the answer", "allowed", reply=True),
    complaint("merchant", "An ordinary merchant", "allowed", regulator=""),
    *(
        complaint(purpose, "What has to be said is said", "allowed", purpose=purpose)
        for purpose in ("verification", "required_disclosure", "opt_out_confirmation")
    ),
    *(
        complaint(who, "Somebody else than the borrower hears", "allowed", addressee=who)
        for who in ("creditor", "consumer_attorney")
    ),
)


# England and Wales: a letter of claim, thirty whole days, and then a suit.


def suit(id: str, title: str, answer: str, at: str = "2026-03-11T12:00:00Z", **more: object) -> Probe:  # noqa: A002
    facts = {"purpose": "file_suit", "zone": "Europe/London", "place": "GB", **more}
    return probe(f"uk/pap-debt/{id}", title, at, "none", answer, **facts)  # type: ignore[arg-type]


ENGLAND = (
    suit("no-letter", "A suit, and no letter of claim", "NOTICE_PERIOD", "2017-10-01T12:00:00Z", letter_of_claim=None),
    suit("no-letter-before", "The day before", "allowed", "2017-09-30T12:00:00Z", letter_of_claim=None),
    suit("day-30", "The thirtieth day after the letter", "NOTICE_PERIOD", letter_of_claim=on("2026-02-09T12:00:00Z")),
    suit("day-31", "The day after the thirtieth", "allowed", letter_of_claim=on("2026-02-08T12:00:00Z")),
    suit("first-day", "A letter of the day before", "NOTICE_PERIOD", "2017-10-01T12:00:00Z",
         letter_of_claim=on("2017-09-30T12:00:00Z")),
    suit("day-before", "The day before the protocol", "allowed", "2017-09-30T12:00:00Z",
         letter_of_claim=on("2017-09-29T12:00:00Z")),
    suit("company", "A company is sued", "allowed", letter_of_claim=None, incorporated=True),
    suit("person", "A sole trader is sued", "NOTICE_PERIOD", letter_of_claim=None, incorporated=False),
    suit("report", "A report is no suit", "allowed", letter_of_claim=None, purpose="furnish"),
    suit("ireland", "A suit in Ireland", "allowed", letter_of_claim=None, place="IE"),
)  # fmt: skip


# New York State: after a request to substantiate the debt nothing is collected until that was done.


def asked_why(id: str, title: str, answer: str, at: str = "2026-03-11T16:00:00Z", **more: object) -> Probe:  # noqa: A002
    facts = {"substantiation_asked": on("1977-12-01T12:00:00Z"), **more}
    return probe(f"us/ny/substantiation-{id}", title, at, "letter", answer, **facts)  # type: ignore[arg-type]


STATE_OF_NEW_YORK = (
    asked_why("open", "The debtor asked for papers", "DISPUTE_PENDING", "1978-01-01T16:00:00Z"),
    asked_why("before", "The day before", "allowed", "1977-12-31T16:00:00Z"),
    asked_why("sent", "The papers were sent", "allowed", substantiation_sent=on("2026-03-01T12:00:00Z")),
    asked_why("never-asked", "Nobody asked for papers", "allowed", substantiation_asked=None),
    asked_why("judgment", "A court decided", "allowed", judgment=on("2026-03-01T12:00:00Z")),
    asked_why("creditor-itself", "The creditor itself", "allowed", collector="first_party"),
    asked_why("business", "A business debt", "allowed", debt="commercial"),
    *(
        asked_why(purpose, "What has to be said is said", "allowed", purpose=purpose)
        for purpose in ("verification", "required_disclosure", "validation_notice", "opt_out_confirmation")
    ),
    *(
        asked_why(who, "Somebody else than the debtor hears", "allowed", addressee=who)
        for who in ("creditor", "consumer_attorney")
    ),
)

FLORIDA = (
    probe("us/fl/employer-after-judgment", "The employer is called after a judgment",
          "2026-03-11T16:00:00Z", "call", "allowed", addressee="employer", judgment=on("2026-03-01T12:00:00Z")),
    probe("us/fl/employer-after-request", "A request for papers is no judgment",
          "2026-03-11T16:00:00Z", "call", "THIRD_PARTY_DISCLOSURE",
          addressee="employer", substantiation_asked=on("2026-03-01T12:00:00Z")),
)  # fmt: skip


# Oregon: at work only where the debtor cannot be reached at home.


def at_work(id: str, title: str, answer: str, at: str = "2026-03-11T19:00:00Z", **more: object) -> Probe:  # noqa: A002
    facts = {"channel": "call", "line": "work", "reachable_at_home": True, "zone": "America/Los_Angeles", **more}
    channel = str(facts.pop("channel"))
    return probe(f"us/or/at-work-{id}", title, at, channel, answer, **facts)  # type: ignore[arg-type]


OREGON = (
    at_work("call", "A call to work, and home would do", "STATE_WORK_CAP", "1978-01-01T19:00:00Z"),
    at_work("text", "A text to work, and home would do", "STATE_WORK_CAP", channel="sms"),
    at_work("machine", "A machine calls work, and home would do", "STATE_WORK_CAP", automated=False),
    at_work("before", "The day before", "allowed", "1977-12-31T19:00:00Z"),
    at_work("letter", "A letter to work", "allowed", channel="letter"),
    at_work("mobile", "A call to a mobile", "allowed", line="mobile"),
    at_work("mobile-at-work", "A call to the mobile of somebody at work", "allowed", line="mobile", place="work"),
    at_work("nobody-home", "Nobody is reached at home", "allowed", reachable_at_home=False, automated=True),
    at_work("business", "A business debt", "allowed", debt="commercial"),
    at_work("reply", "The debtor asked to be called there", "allowed", reply=True),
    at_work("same-call", "The call is under way", "allowed", same_call=True),
    at_work("creditor", "The creditor is called at work", "allowed", addressee="creditor"),
    at_work("attorney", "The attorney is called at work", "allowed", addressee="consumer_attorney"),
)

MASSACHUSETTS = (
    probe("us/ma/unknown-line", "A third call to a number of which nobody knows whose it is",
          "2026-03-11T16:00:00Z", "call", "STATE_WEEKLY_CAP", line=None,
          contacts=(rang("2026-03-09T16:00:00Z"), rang("2026-03-10T16:00:00Z"))),
    probe("us/ma/unknown-lines", "Calls to numbers of which nobody knows whose they are count",
          "2026-03-11T16:00:00Z", "call", "STATE_WEEKLY_CAP",
          contacts=(rang("2026-03-09T16:00:00Z", line=""), rang("2026-03-10T16:00:00Z", line=""))),
)  # fmt: skip

ONTARIO = (
    probe("ca/on/rang-out", "They spoke, then one message; calls that rang out do not count",
          "2026-03-11T16:00:00Z", "call", "allowed", zone="America/Toronto",
          contacts=(rang("2026-03-09T16:00:00Z", outcome=Outcome.CONVERSATION),
                    rang("2026-03-10T16:00:00Z", outcome=Outcome.MESSAGE),
                    rang("2026-03-10T18:00:00Z", outcome=Outcome.NO_ANSWER))),
)  # fmt: skip

# A call that answers what the person wrote is no part of a call of theirs; it is still an answer.


def called_back(state: str, contacts: Iterable[Contact], *, id: str = "", **more: object) -> Probe:  # noqa: A002
    title, at = "The debtor wrote; this is the call that answers", "2026-03-11T19:00:00Z"
    return probe(f"us/{state}/answer-by-call{id}", title, at, "call", "allowed",
                 contacts=contacts, reply=True, same_call=False, **more)  # type: ignore[arg-type]  # fmt: skip


def days_before(*days: int, hour: int = 18, line: str = "personal") -> tuple[Contact, ...]:
    """Conversations on days of March before the call."""
    return tuple(rang(f"2026-03-{day:02}T{hour}:00:00Z", outcome=Outcome.CONVERSATION, line=line) for day in days)


THIRTY = tuple(one for hour in range(15, 20) for one in days_before(5, 6, 7, 8, 9, 10, hour=hour))
ANSWERS_BY_CALL = (
    called_back("dc", days_before(6, 7, 9, 10)),
    called_back("ma", days_before(9, 10)),
    called_back("ma", days_before(9, 10, line="work"), line="work", id="-to-work"),
    called_back("or", days_before(10, line="work"), line="work", zone="America/Los_Angeles"),
    called_back("wa", days_before(10, line="work"), line="work", zone="America/Los_Angeles"),
    called_back("wv", THIRTY),
)


# New York City until 31 August 2026: two a week, but for what is excepted.


def third(id: str, title: str, answer: str = "allowed", *, to: str = "consumer", **more: object) -> Probe:  # noqa: A002
    """A letter after two others in the week."""
    letters = (Contact(on(f"2026-03-{day}T16:00:00Z"), Channel.LETTER, addressee=to) for day in ("09", "10"))
    return probe(f"us/nyc/third-{id}", title, "2026-03-11T16:00:00Z", "letter", answer,
                 contacts=letters, addressee=to, **more)  # type: ignore[arg-type]  # fmt: skip


NEW_YORK_CITY = (
    third("letter", "A third letter", "LOCAL_WEEKLY_CAP"),
    third("in-default", "A third letter of the creditor itself, after default", "LOCAL_WEEKLY_CAP",
          collector="first_party_in_default"),
    third("creditor-itself", "A third letter of the creditor itself", collector="first_party"),
    third("business", "A third letter about a business debt", debt="commercial"),
    third("reply", "The debtor wrote; this is the answer", reply=True),
    third("same-call", "What is sent during a call", same_call=True),
    third("in-session", "What is shown to somebody who looks", in_session=True),
    *(
        third(purpose, "What has to be said is said", purpose=purpose)
        for purpose in ("opt_out_confirmation", "required_disclosure", "validation_notice")
    ),
    *(third(who, "Somebody else than the debtor hears", to=who) for who in ("creditor", "consumer_attorney")),
)  # fmt: skip


# Regulation F: who asked for the original creditor in time, and ends of validation that nobody knows.


def asked_who(id: str, title: str, answer: str = "allowed", **more: object) -> Probe:  # noqa: A002
    facts = {"creditor_asked": on("2026-03-05T16:00:00Z"), "validation_end": day_of("2026-03-31"), **more}
    return probe(f"us/reg-f/creditor-{id}", title, "2026-03-11T16:00:00Z", "letter", answer, **facts)  # type: ignore[arg-type]


NOBODY_KNOWS = {"validation_end": None, "deadline": day_of("2026-12-31")}
VALIDATION = (
    asked_who("asked", "The debtor asked within validation", "OC_REQUEST_PENDING"),
    asked_who("unknown-end", "Nobody knows when validation ends", "OC_REQUEST_PENDING", validation_end=None),
    asked_who("itself", "The creditor itself is asked", collector="first_party"),
    asked_who("business", "A business debt", debt="commercial"),
    *(
        asked_who(who, "Somebody else than the debtor hears", addressee=who)
        for who in ("creditor", "consumer_attorney")
    ),
    *(
        probe(f"us/reg-f/unknown-end-{purpose}", "Nobody knows when validation ends",
              "2026-03-11T16:00:00Z", "letter", "OVERSHADOWING", purpose=purpose, **NOBODY_KNOWS)
        for purpose in ("ultimatum", "threaten_suit")
    ),
)  # fmt: skip

PROBES: tuple[Probe, ...] = (
    *BANKRUPTCY,
    *CLAIMS,
    *TEXTS,
    *DISCLOSURES,
    *GERMANY,
    *INDIA,
    *ENGLAND,
    *STATE_OF_NEW_YORK,
    *FLORIDA,
    *OREGON,
    *MASSACHUSETTS,
    *ONTARIO,
    *ANSWERS_BY_CALL,
    *NEW_YORK_CITY,
    *VALIDATION,
)

YIELDING = frozenset(
    f"{book}/{rule}"
    for book, rules in {
        "de/rdg": "first-claim",
        "in/rbi": "recordings",
        "uk/pap-debt": "letter-of-claim time-to-reply",
        "us/dc": "opt-out",
        "us/nyc": "weekly-contacts-before opt-out free-opt-out",
        "us/reg-f": "seven-calls rest-after-conversation calls-a-day rapid-succession messages-a-day "
        "unanswered-messages calls-and-messages oral-stop email-procedure sms-procedure opt-out clear-opt-out "
        "simple-opt-out first-disclosure first-disclosure-in-writing later-disclosure disclosure-in-each-language "
        "bureau-notice validation validation-left-out validation-content validation-end validation-language "
        "known-bad-address electronic-delivery retention retention-of-recordings",
        "us/reg-f-limits": "seven-calls rest-after-conversation",
        "us/wa": "hours weekly-contacts contacts-at-work",
        "us/wv": "hours weekly-calls weekly-conversations",
    }.items()
    for rule in rules.split()
)
"""Rules that somebody may set aside in a case, with a reason: presumptions and requirements, never a prohibition."""
