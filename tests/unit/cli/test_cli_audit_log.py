"""`dunning audit-log`: what was recorded is proved, given away and, in time, forgotten."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from dunning_engine.domain.ledger_events import WrittenOff
from dunning_engine.engine.config import load_config
from dunning_engine.engine.installation import open_engine
from dunning_engine.kernel.calendar import iso

KEY = "a secret of twenty-four bytes"


@pytest.fixture
def kept(house, dunning, monkeypatch):
    """A folder whose run has written its first anchor."""
    monkeypatch.setenv("ANCHOR_KEY", KEY)
    config = house / "dunning.toml"
    text = config.read_text("utf-8")
    table = '\n[audit_log]\nanchors = "elsewhere/anchors.jsonl"\nkey = "env:ANCHOR_KEY"\nkeep_years = 0\n'
    config.write_text(text + table, "utf-8")
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    return house


def _file(kept):
    return load_config(kept / "dunning.toml").store.url.removeprefix("sqlite:///")


def test_a_run_ends_with_an_anchor(kept, dunning):
    """And the next one stands where somebody asks for it."""
    anchors = kept / "elsewhere" / "anchors.jsonl"
    assert len(anchors.read_text("utf-8").splitlines()) == 1

    told = dunning("audit-log", "anchor", "--now", "2026-01-18T11:00:00Z")

    assert told.stdout == f"anchored no cases in {anchors}\n"
    assert KEY not in anchors.read_text("utf-8")


def test_what_is_intact_is_said_to_be(kept, dunning):
    """By the configuration, or by the names of the files; and what nobody can see is told."""
    told = dunning("audit-log", "verify")
    assert (told.exit_code, "no breaks" in told.stdout) == (0, True)
    anchors = kept / "elsewhere" / "anchors.jsonl"
    for db in (_file(kept), f"sqlite:///{_file(kept)}"):
        named = dunning("audit-log", "verify", "--db", db, "--anchors", anchors, "--key", "env:ANCHOR_KEY")
        assert (named.exit_code, named.stdout) == (0, told.stdout)
    assert "--key tells" in dunning("audit-log", "verify", "--db", _file(kept), "--anchors", anchors).stdout
    assert "in no anchor" in dunning("audit-log", "verify", "--db", _file(kept)).stdout


def test_what_was_changed_is_named(kept, dunning):
    """With case and event; a secret on the command line is refused."""
    with closing(sqlite3.connect(_file(kept))) as connection:
        connection.execute("DROP TRIGGER dunning_events_no_update")
        connection.execute("UPDATE dunning_events SET recorded_at = 0 WHERE case_id = 'ann/I-1' AND seq = 2")
        connection.commit()
    told = dunning("audit-log", "verify")
    assert told.exit_code == 1
    assert "case default/ann/I-1, event 2: is not what was recorded" in told.stdout
    assert dunning("audit-log", "verify", "--db", _file(kept), "--key", KEY).exit_code == 2
    assert dunning("audit-log", "verify", "--db", kept / "nothing.db").exit_code == 2


def test_a_case_is_exported_with_and_without_who_it_was(kept, dunning):
    """As JSON, or as an archive with the verifier."""
    for name, more in (("ann.zip", ()), ("ann.json", ("--redact",))):
        told = dunning("audit-log", "export", "ann/I-1", "-o", name, *more)
        assert told.stdout.startswith(f"{name}: case ann/I-1, ")
        assert "1 anchor" in told.stdout
        checked = dunning("audit-log", "verify", "--db", name, "--key", "env:ANCHOR_KEY")
        assert checked.exit_code == 0, checked.stdout
    assert "ann@example" not in (kept / "ann.json").read_text("utf-8")


def test_debtors_are_erased_when_their_cases_are_over(kept, dunning):
    """Those who have to stay are named, and the others go."""
    with open_engine(load_config(kept / "dunning.toml")) as engine:
        engine.record("ann/I-1", WrittenOff())
        engine.advance()
        now = engine.clock.now() + 86_400 * 2
    words = ("--by", "Ida", "--reason", "request 17", "--now", iso(now))
    told = dunning("audit-log", "erase", "ann", "bob", *words)
    assert (told.exit_code, told.stdout) == (1, "erased ann: ann/I-1\n")
    assert "bob is not erased: case bob/I-2: it is overdue: close it first" in told.stderr
    assert dunning("audit-log", "erase", "eve", *words).exit_code == 1
    shown = json.loads(dunning("case", "show", "ann/I-1", "--format", "json").stdout)
    assert shown["events"][-1]["type"] == "Erased"
    assert "erased" in dunning("case", "show", "ann/I-1").stdout
    assert dunning("audit-log", "verify").exit_code == 0


def test_there_is_nothing_to_seal_in_a_new_database(kept, dunning):
    """Sealing is for what earlier versions wrote."""
    assert dunning("audit-log", "seal").stdout == "sealed no cases\n"


def test_anchors_need_a_place(house, dunning):
    """A configuration without one is told what to write."""
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    told = dunning("audit-log", "anchor")
    assert told.exit_code == 2
    assert '[audit_log] and anchors = "FILE"' in told.stderr


def test_a_key_does_not_stand_in_the_file(house, dunning):
    """Only the name of the variable does."""
    config = house / "dunning.toml"
    config.write_text(config.read_text("utf-8") + '\n[audit_log]\nanchors = "a"\nkey = "secret"\n', "utf-8")
    told = dunning("audit-log", "anchor")
    assert told.exit_code == 2
    assert "DUN295" in told.stderr


def test_a_server_is_checked_like_a_file(postgres_url, dunning):
    """Of one tenant."""
    from dunning_engine.ports.store import StoredPolicy
    from dunning_engine.stores.sql import SqlStore
    from dunning_engine.testing.store_samples import POLICY, opened

    with closing(SqlStore(postgres_url, tenant="acme")) as store, store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
        tx.save([opened()])
    told = dunning("audit-log", "verify", "--db", postgres_url, "--tenant", "acme")
    assert (told.exit_code, "2 events of 1 cases, no breaks" in told.stdout) == (0, True)


@pytest.fixture
def tampered(postgres_url, tmp_path):
    """A server with the cases of two tenants, both anchored in one file; then one event of kestrel's was changed."""
    from sqlalchemy import text

    from dunning_engine.engine.anchors import Anchors
    from dunning_engine.ports.store import StoredPolicy
    from dunning_engine.stores.sql import SqlStore
    from dunning_engine.testing.store_samples import POLICY, opened

    anchors = tmp_path / "anchors.jsonl"
    for tenant in ("acme", "kestrel"):
        with closing(SqlStore(postgres_url, tenant=tenant)) as store:
            with store.transaction() as tx:
                tx.register(StoredPolicy(POLICY, ""))
                tx.save([opened()])
            Anchors(anchors).take(store, 1_770_000_000)
            with store.transaction() as tx:
                tx.connection.execute(text("ALTER TABLE dunning_events DISABLE TRIGGER USER"))
                tx.connection.execute(
                    text("UPDATE dunning_events SET at = at + 1 WHERE tenant = 'kestrel' AND seq = 1")
                )
    return anchors


