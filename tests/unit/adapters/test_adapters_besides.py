"""What reaches no debtor: staff by e-mail, reports to bureaus, bundles for courts, functions of the host."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dunning_engine.adapters.bureau import COLUMNS, BureauFile, corrected
from dunning_engine.adapters.email import SmtpEmail
from dunning_engine.adapters.host_actions import HostActions
from dunning_engine.adapters.legal import LegalBundle, pages
from dunning_engine.adapters.staff import StaffMail, _text
from dunning_engine.domain.actions import ActionSpec, Do
from dunning_engine.domain.verbs import CORRECTIONS
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Bounced, Retry, Sent, Uncertain
from dunning_engine.ports.documents import Document
from dunning_engine.testing.adapters import sample_message

TOLD = {
    "do": "report",
    "disputed": True,
    "case": "case-17",
    "policy": {"name": "shop", "version": 3},
    "debtor": {"id": "cust-17", "kind": "consumer", "name": "Ann | Example", "address": ["12 Mill Road"]},
    "creditor": {"id": "us", "kind": "business", "name": "Larkfield Home"},
    "currency": "USD",
    "amounts": {"claimed": "240.00", "overdue": "240.00", "balance": "300.00"},
    "invoices": [
        {"number": n, "issued": "2026-02-01", "due": due, "amount": "120.00", "open": "120.00", "days_overdue": 9}
        for n, due in (("INV-2", "2026-03-09"), ("INV-1", "2026-03-02"))
    ],
    "charges": [{"kind": "interest", "rule": "interest to date", "base": "240.00", "rate": "8 %", "days": 9}],
    "payments": [],
    "history": [{"at": "2026-03-05T10:00:00-05:00", "action": "email reminder", "state": "sent"}],
    "contacts": [{"at": "2026-03-05", "channel": "email", "outcome": "attempted", "by": "creditor"}],
    "holds": [],
    "terms": {"policy": "Our own invoices", "zone": "UTC", "money": ["A late invoice bears interest."]},
}


def message(way, spec=None, **more):
    plain = sample_message(way, text=json.dumps(TOLD))
    key = replace(plain.action.key, **more.pop("key", {}))
    action = replace(plain.action, spec=spec or plain.action.spec, key=key)
    return replace(plain, action=action, **more)


# Staff ----------------------------------------------------------------------------------------------------------------


def test_staff_read_the_case_in_lines():
    text = _text(message("staff"))
    assert "Debtor:   Ann | Example (cust-17, consumer)" in text
    assert "Reached:  12 Mill Road" in text
    assert "Overdue:  240.00 USD of 300.00 USD" in text
    assert "Disputed: yes" in text
    assert "INV-1: 120.00 USD open, due 2026-03-02" in text
    assert "email reminder (sent)" in text


def test_an_undisputed_debtor_without_an_address():
    told = {**TOLD, "disputed": False, "debtor": {"id": "d", "kind": "business"}}
    text = _text(replace(message("staff"), text=json.dumps(told)))
    assert "no address is known" in text
    assert "Disputed" not in text


@pytest.mark.parametrize("text", ["Call them.", "[1]"])
def test_other_texts_stay_as_they_are(text):
    assert _text(replace(message("staff"), text=text)) == text


def test_a_desk_without_an_address_is_a_fault_of_the_configuration():
    staff = StaffMail(SmtpEmail("localhost", sender="a@b.example"), {"legal": "legal@b.example"})
    outcome = staff.deliver(message("staff"), seconds=1)
    assert isinstance(outcome, Retry)
    assert "the desk acme has no address" in outcome.note
    with pytest.raises(UsageError, match="staff: 'nobody' is not one e-mail address"):
        StaffMail(staff.smtp, email="nobody")


# Bureaus --------------------------------------------------------------------------------------------------------------


def rows(folder, bureau="acme"):
    return list(csv.DictReader(io.StringIO((folder / f"{bureau}.csv").read_text("utf-8"))))


def test_a_report_and_its_correction(tmp_path):
    """The correction names the report, which it does not repeat."""
    bureau = BureauFile(tmp_path)
    spec = ActionSpec(Do.REPORT, "acme")
    report = message("bureau", spec, key={"slot": "report bureau acme"})
    report = replace(report, action_id=report.action.key.action_id("case-17"))
    put_right = replace(spec, do=Do.CORRECT, topic="paid")
    correction = message("bureau", put_right, key={"slot": "correct report bureau acme 2"}, action_id="second")
    for each in (report, correction, report):
        assert isinstance(bureau.deliver(each, seconds=5), Sent)
    first, second = rows(tmp_path)
    assert first == {
        "action": report.action_id,
        "reported_on": "2026-03-06",
        "account": "case-17",
        "debtor": "cust-17",
        "name": "Ann Example",
        "amount": "240.00",
        "currency": "USD",
        "first_delinquency": "2026-03-02",
        "status": "overdue",
        "disputed": "yes",
        "correction_of": "",
        "note": "",
    }
    assert tuple(first) == COLUMNS
    assert (second["status"], second["disputed"], second["correction_of"]) == ("paid", "no", report.action_id)
    assert corrected(correction.action) == report.action_id


@pytest.mark.parametrize("truth", CORRECTIONS)
def test_a_correction_says_what_is_true_in_one_word(tmp_path, truth):
    """The words of `correct bureau … as …` are the words of the column; one of them says that it is disputed."""
    bureau = BureauFile(tmp_path)
    bureau.deliver(message("bureau", ActionSpec(Do.CORRECT, "acme", topic=truth)), seconds=5)
    (row,) = rows(tmp_path)
    assert (row["status"], row["disputed"]) == (truth, "yes" if truth == "disputed" else "no")


def test_formulas_and_torn_lines(tmp_path):
    """No cell is a formula; what a crash left half written makes room."""
    bureau = BureauFile(tmp_path)
    bureau.deliver(replace(message("bureau"), text="=1+1", action_id="a1"), seconds=5)
    with (tmp_path / "acme.csv").open("ab") as file:
        file.write(b"a2,2026-03")
    BureauFile(tmp_path).deliver(replace(message("bureau"), text="[2]", action_id="a2"), seconds=5)
    assert [(row["action"], row["note"]) for row in rows(tmp_path)] == [("a1", "'=1+1"), ("a2", "[2]")]


# Bundles --------------------------------------------------------------------------------------------------------------


def test_a_bundle_is_a_folder_with_everything_a_court_asks_for(tmp_path):
    spec = ActionSpec(Do.PREPARE, "bundle", topic="small claim")
    document = Document("INV-1.pdf", "application/pdf", b"%PDF")
    prepared = message("legal", spec, attachments=(document,), lacking=("INV-2: no document",))
    bundle = LegalBundle(tmp_path)
    outcomes = [bundle.deliver(prepared, seconds=5) for _ in range(2)]
    assert outcomes[0] == outcomes[1]
    (folder,) = tmp_path.glob("[!.]*")
    assert folder.name == f"case-17_small-claim_{prepared.action_id}"
    assert {path.name for path in folder.iterdir()} == {
        "index.md", "claim.md", "history.md", "terms.md", "case.json", "documents",
    }  # fmt: skip
    assert (folder / "documents" / "1-INV-1.pdf").read_bytes() == b"%PDF"
    claim = (folder / "claim.md").read_text()
    assert "- debtor: Ann \\| Example, 12 Mill Road (cust-17, consumer)" in claim
    assert "| INV-1 | 2026-02-01 | 2026-03-02 | 120.00 | 120.00 | 9 |" in claim
    assert "| interest | interest to date |  | 240.00 | 8 % | 9 |" in claim
    assert "the debtor disputes the debt" in claim
    assert "missing: INV-2: no document" in (folder / "index.md").read_text()
    assert "A late invoice bears interest." in (folder / "terms.md").read_text()


def test_a_half_written_bundle_is_written_again(tmp_path):
    prepared = message("legal")
    torn = tmp_path / f".case-17_bundle_{prepared.action_id}.part"
    torn.mkdir()
    (torn / "rubbish.md").write_text("half")
    assert isinstance(LegalBundle(tmp_path).deliver(prepared, seconds=5), Sent)
    assert not torn.exists()
    assert not list(tmp_path.glob("*/rubbish.md"))


def test_names_that_lead_elsewhere(tmp_path):
    with pytest.raises(UsageError, match="letters and digits"):
        LegalBundle(tmp_path).deliver(message("legal", action_id="../x"), seconds=5)
    assert set(pages(replace(message("legal"), text="[]"))) == {"index.md", "claim.md"}


# Functions of the host ------------------------------------------------------------------------------------------------

CALLED = []


def typed(call, *, words: str, times: int, at_once: bool, sum: Decimal, day: date):  # noqa: A002 - a policy's word
    CALLED.append((call.key, call.case_id, words, times, at_once, sum, day))
    return "ref-1"


def given(**parameters):
    spec = ActionSpec(Do.HOST, "act", given=tuple((name.replace("_", "-"), text) for name, text in parameters.items()))
    return message("host", spec)


def test_parameters_come_in_their_types():
    CALLED.clear()
    asked = given(words="now", times="3", at_once="yes", sum="25.00", day="2026-03-01")
    assert HostActions({"act": typed}).deliver(asked, seconds=5) == Sent("ref-1")
    assert [(asked.action_id, "case-17", "now", 3, True, Decimal("25.00"), date(2026, 3, 1))] == CALLED


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (
            {"words": "now"},
            "its function takes at_once and day and sum and times and words, and the policy gives words",
        ),
        ({"words": "x", "times": "many", "at_once": "yes", "sum": "1", "day": "2026-03-01"}, "invalid literal"),
        ({"words": "x", "times": "1", "at_once": "maybe", "sum": "1", "day": "2026-03-01"}, "maybe"),
    ],
)
def test_what_does_not_fit_is_a_fault_of_the_configuration(parameters, words):
    """It certainly did not happen, so it is tried again once somebody has mended it."""
    outcome = HostActions({"act": typed}).deliver(given(**parameters), seconds=5)
    assert isinstance(outcome, Retry)
    assert words in outcome.note
    unknown = HostActions({}).deliver(given(), seconds=5)
    assert isinstance(unknown, Retry)
    assert "no function is registered for act" in unknown.note


@pytest.mark.parametrize(
    "outcome", [Sent("x", delivered=True), Bounced("no"), Retry(9, "later"), Uncertain("who knows")]
)
def test_a_function_may_answer_itself(outcome):
    assert HostActions({"act": lambda _call: outcome}).deliver(given(), seconds=5) == outcome


def test_an_exception_leaves_it_uncertain():
    def breaks(_call):
        raise KeyError("INV-1")

    outcome = HostActions({"act": breaks}).deliver(given(), seconds=5)
    assert outcome == Uncertain("KeyError: 'INV-1'")


def test_types_that_no_text_makes_are_refused():
    def wants(call, when: list): ...

    with pytest.raises(UsageError, match="the parameter when of its function"):
        HostActions({"act": wants})
