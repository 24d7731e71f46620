"""A case is a fold of events: late, twice or out of order, the same facts make the same case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain import events as ev
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested
from dunning_engine.domain.arrangements import Hold, HoldReason, PromiseToPay
from dunning_engine.domain.case import _EVOLVERS, CaseStatus, evolve, fold
from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import PolicyRef, ReceiptKind, Recorded
from dunning_engine.domain.ladder_events import Skip
from dunning_engine.domain.parties import Channel, Party, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.calendar import DAY_SECONDS, day_of, parse_instant
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

START = parse_instant("2026-03-01T09:00:00Z")
ANN = Party.consumer("ann", email="ann@example.com", country="US")
HINTS = (ZoneHint("zone", ("America/New_York",)),)
POLICY = PolicyRef("us-consumer", 1, "abc")
OPENED = ev.CaseOpened(ANN, POLICY, HINTS)


def usd(amount):
    return Money(amount, "USD")


def invoice(number="INV-1", amount="100.00", due="2026-03-10", currency="USD", issued=None):
    return ev.ReceivableAdded(Invoice(number, Money(amount, currency), due=due, issued=issued))


def told(*events):
    """The case after events at an hour's distance; an event may bring its own instant."""
    history = [Recorded(1, START, START, OPENED)]
    for told_event in events:
        hour = START + len(history) * 3600
        happened, event = told_event if isinstance(told_event, tuple) else (hour, told_event)
        history.append(Recorded(len(history) + 1, happened, hour, event))
    return fold("case-1", history)


def at(hours):
    return START + hours * 3600


SPEC = ActionSpec(Do.SEND, "final-demand", Channel.LETTER, certified=True, slot="letter")


def action(ident="a1", spec=SPEC, planned_at=START):
    return ProposedAction(
        id=ident,
        key=ActionKey("INV-1", "ultimatum", 1, spec.slot),
        case_id="case-1",
        debtor_id="ann",
        spec=spec,
        planned_at=planned_at,
        invoices=("INV-1",),
        amount=10_000,
        currency="USD",
    )


CALL = action("c1", ActionSpec(Do.CALL, "script", Channel.CALL, slot="call"))


# Opening --------------------------------------------------------------------------------------------------------------


def test_a_case_begins_with_its_opening():
    """Debtor, policy, and where the debtor may be."""
    case = told()
    assert (case.id, case.debtor, case.policy, case.opened_at, case.seq) == ("case-1", ANN, POLICY, START, 1)
    assert (case.hints, case.zones) == (HINTS, ("America/New_York",))
    assert (case.status, case.currency, case.receivables) == (CaseStatus.UPCOMING, "", ())


def test_a_case_needs_its_opening_first_and_once():
    """Anything else is a host's mistake, told as one."""
    with pytest.raises(UsageError, match="case case-1 has no events: open it first"):
        fold("case-1", [])
    with pytest.raises(UsageError, match="the first event of case case-1 is OptedOut, not CaseOpened"):
        evolve("case-1", None, Recorded(1, START, START, ev.OptedOut(Channel.SMS)))
    with pytest.raises(UsageError, match="case case-1 is open already"):
        told(OPENED)


def test_a_snapshot_goes_on_where_it_ended():
    """Folding in two parts is folding at once."""
    whole = told(invoice(), ev.PaymentReceived(usd("40")), ev.OptedOut(Channel.SMS))
    part = told(invoice(), ev.PaymentReceived(usd("40")))
    rest = [Recorded(4, at(3), at(3), ev.OptedOut(Channel.SMS))]
    assert fold("case-1", rest, part) == whole


def test_every_event_has_its_effect():
    """No event type is forgotten by the fold."""
    kinds = {kind for union in (ev.Fact, ev.Event) for kind in union.__args__} - {ev.CaseOpened}
    assert {kind for kind in kinds if isinstance(kind, type)} == set(_EVOLVERS)


# Money ----------------------------------------------------------------------------------------------------------------


def test_a_receivable_comes_with_amount_and_dates():
    """Without a date of issue, that of the day on which it came."""
    case = told(invoice(issued="2026-02-10"), invoice("INV-0", due="2026-03-09"))
    assert [r.number for r in case.receivables] == ["INV-0", "INV-1"]
    assert case.receivable("INV-1").issued == day_of("2026-02-10")
    assert case.receivable("INV-0").issued == day_of("2026-03-01")
    assert (case.receivable("INV-1").open, case.receivable("INV-1").due) == (10_000, day_of("2026-03-10"))
    assert case.receivable("INV-9") is None
    assert case.currency == "USD"


