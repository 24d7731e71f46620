"""Facts hold text where text belongs and numbers where numbers do, or the host is told."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from engine_house import House, ann, invoice

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import ContactMade, DebtorUpdated, HoldPlaced, HostFact, PaymentReceived
from dunning_engine.domain.ledger_events import ChargeAssessed, InvoiceCancelled
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports import json_text


@pytest.fixture(params=["with orjson", "without it"])
def either_writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param == "without it":
        monkeypatch.setitem(sys.modules, "orjson", None)
    json_text._writers.cache_clear()
    yield
    json_text._writers.cache_clear()


@pytest.mark.usefixtures("either_writer")
@pytest.mark.parametrize("wrong", [UUID(int=7), math.nan, 17, {"a": 1}])
def test_what_is_no_text_is_refused_where_text_belongs(house: House, wrong: Any) -> None:
    """Whoever writes JSON: the one would keep it as something else, the other fail with words of its own."""
    case_id = house.opens()
    five = Money("5.00", "EUR")
    for act in (
        lambda: HostFact("note", wrong),
        lambda: HostFact(wrong, "true"),
        lambda: house.engine.record(case_id, PaymentReceived(five, event_id=wrong)),
        lambda: house.engine.record(case_id, PaymentReceived(five, invoice=wrong)),
        lambda: house.engine.record(case_id, PaymentReceived(five, unapplied=wrong)),
        lambda: house.engine.record(case_id, InvoiceCancelled("INV-1", by=wrong)),
        lambda: house.engine.record(case_id, HoldPlaced(HoldReason.MANUAL, note=wrong)),
        lambda: house.engine.record(case_id, ChargeAssessed(Charge(id="c", kind=ChargeKind.FEE, amount=5, rule=wrong))),
        lambda: house.engine.record(case_id, ContactMade(Channel.CALL, Outcome.CONVERSATION, action_id=wrong)),
        lambda: house.engine.record(case_id, DebtorUpdated(Party.consumer("ann", name=wrong))),
        lambda: house.engine.open_case(Party.consumer("bob", phone=wrong), [invoice("INV-2")], "shop"),
        lambda: house.engine.open_case(ann("bob"), [invoice("INV-2")], "shop", facts={"note": wrong}),
    ):
        with pytest.raises(UsageError, match=r"pass (text|True or False)"):
            act()
    assert len(house.engine.history(case_id)) == 2
    assert [case.id for case in house.engine.cases()] == [case_id]


@pytest.mark.usefixtures("either_writer")
@pytest.mark.parametrize("wrong", [UUID(int=7), math.nan, "17"])
def test_what_is_no_number_is_refused_where_one_belongs(house: House, wrong: Any) -> None:
    """A charge is worked out again from its numbers."""
    case_id = house.opens()
    with pytest.raises(UsageError, match=r"days of .* is .*: pass a whole number"):
        house.engine.record(case_id, ChargeAssessed(Charge(id="c", kind=ChargeKind.FEE, amount=5, days=wrong)))
