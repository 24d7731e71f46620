"""Events and decisions in the words of a timeline."""

from __future__ import annotations

import textwrap
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.cli.docket_words import told_fact
from dunning_engine.cli.screen import width
from dunning_engine.decision.decision import Decision
from dunning_engine.domain import events as e
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested, OverrideGranted
from dunning_engine.domain.erasure import Erased
from dunning_engine.domain.facts_waiting import hold_words, plan_words
from dunning_engine.domain.joining import LevelJoined
from dunning_engine.domain.ladder_events import LadderRewound, NoticeCancelled, StepForced
from dunning_engine.domain.ledger_events import ChargeOmitted
from dunning_engine.domain.money_words import money_words
from dunning_engine.domain.outgoing import DeliveryCrossed, DeliveryGivenUp, DeliveryRequeued, NotLeft
from dunning_engine.domain.plans import PlanAgreed, PlanOffered
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.kernel.calendar import moment
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from dunning_engine.compliance.verdict import Reason
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


_STYLES: Final = {
    **dict.fromkeys(("payment", "credit", "collected", "discount", "applied"), "bold green"),
    **dict.fromkeys(("reversal", "refund", "chargeback", "bounced"), "bold red"),
    **dict.fromkeys(("charge", "written off"), "bold"),
}

ROOM_LEAST: Final = 20
"""Columns for words, however narrow a terminal is."""


class Told(NamedTuple):
    """One line of a timeline."""

    what: str
    details: str
    style: str = ""


def told(event: e.Event, case: Case, policy: Policy) -> Told | None:
    """An event of a case in a few words; None where the next one says it as well."""
    match event:
        case e.ActionCleared(action):
            return Told(
                "cleared",
                f"{action.spec.words} (step {action.step}), over {_money(action.amount, action.currency)}",
                "green",
            )
        case e.ActionDeferred(action, until, rules, why):
            said = "; ".join(why) or ", ".join(rules)
            return Told("deferred", f"{action.spec.words} until {_time(until, policy)}: {said}", "yellow")
        case e.ActionBlocked(action, _, why):
            return Told("blocked", f"{action.spec.words}: {'; '.join(why)}", "red")
        case e.ActionCancelled(action_id, why):
            return Told("withdrawn", f"{case.deliveries[action_id].words}: {why}", "yellow")
        case ApprovalRequested(action, role, _, expires):
            return Told(
                "asks", f"{role} to approve {action.spec.words} before {_time(expires, policy)} ({action.id})", "cyan"
            )
        case ApprovalGranted(_, _, by):
            return Told("approved", f"by {by}", "cyan")
        case ApprovalRefused(_, by, note):
            return Told("refused", f"by {by}{f': {note}' if note else ''}", "red")
        case OverrideGranted(action_id, rules, by, reason):
            return Told(
                "override", f"{', '.join(rules)} for {case.deliveries[action_id].words} by {by}: {reason}", "cyan"
            )
        case e.DeliveryArmed(action_id, attempt):
            return Told("armed", f"{case.deliveries[action_id].words}, attempt {attempt}") if attempt > 1 else None
        case DeliveryCrossed(action_id, why):
            return Told("crossed", f"{case.deliveries[action_id].words} was on its way: {why}", "yellow")
        case DeliveryGivenUp(action_id, attempts, note):
            words = f"{case.deliveries[action_id].words} after {attempts} attempts: {note}"
            return Told("given up", words, "red")
        case DeliveryRequeued(action_id, by, note):
            return Told("again", f"{case.deliveries[action_id].words} by {by}{f': {note}' if note else ''}", "cyan")
        case NotLeft(action_id, by, note):
            return Told(
                "not left", f"{case.deliveries[action_id].words}, says {by}{f': {note}' if note else ''}", "cyan"
            )
        case e.ReceiptRecorded(action_id, kind, reference, note):
            said = f": {note or reference}" if note or reference else ""
            return Told(kind.value, f"{case.deliveries[action_id].words}{said}")
        case e.StatusChanged(_, status, why):
            return Told(status, f"as {why}" if why and status == "closed" else why, "bold")
        case LevelJoined(words=words, key=key, into=into, invoice=invoice):
            return Told("joined", f"{words} for {invoice or key.cycle} goes along with {case.deliveries[into].words}")
        case ChargeOmitted(action, why):
            return Told("not charged", f"{action.spec.words}: {why}")
        case e.StepSkipped(step=step, why=why):
            return Told("skipped", f"step {step}: {why}")
        case StepForced(_, step, by, reason):
            return Told("forced", f"step {step} by {by}: {reason}", "cyan")
        case Erased(by, reason):
            return Told("erased", f"what identified the debtor, by {by}: {reason}", "bold")
        case LadderRewound(_, step, by, reason):
            return Told("rewound", f"to {step} by {by}: {reason}", "cyan")
        case NoticeCancelled(action_id, by, reason):
            return Told("cancelled", f"{case.deliveries[action_id].words} by {by}: {reason}", "cyan")
        case PolicyAssigned(ref, _, by, reason):
            return Told("moved", f"to {ref.name} version {ref.version}{_by(by, reason)}", "cyan")
        case _:
            return _fact(event, policy.zone)


