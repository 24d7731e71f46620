"""A rehearsal as a dated story: what happened, what the engine did about it, and why.

The words of facts are those in which tests and tables of events tell them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.domain import events as e
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested
from dunning_engine.domain.facts import FACT, show_fact
from dunning_engine.domain.facts_waiting import hold_words, plan_words
from dunning_engine.domain.joining import LevelJoined
from dunning_engine.domain.ladder_events import LadderRewound, NoticeCancelled, StepForced
from dunning_engine.domain.ledger_events import ChargeOmitted
from dunning_engine.domain.money_words import money_words
from dunning_engine.domain.orders import Scope
from dunning_engine.domain.plans import PlanAgreed, PlanOffered
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.kernel.calendar import moment
from dunning_engine.kernel.money import Money
from dunning_engine.testing import happenings as h

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.testing.rehearsal import Noted, Rehearsal


DAY_WIDTH: Final = len("Fri 2026-03-06")


class Line(NamedTuple):
    """One line of a story; `when` is in the policy's zone."""

    when: str
    what: str
    details: str

    def __str__(self) -> str:
        return f"{self.when}  {self.what:<9}  {self.details}".rstrip()


def story(stage: Rehearsal) -> tuple[Line, ...]:
    """Everything that happened, in order of time; what is said twice of one minute is told once."""
    told = ((at, _told(note, at, stage)) for at, note in stage.notes)
    return tuple(dict.fromkeys(Line(_when(at, stage.policy), *words) for at, words in told if words is not None))


def text(lines: Iterable[Line]) -> str:
    """A story as text; a day is written once."""
    return "\n".join(map(str, days_once(lines)))


