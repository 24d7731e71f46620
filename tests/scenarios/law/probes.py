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

PROBES: tuple[Probe, ...] = (*BANKRUPTCY, *CLAIMS, *TEXTS)

YIELDING = frozenset(
    f"{book}/{rule}"
    for book, rules in {
        "de/rdg": "first-claim",
        "in/rbi": "recordings",
        "uk/pap-debt": "letter-of-claim time-to-reply",
        "us/dc": "opt-out",
        "us/nyc": "opt-out free-opt-out",
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
