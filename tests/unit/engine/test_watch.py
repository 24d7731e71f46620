"""A store that forgot what left sends nothing until a person says so; a clock that was set lets nothing go."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from engine_house import House, PlainWords, Sink, ann, invoice

from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import DeliveryArmed, PaymentReceived, ReceiptRecorded
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.dispatcher import LEASE_SECONDS, Fate
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.guarded_clock import STABLE_SECONDS
from dunning_engine.engine.guarding import Decide
from dunning_engine.engine.watch import TELL_SECONDS
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Message, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.journal import JournalLine, Mark
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.send_journal import FileJournal

REMINDER = "2026-03-05T10:00:00+01:00"

Tables: TypeAlias = dict[str, dict[Any, Any]]


class _CrashError(BaseException):
    """The process dies here."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "away" / "dunning.sends"


@pytest.fixture
def house(path: Path) -> House:
    """An engine whose store is a dictionary, which can be put back to what it was."""
    house = House(MemoryStore())
    house.reopen(journal=path)
    return house


def _backup(house: House) -> Tables:
    assert isinstance(house.store, MemoryStore)
    return copy.deepcopy(dict(house.store.tables))


def _restore(house: House, backup: Tables, path: Path | None) -> DunningEngine:
    house.store = MemoryStore()
    house.store.tables.update(copy.deepcopy(backup))
    return house.reopen(journal=path if path is not None else None)


def _lines(path: Path) -> list[tuple[str, str, int, str]]:
    pages = FileJournal(path).read()
    assert pages is not None
    return [(line.mark.value, line.way, line.fence, line.outcome) for line in pages.lines]


def test_the_journal_is_told_before_and_after(house: House, path: Path) -> None:
    """When the adapter is called the journal knows of it; and what it answers is known before the store knows."""
    seen: list[list[tuple[str, str, int, str]]] = []

    def answer(_message: Message) -> Outcome:
        seen.append(_lines(path))
        return Sent("x", delivered=True)

    house.sink.answer = answer
    house.opens()
    assert not path.exists()
    house.moves(REMINDER)

    assert seen == [[("begun", "email", 1, "")]]
    assert _lines(path) == [("begun", "email", 1, ""), ("ended", "email", 1, "delivered")]


def test_what_cannot_be_noted_does_not_leave(house: House, path: Path) -> None:
    """Without its line nothing is handed over; it is tried again."""
    journal = FileJournal(path)
    house.reopen(journal=journal)
    house.opens()
    house.moves(REMINDER)
    path.unlink()
    journal.close()
    house.sink.got.clear()

    assert house.moves("2026-03-15T11:00:00+01:00") == ["sms warning: retry"]
    assert house.sink.got == []
    (row,) = house.engine.outbox(state=OutboxState.RETRY)
    assert "cannot be written" in row.note


def test_a_receipt_is_kept_although_the_journal_is_not_told(house: House, path: Path) -> None:
    """What came back goes into the store, whatever becomes of the journal meanwhile."""

    def answer(_message: Message) -> Outcome:
        house.engine.close()
        path.unlink()
        return Sent("x")

    house.sink.answer = answer
    house.opens()

    assert house.moves(REMINDER) == ["email reminder: sent"]


def test_a_restored_store_sends_nothing(house: House, path: Path) -> None:
    """The backup knows nothing of the reminder: it is decided anew and stays where it is until a person decides."""
    house.opens()
    backup = _backup(house)
    house.moves(REMINDER)
    engine = _restore(house, backup, path)

    assert house.moves("2026-03-05T12:00:00+01:00") == []
    state = engine.store_state()
    assert state.halted.startswith("the store is older than its send journal: it knows nothing of what left")
    assert [(left.outcome, left.way, left.fence) for left in state.sent] == [("sent", "email", 1)]
    assert (state.in_doubt, state.next_epoch, len(house.sink.got)) == ((), 2, 1)
    assert engine.cases() != ()


def test_what_left_is_taken_for_sent(house: House, path: Path) -> None:
    """After the word of a person the ladder goes on from what really happened, and nothing goes twice."""
    case_id = house.opens()
    backup = _backup(house)
    house.moves(REMINDER)
    engine = _restore(house, backup, path)
    house.moves("2026-03-06T12:00:00+01:00")
    engine.resume_store(epoch=2, decide="hold", by="Ida Moor")

    (handover,) = engine.dispatch()
    assert (handover.fate, handover.note) == (
        Fate.SENT,
        "the send journal knows of it: sent at 2026-03-05T09:00:00+00:00; the store had not heard of it",
    )
    assert len(house.sink.got) == 1
    (delivery,) = engine.case(case_id).deliveries.values()
    assert delivery.state is DeliveryState.SENT
    assert house.moves("2026-03-17T12:00:00+01:00") == ["sms warning: sent"]
    assert (house.sink.words, engine.store_state().halted) == (["email reminder", "sms warning"], "")


