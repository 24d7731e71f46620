"""What stands around a map of lawful hours, in every format: its title, zones, legend, lacking facts, and its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.parties import Channel, Collector, PartyKind, may_be_in
from dunning_engine.kernel.calendar import iso, moment
from dunning_engine.reports.law_terms import DOUBTS
from dunning_engine.reports.lawful_hours import Because, LawfulHours, ahead, clocks_move, minutes_of, open_spans

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.reports.lawful_hours import Closing, Stretch

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NOT_ADVICE: Final = "Not legal advice"
ZONES_NAMED: Final = 3
FACTS_TOLD: Final = 8

DEEDS: Final = {
    Channel.CALL: "called",
    Channel.SMS: "texted",
    Channel.EMAIL: "written to by e-mail",
    Channel.LETTER: "written to by letter",
    Channel.SOCIAL: "written to on a social network",
    Channel.PORTAL: "shown a message in the portal",
    Channel.VISIT: "visited",
    Channel.PUSH: "shown a message on their device",
}
COLLECTORS: Final = {
    Collector.FIRST_PARTY: "by the creditor",
    Collector.FIRST_PARTY_IN_DEFAULT: "by the creditor, once the debt is overdue",
    Collector.THIRD_PARTY: "by a collector for others",
}
KINDS: Final = {PartyKind.CONSUMER: "a consumer", PartyKind.BUSINESS: "a business"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend: a rule that closes something, and the letter that stands for it."""

    letter: str
    because: Because
    rule: str
    says: str
    citation: str
    url: str
    confidence: str
    code: str


@dataclass(frozen=True, slots=True)
class Portrait:
    """A map of lawful hours with everything that is said about it. `who` is the debtor in words."""

    report: LawfulHours
    who: str
    books: tuple[Rulebook, ...]

    @property
    def title(self) -> str:
        enquiry = self.report.enquiry
        first, last = (date.fromordinal(day) for day in (enquiry.first, enquiry.first + enquiry.days - 1))
        deed = DEEDS[enquiry.action.spec.channel or Channel.CALL]
        began = f"{first.day} {first:%B}" if first.year == last.year else f"{first.day} {first:%B %Y}"
        return f"When {self.who} may be {deed}: {began} to {last.day} {last:%B %Y}"

    @property
    def under(self) -> str:
        """Who collects from whom, and the rulebooks that may bind them there."""
        situation = self.report.enquiry.situation
        binding = [book.name for book in self.books if self._binds(book)]
        silent = len([book for book in self.books if book.rules]) - len(binding)
        told = f"under {', '.join(binding)}" if binding else "under no rulebook"
        others = f" ({silent} of those asked for {'does' if silent == 1 else 'do'} not bind here)" if silent else ""
        return f"{COLLECTORS[situation.collector]}, for the debt of {KINDS[situation.debtor.kind]}, {told}{others}"

    def _binds(self, book: Rulebook) -> bool:
        """Whether a rulebook may bind this person, by its place and whom its rules are about."""
        enquiry = self.report.enquiry
        situation, slot = enquiry.situation, (enquiry.action.key.step, enquiry.action.key.slot)
        who = (situation.collector, situation.debtor.kind, enquiry.action.spec.channel, situation.regulators, slot)
        there = not book.place or may_be_in(situation.places, book.place)
        return there and any(rule.binds.fits(*who) and not rule.offstage for rule in book.rules)

    @property
    def clocks(self) -> str:
        """Whose clocks are shown, and which others have to agree."""
        enquiry = self.report.enquiry
        there = f"; may be in {', '.join(sorted(enquiry.situation.places))}" if enquiry.situation.places else ""
        shown = f"Times in {enquiry.zone}{there}"
        others: dict[int, list[str]] = {}
        for name in enquiry.situation.zones:
            if name != enquiry.zone:
                others.setdefault(ahead(enquiry.zone, name, enquiry.start), []).append(name)
        if not enquiry.situation.zones:
            return f"{shown}; nothing tells in which zone the person is"
        told = [f"{_some(names)} ({_hours(minutes)})" for minutes, names in sorted(others.items())]
        return f"{shown}; a contact must suit as well {', '.join(told)}" if told else shown

    @property
    def entries(self) -> tuple[Entry, ...]:
        first = {(one.reason.rule, one.because): one for s in self.report.stretches for one in s.closings}
        return tuple(
            _entry(LETTERS[at % len(LETTERS)], first[key], self._says(key[0]))
            for at, key in enumerate(self.report.closers)
        )

    def _says(self, rule: str) -> str:
        return next((one.says for one in self.report.enquiry.rules if one.id == rule), rule)

    def letters(self) -> dict[tuple[str, Because], str]:
        return {(entry.rule, entry.because): entry.letter for entry in self.entries}

    @property
    def footer(self) -> str:
        stands = sorted({book.state_of for book in self.books})
        return f"{NOT_ADVICE}; state of the rules: {', '.join(date.fromordinal(day).isoformat() for day in stands)}"

    @property
    def lacking(self) -> tuple[tuple[str, str], ...]:
        """Rules that lack facts, with the facts in words."""
        return tuple((lack.reason.rule, facts_in_words(lack.facts)) for lack in self.report.lacks)

    @property
    def duties(self) -> str:
        """What the text of a message has to carry, in words."""
        return ", ".join(duty.replace("_", " ") for duty in self.report.duties)

    @property
    def quiet(self) -> bool:
        """Whether no rule closes anything."""
        return all(stretch.is_open for stretch in self.report.stretches)

    def time(self, instant: Instant) -> str:
        """An instant with its weekday, on the clocks shown."""
        return f"{moment(instant, self.report.enquiry.zone):%a %d %b %H:%M}"

    def told(self, closing: Closing) -> str:
        """One closing for a tooltip: what it says, where that stands, and until when."""
        reason = closing.reason
        source = f"{reason.rule} · {reason.citation}" if reason.citation else reason.rule
        return "\n".join((reason.words, source, self.until(closing), *looked_at(closing)))

    def until(self, closing: Closing) -> str:
        return f"until {self.time(closing.until)}" if closing.until is not None else "waiting does not help"

    def notes(self, day: Day) -> tuple[str, ...]:
        """What is special about a day."""
        moved = clocks_move(day, self.report.enquiry.zone)
        if not moved:
            return ()
        return (f"clocks {'+' if moved > 0 else '-'}{_length(abs(moved))}",)


