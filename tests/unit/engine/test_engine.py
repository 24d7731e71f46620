from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from engine_house import POLICY, House, Sink, ann, invoice

from dunning_engine.decision.decider import decide
from dunning_engine.decision.decision import Decision
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import Case, CaseStatus, fold
from dunning_engine.domain.charges import Charge
from dunning_engine.domain.events import (
    ActionBlocked,
    CaseOpened,
    CreditNoteIssued,
    DebtorUpdated,
    Fact,
    HoldPlaced,
    HostFact,
    OptedOut,
    PaymentReceived,
    PolicyRef,
)
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    InvoiceCancelled,
    InvoiceCorrected,
    WrittenOff,
)
from dunning_engine.domain.parties import Channel, Party, ZoneHint
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.engine.writing import changed
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Sent
from dunning_engine.ports.store import StoredPolicy
from dunning_engine.stores.sql import SqlStore


def test_a_case_walks_its_ladder(house: House) -> None:
    """Decided at send time, handed over, and the next step counts from what was sent."""
    case_id = house.opens()

    assert house.moves("2026-03-05T09:59:59+01:00") == []
    assert house.moves("2026-03-05T10:00:00+01:00") == ["email reminder: sent"]
    assert house.moves("2026-03-15T10:00:00+01:00") == ["sms warning: sent"]
    house.moves("2026-03-25T10:00:00+01:00")
    (asked,) = [d for d in house.engine.case(case_id).deliveries.values() if d.state.value == "awaiting approval"]
    house.engine.approve(case_id, asked.id, by="Mia", role="manager")
    assert house.moves("2026-03-25T10:05:00+01:00") == ["hand off agency acme: sent"]
    house.engine.advance()
    assert house.engine.case(case_id).status is CaseStatus.PLACED


def test_running_twice_does_nothing_more(house: House) -> None:
    """Advance and dispatch again, at the same instant or later: no event, no action, no delivery."""
    case_id = house.opens()
    house.moves("2026-03-05T10:00:00+01:00")
    house.engine.advance()
    before = house.engine.history(case_id)

    assert house.engine.advance() == []
    assert house.moves("2026-03-06T10:00:00+01:00") == []
    assert house.engine.advance() == []
    assert house.engine.history(case_id) == before
    assert len(house.sink.got) == 1


def test_opening_again_changes_nothing(house: House) -> None:
    """The same receivables again are where they were."""
    case_id = house.opens(invoice("INV-1"), invoice("INV-2"))
    before = house.engine.history(case_id)

    opening = house.engine.open_cases(ann(), [invoice("INV-1"), invoice("INV-2")], "shop")

    assert [case.id for case in opening.cases] == [case_id] == ["ann/EUR"]
    assert opening.added == opening.refused == ()
    assert house.engine.history(case_id) == before


def test_a_debtors_next_invoice_joins_their_case(house: House) -> None:
    """One case per debtor and currency holds whatever they owe."""
    house.opens(invoice("INV-1"))

    opening = house.engine.open_cases(ann(), [invoice("INV-2", due="2026-03-04")], "shop")

    assert opening.added == ("INV-2",)
    assert [r.number for r in house.engine.case("ann/EUR").receivables] == ["INV-1", "INV-2"]


def test_unit_invoice_makes_a_case_per_invoice(house: House) -> None:
    """`unit: invoice`: the case is named after its invoice."""
    house.policies = [policy_of(POLICY.replace("version: 1", "version: 2") + "unit: invoice\n", "shop.yaml")]
    engine = house.reopen()

    opening = engine.open_cases(ann(), [invoice("INV-1"), invoice("INV-2")], "shop")

    assert [case.id for case in opening.cases] == ["ann/INV-1", "ann/INV-2"]
    with pytest.raises(UsageError, match="use open_cases"):
        engine.open_case(ann(), [invoice("INV-3"), invoice("INV-4")], "shop")
    with pytest.raises(UsageError, match="cannot share a case_id"):
        engine.open_cases(ann(), [invoice("INV-3"), invoice("INV-4")], "shop", case_id="mine")


def test_what_does_not_fit_is_reported_and_not_opened(house: House) -> None:
    """`applies_to` is tested once, per receivable; the others go in."""
    opening = house.engine.open_cases(ann(), [invoice("INV-1"), invoice("INV-9", currency="USD")], "shop")

    assert opening.added == ("INV-1",)
    assert [(r.invoice.number, r.why) for r in opening.refused] == [
        ("INV-9", "policy shop applies to “currency is EUR”")
    ]
    with pytest.raises(UsageError, match="invoice INV-9 is not opened: policy shop applies to “currency is EUR”"):
        house.opens(invoice("INV-9", currency="USD"))


