from __future__ import annotations

from engine_house import House, Sink, invoice

from dunning_engine.compliance.verdict import Cleared
from dunning_engine.decision.decision import Decision
from dunning_engine.domain.actions import ActionKey, ActionSpec, ClearedAction, Do, ProposedAction
from dunning_engine.domain.events import ActionBlocked, ActionCleared, StatusChanged
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.channels import by_way, missing_rules, without_ways


def _action(spec: ActionSpec) -> ProposedAction:
    key = ActionKey("INV-1", "agency", 1, spec.name)
    return ProposedAction(
        id=key.action_id("ann/EUR"),
        key=key,
        case_id="ann/EUR",
        debtor_id="ann",
        spec=spec,
        planned_at=0,
        invoices=("INV-1",),
        amount=24_000,
        currency="EUR",
    )


def test_only_hand_offs_are_taken_out_of_a_decision(house: House) -> None:
    """The other events and actions stay, in their order; the hand-off is said to be blocked."""
    letter, agency = _action(ActionSpec(Do.SEND, "last", Channel.LETTER)), _action(ActionSpec(Do.HAND_OFF, "acme"))
    moved = StatusChanged("fall_due", "overdue")
    decision = Decision(
        case_id="ann/EUR",
        at=5,
        zone="UTC",
        events=(moved, ActionCleared(letter), ActionCleared(agency)),
        cleared=(Cleared(ClearedAction(letter, 5)), Cleared(ClearedAction(agency, 5))),
    )

    told = without_ways(decision, house.engine.case(house.opens(invoice())), {})

    blocked = told.events[2]
    assert told.events[:2] == (moved, ActionCleared(letter))
    assert isinstance(blocked, ActionBlocked)
    assert blocked.rules == ("adapter/agency",)
    assert [verdict.action.action for verdict in told.cleared] == [letter]
    assert [verdict.action for verdict in told.blocked] == [agency]


def test_the_first_adapter_of_a_way_serves_it() -> None:
    """Two adapters for e-mail: the order of the list decides."""
    first, second = Sink(name="first"), Sink(name="second", handles=frozenset({Channel.EMAIL, Channel.LETTER}))

    ways = by_way([first, second])

    assert {way: adapter.name for way, adapter in ways.items()} == {
        "email": "first",
        "sms": "first",
        "agency": "first",
        "letter": "second",
    }
    assert [rule.id for rule in missing_rules(ways).rules] == ["adapter/push", "adapter/call", "adapter/portal"]