def test_what_was_cleared_before_the_backup_happened_when_it_did(house: House, path: Path) -> None:
    """The backup knew of the decision: then the hand-over keeps the hour that the journal tells."""
    case_id = house.opens()
    house.clock.move_to(REMINDER)
    house.engine.advance()
    backup = _backup(house)
    house.engine.dispatch()
    house.clock.move_to("2026-03-07T12:00:00+01:00")
    engine = _restore(house, backup, path)
    engine.resume_store(epoch=2, decide=Decide.HOLD, by="Ida Moor")
    engine.dispatch()

    happened = {type(r.event): (r.at, r.recorded_at) for r in engine.history(case_id)}
    at = (instant(REMINDER), instant("2026-03-07T12:00:00+01:00"))
    assert (happened[DeliveryArmed], happened[ReceiptRecorded]) == (at, at)


@pytest.mark.parametrize(("decide", "fates"), [("hold", ["uncertain"]), ("resend", ["sent"])])
def test_what_is_in_doubt_is_decided_by_a_person(house: House, path: Path, decide: str, fates: list[str]) -> None:
    """The machine died with the reminder on its way: it goes once more only where that is the word."""

    def dies(_message: Message) -> Outcome:
        raise _CrashError

    house.sink.answer = dies
    house.opens()
    house.clock.move_to(REMINDER)
    house.engine.advance()
    backup = _backup(house)
    with pytest.raises(_CrashError):
        house.engine.dispatch()
    house.sink = Sink()
    engine = _restore(house, backup, path)
    assert engine.dispatch() == []
    (doubt,) = engine.store_state().in_doubt
    assert doubt.outcome == "begun"
    engine.resume_store(epoch=2, decide=decide, by="Ida Moor")

    assert [handover.fate.value for handover in engine.dispatch()] == fates
    house.clock.move_to(instant(REMINDER) + 2 * LEASE_SECONDS)
    assert engine.dispatch() == []


def test_what_was_armed_in_the_backup_is_in_doubt_too(house: House, path: Path) -> None:
    """A backup that was taken between arming and receipt: what the journal says of that arming counts."""
    backups: list[Tables] = []

    def answer(_message: Message) -> Outcome:
        backups.append(_backup(house))
        return Sent("x")

    house.sink.answer = answer
    house.opens()
    house.moves(REMINDER)
    house.opens(invoice("INV-9", due="2026-03-03"), debtor=ann("bob"))
    house.moves("2026-03-06T10:00:00+01:00")
    house.sink = Sink()
    engine = _restore(house, backups[0], path)
    engine.resume_store(epoch=2, decide="hold", by="Ida Moor")

    house.clock.move_to(instant("2026-03-06T12:00:00+01:00"))
    assert [handover.fate for handover in engine.dispatch()] == [Fate.SENT]
    assert house.sink.got == []


def test_a_crash_between_answer_and_receipt_leaves_no_doubt(house: House, path: Path) -> None:
    """The process died with the answer in its hand: the next one reads it in the journal, and nothing is asked."""
    case_id = house.opens()
    house.clock.move_to(REMINDER)
    house.engine.advance()
    rows = house.engine.outbox()
    house.engine.dispatch()
    backup = _backup(house)
    action = rows[0].action
    armed = copy.deepcopy(backup)
    armed["outbox"][action.id] = replace(rows[0], fence=1, state=OutboxState.ARMED, next_at=instant(REMINDER))
    engine = _restore(house, armed, path)

    assert engine.store_state().halted == ""
    assert [handover.fate for handover in engine.dispatch()] == [Fate.SENT]
    assert engine.case(case_id).deliveries[action.id].state is DeliveryState.SENT
    assert len(house.sink.got) == 1


# Journals that do not fit -----------------------------------------------------------------------------------------------


def _gone(path: Path) -> None:
    path.unlink()


def _another(path: Path) -> None:
    path.unlink()
    FileJournal(path).begin()


def _shorter(path: Path) -> None:
    head = path.read_bytes().split(b"\n")[0]
    path.write_bytes(head + b"\n")


def _damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{damaged}\n")


def _newer(path: Path) -> None:
    journal = FileJournal(path)
    journal.write(JournalLine(mark=Mark.EPOCH, at=5, tenant=journal_tenant(path), epoch=7))
    journal.close()


