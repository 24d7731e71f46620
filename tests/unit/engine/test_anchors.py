from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from audit_stage import KEY, Stage
from engine_house import ann, invoice
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine import audit_log_verify
from dunning_engine.domain.events import HostFact
from dunning_engine.engine import anchors as module
from dunning_engine.engine.anchors import Anchors
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.chain import leaf, proof, root

HASH = "ab" * 32


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def checked(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """What the verifier says of a copy of the database that was tampered with: exit status and words."""
    monkeypatch.setenv("K", KEY)

    def run(*statements: str, file: Path | None = None, key: str = "env:K") -> tuple[int, str]:
        copy = stage.file.with_name("copy.db")
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
        with closing(sqlite3.connect(stage.file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            for trigger in ("update", "delete"):
                target.execute(f"DROP TRIGGER dunning_events_no_{trigger}")
            target.execute("PRAGMA synchronous = OFF")
            target.execute("PRAGMA ignore_check_constraints = ON")
            for statement in statements:
                target.execute(statement)
            target.commit()
        code = audit_log_verify.main([str(copy), "--anchors", str(file or stage.path), "--key", key])
        return code, capsys.readouterr().out

    return run


def test_anchors_follow_each_other(stage: Stage, checked) -> None:
    """Only what moved is in the next one; one without heads says that nothing came until then."""
    stage.tells("ann")
    stage.tells("bob")
    assert stage.engine.anchor(stage.anchors) == 2
    stage.tells("eve")
    assert stage.engine.anchor(stage.anchors) == 1
    assert stage.engine.anchor(stage.anchors) == 0
    lines = [json.loads(line) for line in stage.path.read_text().splitlines()]
    assert [[head[1] for head in line["heads"]] for line in lines] == [["ann/EUR", "bob/EUR"], ["eve/EUR"], []]
    assert [json.loads(line["statement"])["anchor"] for line in lines] == [1, 2, 3]
    assert stage.anchors.taken_at() == stage.house.clock.now()
    code, told = checked()
    assert (code, "3 cases, no breaks" in told) == (0, True)
    assert "not seen: whether the 0 events after the last anchor (2026-03-05 09:00:00 UTC)" in told


def test_many_heads_make_several_anchors(stage: Stage, monkeypatch: pytest.MonkeyPatch, checked) -> None:
    """So that no line grows without end."""
    monkeypatch.setattr(module, "HEADS_MAX", 2)
    for debtor in ("a", "b", "c"):
        stage.house.opens(invoice(f"INV-{debtor}"), debtor=ann(debtor))
    assert stage.engine.anchor(stage.anchors) == 3
    assert len(stage.path.read_text().splitlines()) == 2
    assert checked()[0] == 0


def test_a_line_that_a_crash_tore_is_written_anew(stage: Stage, checked) -> None:
    """The database did not note its heads yet."""
    stage.tells()
    stage.engine.anchor(stage.anchors)
    with stage.path.open("ab") as file:
        file.write(b'{"statement":"{')
    assert checked()[0] == 1
    stage.tells("bob")
    assert stage.engine.anchor(stage.anchors) == 1
    assert checked()[0] == 0


def _gone(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_text(path.read_text().splitlines(keepends=True)[0])


@pytest.mark.parametrize(("lose", "lost"), [(_gone, 2), (_empty, 2), (_cut, 1)])
@pytest.mark.parametrize("again", [True, False], ids=["another process", "the same"])
def test_anchors_that_were_lost_are_missed(
    stage: Stage, checked, caplog: pytest.LogCaptureFixture, lose, lost: int, again: bool
) -> None:
    """The store knows what it counts on: the verifier misses it, the next anchor holds every case again and says why."""
    stage.tells("ann")
    stage.engine.anchor(stage.anchors)
    stage.tells("bob")
    stage.engine.anchor(stage.anchors)
    lose(stage.path)
    anchors = Anchors(stage.path, KEY) if again else stage.anchors
    if stage.path.exists():
        code, told = checked()
        assert (code, f"anchors of {lost} cases are missing that the database counts on" in told) == (1, True), told

    assert stage.engine.anchor(anchors) == 2
    assert f"the database counts on them for {lost} cases" in caplog.text
    code, told = checked()
    assert (code, f"anchors of {lost} cases from before it were lost" in told) == (1, True), told
    caplog.clear()
    assert stage.engine.anchor(Anchors(stage.path, KEY)) == 0
    assert caplog.text == ""
    assert len(stage.anchors.covering("default", "bob/EUR")) == 1


def test_what_is_no_file_of_anchors_is_not_written_to(stage: Stage, tmp_path: Path) -> None:
    """Nor is a folder that cannot be."""
    stage.tells()
    wrong = tmp_path / "letter.txt"
    wrong.write_text("Dear Ann,\n")
    with pytest.raises(ForeignError, match="verify them first"):
        stage.engine.anchor(Anchors(wrong))
    with pytest.raises(ForeignError, match="cannot be written"):
        stage.engine.anchor(Anchors(wrong / "anchors.jsonl"))
    assert Anchors(tmp_path / "none.jsonl").taken_at() is None
    assert Anchors(tmp_path / "none.jsonl").covering("default", "ann/EUR") == []


def test_keys_are_long_and_not_shown() -> None:
    """A short one could be tried out."""
    with pytest.raises(UsageError, match="shorter than 24 bytes"):
        Anchors(Path("a"), "short")
    assert KEY not in repr(Anchors(Path("a"), KEY))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('\\"at\\":', '\\"at\\":1', "not signed"),
        ('"ann/EUR"', '"eve/EUR"', "not those that were written"),
        ('\\"anchor\\":2', '\\"anchor\\":3', "does not follow anchor 1"),
        ("statement", "sentence", "is none"),
    ],
)
def test_an_edited_anchor_is_found(stage: Stage, checked, tmp_path: Path, old: str, new: str, told: str) -> None:
    """Whatever of it was changed."""
    stage.tells()
    stage.engine.anchor(stage.anchors)
    stage.engine.anchor(stage.anchors)
    forged = tmp_path / "forged.jsonl"
    forged.write_text(stage.path.read_text().replace(old, new))

    code, words = checked(file=forged)

    assert (code, told in words) == (1, True), words


def test_an_anchor_that_was_taken_out_is_missed(stage: Stage, checked, tmp_path: Path) -> None:
    """Of several, the last included: the store counts on it."""
    for debtor in ("ann", "bob", "eve"):
        stage.tells(debtor)
        stage.engine.anchor(stage.anchors)
    first, second, third = stage.path.read_text().splitlines(keepends=True)
    forged = tmp_path / "forged.jsonl"
    for lines, code in (([first, third], 1), ([second, third], 1), ([first, third, second], 1), ([first, second], 1)):
        forged.write_text("".join(lines))
        assert checked(file=forged)[0] == code


@given(st.integers(1, 40), st.data())
def test_a_head_leads_to_the_root(count: int, data: st.DataObject) -> None:
    """By the hashes of its proof and by no others; another leaf does not."""
    leaves = [leaf("default", f"case {number}", 1, HASH) for number in range(count)]
    index = data.draw(st.integers(0, count - 1))

    def climbed(at: str) -> str:
        for side, other in proof(leaves, index):
            at = audit_log_verify.digest("\1" + (other + at if side == "left" else at + other))
        return at

    assert climbed(leaves[index]) == root(leaves) == audit_log_verify.root(leaves)
    assert climbed(leaf("default", "another", 1, HASH)) != root(leaves)


# T15, F35 -------------------------------------------------------------------------------------------------------------

COLUMNS = ("tenant", "case_id", "seq", "type", "type_version", "at", "recorded_at", "written_by", "body", "hash")
NUMBERS = ("seq", "type_version", "at", "recorded_at")


def _edits(count: int) -> Iterator[tuple[str, list[str]]]:
    """Every way to tamper with the events of a case, by name."""
    where = "WHERE case_id = 'ann/EUR' AND seq"
    lower = f"UPDATE dunning_cases SET seq = {{0}}, head = (SELECT hash FROM dunning_events {where} = {{0}})"
    for seq in range(1, count + 1):
        for column in COLUMNS:
            value = f"{column} + 100" if column in NUMBERS else f"{column} || ' '"
            yield f"{column} of {seq}", [f"UPDATE dunning_events SET {column} = {value} {where} = {seq}"]
        yield f"delete {seq}", [f"DELETE FROM dunning_events {where} = {seq}"]
        yield (
            f"truncate before {seq}, and tell the case so",
            [f"DELETE FROM dunning_events {where} >= {seq}", f"{lower.format(seq - 1)} WHERE id = 'ann/EUR'"],
        )
        yield (
            f"renumber from {seq}",
            [
                f"UPDATE dunning_events SET seq = -seq {where} >= {seq}",
                "UPDATE dunning_events SET seq = 1 - seq WHERE case_id = 'ann/EUR' AND seq < 0",
            ],
        )
    for seq in range(1, count):
        yield (
            f"swap {seq}",
            [
                f"UPDATE dunning_events SET seq = -1 {where} = {seq}",
                f"UPDATE dunning_events SET seq = {seq} {where} = {seq + 1}",
                f"UPDATE dunning_events SET seq = {seq + 1} {where} = -1",
            ],
        )
    yield "to another case", ["UPDATE dunning_events SET case_id = 'bob/EUR', seq = seq + 99 WHERE case_id = 'ann/EUR'"]
    yield "the whole case", ["DELETE FROM dunning_events WHERE case_id = 'ann/EUR'"]
    yield "the case and its row", [f"DELETE FROM dunning_{t}" for t in ("personal", "events", "cases")]
    yield "personal value", ["UPDATE dunning_personal SET value = replace(value, 'Ann', 'Eve')"]
    yield "salt", ["UPDATE dunning_personal SET salt = substr(salt, 2) || '0'"]
    yield "personal data without a word", ["DELETE FROM dunning_personal WHERE case_id = 'ann/EUR'"]
    yield "unseal", ["UPDATE dunning_events SET hash = NULL", "UPDATE dunning_cases SET head = NULL"]


def test_T15_whatever_is_changed_up_to_the_last_anchor_is_found(stage: Stage, checked) -> None:
    """Each column of each event, deleting, swapping, renumbering, cutting off: with the case and the event."""
    case = stage.tells("ann")
    stage.tells("bob")
    stage.engine.anchor(stage.anchors)
    assert checked()[0] == 0

    for name, statements in _edits(len(stage.engine.history(case))):
        code, told = checked("PRAGMA foreign_keys = OFF", *statements)
        assert (code, "ann/EUR, event " in told) == (1, True), (name, told)


def test_F35_every_byte_of_every_body_counts(stage: Stage, checked) -> None:
    """One character more or less, anywhere."""
    case = stage.tells("ann")
    stage.engine.anchor(stage.anchors)
    with stage.store.transaction() as tx:
        rows = [(*link.event, link.hash, *(link.opening or (None, None))) for link in tx.links(case)]
    held = [len(rows), rows[-1][7]]
    for index, row in enumerate(rows):
        for at, character in enumerate(row[6]):
            body = f"{row[6][:at]}{'#' if character != '#' else '+'}{row[6][at + 1 :]}"
            forged = [*rows[:index], (*row[:6], body, *row[7:]), *rows[index + 1 :]]
            assert any(audit_log_verify.breaks(("default", case), forged, held, {})), (row[1], at)


def test_the_tail_since_the_last_anchor_is_said_to_be_unseen(stage: Stage, checked) -> None:
    """Who cuts it off and tells the case so leaves no trace, and the verifier says of how many events this holds."""
    case = stage.tells("ann")
    stage.engine.anchor(stage.anchors)
    count = len(stage.engine.history(case))
    stage.house.clock.move_to("2026-03-06")
    stage.engine.record(case, HostFact("vip", "false"))
    code, told = checked()
    assert (code, "whether the 1 events after the last anchor" in told) == (0, True)
    cut = f"UPDATE dunning_cases SET seq = {count}, head = (SELECT hash FROM dunning_events WHERE seq = {count})"
    gone = f"WHERE seq > {count}"
    assert checked(f"DELETE FROM dunning_personal {gone}", f"DELETE FROM dunning_events {gone}", cut)[0] == 0


def test_a_file_that_is_no_database_is_not_called_intact(tmp_path: Path) -> None:
    """Exit status 2: nothing was checked."""
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (x)")
    shutil.copy(other, tmp_path / "copy.db")
    assert audit_log_verify.main([str(tmp_path / "copy.db")]) == 2
    with pytest.raises(SystemExit) as stopped:
        audit_log_verify.main([str(other), "--key", "env:NO_SUCH_KEY"])
    assert stopped.value.code == 2
