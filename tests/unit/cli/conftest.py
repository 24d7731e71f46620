"""A small portfolio on a disk of its own, and the command line run in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dunning_engine.cli.app import app

POLICY = """policy: gentle
version: 1
law: []
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
unit: invoice
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: agency
    when: 10 days after reminder
    hand_off: agency north
    approval: boss
pause_while: [disputed]
quiet_hours: 20:00 to 09:00
"""
MAPPING = """invoice: Number
debtor: Debtor
issued: Issued
due: Due
amount: Amount
currency: {value: EUR}
kind: {value: business}
email: Mail
zone: {value: Europe/Berlin}
paid_on: Paid
"""
INVOICES = """Number,Debtor,Issued,Due,Amount,Mail,Paid
I-1,ann,2026-01-01,2026-01-15,100.00,ann@example.com,
I-2,bob,2026-01-01,2026-01-15,50.00,,2026-03-01
I-3,ann,2026-01-xx,2026-01-15,100.00,ann@example.com,
"""
CONFIG = """policies = ["gentle.yaml"]
[store]
url = "sqlite:///out/dunning.db"
[creditor]
name = "Kestrel"
email = "billing@example.com"
[[intake]]
kind = "csv"
file = "invoices.csv"
mapping = "mapping.yaml"
[adapters.files]
folder = "out"
receipt = "delivered"
[demo]
from = 2026-01-10
days = 30
approval_days = 1
"""
FILES = {
    "gentle.yaml": POLICY,
    "mapping.yaml": MAPPING,
    "invoices.csv": INVOICES,
    "dunning.toml": CONFIG,
    "templates/email/reminder.liquid": "Subject: {{ invoice.number }}\n\nPlease pay {{ case.balance }}.\n",
}


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A folder with a policy, a portfolio and a configuration; also the current one."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def dunning():
    """Run the command line; the result has exit_code, stdout and stderr."""

    def run(*arguments: str | Path):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
