"""What goes along with an action, and what is said where it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from engine_house import POLICY, House, ann, invoice

from dunning_engine.domain.case import Case
from dunning_engine.domain.events import PolicyRef
from dunning_engine.domain.parties import Party
from dunning_engine.engine.documents import DebtorFiles, InvoiceFiles
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Retry, Sent
from dunning_engine.ports.documents import ENCLOSED_MAX, Document

SEND_TIME = "2026-03-05T10:00:00+01:00"


@dataclass
class Papers:
    """Documents by the number of their invoice; each of them is asked for once."""

    by_number: dict[str, Any]
    asked: list[str] = field(default_factory=list)

    def invoice(self, case, number):
        self.asked.append(f"{case.id} {number}")
        found = self.by_number.get(number)
        if isinstance(found, Exception):
            raise found
        return found


def paper(number, data=b"%PDF-1.4 \xff\x00"):
    return Document(f"{number}.pdf", "application/pdf", data)


@pytest.fixture
def house(house: House) -> House:
    house.follows(POLICY.replace("email reminder", "email reminder with invoice"))
    return house


def test_every_attempt_sends_the_same_bytes(house: House) -> None:
    """The invoice is had once, kept with the message, named in the text, and the same after a restart."""
    papers = Papers({"INV-1": paper("INV-1")})
    house.reopen(documents=papers)
    case_id = house.opens()
    house.sink.answer = lambda _message: Retry(5, "server busy")
    house.moves(SEND_TIME)
    house.reopen(documents=Papers({"INV-1": paper("INV-1", b"another")}))
    house.sink.answer = lambda _message: Sent("r")
    house.moves("2026-03-05T11:00:00+01:00")

    assert papers.asked == [f"{case_id} INV-1"]
    assert [message.attachments for message in house.sink.got] == [(paper("INV-1"),)] * 2
    assert house.sink.got[0].text.endswith("enclosing ['INV-1.pdf']")
    (row,) = house.engine.outbox()
    assert row.message == house.sink.got[0]
    assert row.note == ""


def test_what_nobody_has_does_not_hold_a_reminder_back(house: House) -> None:
    """Each invoice that is asked to be paid goes along; what is missing, broken or too much is told by the receipt."""
    house.reopen(
        documents=Papers(
            {
                "INV-1": paper("INV-1"),
                "INV-3": OSError("archive is down"),
                "INV-4": paper("INV-4", b"x" * ENCLOSED_MAX),
            }
        )
    )
    house.opens(*(invoice(f"INV-{number}") for number in range(1, 5)))

    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    (message,) = house.sink.got
    assert [document.name for document in message.attachments] == ["INV-1.pdf"]
    assert house.engine.outbox()[0].note == (
        "sent without INV-2: no document; INV-3: no document (OSError: archive is down); "
        "INV-4: more than 5,000,000 bytes in all"
    )


def test_an_engine_without_documents(house: House) -> None:
    """A policy that says `with invoice` may be opened all the same; the outbox says what did not go along."""
    house.reopen()
    house.opens()
    house.moves(SEND_TIME)

    assert house.sink.got[0].attachments == ()
    assert house.engine.outbox()[0].note == "sent without INV-1: no document"


def test_only_who_asks_for_it_gets_it(house: House) -> None:
    """An action without `with invoice` asks for nothing and lacks nothing."""
    papers = Papers({})
    house.reopen(documents=papers)
    house.opens(debtor=ann())
    house.moves(SEND_TIME)
    house.moves("2026-03-15T10:00:00+01:00")

    assert house.sink.words == ["email reminder", "sms warning"]
    assert papers.asked == ["ann/EUR INV-1"]
    assert house.engine.outbox()[1].note == ""


def test_invoices_from_files(tmp_path):
    """The number stands in the name; characters that mean something to a disk are spelt out, so no two share a file."""
    folder = tmp_path / "invoices"
    folder.mkdir()
    (folder / "R-1.pdf").write_bytes(b"one")
    (folder / "2026%2F17.pdf").write_bytes(b"slash")
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    (folder / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    files = InvoiceFiles(folder, "{number}.pdf")

    assert files.invoice(None, "R-1") == Document("R-1.pdf", "application/pdf", b"one")
    assert files.invoice(None, "2026/17").data == b"slash"
    assert [files.invoice(None, number) for number in ("2026-17", "../secret", "link", "", "..", "a" * 90)] == [
        None
    ] * 6


def test_contracts_from_files(tmp_path):
    """The identity of the debtor stands in the name, so that no contract goes to the court of another."""
    (tmp_path / "c%2F1.pdf").write_bytes(b"signed")
    files = DebtorFiles(tmp_path, "{number}.pdf", tmp_path / "{debtor}.pdf")
    found = {
        name: files.contract(Case(id=name, debtor=Party.business(name), policy=PolicyRef("p", 1, ""), opened_at=0))
        for name in ("c/1", "c-2")
    }

    assert found == {"c/1": Document("c%2F1.pdf", "application/pdf", b"signed"), "c-2": None}


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a\nb", 'a"b', "x" * 121])
def test_names_that_are_no_files(name):
    """A document's name is one that any disk and any mail takes."""
    with pytest.raises(UsageError, match="is not the name of a file"):
        Document(name, "application/pdf", b"")


@pytest.mark.parametrize("media_type", ["", "pdf", "text/plain\r\nBcc: x", "multipart/mixed", "message/rfc822"])
def test_types_that_are_no_files(media_type):
    """What would make a mail of its own inside the mail is no attachment."""
    with pytest.raises(UsageError, match="is not the media type of a file"):
        Document("a.pdf", media_type, b"")