def test_a_number_with_another_amount_is_reported(house: House) -> None:
    """An invoice that changed is not silently the old one."""
    house.opens(invoice("INV-1"))

    opening = house.engine.open_cases(ann(), [invoice("INV-1", amount="250.00")], "shop")

    assert "holds an invoice of this number over another amount" in opening.refused[0].why


def test_a_case_name_belongs_to_one_debtor(house: House) -> None:
    """Names that meet by accident are refused, not mixed."""
    house.opens(case_id="mine")

    with pytest.raises(UsageError, match="case mine belongs to debtor ann"):
        house.opens(invoice("INV-2"), debtor=ann("bob"), case_id="mine")


def test_unknown_names_are_told(house: House) -> None:
    """Cases and policies that do not exist are named, with those that do."""
    with pytest.raises(NotFound, match="no policy is called 'shoe'; the engine was opened with shop"):
        house.engine.open_case(ann(), [invoice()], "shoe")
    for question in (house.engine.case, house.engine.history, house.engine.why, house.engine.policy_of):
        with pytest.raises(NotFound, match="there is no case 'nobody/EUR'"):
            question("nobody/EUR")
    with pytest.raises(NotFound):
        house.engine.record("nobody/EUR", HostFact("vip", "true"))


def test_an_outside_event_counts_once(house: House) -> None:
    """The bank may tell of a payment as often as it likes."""
    case_id = house.opens()
    payment = PaymentReceived(Money("40.00", "EUR"), source="bank", event_id="tx-9")

    assert house.engine.record(case_id, payment)
    assert not house.engine.record(case_id, payment)
    assert house.engine.case(case_id).receivables[0].open == 20_000


def test_an_outside_identity_keeps_its_content(house: House) -> None:
    """The same identity over another amount, case or day is refused."""
    case_id = house.opens()
    house.engine.record(case_id, PaymentReceived(Money("40.00", "EUR"), source="bank", event_id="tx-9"))

    with pytest.raises(UsageError, match="'tx-9' of 'bank' was recorded before with other content"):
        house.engine.record(case_id, PaymentReceived(Money("41.00", "EUR"), source="bank", event_id="tx-9"))


def test_any_fact_may_have_an_outside_identity(house: House) -> None:
    """Facts that carry none themselves take it from the call."""
    case_id = house.opens()
    dispute = HoldPlaced(HoldReason.DISPUTE, "INV-1")

    assert house.engine.record(case_id, dispute, source="crm", event_id="ticket-1")
    assert not house.engine.record(case_id, dispute, source="crm", event_id="ticket-1")


@pytest.mark.parametrize(
    ("when", "happened"),
    [
        (None, "2026-03-10T12:00:00+00:00"),
        (date(2026, 3, 5), "2026-03-05T00:00:00+01:00"),
        ("2026-03-05", "2026-03-05T00:00:00+01:00"),
        (datetime(2026, 3, 5, 7, tzinfo=UTC), "2026-03-05T07:00:00+00:00"),
        ("2026-03-05T07:00:00Z", "2026-03-05T07:00:00+00:00"),
        (date(2027, 1, 1), "2026-03-10T12:00:00+00:00"),
    ],
)
def test_facts_have_the_time_at_which_they_happened(house: House, when: object, happened: str) -> None:
    """A date counts from its start in the policy's zone; what is to come counts as now."""
    case_id = house.opens()
    house.clock.move_to("2026-03-10T12:00:00Z")

    house.engine.record(case_id, PaymentReceived(Money("1.00", "EUR")), at=when)

    recorded = house.engine.history(case_id)[-1]
    assert recorded.at == instant(happened)
    assert recorded.recorded_at == instant("2026-03-10T12:00:00Z")


def test_a_fact_makes_its_case_worth_a_look(house: House) -> None:
    """A payment closes the case at the next advance, without waiting for its calendar."""
    case_id = house.opens()
    house.engine.advance()
    assert house.engine.advance() == []

    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))

    assert [decision.case_id for decision in house.engine.advance()] == [case_id]
    assert house.engine.case(case_id).status is CaseStatus.CLOSED