def test_a_receivable_counts_once():
    """The same number again changes nothing but the count of events."""
    assert replace(told(invoice(), invoice(amount="999")), seq=2) == told(invoice())


def test_payments_credits_and_reversals_move_what_is_open():
    """A payment and a credit note lower it, a reversal puts it back."""
    case = told(
        invoice(),
        ev.PaymentReceived(usd("60"), "INV-1", "bank", "1"),
        ev.CreditNoteIssued(usd("10"), None, "shop", "c1"),
        ev.PaymentReversed(usd("60"), "INV-1", "bank", "1r"),
    )
    assert case.receivable("INV-1").open == 9_000
    assert [entry.amount for entry in case.entries] == [6_000, 1_000, -6_000]


def test_money_with_the_same_outside_identity_counts_once():
    """Recording it twice is harmless; without an identity every record counts."""
    paid = ev.PaymentReceived(usd("60"), None, "bank", "tx-9")
    case = told(invoice(), paid, paid)
    assert case.receivable("INV-1").open == 4_000
    assert case.seen_entry("bank", "tx-9")
    assert not case.seen_entry("bank", "tx-8")
    assert not case.seen_entry("bank", "")
    assert (
        told(invoice(), ev.PaymentReceived(usd("20")), ev.PaymentReceived(usd("20"))).receivable("INV-1").open == 6_000
    )


def test_what_is_too_much_stays_as_credit():
    """Until another invoice comes."""
    paid = told(invoice(), ev.PaymentReceived(usd("130")))
    assert (paid.credit, paid.receivable("INV-1").open) == (3_000, 0)
    more = told(invoice(), ev.PaymentReceived(usd("130")), invoice("INV-2", "50.00"))
    assert (more.credit, more.receivable("INV-2").open) == (0, 2_000)


def test_money_may_come_before_its_invoice():
    """Facts are accepted in any order."""
    case = told(ev.PaymentReceived(usd("60"), "INV-2"), invoice(), invoice("INV-2", due="2026-04-01"))
    assert [r.open for r in case.receivables] == [10_000, 4_000]


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (invoice("INV-2", currency="EUR"), "invoice INV-2"),
        (ev.PaymentReceived(Money("1", "EUR")), "1.00 EUR"),
        (ev.PromiseMade(Money("1", "EUR"), day_of("2026-03-20")), "the promise of 1.00 EUR"),
    ],
)
def test_a_case_has_one_currency(event, what):
    """Invoices, money and promises of another belong to another case."""
    with pytest.raises(UsageError, match=f"^{what} is in EUR, case case-1 in USD: open a case per currency"):
        told(invoice(), event)


def test_failed_payments_are_counted_once_each():
    """By their outside identity where they have one."""
    failed = ev.PaymentFailed("stripe", "f1")
    case = told(failed, failed, ev.PaymentFailed(), ev.PaymentFailed(), ev.PaymentFailed("stripe", "f2"))
    assert case.failed_payments == (at(1), at(3), at(4), at(5))


# Promises and holds ---------------------------------------------------------------------------------------------------


def test_promises_are_kept_in_the_order_in_which_they_were_made():
    """Whether one was kept follows from payments, not from here."""
    later, sooner = ev.PromiseMade(usd("50"), day_of("2026-03-20")), ev.PromiseMade(usd("40"), day_of("2026-03-12"))
    case = told((at(9), later), (at(2), sooner))
    assert case.promises == (
        PromiseToPay(4_000, day_of("2026-03-12"), at(2)),
        PromiseToPay(5_000, day_of("2026-03-20"), at(9)),
    )


def dispute(number=None):
    return ev.HoldPlaced(HoldReason.DISPUTE, number)


def settled(number=None):
    return ev.HoldLifted(HoldReason.DISPUTE, number)


def test_a_hold_lasts_until_it_is_lifted():
    """And another of the same reason may follow."""
    case = told((at(1), dispute("INV-1")), (at(5), settled("INV-1")), (at(9), dispute("INV-1")))
    assert case.holds == (
        Hold(HoldReason.DISPUTE, at(1), at(5), "INV-1"),
        Hold(HoldReason.DISPUTE, at(9), None, "INV-1"),
    )


