"""Tryton's `account_dunning`, on SQLite: a company whose receivable lines are all overdue, and a procedure of four levels.

    python tryton_house.py prepare FOLDER LINES
    python tryton_house.py chase FOLDER LINES

Run by the environment of the peers. `chase` goes through the four levels as its nightly jobs do, `generate_dunnings` and
`process`, each in a transaction of its own, and then once more on a day with nothing to do. One action is one line that
came to a level and was processed. Its fee module is left out: it posts a journal entry for each action, which is
dearer by far, and nothing of ours does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

LEVELS = (5, 20, 40, 60)
DATABASE = "house"
BATCH = 1_000


def config_of(folder: Path) -> str:
    file = folder / "trytond.conf"
    file.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n", encoding="utf-8")
    return str(file)


class House:
    """The server's own calls, without its network."""

    def __init__(self, folder: Path) -> None:
        from trytond.config import update_etc  # type: ignore[import-not-found]

        update_etc(config_of(folder))
        from trytond.pool import Pool  # type: ignore[import-not-found]

        Pool.start()
        Pool(DATABASE).init()
        self.pool, self.user, self.context = Pool, 0, {}
        found = self.do(
            lambda: [(who.id, who.company.id) for who in self.model("res.user").search([("login", "=", "admin")])]
        )
        self.user, company = found[0]
        self.context = {"company": company, "companies": [company], "_check_access": False}

    def model(self, name: str) -> Any:
        return self.pool().get(name)

    def do(self, work: Callable[[], Any]) -> Any:
        from trytond.transaction import Transaction, TransactionError  # type: ignore[import-not-found]

        extra: dict[str, Any] = {}
        while True:
            transaction = Transaction()
            try:
                with transaction.start(DATABASE, self.user, context=self.context, **extra):
                    found = work()
                    transaction.commit()
                    return found
            except TransactionError as asked:
                asked.fix(extra)


# Preparing ------------------------------------------------------------------------------------------------------------


def prepare(folder: Path, lines: int) -> None:
    folder.mkdir(parents=True)
    (folder / f"{DATABASE}.sqlite").touch()
    (folder / "password").write_text("A-Long-Secret-1\n", encoding="utf-8")
    admin = Path(sys.executable).parent / "trytond-admin"
    options = [
        "-d",
        DATABASE,
        "--all",
        "-u",
        "account_dunning",
        "--activate-dependencies",
        "--email",
        "a@example.com",
        "-p",
    ]
    subprocess.run(
        [admin, "-c", config_of(folder), *options],
        env={**os.environ, "TRYTONPASSFILE": str(folder / "password")},
        check=True,
        capture_output=True,
    )
    from proteus import config  # type: ignore[import-not-found]

    told = config.set_trytond(DATABASE, user="admin", config_file=config_of(folder))
    post(folder, lines, **company(told.user, lines))


def company(user: int, lines: int) -> dict[str, Any]:
    """A company, its accounts, a procedure of four levels, one party for each ten lines."""
    from proteus import Model  # type: ignore[import-not-found]
    from trytond.modules.account.tests.tools import (  # type: ignore[import-not-found]
        create_chart,
        create_fiscalyear,
        get_accounts,
    )
    from trytond.modules.company.tests.tools import create_company  # type: ignore[import-not-found]
    from trytond.tests.tools import set_user  # type: ignore[import-not-found]

    create_company()
    set_user(user)
    create_chart()
    year = create_fiscalyear()
    year.click("create_period")
    accounts = get_accounts()
    procedure = Model.get("account.dunning.procedure")(name="Four levels")
    for number, days in enumerate(LEVELS):
        level = procedure.levels.new()
        level.sequence, level.overdue = number, timedelta(days)
    procedure.save()
    party = Model.get("party.party")
    parties = [party(name=f"Party {number}", dunning_procedure=procedure) for number in range(-(-lines // 10))]
    party.save(parties)
    (journal,) = Model.get("account.journal").find([("code", "=", "REV")])
    return {
        "parties": [found.id for found in parties],
        "journal": journal.id,
        "period": year.periods[0].id,
        "day": year.periods[0].start_date,
        "receivable": accounts["receivable"].id,
        "revenue": accounts["revenue"].id,
    }


def post(
    folder: Path, lines: int, *, parties: list[int], journal: int, period: int, day: Any, receivable: int, revenue: int
) -> None:
    """Posted entries, each with one receivable line due on the same day."""
    house = House(folder)

    def entry(number: int) -> dict[str, Any]:
        owed = {"account": receivable, "debit": Decimal(100), "credit": Decimal(0), "maturity_date": day}
        sold = {"account": revenue, "debit": Decimal(0), "credit": Decimal(100)}
        both = [sold, {**owed, "party": parties[number % len(parties)]}]
        return {"period": period, "journal": journal, "date": day, "lines": [("create", both)]}

    def some(start: int) -> None:
        moves = house.model("account.move")
        moves.post(moves.create([entry(number) for number in range(start, min(start + BATCH, lines))]))

    for start in range(0, lines, BATCH):
        house.do(lambda start=start: some(start))


# Chasing --------------------------------------------------------------------------------------------------------------


def chase(folder: Path, lines: int) -> None:
    house = House(folder)
    due = house.do(
        lambda: house.model("account.move.line").search([("maturity_date", "!=", None)], limit=1)[0].maturity_date
    )

    def generate(days: int) -> None:
        house.model("account.dunning").generate_dunnings(date=due + timedelta(days))

    def process() -> int:
        dunnings = house.model("account.dunning")
        drafts = dunnings.search([("state", "=", "draft")])
        dunnings.process(drafts)
        return len(drafts)

    actions, began = 0, time.perf_counter()
    for level in LEVELS:
        house.do(lambda level=level: generate(level + 1))
        actions += house.do(process)
    taken, began = time.perf_counter() - began, time.perf_counter()
    house.do(lambda: generate(LEVELS[-1] + 3))
    assert actions == lines * len(LEVELS), (actions, lines)
    print(json.dumps({"actions": actions, "seconds": taken, "idle": time.perf_counter() - began}))


if __name__ == "__main__":
    {"prepare": prepare, "chase": chase}[sys.argv[1]](Path(sys.argv[2]).resolve(), int(sys.argv[3]))