def test_facts_about_a_person_reach_all_their_cases(house: House) -> None:
    """Who refused a channel or died did so in every case, also in one that is opened later."""
    usual, other = house.opens(), house.opens(invoice("INV-2"), case_id="ann/other")

    house.engine.record(usual, OptedOut(Channel.SMS))
    house.engine.record(usual, HoldPlaced(HoldReason.DECEASED))
    house.engine.record(usual, HoldPlaced(HoldReason.DISPUTE, "INV-1"))
    later = house.opens(invoice("INV-3"), case_id="ann/later")

    for case_id in (other, later):
        case = house.engine.case(case_id)
        assert case.opted_out == {Channel.SMS}
        assert [hold.reason for hold in case.holds] == [HoldReason.DECEASED]


def test_a_debtor_who_moved_is_looked_for_anew(house: House) -> None:
    """New particulars bring new zones, in every case of the debtor."""
    usual, other = house.opens(), house.opens(invoice("INV-2"), case_id="ann/other")

    house.engine.record(usual, DebtorUpdated(Party.consumer("ann", zone="America/Denver", email="ann@example.org")))

    assert {house.engine.case(c).zones for c in (usual, other)} == {("America/Denver",)}


def test_a_case_keeps_its_debtor(house: House) -> None:
    """Another person is another case: contacts are counted by debtor."""
    with pytest.raises(UsageError, match="case ann/EUR is about debtor ann and cannot become one about bob"):
        house.engine.record(house.opens(), DebtorUpdated(ann("bob")))


def test_hints_of_the_host_stand(house: House) -> None:
    """A host that knows better where a debtor is says so itself."""
    case_id = house.opens()
    house.engine.record(case_id, DebtorUpdated(ann(), (ZoneHint("visit", ("Asia/Kolkata",)),)))

    assert house.engine.case(case_id).zones == ("Asia/Kolkata",)


def test_text_is_kept_in_composed_form(house: House) -> None:
    """The live case and the one folded from the store are the same, whatever form the host's text has."""
    case_id = house.opens()
    house.engine.record(case_id, HostFact("nom", "Rene\u0301"))

    assert house.engine.case(case_id) == fold(case_id, house.engine.history(case_id))
    with pytest.raises(UsageError, match="half a character"):
        house.engine.record(case_id, HostFact("nom", "\ud800"))


def test_every_snapshot_is_the_fold_of_its_events(house: House) -> None:
    """After a whole ladder the stored case equals its history folded from nothing."""
    case_id = house.opens()
    for day in ("2026-03-05", "2026-03-15", "2026-03-25"):
        house.moves(f"{day}T10:00:00+01:00")

    assert house.engine.case(case_id) == fold(case_id, house.engine.history(case_id))


def test_why_answers_on_what_was_known(house: House) -> None:
    """Asked about an instant, the engine forgets what it learned later."""
    case_id = house.opens()
    house.moves("2026-03-05T10:00:00+01:00")
    house.clock.move_to("2026-03-08")
    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")), at="2026-03-04")
    house.engine.advance()

    assert "closed as paid" in house.engine.why(case_id).explain()
    then = house.engine.why(case_id, "2026-03-05T10:00:01+01:00")
    assert "warning" in then.explain()
    assert house.engine.why(case_id, "2026-03-05").at == instant("2026-03-05", "Europe/Berlin")
    with pytest.raises(
        NotFound, match="not known yet at that instant: it is known since 2026-03-01 01:00 Europe/Berlin"
    ):
        house.engine.why(case_id, "2026-02-01")


def test_why_at_the_instant_of_a_deed_is_the_decision_that_led_to_it(house: House) -> None:
    """What was sent in that second is not known yet, a fact that came in just before is."""
    case_id = house.opens()
    house.clock.move_to("2026-03-05T10:00:00+01:00")
    house.engine.record(case_id, PaymentReceived(Money("40.00", "EUR")))
    house.moves("2026-03-05T10:00:00+01:00")
    (decided,) = house.engine.why(case_id, "2026-03-05T10:00:00+01:00").cleared

    assert (decided.action.action.step, decided.action.action.amount) == ("reminder", 20000)


