"""The words of a timeline."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rich.text import Text

from dunning_engine.cli import story
from dunning_engine.cli.story import told
from dunning_engine.compliance.verdict import Reason
from dunning_engine.domain import events as e
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.kernel.calendar import parse_instant
from dunning_engine.kernel.money import Money

NOON = parse_instant("2026-03-06T12:00:00Z")
TEN = Money("10.00", "EUR")
SPEC = ActionSpec(Do.SEND, "reminder", Channel.EMAIL)
ACTION = ProposedAction(
    id="a1",
    key=ActionKey("I-1", "nudge", 1, "email"),
    case_id="c",
    debtor_id="d",
    spec=SPEC,
    planned_at=NOON,
    invoices=("I-1",),
    amount=1000,
    currency="EUR",
)
CASE = SimpleNamespace(deliveries={"a1": SimpleNamespace(words="email reminder")})
POLICY = SimpleNamespace(zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (e.CaseOpened(Party.business("d", name="Dot"), e.PolicyRef("p", 2, "h")), "opened for Dot under p version 2"),
        (e.PaymentReceived(TEN, "I-1"), "payment 10.00 EUR for I-1"),
        (e.CreditNoteIssued(TEN), "credit 10.00 EUR"),
        (e.PaymentReversed(TEN), "reversal 10.00 EUR"),
        (e.PaymentFailed(), "declined a payment was tried and failed"),
        (e.PromiseMade(TEN, 739_700), "promise 10.00 EUR by 2026-03-25"),
        (e.HoldPlaced(HoldReason.DISPUTE, "I-1"), "hold dispute for I-1"),
        (e.HoldLifted(HoldReason.MANUAL, None, "Ida", "on holiday"), "hold ends hold by Ida: on holiday"),
        (
            e.ContactMade(Channel.CALL, Outcome.CONVERSATION, inbound=True),
            "contact conversation by call, begun by the debtor",
        ),
        (e.OptedOut(Channel.SMS), "opted out of sms"),
        (e.OptedIn(Channel.SMS), "opted in to sms"),
        (e.HostFact("vip", "true"), "fact vip is true"),
        (e.PlanBroken(), "plan broken "),
        (e.DebtorUpdated(Party.business("d")), "debtor new particulars of d"),
        (e.ActionCleared(ACTION), "cleared email reminder (step nudge), over 10.00 EUR"),
        (e.ActionDeferred(ACTION, NOON, ("r",)), "deferred email reminder until 2026-03-06 13:00: r"),
        (e.ActionBlocked(ACTION, ("r",), ("no address",)), "blocked email reminder: no address"),
        (e.ActionCancelled("a1", "it was paid"), "withdrawn email reminder: it was paid"),
        (
            ApprovalRequested(ACTION, "boss", "h", NOON),
            "asks boss to approve email reminder before 2026-03-06 13:00 (a1)",
        ),
        (ApprovalGranted("a1", "h", "Ida"), "approved by Ida"),
        (ApprovalRefused("a1", "Ida"), "refused by Ida"),
        (e.DeliveryArmed("a1", 2), "armed email reminder, attempt 2"),
        (
            e.ReceiptRecorded("a1", e.ReceiptKind.BOUNCED, note="550 no such user"),
            "bounced email reminder: 550 no such user",
        ),
        (e.StatusChanged("close", "closed", "paid"), "closed as paid"),
        (e.StepSkipped("I-1", "nudge", NOON, "too late"), "skipped step nudge: too late"),
    ],
)
def test_words(event, words):
    """Every event is told in a few words, times in the policy's zone."""
    line = told(event, CASE, POLICY)

    assert f"{line.what} {line.details}" == words


def test_arming_is_not_told():
    """The first arming is left out: what came of it says as much."""
    assert told(e.DeliveryArmed("a1"), CASE, POLICY) is None


def test_a_long_reason_goes_on_under_its_beginning(monkeypatch):
    """Two columns further in than it began, however narrow the screen is."""
    monkeypatch.setenv("COLUMNS", "40")
    text = Text()
    story._reasons(text, [Reason("us/test/long", "a word " * 12, "§ 1")])

    first, *rest = text.plain.splitlines()
    assert first.startswith("    because a word")
    assert all(line.startswith("      ") for line in rest)
    assert all(len(line) <= 40 for line in (first, *rest))


def test_what_cites_nothing_is_no_law_and_raises_no_doubt():
    """A text that cannot be made, an adapter that is missing: rules of our own, in one sentence."""
    assert str(Reason("template/email-a", "its text cannot be made", confidence="house")) == (
        "its text cannot be made [template/email-a]"
    )