def test_a_hold_that_is_placed_twice_is_one():
    """Lifting it once is enough."""
    case = told((at(1), dispute()), (at(3), dispute()), (at(5), settled()))
    assert case.holds == (Hold(HoldReason.DISPUTE, at(1), at(5), None),)


def test_holds_of_several_invoices_overlap():
    """Each ends for itself, or all together."""
    apart = told((at(1), dispute("INV-1")), (at(2), dispute("INV-2")), (at(5), settled("INV-1")))
    assert [(hold.invoice, hold.end) for hold in apart.holds] == [("INV-1", at(5)), ("INV-2", None)]
    together = told((at(1), dispute("INV-1")), (at(2), dispute()), (at(5), settled()))
    assert [(hold.invoice, hold.end) for hold in together.holds] == [("INV-1", at(5)), (None, at(5))]


def test_lifting_one_invoice_leaves_the_whole_case_held():
    """A hold of everything is lifted as a whole."""
    case = told((at(1), dispute()), (at(5), settled("INV-1")))
    assert case.holds == (Hold(HoldReason.DISPUTE, at(1), None, None),)


def test_other_reasons_are_other_holds():
    """Lifting a dispute leaves a manual hold, and lifting what was never placed does nothing."""
    case = told((at(1), ev.HoldPlaced(HoldReason.MANUAL)), (at(2), settled()))
    assert case.holds == (Hold(HoldReason.MANUAL, at(1), None, None),)


def test_a_late_word_about_a_hold_falls_into_place():
    """An end that becomes known before its beginning is still its end."""
    case = told((at(5), settled()), (at(1), dispute()))
    assert case.holds == (Hold(HoldReason.DISPUTE, at(1), at(5), None),)


def test_a_broken_plan_ends_the_hold_of_the_plan():
    """And it is remembered when the last one broke."""
    case = told((at(1), ev.HoldPlaced(HoldReason.PLAN)), (at(6), ev.PlanBroken()), (at(4), ev.PlanBroken()))
    assert case.holds == (Hold(HoldReason.PLAN, at(1), at(4), None),)
    assert case.plan_broken_at == at(6)


# What the debtor wants and what the host knows ------------------------------------------------------------------------


def test_the_newest_word_about_a_channel_counts():
    """Refused, allowed again; older news that comes late changes nothing."""
    out, back = ev.OptedOut(Channel.SMS), ev.OptedIn(Channel.SMS)
    assert told(out).opted_out == {Channel.SMS}
    assert told(out, back).opted_out == frozenset()
    assert told((at(5), out), (at(2), back)).opted_out == {Channel.SMS}
    assert told((at(5), back), (at(2), out)).opted_out == frozenset()
    assert told((at(5), out), (at(2), ev.OptedIn(Channel.EMAIL))).opted_out == {Channel.SMS}


def test_the_newest_facts_and_particulars_count():
    """Whatever the order in which they became known."""
    moved = ev.DebtorUpdated(replace(ANN, country="CA"), (ZoneHint("zone", ("America/Toronto",)),))
    older = ev.DebtorUpdated(replace(ANN, country="MX"))
    case = told(
        (at(5), moved), (at(2), older), (at(5), ev.HostFact("vip", "true")), (at(2), ev.HostFact("vip", "false"))
    )
    assert (case.debtor.country, case.zones, case.hints) == ("CA", ("America/Toronto",), moved.hints)
    assert case.facts == {"vip": "true"}


def test_a_contact_goes_into_the_log():
    """Begun by the debtor or not, with what came of it."""
    case = told(ev.ContactMade(Channel.CALL, Outcome.CONVERSATION, inbound=True))
    assert list(case.contacts) == [Contact(at(1), Channel.CALL, ("case-1",), Outcome.CONVERSATION, inbound=True)]


def test_a_contact_says_all_that_is_known_of_it():
    """The kind of number, who was meant, whether it answered and was answered, which debts were discussed."""
    told_of = {"line": "work", "addressee": "surviving_spouse", "reply": True, "answered": True, "discussed": ("b",)}
    case = told(ev.ContactMade(Channel.SMS, Outcome.ATTEMPTED, **told_of))
    assert list(case.contacts) == [Contact(at(1), Channel.SMS, ("case-1",), Outcome.ATTEMPTED, **told_of)]


def test_what_came_of_an_armed_call_belongs_to_that_call():
    """Not a second contact; the conversation counts from when it was held."""
    case = told(
        ev.ActionCleared(CALL),
        ev.DeliveryArmed("c1"),
        ev.ContactMade(Channel.CALL, Outcome.CONVERSATION, action_id="c1"),
    )
    assert list(case.contacts) == [Contact(at(3), Channel.CALL, ("case-1",), Outcome.CONVERSATION, action_id="c1")]


