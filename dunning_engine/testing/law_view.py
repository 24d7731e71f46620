"""A contact case as its facts are read: the attempt's instant, channel, debts and clocks, which all other facts need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from dunning_engine.domain.contacts import CONSUMER
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import Day, Instant, local_day, resolve
from dunning_engine.testing.law_told import ContactCase, Facts, Moment

CHANNELS: Final[dict[str, tuple[Channel | None, str]]] = {
    "call": (Channel.CALL, "plain"),
    "voicemail": (Channel.CALL, "voicemail"),
    "lcm_voicemail": (Channel.CALL, "limited_content_message"),
    "ringless_voicemail": (Channel.CALL, "ringless_voicemail"),
    "sms": (Channel.SMS, "plain"),
    "email": (Channel.EMAIL, "plain"),
    "letter": (Channel.LETTER, "plain"),
    "postcard": (Channel.LETTER, "postcard"),
    "legal_pleading": (Channel.LETTER, "pleading"),
    "social_private": (Channel.SOCIAL, "plain"),
    "social_public": (Channel.SOCIAL, "public_post"),
    "portal": (Channel.PORTAL, "plain"),
    "proof_of_claim": (None, "proof_of_claim"),
    "credit_bureau_furnish": (None, "plain"),
    "purge": (None, "plain"),
    "payment_allocation": (None, "plain"),
    "none": (None, "plain"),
}
"""What the case's channel words are here: a channel, or none where nobody is reached, and the form that it takes."""


def usual_line(channel: Channel | None) -> str:
    """The kind of number of which nothing is said: a text reaches a mobile, whatever else one knows of it."""
    return "mobile" if channel is Channel.SMS else "personal"


LINES: Final = {"home_landline": "home", "mobile": "mobile", "work": "work"}

LONG_AGO: Final[Instant] = 946_684_800
"""When everything happened that a case does not mention and that is harmless because it is over."""

NOON: Final = 12 * 60
SOME_DEBT: Final = "debt"
"""The debt of a case that names none."""


@dataclass(frozen=True, slots=True)
class View:
    """One case, with what was read of it."""

    case: ContactCase
    zones: tuple[str, ...]

    @property
    def given(self) -> Facts:
        return self.case.facts.group("given")

    @property
    def consumer(self) -> Facts:
        return self.given.group("consumer")

    @property
    def attempt(self) -> Facts:
        return self.case.facts.group("attempt")

    @property
    def now(self) -> Instant:
        found = self.attempt.moment("at")
        assert isinstance(found, int)
        return found

    @property
    def medium(self) -> str:
        return self.attempt.text("channel") or ""

    @property
    def channel(self) -> Channel | None:
        return CHANNELS[self.medium][0]

    @property
    def purpose(self) -> str:
        return self.attempt.text("purpose") or "collect"

    @property
    def collector(self) -> str:
        """Who contacts; `either` is held to what binds those who collect for others."""
        told = self.case.facts.text("collector") or "third_party"
        return "third_party" if told == "either" else told

    # Clocks --------------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> str:
        """The zone in which days without a clock begin and end."""
        return self.zones[0] if self.zones else "UTC"

    def instant(self, moment: Moment, minute: int = 0) -> Instant:
        """A moment; a day begins at midnight, or at the minute named."""
        return resolve(moment.toordinal(), minute, self.zone) if isinstance(moment, date) else moment

    def day(self, moment: Moment) -> Day:
        return moment.toordinal() if isinstance(moment, date) else local_day(moment, self.zone)

    def at(self, facts: Facts, key: str) -> Instant | None:
        """When something happened."""
        moment = facts.moment(key)
        return None if moment is None else self.instant(moment)

    def last_day(self, facts: Facts, key: str) -> Day | None:
        """A day that was set."""
        moment = facts.moment(key)
        return None if moment is None else self.day(moment)

    def has_come(self, facts: Facts, key: str) -> bool:
        """Whether something happened by now; what has no date happened at some time."""
        found = self.at(facts, key)
        return found is None or found <= self.now

    # Debts ---------------------------------------------------------------------------------------------------------------

    @property
    def debts(self) -> tuple[str, ...]:
        """What the attempt is about; where nothing tells, every debt that the case names anywhere."""
        told = self.attempt.texts("debts") or self.given.texts("debts")
        counted = self.attempt.text("counted_to")
        return told or ((counted,) if counted else ()) or self._named_anywhere() or (SOME_DEBT,)

    @property
    def counted(self) -> tuple[str, ...]:
        """The identities under which the attempt counts: the debt that it is allocated to, else all of its debts."""
        counted = self.attempt.text("counted_to")
        return self.identities((counted,) if counted else self.debts)

    def identities(self, debts: Iterable[str]) -> tuple[str, ...]:
        """Debts as they are counted: student loans under one account number are one."""
        accounts = self.given.group("student_loan_account")
        return tuple(dict.fromkeys(accounts.text(debt) or debt for debt in debts))

    def is_about(self, debts: Iterable[str]) -> bool:
        """Whether the attempt is about one of some debts; none named means all."""
        named = tuple(debts)
        return not named or not set(named).isdisjoint(self.debts)

    def _named_anywhere(self) -> tuple[str, ...]:
        prior = [debt for contact in self.given.groups("prior_contacts") for debt in contact.texts("debts")]
        consented = [consent.text("debt") for consent in self.given.groups("consents")]
        ceased = self.given.group("cease_notice").texts("debts")
        represented = self.consumer.group("attorney").text("for_debt")
        disputed = self.given.texts("disputed_debts")
        named = (*prior, *consented, *ceased, represented, *disputed)
        return tuple(dict.fromkeys(debt for debt in named if debt))


def view(case: ContactCase) -> View:
    """A case with the zones in which its debtor may be."""
    return View(case, zones_of(case.facts.group("given").group("consumer")))


def zones_of(consumer: Facts) -> tuple[str, ...]:
    """Every zone that some indication allows; none where an indication cannot be read."""
    places = consumer.groups("locations")
    if not all(place.texts("tz") for place in places):
        return ()
    return tuple(dict.fromkeys(zone for place in places for zone in place.texts("tz")))


def addressee(facts: Facts, given: Facts) -> str:
    """Whom a contact is meant for; somebody else's number counts only where the collector knows whose it is."""
    told = facts.text("addressee") or given.text("addressee")
    owner = given.text("number_owner")
    if owner:
        told = owner if given.flag("collector_knows_owner", True) else None
    return "third_party" if told == "third_party_T" else told or CONSUMER
