"""What an audit looks at: everything that was done about one debtor, and what was known when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dunning_engine.domain.contacts import CONSUMER
from dunning_engine.domain.docket import EMPTY
from dunning_engine.domain.parties import Collector, PartyKind

if TYPE_CHECKING:
    from dunning_engine.domain.contacts import Contact
    from dunning_engine.domain.docket import Fact
    from dunning_engine.domain.parties import Channel
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done: a contact, or (without one) an act that reaches no debtor, such as a report to a bureau.

    `facts` are those of this attempt alone (`purpose`, `form`, `carries`, `address`), by the terms of the docket.
    `overrides` are rules that a person set aside for it; a prohibition cannot be set aside.
    """

    at: Instant
    contact: Contact | None = None
    debts: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    overrides: frozenset[str] = frozenset()

    @classmethod
    def of(cls, contact: Contact, facts: Mapping[str, Fact] = EMPTY) -> Deed:
        """The deed that a contact was."""
        return cls(contact.at, contact, contact.debts, facts)

    @property
    def told(self) -> dict[str, Fact]:
        """The facts of the attempt, with those that its contact holds in fields of their own."""
        told: dict[str, Fact] = {}
        if self.contact is not None:
            told |= {"line": self.contact.line} if self.contact.line else {}
            told |= {"reply": True} if self.contact.reply else {}
            told |= {"addressee": self.contact.addressee} if self.contact.addressee != CONSUMER else {}
        return told | dict(self.facts)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that stood for a while: from `start` (or ever) up to `end`, not included; no debts mean all of them."""

    start: Instant | None = None
    end: Instant | None = None
    debts: tuple[str, ...] = ()

    def stood(self, at: Instant, debts: tuple[str, ...]) -> bool:
        """Whether it stood at an instant for any of some debts; a deed about nobody knows which debt is about each."""
        begun = self.start is None or self.start <= at
        over = self.end is not None and self.end <= at
        return begun and not over and (not self.debts or not debts or bool(set(self.debts) & set(debts)))


@dataclass(frozen=True, slots=True)
class Known:
    """A fact of the docket that was known for a while; of several about one term the last to begin is meant."""

    term: str
    value: Fact
    when: Stretch = Stretch()


@dataclass(frozen=True, slots=True)
class Held:
    """A hold, by the word that facts use for it (`cease`)."""

    reason: str
    when: Stretch = Stretch()


@dataclass(frozen=True, slots=True)
class OptOut:
    """A channel that the debtor asked not to be used."""

    channel: Channel
    when: Stretch = Stretch()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything about one debtor. `deeds` are in order of time; those of one instant in the order in which they were done.

    `zones` are all in which the debtor may be (none: nobody knows), `places` those whose law may protect them (`None`:
    nobody knows), `zone` is the collector's own.
    """

    debtor: str
    kind: PartyKind = PartyKind.CONSUMER
    collector: Collector = Collector.THIRD_PARTY
    zones: tuple[str, ...] = ()
    places: frozenset[str] | None = None
    regulators: frozenset[str] = frozenset()
    zone: str = "UTC"
    deeds: tuple[Deed, ...] = ()
    facts: tuple[Known, ...] = ()
    holds: tuple[Held, ...] = ()
    opted_out: tuple[OptOut, ...] = ()