def test_an_answer_to_a_message_belongs_to_that_message():
    """It was answered, and the debtor spoke of another debt."""
    news = ev.ContactMade(Channel.CALL, Outcome.MESSAGE, action_id="c1", answered=True, discussed=("case-2",))
    case = told(ev.ActionCleared(CALL), ev.DeliveryArmed("c1"), news)
    (contact,) = case.contacts
    assert (contact.outcome, contact.answered, contact.discussed) == (Outcome.MESSAGE, True, ("case-2",))


def test_a_conversation_is_never_lost():
    """Also where it is told of an action that was not armed yet, or that nobody knows."""
    for name in ("c1", "elsewhere"):
        case = told(ev.ActionCleared(CALL), ev.ContactMade(Channel.CALL, Outcome.CONVERSATION, action_id=name))
        assert [contact.outcome for contact in case.contacts] == [Outcome.CONVERSATION]


# Actions and their deliveries -----------------------------------------------------------------------------------------


def test_a_deferred_action_waits_until_an_instant():
    """With the rules that spoke; it keeps the day for which it was first planned."""
    later = action(planned_at=at(50))
    case = told(
        ev.ActionDeferred(action(), at(20), ("us/reg-f/hours",)), ev.ActionBlocked(later, ("house/silence",), ("…",))
    )
    delivery = case.deliveries["a1"]
    assert (delivery.state, delivery.rules, delivery.until) == (DeliveryState.BLOCKED, ("house/silence",), None)
    assert (delivery.planned_at, delivery.changed_at) == (START, at(2))
    waiting = told(ev.ActionDeferred(action(), at(20), ("us/reg-f/hours",))).deliveries["a1"]
    assert (waiting.state, waiting.until, waiting.certified) == (DeliveryState.DEFERRED, at(20), True)
    assert (waiting.words, waiting.channel) == ("certified letter final-demand", Channel.LETTER)


def test_an_approval_binds_to_what_was_asked():
    """Its digest stays with the action, through deferral to clearing."""
    asked = ApprovalRequested(action(), "manager", "d1", at(99))
    case = told(asked)
    assert (case.deliveries["a1"].state, case.deliveries["a1"].digest) == (DeliveryState.AWAITING, "d1")
    assert case.deliveries["a1"].until == at(99)
    assert told(asked, ApprovalRefused("a1", "eve")).deliveries["a1"].state is DeliveryState.REFUSED
    granted = told(asked, ApprovalGranted("a1", "d1", "eve"))
    assert granted.deliveries["a1"].state is DeliveryState.APPROVED
    cleared = told(asked, ApprovalGranted("a1", "d1", "eve"), ev.ActionCleared(action()))
    assert (cleared.deliveries["a1"].digest, cleared.deliveries["a1"].cleared_at) == ("d1", at(3))


def test_an_answer_to_a_question_that_no_longer_stands_is_no_agreement():
    """Neither one about another amount, nor one that comes when the action has gone out, nor a late refusal."""
    asked = ApprovalRequested(action(), "manager", "d1", at(99))
    assert told(asked, ApprovalGranted("a1", "d2", "eve")).deliveries["a1"].state is DeliveryState.AWAITING
    out = (asked, ApprovalGranted("a1", "d1", "eve"), ev.ActionCleared(action()))
    assert told(*out, ApprovalGranted("a1", "d1", "eve")).deliveries["a1"].state is DeliveryState.CLEARED
    assert told(*out, ApprovalRefused("a1", "eve")).deliveries["a1"].state is DeliveryState.CLEARED


def test_an_armed_action_is_a_contact():
    """From then on it counts, whatever comes of it; a hand-off reaches nobody and does not."""
    case = told(ev.ActionCleared(action()), ev.DeliveryArmed("a1"))
    assert (case.deliveries["a1"].state, case.deliveries["a1"].armed_at) == (DeliveryState.ARMED, at(2))
    assert list(case.contacts) == [Contact(at(2), Channel.LETTER, ("case-1",), action_id="a1")]
    hand_off = action("h1", ActionSpec(Do.HAND_OFF, "acme"))
    assert len(told(ev.ActionCleared(hand_off), ev.DeliveryArmed("h1")).contacts) == 0


