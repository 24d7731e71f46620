"""By hand through the engine: ladders, pauses, approvals by another person."""

from __future__ import annotations

import pytest
from engine_house import POLICY, House, invoice

from dunning_engine.decision.words import Word, word_of
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import ContactMade, PaymentReceived
from dunning_engine.domain.orders import Scope
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.kernel.money import Money

SEND_TIME = "2026-03-05T10:00:00+01:00"
EVE = {"by": "eve", "reason": "asked on the phone"}


def word(house: House, case_id: str) -> Word:
    return word_of(house.engine.case(case_id), house.engine.policy_of(case_id), house.engine.clock.now())


# Ladders -------------------------------------------------------------------------------------------------------------


def test_ladders_are_set_by_hand(house: House) -> None:
    """Forced, cancelled, rewound and skipped: what goes out is each time another action."""
    case_id = house.opens()
    house.engine.force(case_id, "reminder", **EVE)
    assert house.moves("2026-03-01T12:00:00+01:00") == ["email reminder: sent"]
    house.engine.cancel_notice(case_id, "reminder", **EVE)
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    house.engine.rewind(case_id, "reminder", **EVE)
    assert house.moves("2026-03-06T10:00:00+01:00") == ["email reminder: sent"]
    house.engine.skip(case_id, "warning", **EVE)
    assert house.moves("2026-03-20T10:00:00+01:00") == []
    assert len({message.action_id for message in house.sink.got}) == 3
    assert "passed over: skipped by eve: asked on the phone" in [n.words for n in house.engine.why(case_id).why]


# Pauses --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [{"debtor": "ann"}, {"policy": "shop"}, {"everything": True}], ids=str)
def test_a_standing_order_holds_what_is_cleared_and_what_is_opened_later(house: House, what: dict[str, object]) -> None:
    """At arming it is asked about at once, without a look at any case."""
    case_id = house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.engine.pause(**what, **EVE)

    (handover,) = house.engine.dispatch()

    assert handover.fate.value == "cancelled"
    assert "(by eve: asked on the phone)" in handover.note
    assert house.moves("2026-03-09T10:00:00+01:00") == []
    assert house.engine.case(case_id).status is CaseStatus.PAUSED
    assert word(house, case_id) is Word.PAUSED
    later = house.opens(invoice("INV-2", due="2026-03-09"))
    assert house.moves("2026-03-15T10:00:00+01:00") == []
    house.engine.resume(**what, **EVE)
    assert house.moves("2026-03-15T11:00:00+01:00") == ["email reminder: sent"]
    assert (later, house.engine.pauses()) == (case_id, ())


def test_days_under_a_pause_do_not_count(house: House) -> None:
    """Four days stood still: the reminder of the 5th comes on the 9th."""
    house.opens()
    house.clock.move_to("2026-03-03")
    house.engine.pause(policy="shop", **EVE)
    house.clock.move_to("2026-03-07")
    house.engine.advance()
    house.engine.resume(policy="shop", **EVE)
    assert house.moves("2026-03-08T10:00:00+01:00") == []
    assert house.moves("2026-03-09T10:00:00+01:00") == ["email reminder: sent"]


def test_a_pause_of_somebody_else_holds_nobody(house: House) -> None:
    """Its scope is what it says."""
    house.opens()
    house.engine.pause(debtor="bob", **EVE)
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    (order,) = house.engine.pauses()
    assert (order.scope, order.name, order.by, order.reason) == (Scope.DEBTOR, "bob", *EVE.values())


def test_what_was_paused_is_told_of_the_past(house: House) -> None:
    """Asked about the day before, there was no pause."""
    case_id = house.opens()
    house.clock.move_to("2026-03-03T10:00:00+01:00")
    house.engine.advance()
    house.clock.move_to("2026-03-04T10:00:00+01:00")
    house.engine.pause(everything=True, **EVE)
    assert "on hold with everything" in str(house.engine.why(case_id).why)
    assert "on hold" not in str(house.engine.why(case_id, at="2026-03-03T12:00:00+01:00").why)