def journal_tenant(path: Path) -> str:
    pages = FileJournal(path).read()
    assert pages is not None
    return pages.lines[0].tenant


@pytest.mark.parametrize(
    ("break_it", "why", "epoch"),
    [
        (_gone, "the send journal that goes with this store is gone", 2),
        (_another, "is not the send journal that goes with this store", 2),
        (_shorter, "the send journal has become shorter", 2),
        (_damaged, "line 4 of the send journal cannot be read", 2),
        (_newer, "the store is older than its send journal: it is of epoch 1, the journal of epoch 7", 8),
    ],
    ids=["gone", "another", "shorter", "damaged", "newer"],
)
def test_a_journal_that_does_not_fit_stops_the_store(
    house: House, path: Path, break_it: Callable[[Path], None], why: str, epoch: int
) -> None:
    """Whatever is wrong with the journal: nothing is armed until a person says so, and it is told what is wrong."""
    house.opens()
    house.moves(REMINDER)
    house.reopen(journal=path)  # both agree up to here
    house.engine.close()
    break_it(path)
    engine = house.reopen(journal=path)

    assert house.moves("2026-03-16T12:00:00+01:00") == []
    state = engine.store_state()
    assert (why in state.halted, state.next_epoch) == (True, epoch)
    engine.resume_store(epoch=epoch, decide="resend", by="Ida Moor")
    assert [handover.fate for handover in engine.dispatch()] == [Fate.SENT]
    assert house.reopen(journal=path).store_state().halted == ""


def _wiped(path: Path, newlines: bytes) -> None:
    """The disk gives zeros for the lines of every action."""
    lines = path.read_bytes().splitlines(keepends=True)
    wiped = b"".join(bytes(len(line) - len(newlines)) + newlines if b'"action"' in line else line for line in lines)
    path.write_bytes(wiped)


@pytest.mark.parametrize("newlines", [b"", b"\n"])
def test_what_a_damaged_line_told_of_may_have_left(house: House, path: Path, newlines: bytes) -> None:
    """A backup from before, and the lines of what was sent since are zeros: that is said, and it does not go again."""
    house.opens()
    backup = _backup(house)
    house.moves(REMINDER)
    house.engine.close()
    _wiped(path, newlines)
    engine = _restore(house, backup, path)

    assert house.moves("2026-03-05T12:00:00+01:00") == []
    state = engine.store_state()
    assert ("line 2 of the send journal cannot be read" in state.halted, state.whole) == (True, False)
    assert "line 2" in engine.journal_damage()
    engine.resume_store(epoch=2, decide="hold", by="Ida Moor")
    assert [(h.action.step, h.fate) for h in engine.dispatch()] == [("reminder", Fate.UNCERTAIN)]
    assert len(house.sink.got) == 1
    assert house.reopen(journal=path).store_state().halted == ""


def test_damage_is_told_of_a_store_that_knows_it_all(house: House, path: Path) -> None:
    """The store agreed with those lines before; a backup from before would have to do without."""
    house.opens()
    house.moves(REMINDER)
    house.reopen(journal=path)
    house.engine.close()
    assert house.engine.journal_damage() == ""
    _wiped(path, b"\n")
    engine = house.reopen(journal=path)

    assert (engine.store_state().halted, engine.store_state().whole) == ("", True)
    assert engine.journal_damage() == f"line 2 of the send journal cannot be read, nor can 1 others ({path})"


def test_without_the_journal_what_was_due_is_in_doubt(house: House, path: Path) -> None:
    """Nobody can say what left: what was due by then is held back as uncertain, what comes later goes out."""
    case_id = house.opens()
    house.moves(REMINDER)
    house.clock.move_to("2026-03-16T12:00:00+01:00")
    path.unlink()
    engine = house.reopen(journal=path)
    assert engine.store_state().frozen == ()
    engine.resume_store(epoch=2, decide="hold", by="Ida Moor")

    assert [(h.action.step, h.fate) for h in engine.dispatch()] == [("warning", Fate.UNCERTAIN)]
    engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))
    engine.open_case(ann("bob"), [invoice("INV-2", due="2026-03-16")], "shop")
    assert house.moves("2026-03-19T12:00:00+01:00") == ["email reminder: sent"]


def test_a_new_store_beside_an_old_journal_is_a_lost_one(house: House, path: Path) -> None:
    """The database was deleted, and its portfolio opened again: everything would go out once more."""
    house.opens()
    house.moves(REMINDER)
    house.store = MemoryStore()
    house.reopen(journal=path)
    house.opens()

    assert house.moves("2026-03-06T12:00:00+01:00") == []
    assert house.engine.store_state().halted.startswith("the store is older than its send journal")


