"""The invoicing app behind a real server: what it books and what the engine knows are one transaction.

Its page is run by `tests/docs`; here are the edges.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "uvicorn", "--app-dir", "examples", "--factory", "invoicing_app.app:create_app"]

KONTOR = {
    "id": "kontor",
    "name": "Kontor <Nord> GmbH",
    "kind": "business",
    "email": "kontor@example.org",
    "phone": "+493023125017",
    "address": "Hafenweg 1\n20457 Hamburg",
    "country": "DE",
    "zone": "Europe/Berlin",
    "language": "de",
}
INVOICE = {
    "number": "A-1",
    "customer": "kontor",
    "amount": "1190.00",
    "currency": "EUR",
    "issued": "2026-02-02",
    "due": "2026-03-04",
}
PAYMENT = {"reference": "tx-1", "invoice": "A-1", "amount": "1190.00", "paid_on": "2026-03-12"}


@contextmanager
def served(home: Path, clock: str | None = "2026-03-02T08:00:00+01:00") -> Iterator[httpx.Client]:
    """The app on a port of its own, in a folder of its own."""
    env = {**os.environ, "INVOICING_HOME": str(home)} | ({"INVOICING_CLOCK": clock} if clock else {})
    home.mkdir(exist_ok=True)
    log = home / "server.log"
    with log.open("w") as stream:
        server = subprocess.Popen([*COMMAND, "--port", "0"], cwd=ROOT, env=env, stdout=stream, stderr=stream)
    try:
        while not (found := re.search(r"running on (http://\S+)", log.read_text())):
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        with httpx.Client(base_url=found[1], timeout=60) as client:
            yield client
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "invoicing"


@pytest.fixture
def client(home: Path) -> Iterator[httpx.Client]:
    with served(home) as client:
        client.post("/customers", json=KONTOR).raise_for_status()
        client.post("/invoices", json=INVOICE).raise_for_status()
        yield client


def advance(client: httpx.Client, now: str) -> dict[str, list[str]]:
    answer = client.post("/advance", json={"now": now})
    answer.raise_for_status()
    return answer.json()


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "invoicing.db")) as database:
        return database.execute(query).fetchall()


def test_a_case_is_opened_with_the_invoice(client: httpx.Client, home: Path) -> None:
    shown = client.get("/invoices/A-1").json()
    assert (shown["case"], shown["status"]) == ("kontor/EUR", "upcoming")
    assert rows(home, "select count(*) from app_invoices") == [(1,)]
    assert rows(home, "select count(*) from dunning_cases") == [(1,)]


def test_a_payment_that_is_rolled_back_leaves_neither_row_nor_event(client: httpx.Client, home: Path) -> None:
    """The ledger refuses it after the engine has recorded it: both forget it, also its identity."""
    before = rows(home, "select count(*) from dunning_events")
    assert client.post("/payments", json={**PAYMENT, "amount": "1190.01"}).status_code == 409
    assert rows(home, "select * from app_payments") == []
    assert rows(home, "select count(*) from dunning_events") == before
    assert rows(home, "select * from dunning_inbox") == []
    assert client.get("/invoices/A-1").json()["open"] == "1,190.00 EUR"
    assert client.post("/payments", json=PAYMENT).json() == {"reference": "tx-1", "booked": True}


def test_a_payment_is_booked_in_both_or_not_at_all(client: httpx.Client, home: Path) -> None:
    client.post("/payments", json=PAYMENT).raise_for_status()
    assert rows(home, "select reference, amount from app_payments") == [("tx-1", 119000)]
    assert rows(home, "select source, event_id from dunning_inbox") == [("ledger", "tx-1")]
    shown = client.get("/invoices/A-1").json()
    assert (shown["open"], shown["status"], shown["next"]) == ("0.00 EUR", "closed as paid", "")


def test_the_same_payment_twice_counts_once(client: httpx.Client, home: Path) -> None:
    """Also where the bank tells it ten times at once."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post("/payments", json=PAYMENT).json()["booked"], range(10)))
    assert sorted(answers) == [False] * 9 + [True]
    assert rows(home, "select count(*) from app_payments") == [(1,)]


def test_what_is_paid_is_not_dunned(client: httpx.Client, home: Path) -> None:
    client.post("/payments", json=PAYMENT).raise_for_status()
    assert advance(client, "2026-06-01T12:00:00+02:00")["handed_over"] == []
    assert client.get("/invoices/A-1").json()["status"] == "closed as paid"
    assert not (home / "delivered").exists()