def test_why_at_the_instant_of_a_hand_over_is_the_decision_that_cleared_it(house: House) -> None:
    """An action that left an hour after it was cleared was decided an hour before."""
    case_id = house.opens()
    house.clock.move_to("2026-03-05T10:00:00+01:00")
    house.engine.advance()
    house.clock.move_to("2026-03-05T11:00:00+01:00")
    house.engine.dispatch()

    decision = house.engine.why(case_id, "2026-03-05T11:00:00+01:00")
    assert decision.at == instant("2026-03-05T10:00:00+01:00")
    assert [cleared.action.action.step for cleared in decision.cleared] == ["reminder"]


def test_approvals_bind_role_and_person(house: House) -> None:
    """The wrong role is refused; a refusal skips the step."""
    case_id = house.opens()
    for day in ("2026-03-05", "2026-03-15", "2026-03-25"):
        house.moves(f"{day}T10:00:00+01:00")
    (asked,) = [d for d in house.engine.case(case_id).deliveries.values() if d.state.value == "awaiting approval"]

    with pytest.raises(UsageError, match="role"):
        house.engine.approve(case_id, asked.id, by="Mia", role="intern")
    house.engine.refuse(case_id, asked.id, by="Mia", role="manager", note="a good customer")
    assert house.moves("2026-03-25T10:05:00+01:00") == []
    assert house.engine.case(case_id).deliveries[asked.id].state.value == "refused"


def test_a_policy_without_its_adapters_is_refused(house: House) -> None:
    """All missing ways are listed with the steps that use them."""
    with pytest.raises(UsageError) as refusal:
        house.reopen(adapters=[Sink(handles=frozenset({Channel.EMAIL}))])

    assert "sms: used by shop step warning" in str(refusal.value)
    assert "agency: used by shop step agency" in str(refusal.value)
    assert "allow_missing=['sms', 'agency']" in str(refusal.value)


def test_what_may_be_missing_is_blocked_and_said(house: House) -> None:
    """An action without an adapter is recorded as blocked by a rule of its own, once."""
    engine = house.reopen(
        adapters=[Sink(handles=frozenset({Channel.EMAIL}))], allow_missing=["sms", "agency", "letter"]
    )
    case_id = house.opens()
    for day in ("2026-03-05", "2026-03-15", "2026-03-25", "2026-03-26", "2026-04-10"):
        house.moves(f"{day}T10:00:00+01:00")

    blocked = [r.event for r in engine.history(case_id) if isinstance(r.event, ActionBlocked)]
    assert [(event.action.step, event.rules) for event in blocked] == [("warning", ("adapter/sms",))]
    assert "no adapter for sms is installed here" in blocked[0].why[0]


def test_a_hand_off_without_an_adapter_is_blocked_once(house: House) -> None:
    """What does not reach the debtor passes the gate, so the engine itself says that nobody takes it."""
    house.policies = [
        policy_of(POLICY.replace("    approval: manager\n", "").replace("version: 1", "version: 7"), "shop.yaml")
    ]
    engine = house.reopen(adapters=[Sink(handles=frozenset({Channel.EMAIL, Channel.SMS}))], allow_missing=["agency"])
    case_id = house.opens()
    for day in ("2026-03-05", "2026-03-15", "2026-03-25", "2026-03-26"):
        house.moves(f"{day}T10:00:00+01:00")
    engine.record(case_id, HostFact("vip", "true"))
    engine.advance()

    blocked = [r.event for r in engine.history(case_id) if isinstance(r.event, ActionBlocked)]
    assert [event.rules for event in blocked] == [("adapter/agency",)]


def test_a_word_that_is_no_way_is_told(house: House) -> None:
    """A typing error in `allow_missing` would silently allow nothing."""
    with pytest.raises(UsageError, match="did you mean 'letter'"):
        house.reopen(allow_missing=["leter"])
    with pytest.raises(UsageError, match="there are email, sms, push, call, letter, portal, agency"):
        house.reopen(allow_missing=["pigeon"])


def test_a_changed_policy_needs_a_new_version(house: House) -> None:
    """The same name and version with other content is refused when the engine is opened."""
    house.policies = [policy_of(POLICY.replace("3 days", "4 days"), "shop.yaml")]

    with pytest.raises(UsageError, match="shop version 1 is already registered with other content: raise it"):
        house.reopen()


def test_a_case_keeps_its_version(house: House) -> None:
    """New cases take the newest version; old ones go on under theirs, read back from the store."""
    old = house.opens()
    newer = POLICY.replace("version: 1", "version: 2").replace("3 days", "20 days")
    house.policies = [policy_of(newer, "shop.yaml")]
    engine = house.reopen()
    new = engine.open_case(ann("bob"), [invoice("INV-2")], "shop").id

    assert house.moves("2026-03-05T10:00:00+01:00") == ["email reminder: sent"]
    assert (engine.policy_of(old).version, engine.policy_of(new).version) == (1, 2)
    assert engine.case(new).deliveries == {}