def test_retries_in_the_journal_did_not_leave(house: House, path: Path) -> None:
    """What the adapter said had not left goes out after all; of several attempts the surest answer counts."""
    house.opens()
    backup = _backup(house)
    house.sink.answer = lambda _message: Retry(60, "busy")
    house.moves(REMINDER)
    engine = _restore(house, backup, path)
    assert engine.store_state().sent == engine.store_state().in_doubt == ()
    house.sink.answer = lambda _message: Uncertain("gone")
    engine.resume_store(epoch=2, decide="hold", by="Ida Moor")
    assert house.moves("2026-03-05T12:00:00+01:00") == ["email reminder: uncertain"]
    assert len(house.sink.got) == 2
    again = _restore(house, backup, path)
    assert [left.outcome for left in again.store_state().in_doubt] == ["uncertain"]


def test_the_word_is_checked(house: House, path: Path) -> None:
    """A store that was not restored has nothing to resume; the epoch is named, so that a word counts once."""
    house.opens()
    backup = _backup(house)
    house.moves(REMINDER)
    with pytest.raises(UsageError, match="was not restored"):
        house.engine.resume_store(epoch=2, decide="hold", by="Ida Moor")
    engine = _restore(house, backup, path)
    for words, wrong in (
        ("the epoch that begins now is 2, not 1", {"epoch": 1}),
        ("says who they are", {"by": " "}),
        ('"hold", "resend"', {"decide": "both"}),
    ):
        with pytest.raises(UsageError, match=words):
            engine.resume_store(**{"epoch": 2, "decide": "hold", "by": "Ida Moor", **wrong})
    engine.resume_store(epoch=2, decide="hold", by="Ida Moor")
    with pytest.raises(UsageError, match="was not restored"):
        engine.resume_store(epoch=3, decide="hold", by="Ida Moor")


def test_a_host_without_the_journal_is_told(house: House, path: Path) -> None:
    """A store that goes with a journal sends nothing without it, unless the host says that there is none any more."""
    house.opens()
    house.moves(REMINDER)
    house.reopen()
    assert house.moves("2026-03-16T12:00:00+01:00") == []
    assert "open it with journal=" in house.engine.store_state().halted
    house.reopen(journal=False)

    assert house.moves("2026-03-16T13:00:00+01:00") == ["sms warning: sent"]
    assert house.engine.store_state().halted == ""


def test_which_journal_a_host_means(tmp_path: Path) -> None:
    """Beside the file of a SQLite store unless told otherwise; `True` insists on that."""
    url = f"sqlite:///{tmp_path / 'dunning.db'}"
    known = House(MemoryStore())
    settings = {"policies": known.policies, "adapters": [known.sink], "renderer": PlainWords()}
    with DunningEngine.open(url, **settings, clock=known.clock) as engine:
        engine.open_case(ann(), [invoice()], "shop")
        known.clock.move_to(REMINDER)
        engine.advance()
        engine.dispatch()
    assert [path.name for path in tmp_path.glob("*.sends")] == ["dunning.db.sends"]
    with pytest.raises(UsageError, match="pass journal=FILE"):
        DunningEngine.open("memory:", **settings, journal=True)
    mine = FileJournal(tmp_path / "mine.sends")
    with DunningEngine.open("memory:", **settings, journal=mine) as engine:
        assert engine.store_state().halted == ""
    assert mine.identity() != ""


# Clocks -----------------------------------------------------------------------------------------------------------------


@dataclass
class _Machine:
    """A machine whose clock can be set; `true` is what passes."""

    true: int
    wrong: int = 0

    def now(self) -> int:
        return self.true + self.wrong

    def steady(self) -> float:
        return float(self.true)


@pytest.fixture
def machine(house: House, path: Path) -> _Machine:
    machine = _Machine(instant("2026-03-04T10:00:00+01:00"))
    house.reopen(clock=machine, journal=path)
    house.opens()
    house.engine.advance()
    return machine


def _goes(house: House) -> list[str]:
    house.engine.advance()
    return [handover.action.step for handover in house.engine.dispatch()]


def test_a_clock_that_jumps_lets_nothing_go(house: House, machine: _Machine) -> None:
    """A day too early by a jump: nothing falls due; after ten even minutes the time is taken for the true one."""
    machine.wrong = 2 * DAY_SECONDS
    assert _goes(house) == []
    assert house.engine.store_state().halted.startswith("the clock was set ahead by 172800 seconds")
    machine.true += STABLE_SECONDS
    assert _goes(house) == ["reminder"]
    assert house.engine.store_state().halted == ""


