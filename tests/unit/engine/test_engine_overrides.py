"""Rules set aside by a person, and what is kept of messages that were not sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from engine_house import House
from test_engine_obligations import REG_F

from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import ActionBlocked, ActionDeferred, FactRecorded, HoldPlaced, OptedOut
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.dispatcher import Fate
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.store import OutboxState

TEN = "2026-03-05T10:00:00+01:00"
PROCEDURE = "us/reg-f/email-procedure"


class Obedient:
    """Texts that carry whatever they have to."""

    def render(self, action, case, policy, creditor, at, *, obligations=(), enclosures=()):
        return SimpleNamespace(subject="s", text=" ".join(map(str, obligations)), language="en")


def under(house: House, text: str) -> str:
    """A case under a policy of its own, with texts that carry what they have to."""
    house.policies = [policy_of(text.replace("version: 1", "version: 2"), "shop.yaml")]
    house.reopen(allow_missing=["letter"], renderer=Obedient())
    return house.opens()


def opened(house: House) -> str:
    return under(house, REG_F)


def test_a_rule_is_set_aside_for_one_action(house: House) -> None:
    """By its step; who did it and why is kept, and the next advance asks again."""
    case_id = opened(house)
    house.clock.move_to(TEN)
    house.engine.advance()
    house.engine.override(case_id, "reminder", rules=[PROCEDURE], by="Ida", reason="she wrote to us herself")

    assert house.moves("2026-03-05T11:00:00+01:00") == ["email reminder: sent"]
    (granted,) = [r.event for r in house.engine.history(case_id) if isinstance(r.event, OverrideGranted)]
    (delivery,) = house.engine.case(case_id).deliveries.values()
    assert granted == OverrideGranted(delivery.id, (PROCEDURE,), "Ida", "she wrote to us herself")
    assert house.reopen(allow_missing=["letter"]).case(case_id).overrides == {delivery.id: (granted,)}


def test_why_tells_who_set_it_aside(house: House) -> None:
    """The reasoning names rule, person and reason."""
    case_id = opened(house)
    house.clock.move_to(TEN)
    house.engine.advance()
    house.engine.override(case_id, "reminder", rules=[PROCEDURE], by="Ida", reason="she wrote to us herself")
    assert f"{PROCEDURE} set aside by Ida: she wrote to us herself" in house.engine.why(case_id).explain()


@pytest.mark.parametrize("rule", ["us/reg-f/cease", "house/silence", "nothing/such"])
def test_what_forbids_is_never_set_aside(house: House, rule: str) -> None:
    """Nothing is recorded."""
    case_id = opened(house)
    house.clock.move_to(TEN)
    house.engine.advance()
    before = house.engine.history(case_id)
    with pytest.raises(UsageError):
        house.engine.override(case_id, "reminder", rules=[rule], by="Ida", reason="she asked")
    assert house.engine.history(case_id) == before


# Evidence of what was not sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "rule", "words"),
    [
        (HoldPlaced(HoldReason.CEASE), "house/silence", "in force: cease"),
        (OptedOut(Channel.EMAIL), "house/opt-out", "asked not to be reached by email"),
    ],
    ids=["cease", "opted out"],
)
def test_what_the_law_refuses_at_the_last_moment_is_evidence(house: House, fact, rule, words) -> None:
    """Between decision and hand-over the law spoke: rules and words stand in the case, once."""
    case_id = house.opens()
    house.clock.move_to(TEN)
    house.engine.advance()
    house.engine.record(case_id, fact)

    (handover,) = house.engine.dispatch()
    assert (handover.fate, words in handover.note) == (Fate.BLOCKED, True)
    (row,) = house.engine.outbox()
    assert (row.state, words in row.note, house.sink.got) == (OutboxState.CANCELLED, True, [])
    for hour in (11, 12):
        assert house.moves(f"2026-03-05T{hour}:00:00+01:00") == []
    (event,) = [r.event for r in house.engine.history(case_id) if isinstance(r.event, ActionBlocked)]
    assert (event.rules, words in event.why[0]) == ((rule,), True)


def test_what_has_to_wait_at_the_last_moment_is_evidence(house: House) -> None:
    """With rules and words, once per change."""
    ours = REG_F.replace("third_party", "first_party").replace("us/reg-f", "us/reg-f-limits")
    case_id = under(house, ours)
    house.clock.move_to(TEN)
    house.engine.advance()
    (handover,) = house.engine.dispatch("2026-03-05T22:00:00+01:00")
    assert handover.fate is Fate.POSTPONED
    house.engine.dispatch("2026-03-05T23:00:00+01:00")
    house.engine.advance("2026-03-05T23:00:00+01:00")
    (event,) = [r.event for r in house.engine.history(case_id) if isinstance(r.event, ActionDeferred)]
    assert event.rules == ("us/reg-f-limits/hours",)
    assert "12 CFR 1006.6(b)(1)(i)" in event.why[0]


def test_a_fact_that_lets_a_message_go_leaves_no_refusal(house: House) -> None:
    """What is recorded in time needs no override."""
    case_id = opened(house)
    house.engine.record(case_id, FactRecorded("email_basis", "direct_consent"))
    assert house.moves(TEN) == ["email reminder: sent"]
    assert not any(isinstance(r.event, ActionBlocked) for r in house.engine.history(case_id))
