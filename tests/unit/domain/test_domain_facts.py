"""The words in which people write dated facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyReturned
from dunning_engine.domain.arrangements import DisputeOutcome, HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.declines import Scheme
from dunning_engine.domain.events import (
    ContactMade,
    CreditNoteIssued,
    DisputeAnswered,
    FactRecorded,
    HoldLifted,
    HoldPlaced,
    HostFact,
    OptedIn,
    OptedOut,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PlanBroken,
    PromiseMade,
)
from dunning_engine.domain.facts import (
    FACT,
    News,
    OnDay,
    StepNews,
    Sum,
    SumOf,
    about,
    in_currency,
    parse_fact,
    show_fact,
)
from dunning_engine.domain.facts_actions import DECLINES, Collected
from dunning_engine.domain.facts_ledger import LedgerWord, Told
from dunning_engine.domain.facts_waiting import PartDispute, PlanTold, Promise
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.money import Money, MoneyError

PHRASES = {
    "payment of 240.00": Sum(SumOf.PAYMENT, Decimal("240.00")),
    "payment of 240.00 for INV-2": Sum(SumOf.PAYMENT, Decimal("240.00"), "INV-2"),
    "credit note of 40.00": Sum(SumOf.CREDIT_NOTE, Decimal("40.00")),
    "credit note of 40.00 for INV-2": Sum(SumOf.CREDIT_NOTE, Decimal("40.00"), "INV-2"),
    "reversal of 240.00": Sum(SumOf.REVERSAL, Decimal("240.00")),
    "reversal of 240.00 for 2026/7": Sum(SumOf.REVERSAL, Decimal("240.00"), "2026/7"),
    "payment failed": PaymentFailed(),
    "promise of 240.00 by 2026-03-23": Promise(Decimal("240.00"), date(2026, 3, 23)),
    "promise of 100.00 for INV-1 by 2026-03-10": Promise(Decimal("100.00"), date(2026, 3, 10), "INV-1"),
    "dispute opened": HoldPlaced(HoldReason.DISPUTE),
    "dispute opened on INV-2": HoldPlaced(HoldReason.DISPUTE, "INV-2"),
    "dispute opened on INV-2 over 40.00": PartDispute("INV-2", Decimal("40.00")),
    "dispute answered": DisputeAnswered(),
    "dispute answered on INV-2": DisputeAnswered("INV-2"),
    "dispute closed": HoldLifted(HoldReason.DISPUTE),
    "dispute closed as upheld": HoldLifted(HoldReason.DISPUTE, outcome=DisputeOutcome.UPHELD),
    "dispute closed on INV-2 as credited": HoldLifted(HoldReason.DISPUTE, "INV-2", outcome=DisputeOutcome.CREDITED),
    "dispute closed on INV-2": HoldLifted(HoldReason.DISPUTE, "INV-2"),
    "plan of 3 monthly instalments of 50.00 from 2026-04-01": PlanTold(
        3, "month", Decimal("50.00"), date(2026, 4, 1), None, offered=False
    ),
    "plan of 3 monthly instalments of 50.00 for INV-1 from 2026-04-01": PlanTold(
        3, "month", Decimal("50.00"), date(2026, 4, 1), "INV-1", offered=False
    ),
    "plan of 1 weekly instalment of 50.00 from 2026-04-01": PlanTold(
        1, "week", Decimal("50.00"), date(2026, 4, 1), None, offered=False
    ),
    "plan of 1 weekly instalment of 50.00 for INV-1 from 2026-04-01": PlanTold(
        1, "week", Decimal("50.00"), date(2026, 4, 1), "INV-1", offered=False
    ),
    "plan offered of 3 monthly instalments of 50.00 from 2026-04-01": PlanTold(
        3, "month", Decimal("50.00"), date(2026, 4, 1), None, offered=True
    ),
    "plan offered of 3 monthly instalments of 50.00 for INV-1 from 2026-04-01": PlanTold(
        3, "month", Decimal("50.00"), date(2026, 4, 1), "INV-1", offered=True
    ),
    "plan offered of 1 weekly instalment of 50.00 from 2026-04-01": PlanTold(
        1, "week", Decimal("50.00"), date(2026, 4, 1), None, offered=True
    ),
    "plan offered of 1 weekly instalment of 50.00 for INV-1 from 2026-04-01": PlanTold(
        1, "week", Decimal("50.00"), date(2026, 4, 1), "INV-1", offered=True
    ),
    "plan agreed": HoldPlaced(HoldReason.PLAN),
    "plan broken": PlanBroken(),
    "plan completed": HoldLifted(HoldReason.PLAN),
    "hold placed": HoldPlaced(HoldReason.MANUAL),
    "hold placed until 2026-05-01": HoldPlaced(HoldReason.MANUAL, until="2026-05-01"),
    "hold placed on INV-1": HoldPlaced(HoldReason.MANUAL, "INV-1"),
    "hold placed on INV-1 until 2026-05-01": HoldPlaced(HoldReason.MANUAL, "INV-1", until="2026-05-01"),
    "hold placed on contacts by call": HoldPlaced(HoldReason.MANUAL, channel=Channel.CALL),
    "hold placed on contacts by sms until 2026-05-01": HoldPlaced(
        HoldReason.MANUAL, until="2026-05-01", channel=Channel.SMS
    ),
    "hold lifted": HoldLifted(HoldReason.MANUAL),
    "hold lifted on INV-1": HoldLifted(HoldReason.MANUAL, "INV-1"),
    "hold lifted on contacts by call": HoldLifted(HoldReason.MANUAL, channel=Channel.CALL),
    "bankrupt": HoldPlaced(HoldReason.BANKRUPTCY),
    "bankruptcy ended": HoldLifted(HoldReason.BANKRUPTCY),
    "deceased": HoldPlaced(HoldReason.DECEASED),
    "cease requested": HoldPlaced(HoldReason.CEASE),
    "cease withdrawn": HoldLifted(HoldReason.CEASE),
    "attorney named": HoldPlaced(HoldReason.ATTORNEY),
    "attorney dismissed": HoldLifted(HoldReason.ATTORNEY),
    "hardship": HoldPlaced(HoldReason.HARDSHIP),
    "hardship until 2026-05-01": HoldPlaced(HoldReason.HARDSHIP, until="2026-05-01"),
    "hardship ended": HoldLifted(HoldReason.HARDSHIP),
    "identity theft reported": HoldPlaced(HoldReason.IDENTITY_THEFT),
    "identity theft reported on INV-1": HoldPlaced(HoldReason.IDENTITY_THEFT, "INV-1"),
    "identity theft cleared": HoldLifted(HoldReason.IDENTITY_THEFT),
    "identity theft cleared on INV-1": HoldLifted(HoldReason.IDENTITY_THEFT, "INV-1"),
    "conversation by call": ContactMade(Channel.CALL, Outcome.CONVERSATION),
    "inbound conversation by call": ContactMade(Channel.CALL, Outcome.CONVERSATION, inbound=True),
    "opted out of email": OptedOut(Channel.EMAIL),
    "opted into email": OptedIn(Channel.EMAIL),
    "fact vip is true": HostFact("vip", "true"),
    "invoice INV-1 ready": InvoiceReadied("INV-1"),
    "invoice INV-1 not ready": InvoiceReadied("INV-1", ready=False),
    "recorded monitored is yes": FactRecorded("monitored", value=True),
    "recorded validation_provided on 2026-03-02": OnDay("validation_provided", date(2026, 3, 2)),
    "approved agency": StepNews("agency", News.APPROVED),
    "refused agency": StepNews("agency", News.REFUSED),
    "skipped chase": StepNews("chase", News.SKIPPED),
    "rewound to reminder": StepNews("reminder", News.REWOUND),
    "forced ultimatum": StepNews("ultimatum", News.FORCED),
    "notice of reminder cancelled": StepNews("reminder", News.CANCELLED),
    "ultimatum delivered": StepNews("ultimatum", News.DELIVERED),
    "ultimatum bounced": StepNews("ultimatum", News.BOUNCED),
    "reminder opened": StepNews("reminder", News.OPENED),
    "chase answered": StepNews("chase", News.ANSWERED),
    "mediation accepted": StepNews("mediation", News.ACCEPTED),
    "mediation declined": StepNews("mediation", News.DECLINED),
    "agency acknowledged": AgencyAcknowledged(),
    "agency returned": AgencyReturned(),
    "agency collected 50.00": Collected(Decimal("50.00")),
    "agency collected 50.00 commission 10.00": Collected(Decimal("50.00"), Decimal("10.00")),
    "payment failed by visa": PaymentFailed(scheme=Scheme.VISA),
    **{f"payment failed as {one.value}": PaymentFailed(decline=one) for one in DECLINES},
    **{f"payment failed by sepa as {one.value}": PaymentFailed("", "", one, Scheme.SEPA) for one in DECLINES},
    "fee late-1 of 15.00": LedgerWord(Told.FEE, "late-1", Decimal("15.00")),
    "fee late-1 of 15.00 for INV-2": LedgerWord(Told.FEE_ON, "late-1", Decimal("15.00"), "INV-2"),
    "interest march of 2.40": LedgerWord(Told.INTEREST, "march", Decimal("2.40")),
    "interest march of 2.40 for INV-2": LedgerWord(Told.INTEREST_ON, "march", Decimal("2.40"), "INV-2"),
    "fixed sum lump of 40.00": LedgerWord(Told.FIXED_SUM, "lump", Decimal("40.00")),
    "fixed sum lump of 40.00 for INV-2": LedgerWord(Told.FIXED_SUM_ON, "lump", Decimal("40.00"), "INV-2"),
    "charge late-1 reversed": LedgerWord(Told.REVERSED, "late-1"),
    "invoice INV-2 corrected to 220.00": LedgerWord(Told.CORRECTED, amount=Decimal("220.00"), invoice="INV-2"),
    "invoice INV-2 due 2026-03-20": LedgerWord(Told.DUE, invoice="INV-2", day=date(2026, 3, 20)),
    "invoice INV-2 issued 2026-02-20": LedgerWord(Told.ISSUED, invoice="INV-2", day=date(2026, 2, 20)),
    "invoice INV-2 cancelled": LedgerWord(Told.CANCELLED, invoice="INV-2"),
    "written off": LedgerWord(Told.WRITTEN_OFF),
    **{f"{what.value} of 5.00": Sum(what, Decimal("5.00")) for what in list(SumOf)[3:]},
    **{f"{what.value} of 5.00 for INV-2": Sum(what, Decimal("5.00"), "INV-2") for what in list(SumOf)[3:]},
}


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_is_read_and_printed(phrase):
    """A phrase tells its fact, and the fact is printed as the phrase."""
    assert parse_fact(phrase) == PHRASES[phrase]
    assert show_fact(PHRASES[phrase]) == phrase


def test_words_of_a_ledger_become_its_events():
    """In the currency of the case; a sum of nothing is none."""
    for value in PHRASES.values():
        if isinstance(value, LedgerWord | Sum):
            event = in_currency(value, "EUR", source="erp", event_id="e-1")
            assert type(event).__name__ != type(value).__name__
    assert in_currency(PHRASES["invoice INV-2 due 2026-03-20"], "EUR").due == date(2026, 3, 20)
    assert in_currency(PHRASES["refund of 5.00"], "EUR").kind.value == "refund"
    assert isinstance(parse_fact("fee late-1 of 0.00"), Misfit)


def test_every_form_has_a_phrase_above():
    """No form of the grammar is without an example in these tests."""
    shown = {type(parse_fact(example)) for example in FACT.examples()}
    assert shown == {type(value) for value in PHRASES.values()}
    assert len(FACT.forms) == len(PHRASES)


AMOUNTS = st.decimals(min_value="0.01", max_value="999999999.99", places=2)
NUMBERS = st.from_regex(r"[A-Za-z0-9#/_.-]{1,20}", fullmatch=True)
STEPS = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True).filter(lambda step: step != "dispute")
VALUES = st.one_of(
    st.sampled_from([*PHRASES.values()]),
    st.builds(Sum, st.sampled_from(SumOf), AMOUNTS, st.none() | NUMBERS),
    st.builds(Promise, AMOUNTS, st.dates(), st.none() | NUMBERS),
    st.builds(PartDispute, NUMBERS, AMOUNTS),
    st.builds(
        PlanTold,
        st.integers(1, 99),
        st.sampled_from(["month", "week"]),
        AMOUNTS,
        st.dates(),
        st.none() | NUMBERS,
        st.booleans(),
    ),
    st.builds(HoldPlaced, st.just(HoldReason.MANUAL), st.none() | NUMBERS, until=st.none() | st.dates()),
    st.builds(StepNews, STEPS, st.sampled_from(News)),
    st.builds(InvoiceReadied, st.from_regex(r"[A-Za-z0-9-]{1,9}", fullmatch=True), st.booleans()),
    st.builds(HostFact, STEPS, st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)),
    st.builds(HoldPlaced, st.just(HoldReason.DISPUTE), NUMBERS),
    st.builds(HoldLifted, st.just(HoldReason.DISPUTE), NUMBERS),
    st.builds(OptedOut, st.sampled_from(Channel)),
    st.builds(ContactMade, st.sampled_from(Channel), st.just(Outcome.CONVERSATION), inbound=st.booleans()),
)


@given(VALUES)
def test_what_is_printed_is_read_as_the_same_fact(value):
    """parse(show(x)) == x for every fact that the grammar has."""
    assert parse_fact(show_fact(value)) == value


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_fact_or_a_misfit(text):
    """Whatever is written, the answer is a value, and what was read prints again."""
    value = parse_fact(text)
    if not isinstance(value, Misfit):
        assert parse_fact(show_fact(value)) == value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("payement of 240.00", "payment of 240.00"),
        ("deceaced", "deceased"),
        ("dispute openned", "dispute opened"),
        ("bankrupcy ended", "bankruptcy ended"),
        ("Bankrupt", "bankrupt"),
        ("chase deliverd", "chase delivered"),
    ],
)
def test_a_misspelt_fact_is_told_what_was_meant(written, meant):
    """A typing error is answered with the phrase that is meant, not with the forms of steps."""
    misfit = parse_fact(written)
    assert isinstance(misfit, Misfit)
    assert misfit.suggestion == meant


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("promise of 5.00 by tomorrow", 'expected a date such as 2026-03-31, not "tomorrow"'),
        ("payment of 0.00", "a payment of nothing is no fact"),
        ("promise of 0 by 2026-01-01", "a promise of nothing is no fact"),
        ("payment of 1,000.00", "a number has no comma: write 1000.00"),
        ("opted out of fax", 'expected a channel such as call, not "fax"'),
        ("hold", 'the phrase stops too early: expected "placed" or "lifted"'),
        ("", "a fact is missing"),
    ],
)
def test_a_wrong_fact_says_what_is_wrong(written, message):
    """The message names the first word that does not fit, or what is missing."""
    misfit = parse_fact(written)
    assert isinstance(misfit, Misfit)
    assert misfit.message == message


def test_a_fact_that_means_nothing_shows_what_is_accepted():
    """Where nothing comes near, the forms are listed."""
    misfit = parse_fact("foo bar")
    assert isinstance(misfit, Misfit)
    assert "payment of 25.00" in misfit.accepted


def test_sums_and_promises_take_the_currency_of_their_case():
    """An amount becomes money of the case, with the identity that makes it count once."""
    assert in_currency(
        PHRASES["payment of 240.00 for INV-2"], "USD", source="bank", event_id="tx-9"
    ) == PaymentReceived(Money("240.00", "USD"), "INV-2", "bank", "tx-9")
    assert in_currency(PHRASES["credit note of 40.00"], "EUR") == CreditNoteIssued(Money("40.00", "EUR"))
    assert in_currency(PHRASES["reversal of 240.00"], "EUR") == PaymentReversed(Money("240.00", "EUR"))
    promised = PromiseMade(Money("240.00", "EUR"), date(2026, 3, 23).toordinal())
    assert in_currency(PHRASES["promise of 240.00 by 2026-03-23"], "EUR") == promised


def test_other_facts_need_no_currency():
    """A failed payment takes its identity; holds, consents and news of steps stay as they are."""
    assert in_currency(PaymentFailed(), "USD", source="bank", event_id="tx-9") == PaymentFailed("bank", "tx-9")
    assert in_currency(PHRASES["bankrupt"], "USD") == HoldPlaced(HoldReason.BANKRUPTCY)
    assert in_currency(PHRASES["approved agency"], "USD") == StepNews("agency", News.APPROVED)


def test_an_amount_that_the_currency_cannot_hold_is_refused():
    """Half a yen is no money."""
    with pytest.raises(MoneyError, match="decimal places of JPY"):
        in_currency(PHRASES["payment of 240.00"].__class__(SumOf.PAYMENT, Decimal("0.5")), "JPY")


def test_a_fact_is_about_the_invoice_of_its_line():
    """Money and disputes take the invoice of their line; other facts concern the debtor."""
    assert about(PHRASES["payment of 240.00"], "INV-2") == PHRASES["payment of 240.00 for INV-2"]
    assert about(PHRASES["dispute opened"], "INV-2") == PHRASES["dispute opened on INV-2"]
    assert about(PHRASES["dispute closed on INV-2"], "INV-2") == PHRASES["dispute closed on INV-2"]
    assert about(PHRASES["deceased"], "INV-2") == PHRASES["deceased"]


def test_a_fact_that_names_another_invoice_than_its_line_is_refused():
    """Two invoices for one payment is one too many."""
    with pytest.raises(ValueError, match="about invoice INV-2, its line about invoice INV-3"):
        about(PHRASES["payment of 240.00 for INV-2"], "INV-3")


@pytest.mark.parametrize("text", ["payment of 5.00 EUR", "payment of EUR 5.00"])
def test_a_currency_is_left_out(text):
    """The case knows its currency."""
    misfit = parse_fact(text)
    assert (misfit.message, misfit.suggestion) == ("leave out the currency", "payment of 5.00")
