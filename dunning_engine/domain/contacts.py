"""The debtor's one contact log: every attempt to reach them, across cases, channels and steps."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.values import Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dunning_engine.kernel.calendar import Instant


CONSUMER = "consumer"
"""Who is meant unless something else is said: the debtor, or whoever the law puts in their place."""


class Outcome(Token):
    """What came of a contact; an attempt counts from the moment it was armed, whatever came of it."""

    ATTEMPTED = "attempted"
    """It was made, and nobody told what came of it; so it counts wherever an attempt may."""
    CONVERSATION = "conversation"
    """The debtor and a person spoke about the debt."""
    NOT_CONNECTED = "not connected"
    """Busy, out of service: the attempt reached nobody's phone."""
    WRONG_NUMBER = "wrong number"
    NO_ANSWER = "no answer"
    """It rang, or was picked up and dropped; nobody spoke and no message was left."""
    MESSAGE = "message"
    """Nobody answered; a message with content was left."""
    CALL_BACK = "call-back message"
    """Nobody answered; a message was left that only asks to be called back."""
    NO_MESSAGE = "no message possible"
    """Nobody answered, and the mailbox took no message."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One attempt to reach the debtor, or a conversation whoever began it.

    `debts` are the case identities that it counts for; none means that nobody knows, so it counts for each.
    `discussed` are those that were spoken about, where they are others. `inbound` contacts were begun by the debtor and
    count for cooling-off, never for a frequency. `action_id` names the action that it came from, so that news of its
    outcome does not count it twice. `line` is the kind of number or address (`work`), `addressee` who was meant,
    `reply` that it answered a message of the debtor's own, `answered` that the debtor answered it.
    """

    at: Instant
    channel: Channel
    debts: tuple[str, ...] = ()
    outcome: Outcome = Outcome.ATTEMPTED
    inbound: bool = False
    action_id: str = ""
    discussed: tuple[str, ...] = ()
    line: str = ""
    addressee: str = CONSUMER
    reply: bool = False
    answered: bool = False


class ContactLog:
    """Contacts in order of time, so that a rule looks only at its own window.

    `key` order is total (time, then channel and debts): the same contacts always make the same log.
    """

    __slots__ = ("_times", "contacts")

    def __init__(self, contacts: Iterable[Contact] = ()) -> None:
        self.contacts = tuple(sorted(contacts, key=_order))
        self._times = [contact.at for contact in self.contacts]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ContactLog) and self.contacts == other.contacts

    def __hash__(self) -> int:
        return hash(self.contacts)

    def __iter__(self) -> Iterator[Contact]:
        return iter(self.contacts)

    def __len__(self) -> int:
        return len(self.contacts)

    def __repr__(self) -> str:
        return f"<ContactLog of {len(self)}>"

    def since(self, instant: Instant) -> tuple[Contact, ...]:
        """Contacts at or after an instant, oldest first."""
        return self.contacts[bisect_left(self._times, instant) :]

    def plus(self, *contacts: Contact) -> ContactLog:
        """The log with further contacts."""
        if not contacts:
            return self
        if len(contacts) == 1 and (not self.contacts or _in_turn(self.contacts[-1], contacts[0])):
            return self._then(contacts[0])
        return ContactLog((*self.contacts, *contacts))

    def attempted(self, contact: Contact) -> ContactLog:
        """The log with an attempt of an action; one before, which never left, was the same contact.

        Where people had spoken all the same, it stays a conversation.
        """
        before = [c for c in self.contacts if c.action_id == contact.action_id]
        if not before:
            return self.plus(contact)
        if any(c.outcome is Outcome.CONVERSATION for c in before):
            contact = replace(contact, outcome=Outcome.CONVERSATION)
        return ContactLog((*(c for c in self.contacts if c.action_id != contact.action_id), contact))

    def _then(self, last: Contact) -> ContactLog:
        """The log with a contact that comes after all others: nothing has to be sorted again."""
        log = ContactLog.__new__(ContactLog)
        log.contacts = (*self.contacts, last)
        log._times = [*self._times, last.at]  # noqa: SLF001 - of this class
        return log

    def told(self, action_id: str, news: Contact) -> ContactLog:
        """The log with news of the contact that an action made: what came of it, and when.

        A task may be done days after it was handed over: rest after a conversation counts from the conversation. Later
        news never takes a conversation back.
        """
        return ContactLog(_merged(c, news) if c.action_id == action_id else c for c in self.contacts)


def _merged(contact: Contact, news: Contact) -> Contact:
    """A contact with what became known of it later."""
    return replace(
        contact,
        at=max(contact.at, news.at),
        outcome=max(contact.outcome, news.outcome, key=_TELLS.index),
        discussed=tuple(sorted({*contact.discussed, *news.discussed})),
        line=news.line or contact.line,
        addressee=contact.addressee if news.addressee == CONSUMER else news.addressee,
        reply=contact.reply or news.reply,
        answered=contact.answered or news.answered,
    )


_TELLS = (
    Outcome.ATTEMPTED,
    Outcome.NOT_CONNECTED,
    Outcome.WRONG_NUMBER,
    Outcome.NO_ANSWER,
    Outcome.NO_MESSAGE,
    Outcome.CALL_BACK,
    Outcome.MESSAGE,
    Outcome.CONVERSATION,
)
"""What came of an attempt, from what says least."""


def _in_turn(one: Contact, other: Contact) -> bool:
    """Whether two contacts are in order."""
    return one.at < other.at or (one.at == other.at and _order(one) <= _order(other))


def _order(contact: Contact) -> tuple[object, ...]:
    what = (contact.outcome.value, contact.inbound, contact.discussed, contact.line, contact.addressee)
    return contact.at, contact.channel.value, contact.debts, contact.action_id, *what, contact.reply, contact.answered


NO_CONTACTS = ContactLog()