def test_a_version_that_nobody_has_any_more_is_asked_for(house: House) -> None:
    """A policy built in code leaves no text behind: the host has to bring it again."""
    house.policies[0].memo.clear()
    house.policies = [policy_of(POLICY.replace("version: 1", "version: 3"), "x.yaml")]
    house.policies[0].memo.clear()
    house.reopen()
    house.opens()
    house.policies = [policy_of(POLICY.replace("version: 1", "version: 4"), "x.yaml")]
    house.reopen()

    with pytest.raises(UsageError, match="cases keep shop version 3: open the engine with that version as well"):
        house.engine.advance()


def test_a_policy_that_is_no_longer_used_still_ends_its_cases(house: House) -> None:
    """Its cases go on; new ones cannot be opened under it."""
    house.opens()
    house.policies = [policy_of(POLICY.replace("policy: shop", "policy: other"), "other.yaml")]
    engine = house.reopen()

    assert house.moves("2026-03-05T10:00:00+01:00") == ["email reminder: sent"]
    with pytest.raises(NotFound, match="no policy is called 'shop'; the engine was opened with other"):
        engine.open_case(ann("bob"), [invoice("INV-2")], "shop")


def test_a_text_that_reads_differently_now_is_not_used(house: House) -> None:
    """A stored version has to compile to what the case was opened under."""
    kept = PolicyRef("shop", 8, "0" * 64)
    with house.store.transaction() as tx:
        tx.register(StoredPolicy(kept, POLICY))
        opened = CaseOpened(ann(), kept)
        tx.save([changed("ann/EUR", None, [(0, opened)], now=0, next_look=0)])

    with pytest.raises(UsageError, match="shop version 8 reads differently in this version of dunning_engine"):
        house.engine.advance()


def test_advance_takes_no_more_than_its_limit(house: House) -> None:
    """A host may take the day's work in parts."""
    for number in range(5):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    house.clock.move_to("2026-03-05T10:00:00+01:00")

    assert len(house.engine.advance(limit=2)) == 2
    assert len(house.engine.advance(limit=20)) == 3
    assert len(house.engine.dispatch(limit=4)) == 4
    assert len(house.engine.dispatch()) == 1


def test_many_cases_are_decided_in_batches(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """More cases than fit a commit are all decided about in one call."""
    monkeypatch.setattr("dunning_engine.engine.engine.BATCH", 3)
    for number in range(7):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))

    assert len(house.engine.advance()) == 7
    assert house.engine.advance() == []