def test_one_case_is_paused_and_goes_on(house: House) -> None:
    """That is a manual hold, with author and reason."""
    case_id = house.opens()
    house.engine.pause(case_id, **EVE)
    assert house.moves(SEND_TIME) == []
    with pytest.raises(UsageError, match="paused already"):
        house.engine.pause(case_id, **EVE)
    house.engine.resume(case_id, **EVE)
    with pytest.raises(UsageError, match="not paused by hand"):
        house.engine.resume(case_id, **EVE)


def test_what_makes_no_sense_is_refused(house: House) -> None:
    """Each with what to do instead."""
    house.engine.pause(everything=True, **EVE)
    for refused, words in [
        (lambda: house.engine.pause(everything=True, **EVE), "everything is paused already"),
        (lambda: house.engine.pause(**EVE), "say what waits"),
        (lambda: house.engine.pause(debtor="ann", policy="shop", **EVE), "one of them only"),
        (lambda: house.engine.pause(debtor=" ", **EVE), "the name of a debtor"),
        (lambda: house.engine.resume(debtor="ann", **EVE), "debtor ann is not paused"),
        (lambda: house.engine.pause(debtor="ann", by="", reason="r"), "pass by="),
        (lambda: house.engine.pause(debtor="ann", by="eve", reason=" "), "says why"),
    ]:
        with pytest.raises(UsageError, match=words):
            refused()
    with pytest.raises((NotFound, UsageError)):
        house.engine.pause(policy="ghost", **EVE)


# Approval ------------------------------------------------------------------------------------------------------------


def test_who_forced_a_step_does_not_approve_it(house: House) -> None:
    """Four eyes: the other person's word counts."""
    house.follows(POLICY.replace("send: sms warning", "send: sms warning\n    approval: manager"))
    case_id = house.opens()
    house.engine.force(case_id, "warning", **EVE)
    house.engine.advance()
    (action,) = house.engine.case(case_id).deliveries
    with pytest.raises(UsageError, match=r"eve asked for sms warning \(forced warning\): another person"):
        house.engine.approve(case_id, action, by="eve", role="manager")
    with pytest.raises(UsageError, match="pass by="):
        house.engine.approve(case_id, action, by=7, role="manager")  # type: ignore[arg-type]  # a host's mistake
    house.engine.approve(case_id, action, by="max", role="manager")
    assert house.moves("2026-03-01T12:00:00+01:00") == ["sms warning: sent"]


def test_an_approval_that_is_put_off_expires_all_the_same(house: House) -> None:
    """Approved for a day, kept back by a limit for two: it is asked for again."""
    words = POLICY.replace("send: email reminder", "send: email reminder\n    approval: manager within 1 day").replace(
        "1 contact per day per debtor", "1 contact in 3 days per debtor"
    )
    house.follows(words)
    case_id = house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    (action,) = house.engine.case(case_id).deliveries
    house.engine.record(case_id, ContactMade(Channel.SMS, Outcome.CONVERSATION))
    house.engine.advance()
    house.engine.approve(case_id, action, by="max", role="manager")
    house.engine.advance()
    assert house.engine.case(case_id).deliveries[action].state.value == "deferred"
    assert house.moves("2026-03-09T10:00:00+01:00") == []
    assert house.engine.case(case_id).deliveries[action].state.value == "awaiting approval"


# One word ------------------------------------------------------------------------------------------------------------


def test_the_word_for_where_a_case_stands(house: House) -> None:
    """ERP-07, TRY-02: due, in grace, overdue, and final when the ladder is climbed."""
    house.follows(POLICY.split("  - step: warning")[0].replace("steps:", "grace: 2 days\nsteps:"))
    case_id = house.opens()
    found = []
    for day in ("03-01", "03-02", "03-03", "03-04", "03-05"):
        house.clock.move_to(f"2026-{day}")
        house.engine.advance()
        found.append(word(house, case_id).value)
    assert found == ["upcoming", "due", "in grace", "in grace", "overdue"]
    house.moves(SEND_TIME)
    assert word(house, case_id) is Word.FINAL
    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))
    assert word(house, case_id) is Word.CLOSED