def _fact(event: e.Event, zone: str) -> Told:
    match event:
        case e.CaseOpened(debtor, ref, variant=variant, route=route):
            chosen = f" ({route}{f', {variant}' if variant else ''})" if route else ""
            words = f"for {debtor.name or debtor.id} under {ref.name} version {ref.version}{chosen}"
            return Told("opened", words, "bold")
        case e.ReceivableAdded(invoice):
            return Told("invoice", f"{invoice.number} over {invoice.amount}, due {invoice.due}")
        case e.PromiseMade(amount, by, invoice):
            return Told("promise", f"{amount}{_of(invoice)} by {date.fromordinal(by)}")
        case e.HoldPlaced():
            return Told("hold", hold_words(event))
        case e.HoldLifted():
            return Told("hold ends", hold_words(event))
        case e.DisputeAnswered(invoice, by, note):
            return Told("answered", f"the dispute{_of(invoice)}{_by(by, note)}")
        case PlanOffered():
            return Told("offered", f"a plan of {plan_words(event)}{_by(event.by, event.note)}")
        case PlanAgreed():
            return Told("plan", f"{plan_words(event)}{_by(event.by, event.note)}", "bold")
        case e.ContactMade(channel, outcome, inbound):
            return Told("contact", f"{outcome.value} by {channel.value}{', begun by the debtor' if inbound else ''}")
        case e.OptedOut(channel):
            return Told("opted out", f"of {channel.value}")
        case e.OptedIn(channel):
            return Told("opted in", f"to {channel.value}")
        case InvoiceReadied(invoice, ready):
            return Told("ready" if ready else "not ready", f"{invoice} may{'' if ready else ' not'} be asked for")
        case e.HostFact(name, value):
            return Told("fact", f"{name} is {value}")
        case e.FactRecorded(name, value, by):
            return Told("recorded", f"{told_fact(name, value, zone)}{_by(by, '')}")
        case e.PlanBroken():
            return Told("plan broken", "")
        case e.DebtorUpdated(debtor):
            return Told("debtor", f"new particulars of {debtor.name or debtor.id}")
        case _:
            what, details = money_words(event)
            return Told(what, details, _STYLES.get(what, ""))


def _money(minor: int, currency: str) -> str:
    return str(Money.of_minor(minor, currency))


def _of(invoice: str | None) -> str:
    return f" for {invoice}" if invoice else ""


def _by(by: str, note: str) -> str:
    return f"{f' by {by}' if by else ''}{f': {note}' if note else ''}"


def _time(instant: Instant, policy: Policy) -> str:
    return f"{moment(instant, policy.zone):%Y-%m-%d %H:%M}"


# Why ------------------------------------------------------------------------------------------------------------------


def reasoning(decision: Decision) -> Text:
    """`Decision.explain`, with verdicts in colour and each reason's rule and citation on a line of its own."""
    from rich.text import Text

    text = Text()
    text.append(f"{decision.case_id} at {decision.time(decision.at)}\n", "bold")
    for note in decision.why:
        told = f" ({decision.time(note.at)})" if note.at is not None else ""
        text.append_text(_headed("dim", f"{note.about}:", f"{note.words}{told}"))
    for cleared in decision.cleared:
        text.append_text(_headed("bold green", "cleared", cleared.action.action.spec.words))
    for deferred in decision.deferred:
        until = f"{deferred.action.spec.words} until {decision.time(deferred.until)}"
        text.append_text(_headed("bold yellow", "deferred", until))
        _reasons(text, deferred.reasons)
    for blocked in decision.blocked:
        text.append_text(_headed("bold red", "blocked", blocked.action.spec.words))
        _reasons(text, blocked.reasons)
    for asked in decision.waiting:
        text.append_text(_headed("bold cyan", "waiting", f"{asked.action.spec.words} for the approval of {asked.role}"))
    look = decision.time(decision.next_look) if decision.next_look is not None else "when something new is known"
    return text.append(f"  next look: {look}")


def _headed(style: str, head: str, words: str) -> Text:
    """A line that begins with a word in a style."""
    from rich.text import Text

    line = Text(_folded(f"{head} {words}", 2))
    line.stylize(style, 2, 2 + len(head))
    return line


def _reasons(text: Text, reasons: Sequence[Reason]) -> None:
    for reason in reasons:
        text.append(_folded(f"because {reason.words}", 4))
        where = " · ".join(filter(None, (reason.rule, reason.citation, reason.doubt)))
        text.append(_folded(where, 6), "dim")


def _folded(words: str, indent: int) -> str:
    """A line with its end; what does not fit goes on two columns further in."""
    first, later = " " * indent, " " * (indent + 2)
    wide = max(width(), indent + ROOM_LEAST)
    return (
        textwrap.fill(
            words,
            wide,
            initial_indent=first,
            subsequent_indent=later,
            break_on_hyphens=False,
            break_long_words=False,
        )
        + "\n"
    )
