"""The image of a debtor: chains that others can verify, what identifies a person beside them, and images of before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chains import verified
from desk_house import CASE, START, OnImages, at, opening, through_json

import dunning_engine.audit_log_verify as verifier
from dunning_engine.domain.events import PaymentReceived
from dunning_engine.engine.anchors import Anchors
from dunning_engine.engine.bundle import as_zip
from dunning_engine.integrations.temporal.commands import Command
from dunning_engine.integrations.temporal.image import Image, heads_of, merge, plain
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.money import Money
from dunning_engine.ports.audit_log import Head
from dunning_engine.ports.codec import encode_event

YEARS = 4 * 366 * DAY_SECONDS


def _paid(amount: str = "100.00") -> Command:
    return Command("record", {"case_id": CASE, "fact": list(encode_event(PaymentReceived(Money(amount, "EUR"))))})


def _debtor(**settings: Any) -> OnImages:
    debtor = OnImages(**settings)
    debtor.tell(opening("INV-1"))
    return debtor


def test_a_bundle_of_an_image_is_verified_by_the_program_that_stands_alone(tmp_path: Path) -> None:
    debtor = _debtor(tenant="north")
    debtor.passes(START + 20 * DAY_SECONDS)
    debtor.goes_on()
    anchors = Anchors(tmp_path / "anchors.jsonl")
    assert anchors.add([Head(*head) for head in heads_of(debtor.image)], debtor.now) == 1
    debtor.tell(_paid("1.00"))

    bundle = debtor.desk.bundle(debtor.image, CASE, anchors=anchors)

    (tmp_path / "case.zip").write_bytes(as_zip(bundle))
    ran = subprocess.run(
        [sys.executable, verifier.__file__, str(tmp_path / "case.zip")], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, bundle["tenant"]) == (0, "north")
    assert "no breaks" in ran.stdout
    assert "the 1 events after the last anchor" in ran.stdout


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (0, START - 1, "is not what was recorded"),
        (4, "{}", "is not what was recorded"),
        (6, "0" * 64, "is not what was recorded"),
        (8, '{"debtor":{}}', "its personal data is not what was recorded"),
    ],
)
def test_a_changed_image_shows(column: int, value: Any, words: str) -> None:
    debtor = _debtor()
    bundle = debtor.desk.bundle(debtor.image, CASE)
    if column == 8:
        bundle["personal"]["1"] = [bundle["personal"]["1"].salt, value]
    else:
        order = (3, 4, 1, 2, 6, 5, 7)
        bundle["events"][0][order[column]] = value
    assert any(words in one for one in verified(bundle))


def test_the_chain_goes_on_behind_the_head_that_the_run_before_left() -> None:
    debtor = _debtor()
    ((tenant, case, seq, head),) = heads_of(debtor.image)
    debtor.goes_on()
    debtor.tell(_paid("1.00"))

    assert (tenant, case, seq) == ("", CASE, 2)
    assert debtor.image["events"][CASE][1][6] == head
    assert heads_of(debtor.image)[0][2] == 3
    assert verified(debtor.desk.bundle(debtor.image, CASE)) == []


def test_who_asks_for_events_gets_them_whole() -> None:
    debtor = _debtor()
    opened = debtor.image["events"][CASE][0]
    assert "ann@example.com" not in opened[4]
    assert plain(opened)[2] == "CaseOpened"
    assert plain(opened)[4]["debtor"]["email"] == "ann@example.com"
    assert "personal" not in plain(opened)[4]


# Images of before -----------------------------------------------------------------------------------------------------


def _of_form_1(image: Image) -> Image:
    """The same image as the first version of this library would have left it."""
    rows = {case: [plain(row) for row in rows] for case, rows in image["events"].items()}
    return {**{part: rows for part, rows in image.items() if part != "tenant"}, "form": 1, "events": rows, "tenant": ""}


def test_an_image_of_before_gets_its_chain_with_the_next_event_of_its_case() -> None:
    before = _debtor()
    before.passes(START + 5 * DAY_SECONDS)
    debtor = OnImages(_of_form_1(through_json(before.image)))
    known = [plain(row) for row in debtor.image["events"][CASE]]
    assert heads_of(debtor.image) == []

    debtor.tell(_paid("1.00"))

    rows = debtor.image["events"][CASE]
    assert [plain(row) for row in rows[: len(known)]] == known
    assert plain(rows[-1])[2] == "PaymentReceived"
    assert verified(debtor.desk.bundle(debtor.image, CASE)) == []


def test_what_is_said_to_have_happened_is_only_what_is_new() -> None:
    before = _debtor()
    debtor = OnImages(_of_form_1(through_json(before.image)))
    answer = debtor.desk.tell(debtor.image, at(START), _paid("1.00"))
    assert answer.said["events"] == {CASE: ["PaymentReceived"]}


# Erasure --------------------------------------------------------------------------------------------------------------


def test_erasing_leaves_no_word_about_a_person_and_chains_that_verify() -> None:
    debtor = _debtor()
    debtor.passes(START + 20 * DAY_SECONDS)
    erase = Command("erase", {"debtor_id": "ann", "by": "rosa", "reason": "art. 17"})
    refused = debtor.desk.tell(debtor.image, at(debtor.now), erase)
    assert "ann is not erased: case ann/EUR: it is overdue" in refused.refused[1]
    assert not refused.over
    debtor.tell(_paid())
    debtor.passes(debtor.now + YEARS)
    assert "ann@example.com" in json.dumps(debtor.image)

    answer = debtor.desk.tell(debtor.image, at(debtor.now), erase)
    merge(debtor.image, through_json(answer.changes))

    assert answer.over
    text = json.dumps(debtor.image)
    assert [word for word in ("ann@example.com", "1 Road") if word in text] == []
    assert plain(debtor.image["events"][CASE][-1])[2] == "Erased"
    assert verified(debtor.desk.bundle(debtor.image, CASE)) == []


# Words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "given", "why"),
    [
        ("skip", {"case_id": CASE}, "without step, by, reason: it takes case_id, step, by, reason"),
        ("requeue", {"action_id": "x", "whom": "y"}, "with whom: it takes action_id, by (or not), note (or not)"),
        ("open", {"debtor": {}, "owed": []}, "cannot be read"),
        ("open", {"owed": []}, "cannot be read: KeyError('debtor')"),
        ("together", {"commands": [{"word": "sing", "given": {}}]}, "nobody knows the command 'sing'"),
    ],
)
def test_a_command_that_cannot_be_followed_says_why(word: str, given: dict[str, Any], why: str) -> None:
    debtor = _debtor()
    answer = debtor.desk.tell(debtor.image, at(START), Command(word, given))
    assert answer.refused is not None
    assert why in answer.refused[1]
    assert answer.changes == {}


def test_the_same_invoice_opened_twice_changes_nothing() -> None:
    debtor = _debtor()
    before = through_json(debtor.image)
    debtor.tell(opening("INV-1"))
    assert through_json(debtor.image) == before
