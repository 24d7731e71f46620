"""A careful host: what it means to tell is written down before, and told again with the same identity until it is taken.

Its file has a line when it means to do something and one when it was told that this is done. It survives every kill;
what it was told is what the judge holds against the database.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from chaos_house import PER_DEBTOR, House, debtor, overdue_since

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import Event, HoldLifted, HoldPlaced, OptedOut, PaymentReceived, PaymentReversed
from dunning_engine.domain.ledger_events import ReversalKind
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.kernel.errors import Conflict, ForeignError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.codec import decode_event, encode_event

OWED = 24_000
RECENT = 30
"""Of how many of its newest cases a host has news."""

SHARE_OPENED = 0.45
"""Of all that the host tells, how much are new invoices."""


class Ledger:
    """The host's own file: intentions and answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def read(self) -> Iterator[dict[str, Any]]:
        """Every whole line; one that a kill tore is as if it had not been written."""
        for raw in self._path.read_bytes().splitlines():
            try:
                yield json.loads(raw)
            except ValueError:
                continue

    def close(self) -> None:
        os.close(self._file)


def ledger_of(house: House, name: str, tenant: str) -> Path:
    """The file of the host that tells a tenant's facts in a process."""
    return house.log(f"host-{name}-{tenant}")


class Host:
    """Opens cases and tells facts, from where its file says that it stopped."""

    def __init__(self, house: House, name: str, tenant: str, engine: DunningEngine) -> None:
        self.house, self.name, self.engine = house, name, engine
        self.ledger = Ledger(ledger_of(house, name, tenant))
        self.number, self.cases, self.open = 0, [], {}
        for line in self.ledger.read():
            self.number = max(self.number, line["n"] + 1)
            if line.get("done"):
                meant = self.open.pop(line["n"], None)
                if meant is not None and meant["do"] == "open":
                    self.cases.append(meant["case"])
            else:
                self.open[line["n"]] = line
        self.chance = Random(f"{name}/{self.number}/{time.monotonic_ns()}")

    def catch_up(self) -> None:
        """Do again whatever has no answer yet."""
        for line in list(self.open.values()):
            self._do(line)

    def tell(self) -> None:
        """One more thing: a new debt, or a fact about one of the newest cases."""
        self._tell(self._debt() if not self.cases or self.chance.random() < SHARE_OPENED else self._news())

    def tell_of_a_debt(self) -> None:
        """A new case."""
        self._tell(self._debt())

    def _tell(self, meant: dict[str, Any]) -> None:
        line = {"n": self.number, **meant}
        self.number += 1
        self.ledger.note(line)
        self.open[line["n"]] = line
        self._do(line)

    def _do(self, line: dict[str, Any]) -> None:
        while True:
            try:
                self._call(line)
            except (ForeignError, Conflict):
                time.sleep(0.05)
                continue
            self.ledger.note({"n": line["n"], "done": True})
            self.open.pop(line["n"], None)
            if line["do"] == "open":
                self.cases.append(line["case"])
            return

    def _call(self, line: dict[str, Any]) -> None:
        if line["do"] == "open":
            owed = Invoice(line["invoice"], Money.of_minor(OWED, "EUR"), due=date.fromordinal(line["due"]))
            self.engine.open_case(debtor(line["debtor"]), [owed], "chaos")
        else:
            fact: Any = decode_event(*line["fact"])
            self.engine.record(line["case"], fact, source=f"host-{self.name}", event_id=f"{self.name}-{line['n']}")

    def _debt(self) -> dict[str, Any]:
        number = self.number * 10 + int(self.name)
        whose = int(self.name) * 1_000_000 + len(self.cases) // PER_DEBTOR
        due = overdue_since(self.house.now()) + date(1970, 1, 1).toordinal()
        return {"do": "open", "debtor": whose, "invoice": f"I{number}", "case": f"d{whose}/I{number}", "due": due}

    def _news(self) -> dict[str, Any]:
        case = self.chance.choice(self.cases[-RECENT:])
        return {"do": "fact", "case": case, "fact": encode_event(self._fact())}

    def _fact(self) -> Event:
        """What may come between at any moment; about half of it closes the gate."""
        name, part = f"{self.name}-{self.number}", Money.of_minor(self.chance.randrange(1, OWED // 4), "EUR")
        kind = self.chance.randrange(12)
        match kind:
            case 0 | 1 | 2:
                return PaymentReceived(Money.of_minor(OWED, "EUR"), source="bank", event_id=name)
            case 3 | 4 | 5:
                return PaymentReceived(part, source="bank", event_id=name)
            case 6:
                return PaymentReversed(part, source="bank", event_id=name, kind=ReversalKind.CHARGEBACK)
            case 7:
                return HoldPlaced(HoldReason.DISPUTE, note=name)
            case 8:
                return HoldPlaced(HoldReason.MANUAL, note=name)
            case 9:
                return HoldLifted(HoldReason.MANUAL, note=name)
            case 10:
                return HoldPlaced(HoldReason.CEASE, note=name)
            case _:
                return OptedOut(self.chance.choice((Channel.EMAIL, Channel.SMS, Channel.LETTER)))


def told(path: Path) -> tuple[list[dict[str, Any]], int]:
    """What a host was told is done, and how many things have no answer."""
    ledger = Ledger(path)
    lines = {line["n"]: line for line in ledger.read() if not line.get("done")}
    done = {line["n"] for line in ledger.read() if line.get("done")}
    ledger.close()
    return [line for n, line in lines.items() if n in done], len(lines.keys() - done)