def test_the_ladder_is_walked_and_people_are_asked(client: httpx.Client, home: Path) -> None:
    """Reminders in files in the customer's language, a letter, and a hand-off that waits for a person."""
    days = ["2026-03-12", "2026-03-23", "2026-04-07", "2026-04-29"]
    seen = [advance(client, f"{day}T09:30:00Z")["handed_over"] for day in days]
    assert seen == [
        ["email first-reminder: delivered"],
        ["email second-reminder: delivered", "call overdue-account: delivered"],
        [
            "certified letter ultimatum: delivered",
            "charge statutory fixed sum: delivered",
            "charge interest to date: delivered",
        ],
        [],
    ]
    assert "Zahlungserinnerung" in next((home / "delivered").glob("*first-reminder*.eml")).read_text()
    shown = client.get("/invoices/A-1").json()
    (waiting,) = shown["waiting"]
    assert waiting["role"] == "credit-manager"
    answer = {"case": shown["case"], "action": waiting["action"], "by": "rosa", "role": "credit-manager"}
    assert client.post("/approvals", json={**answer, "role": "sales"}).status_code == 409
    assert client.post("/approvals", json=answer).status_code == 200
    assert advance(client, "2026-04-29T09:45:00Z")["handed_over"] == ["hand off agency nordhafen-inkasso: delivered"]
    assert client.get("/invoices/A-1").json()["status"] == "placed"


def test_what_no_policy_fits_is_booked_and_says_why(client: httpx.Client) -> None:
    answer = client.post("/invoices", json={**INVOICE, "number": "A-2", "currency": "GBP"})
    assert answer.status_code == 201
    assert answer.json()["not_dunned"] == "policy eu-business applies to “currency is EUR”"
    assert client.get("/invoices/A-2").json()["status"] == "not dunned"
    paid = client.post("/payments", json={**PAYMENT, "invoice": "A-2"})
    assert paid.json()["booked"] is True


MISTAKES = [
    ("/customers", KONTOR, 409, "customer kontor is there already"),
    ("/invoices", INVOICE, 409, "invoice A-1 is there already"),
    ("/invoices", {**INVOICE, "customer": "nobody"}, 404, "there is no customer nobody"),
    ("/invoices", {**INVOICE, "number": "A-9", "amount": "1.005"}, 422, "more than the 2 decimal places of EUR"),
    ("/payments", {**PAYMENT, "invoice": "A-9"}, 404, "there is no invoice A-9"),
    ("/approvals", {"case": "nobody/EUR", "action": "a", "by": "b", "role": "c"}, 409, "there is no case"),
]


def test_mistakes_are_told(client: httpx.Client) -> None:
    for path, body, status, words in MISTAKES:
        answer = client.post(path, json=body)
        assert answer.status_code == status, words
        assert words in answer.json()["detail"]
    assert client.get("/invoices/A-9").status_code == 404
    for amount in ("0", "-5.00", "a lot"):
        assert client.post("/payments", json={**PAYMENT, "amount": amount}).status_code == 422


def test_the_overview_shows_what_comes_next_and_no_markup_of_others(client: httpx.Client) -> None:
    client.post("/invoices", json={**INVOICE, "number": "<i>A-2</i>", "currency": "GBP"}).raise_for_status()
    advance(client, "2026-03-12T09:30:00+01:00")
    page = client.get("/").text
    assert "step second-reminder at 2026-03-23 09:30" in page
    assert "email first-reminder: delivered" in page
    assert "&lt;i&gt;A-2&lt;/i&gt;" in page
    assert "<i>" not in page


def test_it_goes_on_where_it_was_stopped(client: httpx.Client, home: Path) -> None:
    """Another process on the same folder knows what was sent, and sends it no second time."""
    advance(client, "2026-03-12T09:30:00+01:00")
    with served(home.parent / "invoicing", "2026-03-12T09:31:00+01:00") as second:
        assert second.post("/advance").json()["handed_over"] == []
        assert second.get("/invoices/A-1").json()["done"] == ["email first-reminder: delivered"]


def test_without_a_trial_the_machine_tells_the_time(home: Path) -> None:
    with served(home, clock=None) as client:
        refused = client.post("/advance", json={"now": "2030-01-01T00:00:00Z"})
        assert refused.status_code == 409
        assert "set INVOICING_CLOCK" in refused.json()["detail"]
        assert client.post("/advance").json() == {"decisions": [], "handed_over": []}
