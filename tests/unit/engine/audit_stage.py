"""Some cases of a shop in a SQLite file, with people in them who must be findable nowhere once they are erased."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine_house import House, ann, invoice

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import FactRecorded, HoldLifted, HoldPlaced, HostFact, PaymentReceived
from dunning_engine.domain.parties import ContactPerson
from dunning_engine.engine.anchors import Anchors
from dunning_engine.kernel.money import Money
from dunning_engine.stores.sql import SqlStore

KEY = "a secret of twenty-four bytes"
CANARIES = ("Canary", "canary", "+4915550001", "80014", "pneumonia")


def people(identity: str = "ann"):
    return replace(
        ann(identity),
        name="Ann Canary",
        email="ann@canary.example",
        phone="+4915550001",
        address=("1 Canary Row",),
        postal_code="80014",
        contacts=(ContactPerson(role="billing", name="Bob Canary"),),
    )


class Stage:
    """A house on a file, with a file of anchors beside it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.path = folder / "dunning.db", folder / "elsewhere" / "anchors.jsonl"
        self.store = SqlStore(f"sqlite:///{self.file}")
        self.house = House(self.store)
        self.engine = self.house.engine
        self.anchors = Anchors(self.path, KEY)

    def tells(self, debtor: str = "ann") -> str:
        """A case from its opening to its end."""
        case = self.house.opens(invoice(f"INV-{debtor}"), debtor=people(debtor))
        self.engine.record(case, HostFact("vip", "Canary"))
        self.engine.record(case, FactRecorded("known_name", "Ann Canary"))
        self.engine.record(case, HoldPlaced(HoldReason.MANUAL, by="Canary", note="pneumonia"))
        self.engine.record(case, HoldLifted(HoldReason.MANUAL, by="Canary", note="no more pneumonia"))
        self.house.moves("2026-03-05T10:00:00+01:00")
        self.engine.skip(case, "warning", by="Ida", reason="told us of the pneumonia")
        self.engine.pause(debtor=debtor, by="Ida", reason="pneumonia of Ann Canary")
        self.engine.advance()
        self.engine.resume(debtor=debtor, by="Ida", reason="no more pneumonia")
        self.engine.record(case, PaymentReceived(Money("240.00", "EUR"), source="bank", event_id=f"tx-{debtor}"))
        self.engine.advance()
        return case

    def close(self) -> None:
        self.engine.close()