def looked_at(closing: Closing) -> tuple[str, ...]:
    """The contacts and facts behind a closing; clocks and calendars need none, they are the map itself."""
    if closing.because in (Because.CLOCK, Because.REST_DAY, Because.UNKNOWN):
        return ()
    rest = len(closing.facts) - FACTS_TOLD
    return (*closing.facts[:FACTS_TOLD], *([f"and {rest} more"] if rest > 0 else []))


def doubt(confidence: str) -> str:
    """What has to be said plainly of a rule that is not well sourced."""
    return DOUBTS.get(confidence, "")


def facts_in_words(facts: Sequence[str]) -> str:
    return "; ".join(f"{TERMS[fact].says} ({fact})" for fact in facts)


def _entry(letter: str, closing: Closing, says: str) -> Entry:
    reason = closing.reason
    return Entry(
        letter, closing.because, reason.rule, says, reason.citation, reason.url, reason.confidence, reason.code
    )


def _some(names: Sequence[str]) -> str:
    rest = len(names) - ZONES_NAMED
    return f"{', '.join(names[:ZONES_NAMED])} and {rest} more" if rest > 0 else ", ".join(names)


def _hours(minutes: int) -> str:
    return "the same time" if not minutes else f"{_length(abs(minutes))} {'later' if minutes > 0 else 'earlier'} there"


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])


# JSON -----------------------------------------------------------------------------------------------------------------


def as_json(portrait: Portrait) -> dict[str, Any]:
    """The whole map for programs: exact stretches with every rule that closes them."""
    report, enquiry = portrait.report, portrait.report.enquiry
    return {
        "title": portrait.title,
        "disclaimer": portrait.footer,
        "law": [{"rulebook": b.name, "state_of": date.fromordinal(b.state_of).isoformat()} for b in portrait.books],
        "channel": enquiry.action.spec.channel.value if enquiry.action.spec.channel is not None else None,
        "collector": enquiry.situation.collector.value,
        "zone": enquiry.zone,
        "zones": list(enquiry.situation.zones),
        "places": sorted(enquiry.situation.places or ()),
        "rules": [_rule(entry) for entry in portrait.entries],
        "needs_facts": [
            {"rule": lack.reason.rule, "says": lack.reason.words, "facts": list(lack.facts)} | _source(lack.reason)
            for lack in report.lacks
        ],
        "message_carries": list(report.duties),
        "days": list(_days(portrait)),
        "stretches": [_stretch(stretch, enquiry.zone) for stretch in report.stretches],
        "opens_after": None if report.opens is None else iso(report.opens, enquiry.zone),
    }


def _source(reason: Any) -> dict[str, str]:
    return {"citation": reason.citation, "url": reason.url, "confidence": reason.confidence}


def _rule(entry: Entry) -> dict[str, str]:
    told = {"letter": entry.letter, "rule": entry.rule, "because": entry.because.value, "says": entry.says}
    return told | _source(entry) | {"code": entry.code}


def _days(portrait: Portrait) -> Iterator[dict[str, Any]]:
    for day in portrait.report.days:
        yield {
            "date": date.fromordinal(day).isoformat(),
            "open": list(open_spans(portrait.report, day)),
            "notes": list(portrait.notes(day)),
        }


def _stretch(stretch: Stretch, zone: str) -> dict[str, Any]:
    return {
        "from": iso(stretch.start, zone),
        "until": iso(stretch.end, zone),
        "open": stretch.is_open,
        "closed_by": [
            {
                "rule": one.reason.rule,
                "words": one.reason.words,
                "code": one.reason.code,
                "until": None if one.until is None else iso(one.until, zone),
                "facts": list(looked_at(one)),
            }
            for one in stretch.closings
        ],
    }


def rows(portrait: Portrait) -> Iterator[tuple[Day, Stretch, str]]:
    """Every part of every day with its minutes in words, for tables."""
    zone = portrait.report.enquiry.zone
    for day in portrait.report.days:
        for part in portrait.report.of_day(day):
            first, end = minutes_of(part, zone)
            yield day, part, f"{first // 60:02}:{first % 60:02}–{end // 60:02}:{end % 60:02}"
