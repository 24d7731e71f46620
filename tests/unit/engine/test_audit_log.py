from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from audit_stage import CANARIES, KEY, Stage, people
from engine_house import POLICY, House, invoice

from dunning_engine import audit_log_verify
from dunning_engine.decision.keeping import RETENTION_YEARS
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.events import DebtorUpdated, FactRecorded, HostFact
from dunning_engine.engine.bundle import as_json, as_zip
from dunning_engine.kernel.errors import NotFound, UsageError

LATER = "2029-03-06"
"""Three years after the payment, and a day."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def erased(stage: Stage, **more) -> tuple[str, ...]:
    return stage.engine.erase("ann", by="Ida Moor", reason="request 2029-17", **more)


# Erasure --------------------------------------------------------------------------------------------------------------


def test_T14_erasure_leaves_nothing_of_a_person_in_the_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names, addresses and free words are gone from every page and from the log beside the file; the chain stands."""
    case = stage.tells()
    stage.engine.anchor(stage.anchors)
    files = [stage.file, stage.file.with_name("dunning.db-wal")]
    assert any(canary.encode() in file.read_bytes() for canary in CANARIES for file in files)

    stage.house.clock.move_to(LATER)
    assert erased(stage) == (case,)
    stage.engine.compact()

    for file in (*files, stage.path):
        content = file.read_bytes() if file.exists() else b""
        assert not [canary for canary in CANARIES if canary.encode() in content], file
    left = stage.engine.case(case)
    assert (left.status, left.debtor.name, left.debtor.email) == (CaseStatus.CLOSED, None, None)
    assert left.erased_at == stage.house.clock.now()
    assert stage.engine.history(case)[-1].event.by == "Ida Moor"
    monkeypatch.setenv("ANCHORS", KEY)
    assert audit_log_verify.main([str(stage.file), "--anchors", str(stage.path), "--key", "env:ANCHORS"]) == 0
    assert "no breaks" in capsys.readouterr().out


def test_erasure_waits_until_the_case_need_not_be_kept(stage: Stage) -> None:
    """Not a day before the term is over; the host may say another one."""
    stage.tells()
    stage.house.clock.move_to("2029-03-05T23:59:59+01:00")
    with pytest.raises(UsageError, match="the house keeps it until 2029-03-06, 3 years after the last activity"):
        erased(stage)
    assert erased(stage, years=RETENTION_YEARS - 1)


def test_open_cases_and_legal_holds_are_not_erased(stage: Stage) -> None:
    """One case that has to stay lets all of the debtor's stay."""
    case = stage.tells()
    stage.house.clock.move_to(LATER)
    other = stage.house.opens(invoice("INV-2"), debtor=people(), case_id="second")
    with pytest.raises(UsageError, match=f"case {other}: it is upcoming: close it first"):
        erased(stage)
    stage.engine.record(case, FactRecorded("legal_hold", True))
    with pytest.raises(UsageError, match="a legal hold is on it"):
        erased(stage)
    assert stage.engine.case(case).debtor.name == "Ann Canary"


def test_nobody_is_erased_twice_and_nobody_unknown(stage: Stage) -> None:
    """Neither is silently nothing."""
    stage.tells()
    stage.house.clock.move_to(LATER)
    erased(stage)
    with pytest.raises(NotFound, match="not erased before"):
        erased(stage)
    with pytest.raises(NotFound, match="no case of debtor 'eve'"):
        stage.engine.erase("eve", by="Ida", reason="r")
    for by, reason in (("", "r"), ("Ida", " ")):
        with pytest.raises(UsageError, match="whoever erases says"):
            stage.engine.erase("ann", by=by, reason=reason)


def test_an_erased_case_takes_nothing_more(stage: Stage) -> None:
    """Neither facts nor invoices; news of the debtor go to their other cases only."""
    case = stage.tells()
    stage.house.clock.move_to(LATER)
    erased(stage)
    with pytest.raises(UsageError, match="was erased: open what is owed since under another case_id"):
        stage.engine.record(case, HostFact("vip", "true"))
    with pytest.raises(UsageError, match="under another case_id"):
        stage.house.opens(invoice("INV-2"), debtor=people())

    other = stage.house.opens(invoice("INV-2"), debtor=people(), case_id="second")
    stage.engine.record(other, DebtorUpdated(people()))
    assert stage.engine.case(case).debtor.name is None
    assert stage.engine.case(other).debtor.name == "Ann Canary"