def days_once(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, each day only where it begins."""
    day = ""
    for line in lines:
        today = line.when[:DAY_WIDTH]
        yield line if today != day else line._replace(when=" " * DAY_WIDTH + line.when[DAY_WIDTH:])
        day = today


def _when(at: Instant, policy: Policy) -> str:
    return f"{moment(at, policy.zone):%a %Y-%m-%d %H:%M}"


def _told(note: Noted, at: Instant, stage: Rehearsal) -> tuple[str, str] | None:
    """What a line says; None for what goes without saying."""
    match note:
        case e.CaseOpened(debtor):
            return "opened", f"{debtor.kind.value} in {_place(stage)}{_lacking(stage)}"
        case e.ReceivableAdded(invoice):
            return "invoice", f"{invoice.number} over {invoice.amount}, due {invoice.due}"
        case e.ActionCleared(action):
            waits = all(one.action.id != action.id or one.at != at for one in stage.handed)
            return ("cleared", f"{action.spec.words} (step {action.step})") if waits else None
        case e.DeliveryArmed(action_id):
            sent = next(one.action for one in stage.handed if (one.at, one.action.id) == (at, action_id))
            return "sent", f"{sent.spec.words} (step {sent.step}), over {Money.of_minor(sent.amount, sent.currency)}"
        case e.ReceiptRecorded(action_id, kind):
            usual = kind is e.ReceiptKind.SENT or stage.case.deliveries[action_id].sent_at == at
            return None if usual else (kind.value, stage.case.deliveries[action_id].words)
        case _:
            return _decided(note, stage) or _machinery(note) or _fact(note)


def _place(stage: Rehearsal) -> str:
    setting = stage.setting
    places = " or ".join(place for hint in setting.place_hints for place in hint.places)
    return places or setting.debtor.country or "an unknown country"


def _lacking(stage: Rehearsal) -> str:
    debtor = stage.setting.debtor
    absent = [
        name
        for name, known in (("e-mail", debtor.email), ("phone", debtor.phone), ("address", debtor.address))
        if not known
    ]
    return f", no {' or '.join(absent)} known" if absent else ""


def _decided(note: Noted, stage: Rehearsal) -> tuple[str, str] | None:
    match note:
        case e.ActionDeferred(action, until, rules):
            return "deferred", f"{action.spec.words} until {_when(until, stage.policy)}: {', '.join(rules)}"
        case e.ActionBlocked(action, _, why):
            return "blocked", f"{action.spec.words}: {'; '.join(why)}"
        case e.ActionCancelled(action_id, why):
            return "withdrawn", f"{stage.case.deliveries[action_id].words}: {why}"
        case ApprovalRequested(action, role):
            return "asks", f"{role} to approve {action.spec.words}"
        case ApprovalGranted(action_id):
            return "approved", stage.case.deliveries[action_id].words
        case ApprovalRefused(action_id):
            return "refused", stage.case.deliveries[action_id].words
        case e.StatusChanged(_, status, why):
            return status, f"as {why}" if why and status == "closed" else why
        case ChargeOmitted(action, why):
            return "not charged", f"{action.spec.words}: {why}"
        case e.StepSkipped(step=step, why=why):
            return "skipped", f"step {step}: {why}"
        case StepForced(step=step, by=by):
            return "forced", f"step {step} by {by}"
        case LadderRewound(step=step, by=by):
            return "rewound", f"to {step} by {by}"
        case NoticeCancelled(action_id, by):
            return "cancelled", f"{stage.case.deliveries[action_id].words} by {by}"
        case _:
            return None


def _machinery(note: Noted) -> tuple[str, str] | None:
    match note:
        case h.Look():
            return "look", "somebody asks again"
        case h.Restart():
            return "restart", "only the recorded events are left"
        case h.Crash():
            return "crash", "the process dies at its next hand-over"
        case h.Away(days):
            return "away", f"nobody looks for {days} days"
        case h.Outage(days):
            return "outage", f"nothing can be handed over for {days} days"
        case h.NoProof(days):
            return "no proof", f"receipts say sent and no more{f' for {days} days' if days < 365 else ''}"
        case h.Elsewhere(channel):
            return "contact", f"another case reached the debtor by {channel.value}"
        case h.Paused(scope):
            return "pause", f"of {_scope(scope)}"
        case h.Resumed(scope):
            return "resume", f"of {_scope(scope)}"
        case _:
            return None


def _scope(scope: Scope) -> str:
    return scope.value if scope is Scope.EVERYTHING else f"the {scope.value}"


def _fact(note: Noted) -> tuple[str, str]:
    match note:
        case e.PromiseMade(amount, by, invoice):
            return "promise", f"{amount}{_of(invoice)} by {date.fromordinal(by)}"
        case e.HoldPlaced() | e.HoldLifted():
            return "fact", _hold(note)
        case PlanAgreed() | PlanOffered():
            return "plan", plan_words(note)
        case e.DisputeAnswered(invoice):
            return "answered", f"the dispute{_of(invoice)}"
        case e.PlanBroken() | e.OptedOut() | e.OptedIn() | e.HostFact():
            return "fact", show_fact(note)
        case e.FactRecorded(name, value):
            return "fact", f"{name}: {value}"
        case e.ContactMade(channel, outcome, inbound):
            return "contact", f"{outcome.value} by {channel.value}{', begun by the debtor' if inbound else ''}"
        case InvoiceReadied(invoice, ready):
            return "ready" if ready else "not ready", f"{invoice} may{'' if ready else ' not'} be asked for"
        case LevelJoined(words=words, invoice=invoice):
            return "joined", f"{words} for {invoice} goes along"
        case e.DebtorUpdated(debtor):
            return "debtor", f"new particulars of {debtor.name or debtor.id}"
        case _:
            return money_words(note)


def _hold(note: e.HoldPlaced | e.HoldLifted) -> str:
    """The phrase of files of facts; hosts may tell more than these have words for, such as that somebody is alive."""
    if any(form.take(note) is not None for form in FACT.forms):
        return show_fact(note)
    return f"{hold_words(note)}{'' if isinstance(note, e.HoldPlaced) else ' ended'}"


def _of(invoice: str | None) -> str:
    return f" for {invoice}" if invoice else ""
