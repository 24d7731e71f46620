"""The words that other systems use for contacts: headings of columns, results of calls, channels, zones.

Nothing is guessed: a word that is not here is told with those that are, and a mapping says what it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.parties import Channel, PartyKind
from dunning_engine.intake.fields import Field, text_of
from dunning_engine.kernel.diagnostics import suggest

HEADINGS: Final[Mapping[str, str]] = MappingProxyType({
    "at": "at, call date time, call datetime, datetime, date time, timestamp, time stamp, call timestamp, started at, "
    "call start, call start time, start time, event time, attempt time, contact time, created at, dial time, call time",
    "date": "date, call date, contact date, attempt date, event date",
    "time": "time, time of day, local time",
    "debtor": "debtor, debtor id, consumer, consumer id, customer, customer id, customer number, person id, party id",
    "debt": "debt, debt id, account, account id, account number, account no, acct no, acct, loan, loan id, loan number, case, "
    "case id, file number, reference",
    "channel": "channel, medium, media, media type, contact type, contact method, activity type, interaction type, type",
    "direction": "direction, dir, call direction, call type, inbound outbound",
    "outcome": "outcome, disposition, disposition code, disp, result, call result, call outcome, result code, "
    "call status, status",
    "phone": "phone, phone number, telephone, number dialed, number dialled, dialed number, dialled number, "
    "called number, to number, callee, destination, msisdn",
    "zone": "zone, timezone, time zone, tz, debtor timezone, consumer timezone",
    "region": "region, state, st, province",
    "postal_code": "postal code, postcode, zip, zip code, zipcode",
    "country": "country, country code",
    "line": "line, line type, phone type, number type",
    "kind": "kind, debtor kind, debtor type",
    "addressee": "addressee",
    "reply": "reply, is reply",
    "answered": "answered",
    "purpose": "purpose",
    "form": "form",
    "address": "address, email, email address",
})  # fmt: skip
"""The headings by which the columns of a table without a mapping are known, the surest first."""

_OUTCOMES: Final[Mapping[Outcome, str]] = MappingProxyType({
    Outcome.CONVERSATION: "conversation, connected, contact, contacted, answered by person, human, live answer, live, "
    "rpc, right party, right party contact, spoke, spoke with debtor, talked, promise to pay, ptp, promise, payment, "
    "payment taken, refused to pay, rtp, dispute, callback requested, not interested, ni",
    Outcome.ATTEMPTED: "attempted, attempt, no answer, noanswer, na, n, ring no answer, rna, ringing, abandoned, "
    "dropped, drop, sent, delivered, opened, read, mailed, posted, answering machine, machine, am, a",
    Outcome.NOT_CONNECTED: "not connected, busy, b, ab, disconnected, dc, adc, out of service, not in service, "
    "number not in service, invalid number, congestion, failed, fast busy, bounced, undeliverable, call failed",
    Outcome.WRONG_NUMBER: "wrong number, wn, wrong party, wpc, wrong party contact",
    Outcome.MESSAGE: "message, left message, lm, message left, left voicemail, voicemail, voicemail left, vm, lvm",
    Outcome.CALL_BACK: "call back message, callback message, limited content message, lcm",
    Outcome.NO_MESSAGE: "no message possible, mailbox full, voicemail full, no voicemail, no message",
})  # fmt: skip
_CHANNELS: Final[Mapping[Channel, str]] = MappingProxyType({
    Channel.CALL: "call, calls, phone, phone call, telephone, voice, dial, dialer, dialler, outbound call, inbound call",
    Channel.SMS: "sms, text, text message, txt, mms",
    Channel.EMAIL: "email, e mail",
    Channel.LETTER: "letter, post, postal, postal mail, mail, usps",
    Channel.SOCIAL: "social, social media, direct message, dm, whatsapp, messenger",
    Channel.VISIT: "visit, in person, meeting, field visit, doorstep, home visit",
    Channel.PORTAL: "portal, web, website, app",
    Channel.PUSH: "push, push message, app push, push notification",
})  # fmt: skip
_DIRECTIONS: Final = MappingProxyType({
    False: "outbound, out, outgoing, o, ob, manual, predictive, preview, auto",
    True: "inbound, in, incoming, i, ib",
})  # fmt: skip
_TRUTHS: Final = MappingProxyType({True: "yes, y, true, 1", False: "no, n, false, 0"})
_KINDS: Final = MappingProxyType({PartyKind.CONSUMER: "consumer, private", PartyKind.BUSINESS: "business, commercial"})

ZONES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    **dict.fromkeys(("et", "est", "edt", "eastern"), ("America/New_York",)),
    **dict.fromkeys(("ct", "cst", "cdt", "central"), ("America/Chicago",)),
    **dict.fromkeys(("mt", "mst", "mdt", "mountain"), ("America/Denver", "America/Phoenix")),
    **dict.fromkeys(("pt", "pst", "pdt", "pacific"), ("America/Los_Angeles",)),
    **dict.fromkeys(("akst", "akdt", "alaska"), ("America/Anchorage",)),
    **dict.fromkeys(("hst", "hawaii"), ("Pacific/Honolulu",)),
    **dict.fromkeys(("utc", "gmt", "z"), ("UTC",)),
})  # fmt: skip
"""Short words for zones; one that stands for places with and without summer time stands for both."""


def folded(text: str) -> str:
    """A word without what tells spellings apart: `Call_Time`, `call-time` and `Call Time` are one."""
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return " ".join(re.sub(r"[^a-z0-9]+", " ", parted.lower()).split())


def listed(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(","))


def known_headings(header: tuple[str, ...]) -> dict[str, str]:
    """Which column of a table is what, as far as its headings say; each column is one thing."""
    names = {folded(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    for key, words in HEADINGS.items():
        column = next((names[word] for word in listed(words) if word in names), None)
        if column is not None and column not in found.values():
            found[key] = column
    if "date" in found and "at" in found and "time" not in found:
        found["time"] = found.pop("at")  # `call_time` beside `call_date` is only the time
    return found


def _choice(meanings: Mapping[Any, str], ours: Callable[[Any], str]) -> Callable[[str], Any]:
    """A reader of words; what it refuses it tells with our own word for each meaning."""
    by_word = {word: meaning for meaning, words in meanings.items() for word in listed(words)}

    def read(text: str) -> Any:
        word = folded(text)
        if word in by_word:
            return by_word[word]
        near = suggest(word, by_word) if len(word) > 2 else None
        hint = f'; did you mean "{near}"?' if near else ""
        accepted = ", ".join(f'"{ours(meaning)}"' for meaning in meanings)
        raise ValueError(f'"{text}" is a word that nobody explained{hint} (write one of {accepted}, or map it)')

    return read


def _word_of(term: str) -> Callable[[str], str]:
    words = TERMS[term].words

    def read(text: str) -> str:
        word = folded(text).replace(" ", "_")
        if word not in words:
            near = suggest(word, words)
            accepted = f"did you mean {near}?" if near else f"there are {', '.join(words)}"
            raise ValueError(f'"{text}" is no {term}; {accepted}')
        return word

    return read


def _debts(text: str) -> tuple[str, ...]:
    return tuple(text_of(part) for part in text.split(";") if part.strip())


_TEXT: Final = Field(text_of)
_TIME: Final = Field(text_of, is_date=True)

CONTACT_FIELDS: Final[Mapping[str, Field]] = MappingProxyType({
    "at": _TIME,
    "date": _TIME,
    "time": _TEXT,
    "debtor": _TEXT,
    "debt": Field(_debts),
    "channel": Field(_choice(_CHANNELS, lambda channel: channel.value)),
    "direction": Field(_choice(_DIRECTIONS, lambda inbound: "inbound" if inbound else "outbound")),
    "outcome": Field(_choice(_OUTCOMES, lambda outcome: outcome.value)),
    "phone": _TEXT,
    "zone": _TEXT,
    "region": _TEXT,
    "postal_code": _TEXT,
    "country": _TEXT,
    "line": Field(_word_of("line")),
    "kind": Field(_choice(_KINDS, lambda kind: kind.value)),
    "addressee": Field(_word_of("addressee")),
    "reply": Field(_choice(_TRUTHS, lambda truth: "yes" if truth else "no")),
    "answered": Field(_choice(_TRUTHS, lambda truth: "yes" if truth else "no")),
    "purpose": Field(_word_of("purpose")),
    "form": Field(_word_of("form")),
    "address": _TEXT,
})  # fmt: skip
"""The keys of a mapping for contacts, and how the text of a cell is read for each."""