def test_erasure_is_a_part_of_the_hosts_transaction(stage: Stage) -> None:
    """What is rolled back was not erased."""
    case = stage.tells()
    stage.house.clock.move_to(LATER)

    def undone() -> None:
        with stage.engine.transaction() as connection:
            erased(stage, connection=connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert stage.engine.case(case).debtor.name == "Ann Canary"


def test_every_store_forgets(house: House) -> None:
    """With the same words in all of them."""
    case = house.opens(debtor=people())
    house.engine.record(case, FactRecorded("known_name", "Ann Canary"))
    before = [link.hash for link in _links(house, case)]
    with house.store.transaction() as tx:
        tx.forget("ann")
        assert tx.history(case)[-1].event == FactRecorded("known_name", None)
    assert [link.hash for link in _links(house, case)] == before
    assert house.engine.seal() == 0


def _links(house: House, case: str):
    with house.store.transaction() as tx:
        return tx.links(case)


# Bundles --------------------------------------------------------------------------------------------------------------


def test_a_bundle_is_checked_by_the_script_that_goes_along(stage: Stage, tmp_path: Path) -> None:
    """In a folder where nothing of ours can be imported; anchors show no other case."""
    case = stage.tells()
    stage.tells("bob")
    stage.engine.anchor(stage.anchors)
    bundle = stage.engine.bundle(case, anchors=stage.anchors)
    assert "bob" not in json.dumps(bundle["anchors"])
    folder = tmp_path / "court"
    folder.mkdir()
    (folder / "case.zip").write_bytes(as_zip(bundle))
    with ZipFile(folder / "case.zip") as archive:
        assert archive.namelist() == ["bundle.json", "audit_log_verify.py", "README.txt"]
        archive.extractall(folder)

    def checked(*words: str) -> subprocess.CompletedProcess[str]:
        script = [sys.executable, "-I", "audit_log_verify.py", *words]
        return subprocess.run(script, cwd=folder, env={"K": KEY}, capture_output=True, text=True, check=False)

    for name in ("bundle.json", "case.zip"):
        told = checked(name, "--key", "env:K")
        assert (told.returncode, told.stderr) == (0, "")
        assert "1 cases, no breaks" in told.stdout
    assert checked("bundle.json", "--key", "env:NOBODY").returncode == 2
    assert checked("README.txt").returncode == 2
    assert checked("nothing.json").returncode == 2

    text = (folder / "bundle.json").read_text("utf-8")
    for old, new in (("Ann Canary", "Eve Canary"), ('\\"amount\\":24000', '\\"amount\\":14000')):
        (folder / "forged.json").write_text(text.replace(old, new), "utf-8")
        assert checked("forged.json").returncode in (1, 2), old


def test_a_bundle_can_leave_out_who_it_was(stage: Stage, tmp_path: Path) -> None:
    """The commitments stay, and what was left out is no break; what is under the law and the policy goes along."""
    case = stage.tells()
    bundle = stage.engine.bundle(case, redact=True)
    file = tmp_path / "bundle.json"
    file.write_bytes(as_json(bundle))

    assert not [canary for canary in CANARIES if canary in json.dumps(bundle, ensure_ascii=False)]
    assert audit_log_verify.main([str(file)]) == 0
    (policy,) = bundle["policies"]
    assert (policy["name"], policy["version"], "policy: shop" in policy["text"]) == ("shop", 1, True)
    assert bundle["anchors"] == []


def test_a_bundle_names_the_law_of_its_policy(stage: Stage) -> None:
    """With its text as it ships with this version."""
    stage.house.follows(POLICY.replace("law: []", "law: [de/rdg]"))
    stage.engine = stage.house.engine
    (book,) = stage.engine.bundle(stage.tells())["rulebooks"]
    assert book["name"] == "de/rdg"
    assert json.loads(book["text"])["rulebook"] == "de/rdg"