def test_an_action_can_be_taken_back():
    """Before it was armed; it reached nobody."""
    case = told(ev.ActionCleared(action()), ev.ActionCancelled("a1", "paid"))
    assert case.deliveries["a1"].state is DeliveryState.CANCELLED
    assert len(case.contacts) == 0


@pytest.mark.parametrize(
    "event",
    [
        ev.DeliveryArmed("x"),
        ev.ActionCancelled("x", "paid"),
        ApprovalGranted("x", "d", "eve"),
        ev.ReceiptRecorded("x", ReceiptKind.SENT),
    ],
)
def test_news_of_an_unknown_action_is_refused(event):
    """It belongs to another case."""
    with pytest.raises(UsageError, match="case case-1 has no action x"):
        told(event)


def receipts(*kinds):
    """The delivery after receipts, each with the hour at which it happened."""
    news = [(at(hour), ev.ReceiptRecorded("a1", kind)) for kind, hour in kinds]
    return told(ev.ActionCleared(action()), ev.DeliveryArmed("a1"), *news).deliveries["a1"]


@pytest.mark.parametrize(
    ("kind", "state", "outcomes"),
    [
        (ReceiptKind.SENT, DeliveryState.SENT, {"sent"}),
        (ReceiptKind.DELIVERED, DeliveryState.DELIVERED, {"sent", "delivered"}),
        (ReceiptKind.OPENED, DeliveryState.DELIVERED, {"sent", "delivered", "opened"}),
        (ReceiptKind.ANSWERED, DeliveryState.DELIVERED, {"sent", "delivered", "answered"}),
        (ReceiptKind.BOUNCED, DeliveryState.BOUNCED, {"bounced"}),
        (ReceiptKind.UNCERTAIN, DeliveryState.UNCERTAIN, {"uncertain"}),
    ],
)
def test_a_receipt_says_how_far_an_action_came(kind, state, outcomes):
    """What was delivered was sent; what bounced was not delivered."""
    delivery = receipts((kind, 10))
    assert (delivery.state, delivery.outcomes) == (state, outcomes)
    assert delivery.sent_at == (at(10) if "sent" in outcomes else None)
    assert delivery.delivered_at == (at(10) if "delivered" in outcomes else None)


def test_receipts_may_overtake_each_other():
    """The instant of sending is the earliest that anybody tells."""
    delivery = receipts((ReceiptKind.DELIVERED, 12), (ReceiptKind.SENT, 10), (ReceiptKind.UNCERTAIN, 11))
    assert (delivery.state, delivery.sent_at, delivery.delivered_at) == (DeliveryState.DELIVERED, at(10), at(12))


def test_a_bounce_is_never_a_delivery():
    """Whether the provider had believed in it before or says so afterwards."""
    for news in (
        [(ReceiptKind.DELIVERED, 10), (ReceiptKind.BOUNCED, 12)],
        [(ReceiptKind.BOUNCED, 12), (ReceiptKind.DELIVERED, 10)],
    ):
        delivery = receipts(*news)
        assert (delivery.state, delivery.sent_at, delivery.delivered_at) == (DeliveryState.BOUNCED, at(10), None)


@given(
    kinds=st.lists(st.tuples(st.sampled_from(ReceiptKind), st.integers(5, 30)), min_size=1, max_size=5), data=st.data()
)
def test_the_order_of_receipts_does_not_matter(kinds, data):
    """Every order of arrival tells the same delivery."""
    assert receipts(*data.draw(st.permutations(kinds))) == receipts(*kinds)


def test_steps_are_skipped_and_the_case_moves():
    """As the engine decided; how a case was closed is remembered until it is open again."""
    case = told(ev.StepSkipped("INV-1", "reminder", START, "late"), ev.StatusChanged("settle", "closed", "paid"))
    assert case.skipped == (Skip(at(1), "INV-1", "reminder", "", "late"),)
    assert (case.status, case.closed_as) == (CaseStatus.CLOSED, "paid")
    assert (
        told(ev.StatusChanged("settle", "closed", "paid"), ev.StatusChanged("reopen", "overdue", "reversal")).closed_as
        == ""
    )


# Any order of arrival -------------------------------------------------------------------------------------------------