def test_an_error_in_one_case_does_not_stop_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left alone for an hour, told and logged under its name; the others are decided about."""

    def broken(case: Case, *rest: object) -> Decision:
        if case.id == "ann/EUR":
            raise ZeroDivisionError
        return decide(case, *rest)

    house.opens()
    house.opens(invoice("INV-2"), debtor=ann("bob"))
    before = house.engine.history("ann/EUR")
    with monkeypatch.context() as patch:
        patch.setattr("dunning_engine.engine.wording.decide", broken)
        assert house.moves("2026-03-05T10:00:00+01:00") == ["email reminder: sent"]
        assert [(t.case_id, type(t.error)) for t in house.engine.troubles] == [("ann/EUR", ZeroDivisionError)]
        assert "case ann/EUR could not be decided about" in caplog.text
        assert [d.case_id for d in house.engine.advance()] == ["bob/EUR"]
        assert house.engine.troubles == ()
    assert house.engine.history("ann/EUR") == before
    assert house.moves("2026-03-05T11:00:00+01:00") == ["email reminder: sent"]


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (["shop.yaml"], r"policies holds 'shop.yaml', which is no policy: pass load_policy\('shop.yaml'\)"),
        ("shop.yaml", "pass a list, as in policies="),
    ],
)
def test_policies_are_loaded_before(house: House, policies: object, message: str) -> None:
    """The path of a policy is no policy."""
    with pytest.raises(UsageError, match=message):
        house.reopen(policies=policies)


@pytest.mark.parametrize(
    ("debtor", "owed", "message"),
    [
        (ann(), invoice(), "owed is one invoice, INV-1: pass a list"),
        (ann(), [], r"owed is \[\]: pass a list of at least one Invoice"),
        (ann(), ["INV-1"], "pass a list of at least one Invoice"),
        ("ann", [invoice()], "the debtor is 'ann': pass a Party"),
        (ann(" "), [invoice()], "the debtor's id is ' ': pass your own customer number"),
        (Party.consumer("ann", email="ann@example.com\nBcc: x@y.z"), [invoice()], "is no e-mail address"),
        (Party.consumer("ann", email="a@b@c"), [invoice()], "is no e-mail address"),
        (Party.consumer("ann", country="Germany"), [invoice()], "'Germany' of debtor ann is no country"),
    ],
)
def test_what_cannot_be_meant_is_not_opened(house: House, debtor: object, owed: object, message: str) -> None:
    """Stored events stay for ever, so it is told before."""
    with pytest.raises(UsageError, match=message):
        house.engine.open_case(debtor, owed, "shop")
    assert house.engine.cases() == ()


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ("paid", "'paid' is no fact that can be recorded: pass one such as PaymentReceived"),
        (PaymentReceived(Money("5", "EUR"), "INV-9"), "case ann/EUR has no invoice 'INV-9': name one of INV-1, INV-2"),
        (CreditNoteIssued(Money("5", "EUR"), "INV-9"), "has no invoice 'INV-9'"),
        (HoldPlaced(HoldReason.DISPUTE, "INV-9"), "has no invoice 'INV-9'"),
        (WrittenOff(invoice="INV-9"), "has no invoice 'INV-9': name one of INV-1, INV-2, or leave invoice out"),
        (DiscountGranted(Money("5", "EUR"), "INV-9"), "has no invoice 'INV-9'"),
        (CreditApplied(Money("5", "EUR"), "INV-9"), "has no invoice 'INV-9'"),
        (CreditNoteCancelled(Money("5", "EUR"), "INV-9"), "has no invoice 'INV-9'"),
        (InvoiceCancelled("INV-9"), "has no invoice 'INV-9': name one of INV-1, INV-2$"),
        (InvoiceCorrected("INV-9", due="2026-04-01"), "has no invoice 'INV-9': name one of INV-1, INV-2$"),
        (InvoiceReadied("INV-9"), "has no invoice 'INV-9': name one of INV-1, INV-2$"),
        (ChargeAssessed(Charge(id="c", kind="fee", amount=5, invoice="INV-9")), "has no invoice 'INV-9'"),
        (PaymentReceived(Money("5", "USD")), "5.00 USD is in USD, case ann/EUR in EUR"),
        (DebtorUpdated(Party.consumer("ann", email="nowhere")), "'nowhere' of debtor ann is no e-mail address"),
    ],
)
def test_what_does_not_fit_its_case_is_not_recorded(house: House, fact: Fact, message: str) -> None:
    """Nor is its outside identity, although the host goes on with the same transaction."""
    case_id = house.opens(invoice("INV-1"), invoice("INV-2"))
    before = house.engine.history(case_id)
    with house.engine.transaction() as connection:
        with pytest.raises(UsageError, match=message):
            house.engine.record(case_id, fact, event_id="tx-1", connection=connection)
        paid = PaymentReceived(Money("5", "EUR"))
        assert house.engine.record(case_id, paid, event_id="tx-1", connection=connection)
    assert len(house.engine.history(case_id)) == len(before) + 1


def test_a_hosts_rows_and_our_events_commit_together(house: House) -> None:
    """Everything that is written with one connection happens or does not."""

    def fail() -> None:
        with house.engine.transaction() as connection:
            case_id = house.opens(connection=connection)
            house.engine.record(case_id, CreditNoteIssued(Money("5.00", "EUR")), connection=connection)
            assert house.engine.case(case_id, connection=connection).receivables[0].open == 23_500
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert house.engine.cases() == ()


def test_a_transaction_for_reading_lets_others_write(tmp_path: Path) -> None:
    """With `write=False` another process may take the write lock meanwhile."""
    file = tmp_path / "dunning.db"
    house = House(SqlStore(f"sqlite:///{file}"))

    with house.engine.transaction(write=False) as connection, closing(sqlite3.connect(file, timeout=0)) as other:
        house.engine.cases(connection=connection)
        other.execute("BEGIN IMMEDIATE")


def test_questions_list_cases_and_actions(house: House) -> None:
    """Lists by status, debtor and state, for screens."""
    first, second = house.opens(), house.opens(invoice("INV-2"), debtor=ann("bob"))
    house.moves("2026-03-05T10:00:00+01:00")
    house.engine.record(first, PaymentReceived(Money("240.00", "EUR")))
    house.engine.advance()

    assert [case.id for case in house.engine.cases()] == [first, second]
    assert [case.id for case in house.engine.cases(status=CaseStatus.CLOSED)] == [first]
    assert [case.id for case in house.engine.cases(debtor_id="bob")] == [second]
    assert [row.action.case_id for row in house.engine.outbox(case_id=second)] == [second]
    assert isinstance(house.engine.history(first)[0].event, CaseOpened)


def test_an_address_opens_a_store(tmp_path: Path) -> None:
    """`sqlite:///FILE` and `memory:` are all that a host needs to write; the engine lets go when it is left."""
    policies = [policy_of(POLICY, "shop.yaml")]
    for url in (f"sqlite:///{tmp_path / 'dunning.db'}", "memory:"):
        with DunningEngine.open(url, policies=policies, adapters=[Sink()]) as engine:
            assert engine.open_case(ann(), [invoice()], policies[0], at=date(2026, 3, 1)).id == "ann/EUR"
            assert "policies: shop 1" in repr(engine)


def test_a_closed_engine_does_nothing_any_more(house: House) -> None:
    """Nothing opens the store again behind the host's back; closing twice is no mistake."""
    case_id = house.opens()
    house.moves("2026-03-05T10:00:00+01:00")
    message = house.sink.got[0]
    engine = house.engine
    engine.close()
    engine.close()

    for act in (
        engine.advance,
        engine.dispatch,
        lambda: engine.dispatch("2026-03-06"),
        engine.arm_next,
        lambda: engine.deliver(message),
        lambda: engine.receive(message, 1, Sent("r"), "2026-03-06"),
        lambda: engine.record(case_id, PaymentReceived(Money("5.00", "EUR"))),
        lambda: engine.open_case(ann(), [invoice()], "shop"),
        engine.cases,
        lambda: engine.erase("ann", by="me", reason="asked"),
        lambda: engine.transaction().__enter__(),
    ):
        with pytest.raises(UsageError, match="this engine was closed: open it again"):
            act()
    assert repr(engine).startswith("<DunningEngine <closed>")


