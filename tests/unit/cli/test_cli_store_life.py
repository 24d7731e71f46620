"""`dunning store`: status, backup, restore, resume, trust-clock, upgrade and downgrade."""

from __future__ import annotations

import json

import pytest

from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.tables import HEAD

BEFORE, REMINDED, LATER = "2026-01-17T10:00:00Z", "2026-01-18T10:00:00Z", "2026-01-20T10:00:00Z"


@pytest.fixture
def restored(house, dunning):
    """A store that was put back to the day before its reminder left."""
    (house / "invoices.csv").write_text((house / "invoices.csv").read_text().replace("01-xx", "01-01"))
    dunning("run", "--now", BEFORE)
    assert dunning("store", "backup", "backup.db").stdout.startswith("backup.db: ")
    dunning("run", "--now", REMINDED)
    dunning("store", "restore", "backup.db")
    return house


def letters(house):
    return sorted((path.name, path.stat().st_mtime_ns) for path in (house / "out").glob("*.eml"))


def test_a_store_that_is_well(house, dunning):
    """One line says so, and 0."""
    result = dunning("store", "status")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == ["actions are handed over", "  epoch         1"]
    assert json.loads(dunning("store", "status", "--format", "json").stdout)["halted"] == ""


def test_a_restored_store_waits_for_a_word(restored, dunning):
    """Nothing goes out again; it is told what left, and what to type."""
    sent = letters(restored)
    result = dunning("run", "--now", LATER)
    assert result.exit_code == 1
    assert "  halted        the store is older than its send journal" in result.stdout
    assert (letters(restored), len(sent) > 0) == (sent, True)

    told = dunning("store", "status")
    assert told.exit_code == 1
    assert "actions of which the store knows nothing, never sent again\n    2026-01-18T10:00:00+00:00" in told.stdout
    assert told.stdout.endswith("go on with: dunning store resume --epoch 2 --decide hold|resend --by NAME\n")
    listed = json.loads(dunning("store", "status", "--format", "json").stdout)
    assert (listed["next_epoch"], {left["way"] for left in listed["sent"]}) == (2, {"email"})


def test_the_word_of_an_operator(restored, dunning):
    """The epoch has to be the next one; afterwards what left is taken for sent."""
    sent = letters(restored)
    dunning("run", "--now", LATER)
    wrong = dunning("store", "resume", "--epoch", "1", "--decide", "hold", "--by", "Ida Moor")
    assert (wrong.exit_code, "the epoch that begins now is 2" in wrong.stderr) == (2, True)
    said = dunning("store", "resume", "--epoch", "2", "--decide", "hold", "--by", "Ida Moor")

    assert "actions are handed over\n  epoch         2 (epoch 2: hold, says Ida Moor)" in said.stdout
    run = dunning("run", "--now", LATER)
    assert run.exit_code == 0
    assert "  handed over   no actions\n" in run.stdout
    assert "which only the send journal knew; not sent again\n" in run.stdout
    assert letters(restored) == sent
    rows = json.loads(dunning("outbox", "list", "--format", "json").stdout)
    assert {row["state"] for row in rows if row["do"] == "email reminder"} == {"sent"}


def test_a_line_that_cannot_be_read_is_told(house, dunning):
    """Of a store that agreed with it before, too."""
    dunning("run", "--now", REMINDED)
    dunning("store", "status")
    sends = house / "out" / "dunning.db.sends"
    lines = sends.read_bytes().splitlines(keepends=True)
    sends.write_bytes(b"".join([lines[0], bytes(len(lines[1]) - 1), *lines[2:]]))

    told = dunning("store", "status")
    assert "  journal       line 2 of the send journal cannot be read" in told.stdout, told.stdout
    assert "line 2" in json.loads(dunning("store", "status", "--format", "json").stdout)["journal_damage"]


def test_the_journal_of_a_configuration(house, dunning):
    """`journal` in [store] names the file; `false` does without."""
    text = (house / "dunning.toml").read_text()
    (house / "dunning.toml").write_text(text.replace("[creditor]", 'journal = "elsewhere/sends.jsonl"\n[creditor]'))
    dunning("run", "--now", REMINDED)
    assert (house / "elsewhere" / "sends.jsonl").exists()
    assert not (house / "out" / "dunning.db.sends").exists()
    (house / "dunning.toml").write_text(text)
    assert "is gone" in dunning("store", "status").stdout
    (house / "dunning.toml").write_text(text.replace("[creditor]", "journal = false\n[creditor]"))
    assert dunning("store", "resume", "--epoch", "2", "--decide", "hold", "--by", "Ida Moor").exit_code == 0


def test_the_clock_is_right(house, dunning):
    """The word of an operator on the machine's clock."""
    assert dunning("store", "trust-clock", "--by", "Ida Moor").stdout.startswith("it is 20")
    assert "decided until 20" in dunning("store", "status").stdout


def test_the_tables_go_up_and_down(house, dunning):
    """Down for an older version as long as nothing is lost by that, and up again with the next command."""
    assert dunning("store", "upgrade").stdout == f"the tables are at version {HEAD}\n"
    assert dunning("store", "downgrade", "0003").stdout.startswith("the tables are at version 0003")
    assert dunning("store", "status").exit_code == 0
    wrong = dunning("store", "downgrade", "0815")
    assert (wrong.exit_code, "there is no older version 0815 of the tables" in wrong.stderr) == (2, True)


def test_what_would_be_lost_is_not_taken_back(restored, dunning):
    """Tables that have no place for something refuse to be what the store becomes, and the store stays what it is."""
    dunning("store", "resume", "--epoch", "2", "--decide", "hold", "--by", "Ida Moor")
    wrong = dunning("store", "downgrade", "0004")

    assert wrong.exit_code == 2
    assert "the older tables" in wrong.stderr
    with SqlStore(f"sqlite:///{restored / 'out' / 'dunning.db'}").transaction() as tx:
        assert tx.guard().epoch == 2


@pytest.mark.parametrize("command", [("backup", "b.db"), ("restore", "b.db"), ("downgrade", "0003")])
def test_a_store_in_memory_has_no_file(house, dunning, command):
    """Nothing to copy, and no tables."""
    (house / "dunning.toml").write_text(
        (house / "dunning.toml").read_text().replace("sqlite:///out/dunning.db", "memory:")
    )
    result = dunning("store", *command)

    assert result.exit_code == 2
    assert result.stderr.startswith("dunning: ")