MONEY = st.integers(1, 20_000).map(lambda minor: Money.of_minor(minor, "USD"))
BILLS = st.sampled_from([None, "INV-1", "INV-2"])
FACTS = st.one_of(
    st.sampled_from(
        [invoice("INV-1"), invoice("INV-2", "50.00", issued="2026-02-01"), invoice("INV-3", due="2026-03-01")]
    ),
    st.builds(ev.PaymentReceived, MONEY, BILLS),
    st.builds(ev.CreditNoteIssued, MONEY, BILLS),
    st.builds(ev.PaymentReversed, MONEY, BILLS),
    st.builds(ev.PaymentFailed),
    st.builds(ev.PromiseMade, MONEY, st.integers(day_of("2026-03-01"), day_of("2026-03-09"))),
    st.builds(ev.HoldPlaced, st.sampled_from(HoldReason), BILLS),
    st.builds(ev.HoldLifted, st.sampled_from(HoldReason), BILLS),
    st.just(ev.PlanBroken()),
    st.builds(ev.OptedOut, st.sampled_from(Channel)),
    st.builds(ev.OptedIn, st.sampled_from(Channel)),
    st.builds(ev.HostFact, st.sampled_from(["vip", "segment"]), st.sampled_from(["true", "gold"])),
    st.builds(ev.ContactMade, st.sampled_from(Channel), st.sampled_from(Outcome), st.booleans()),
    st.builds(lambda country: ev.DebtorUpdated(replace(ANN, country=country)), st.sampled_from(["CA", "MX"])),
)


@st.composite
def dated_facts(draw):
    """Facts at distinct instants, each invoice at most once; none is told as of now, as `told` tells ten at most.

    A hold that is placed as of now outlives what was told before it of a later time: there arrival counts.
    """
    facts = draw(st.lists(FACTS, max_size=10))
    facts = [f for i, f in enumerate(facts) if not isinstance(f, ev.ReceivableAdded) or f not in facts[:i]]
    hours = draw(st.lists(st.integers(11, 400), min_size=len(facts), max_size=len(facts), unique=True))
    return [(at(hour), fact) for hour, fact in zip(hours, facts, strict=True)]


def without_arrival(case):
    """The case but for the numbers that events have by their arrival."""
    return replace(
        case,
        seq=0,
        entries=tuple(replace(entry, key="") for entry in case.entries),
        marks=tuple(replace(mark, seq=0) for mark in case.marks),
    )


@given(facts=dated_facts(), data=st.data())
def test_facts_in_any_order_make_the_same_case(facts, data):
    """They count in the order in which they happened, not in that in which they became known."""
    shuffled = data.draw(st.permutations(facts))
    assert without_arrival(told(*shuffled)) == without_arrival(told(*facts))


@given(facts=dated_facts(), data=st.data())
def test_money_of_one_instant_in_any_order_leaves_the_same_open(facts, data):
    """Payments that have only a date fall on one instant: their order of arrival must not decide what is open."""
    same = [
        (at(1), fact)
        for _, fact in facts
        if isinstance(fact, ev.ReceivableAdded | ev.PaymentReceived | ev.PaymentReversed)
    ]
    shuffled = data.draw(st.permutations(same))
    assert without_arrival(told(*shuffled)) == without_arrival(told(*same))


@given(facts=dated_facts())
def test_no_cent_of_a_case_is_lost(facts):
    """Open amounts, entries and credit add up to the invoices."""
    case = told(*facts)
    open_amounts, amounts = sum(r.open for r in case.receivables), sum(r.amount for r in case.receivables)
    assert open_amounts + sum(e.amount for e in case.entries) - case.credit == amounts


IDENTIFIED = st.builds(
    lambda make, amount, ident: make(amount, None, "bank", ident),
    st.sampled_from([ev.PaymentReceived, ev.CreditNoteIssued]),
    MONEY,
    st.sampled_from("abc"),
)


@given(events=st.lists(IDENTIFIED, max_size=5, unique_by=lambda e: e.event_id), data=st.data())
def test_identified_facts_count_once_however_often_they_come(events, data):
    """Repeated deliveries of the same webhook leave the case as it was."""
    once = [(at(i + 2), event) for i, event in enumerate(events)]
    again = data.draw(st.permutations(once + once))
    assert without_arrival(told(invoice(), *again)) == without_arrival(told(invoice(), *once))


def test_a_day_of_issue_is_that_of_the_arrival():
    """In universal time, for a case does not know its policy's zone."""
    evening = parse_instant("2026-03-01T23:30:00-05:00")
    assert told((evening, invoice())).receivable("INV-1").issued == day_of("2026-03-02")
    assert evening // DAY_SECONDS + 719_163 == day_of("2026-03-02")