def test_what_was_begun_for_reading_takes_no_fact(house: House) -> None:
    """A host that asked for `write=False` is told, on every store."""
    case_id = house.opens()

    with (
        house.engine.transaction(write=False) as connection,
        pytest.raises(UsageError, match="opened for reading alone: begin a transaction that may write"),
    ):
        house.engine.record(case_id, PaymentReceived(Money("5.00", "EUR")), connection=connection)

    assert house.engine.case(case_id).receivables[0].open == 24_000


@pytest.mark.parametrize("wrong", ["a\0b", "a\ud800b", "x" * 100_000], ids=["nul", "half", "long"])
def test_text_that_not_every_store_can_keep_is_refused_by_all(house: House, wrong: str) -> None:
    """At the same place, before anything is written."""
    case_id = house.opens()
    paid = PaymentReceived(Money("5.00", "EUR"))
    for act in (
        lambda: house.engine.record(case_id, paid, event_id=wrong),
        lambda: house.engine.record(case_id, paid, source=wrong, event_id="e"),
        lambda: house.engine.record(case_id, HostFact("note", wrong)),
        lambda: house.engine.open_case(ann(wrong), [invoice("INV-2")], "shop"),
        lambda: house.engine.open_case(ann(), [invoice(wrong)], "shop"),
        lambda: house.engine.open_case(ann("bob"), [invoice("INV-3")], "shop", case_id=wrong),
        lambda: house.engine.open_case(ann("bob"), [invoice("INV-3")], "shop", facts={"note": wrong}),
        lambda: house.engine.pause(debtor="ann", by=wrong, reason="asked"),
    ):
        with pytest.raises(UsageError, match=r"holds a NUL|100,000 characters"):
            act()
    assert [case.id for case in house.engine.cases()] == [case_id]


def test_an_identity_is_text(house: House) -> None:
    """A number would be another identity in each store."""
    case_id = house.opens()
    with pytest.raises(UsageError, match="event_id is 17: pass text"):
        house.engine.record(case_id, PaymentReceived(Money("5.00", "EUR")), event_id=17)  # type: ignore[arg-type]