def test_what_is_cleared_waits_for_a_clock_that_can_be_believed(house: House, machine: _Machine) -> None:
    """The action is in the outbox when the clock jumps: it stays there, and goes when the clock is right again."""
    machine.true = instant(REMINDER)
    house.engine.advance()
    machine.wrong = 3600
    assert house.engine.dispatch() == []
    machine.wrong = 0
    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT]


def test_a_store_without_a_send_journal_heeds_the_clock_as_well() -> None:
    """As most on PostgreSQL: what is cleared waits, and whoever watches learns why."""
    house, machine = House(MemoryStore()), _Machine(instant("2026-03-04T10:00:00+01:00"))
    house.reopen(clock=machine)
    house.opens()
    house.engine.advance()
    machine.true = instant(REMINDER)
    house.engine.advance()
    machine.wrong = 3600
    assert house.engine.dispatch() == []
    assert house.engine.halted().startswith("the clock was set ahead by 3600 seconds")
    machine.wrong = 0
    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT]


def test_a_process_that_starts_too_early_waits_for_a_word(house: House, machine: _Machine, path: Path) -> None:
    """The clock shows a time that has been: nothing is armed until a person says that it is right, also in another process."""
    machine.true = instant(REMINDER)
    house.engine.advance()
    early = _Machine(machine.true - DAY_SECONDS)
    engine = house.reopen(clock=early, journal=path)
    assert _goes(house) == []
    halted = engine.store_state().halted
    assert "but it was 2026-03-05T09:00:00+00:00 already; `dunning store trust-clock` says that it is right" in halted
    other = house.reopen(clock=early, journal=path)
    assert other.trust_clock(by="Ida Moor") == early.true
    assert engine.advance() == []
    assert (engine.store_state().halted, other.store_state().halted) == ("", "")
    with pytest.raises(UsageError, match="says who they are"):
        other.trust_clock(by="")


def test_the_log_tells_it_once(
    house: House, machine: _Machine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at every look; again where it came back, or after some minutes."""
    at = [1000.0]
    monkeypatch.setattr("dunning_engine.engine.watch.monotonic", lambda: at[0])
    machine.true = instant(REMINDER)
    house.engine.advance()
    for wrong, later, told in ((3600, 0, 1), (3600, 1, 1), (3600, TELL_SECONDS, 2)):
        machine.wrong = wrong
        at[0] += later
        house.engine.dispatch()
        house.engine.dispatch()
        assert caplog.text.count("nothing is handed over: the clock was set ahead") == told


def test_a_time_that_the_host_says_is_believed(house: House, machine: _Machine) -> None:
    """`now=` is the host's own word."""
    machine.true = instant(REMINDER)
    house.engine.advance()
    machine.wrong = DAY_SECONDS
    assert house.engine.dispatch() == []

    assert [handover.fate for handover in house.engine.dispatch(now=REMINDER)] == [Fate.SENT]


def test_a_store_that_lost_decisions_is_older_than_its_journal(house: House, machine: _Machine, path: Path) -> None:
    """Nothing was sent since the backup, but decided, and perhaps paid: the journal saw how late it was."""
    machine.true = instant(REMINDER)
    house.engine.advance()
    house.engine.dispatch()
    backup = _backup(house)
    machine.true += DAY_SECONDS
    house.engine.advance()
    house.store = MemoryStore()
    house.store.tables.update(backup)
    engine = house.reopen(clock=machine, journal=path)

    state = engine.store_state()
    assert state.halted.startswith(
        "the store is older than its send journal: it knows nothing of what left or was decided"
    )
    assert (state.sent, state.in_doubt) == ((), ())


# Zone rules -------------------------------------------------------------------------------------------------------------


def test_new_zone_rules_let_everything_be_looked_at(house: House, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """What was planned by other rules is worked out anew; what happened stays."""
    case_id = house.opens()
    house.engine.advance()
    planned = house.engine.next_look()
    house.reopen(journal=path)
    assert house.engine.next_look() == planned
    history = house.engine.history(case_id)
    monkeypatch.setattr("dunning_engine.engine.watch.tzdata_version", lambda: "2099z")
    house.reopen(journal=path)
    assert house.engine.next_look() == house.clock.now()
    house.engine.advance()
    assert (house.engine.next_look(), house.engine.history(case_id)) == (planned, history)