def test_of_a_server_the_configurations_tenant_is_checked(house, dunning, postgres_url, tampered):
    """As `run` and `export` see it; another one can be asked for, and who is not there is not intact."""
    config = house / "dunning.toml"
    table = f'[store]\nurl = "{postgres_url}"\ntenant = "kestrel"\njournal = false\n'
    text = config.read_text("utf-8").replace('[store]\nurl = "sqlite:///out/dunning.db"\n', table)
    config.write_text(f'{text}\n[audit_log]\nanchors = "{tampered}"\n', "utf-8")

    told = dunning("audit-log", "verify")
    assert told.exit_code == 1
    assert "case kestrel/ann/USD, event 1: is not what was recorded" in told.stdout, told.stdout
    assert "acme" not in told.stdout
    assert "nor 1 cases of others that the anchors hold" in told.stdout
    assert dunning("audit-log", "verify", "--tenant", "acme").exit_code == 0
    none = dunning("audit-log", "verify", "--tenant", "nosuch")
    assert none.exit_code == 1
    assert "nothing is here of nosuch, and the anchors hold 2 cases of acme, kestrel" in none.stdout


def test_of_a_server_that_is_named_everybody_is_checked(dunning, postgres_url, tampered):
    """The tenants that it shows, and those that the anchors name."""
    told = dunning("audit-log", "verify", "--db", postgres_url, "--anchors", tampered)
    assert (told.exit_code, "4 events of 2 cases, 1 breaks" in told.stdout) == (1, True), told.stdout
    assert "case kestrel/ann/USD, event 1" in told.stdout


def test_what_could_not_be_checked_is_told_in_a_line(kept, dunning, monkeypatch):
    """With the file, and where it is; a variable that is not set is named."""
    (kept / "binary").write_bytes(b"{}\n\xff\xfe\n")
    (kept / "empty").touch()
    (kept / "deep.json").write_text("[" * 200_000)

    def told(*words) -> tuple[int, str]:
        result = dunning("audit-log", "verify", *words)
        assert "Traceback" not in result.stderr
        return result.exit_code, result.stderr + result.stdout

    for words, code, said in (
        (["--anchors", "binary"], 2, "binary, line 2: is no text in UTF-8"),
        (["--anchors", "missing"], 2, "No such file or directory: 'missing'"),
        (["--anchors", "empty"], 1, "the file of anchors holds none"),
        (["--db", "missing.db"], 2, "No such file or directory: 'missing.db'"),
        (["--db", "deep.json"], 2, "this could not be checked: deep.json: RecursionError"),
        (["--key", "env:NOPE"], 2, "the environment has no variable NOPE"),
        (["--key", "secret"], 2, "does not stand on the command line"),
    ):
        found, text = told(*words)
        assert (found, said in text) == (code, True), (words, text)


def test_anchors_of_a_server_that_are_missing_are_told(dunning, postgres_url):
    """By their path, like those of a file."""
    told = dunning("audit-log", "verify", "--db", postgres_url, "--anchors", "missing.jsonl")
    assert (told.exit_code, "No such file or directory: 'missing.jsonl'" in told.stderr) == (2, True)
