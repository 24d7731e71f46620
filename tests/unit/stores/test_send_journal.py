"""The send journal: lines that outlive the database beside them, also where a crash tore one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dunning_engine.kernel.errors import ForeignError
from dunning_engine.ports.journal import JournalLine, Mark, Older, Pages
from dunning_engine.stores.send_journal import FileJournal

BEGUN = JournalLine(mark=Mark.BEGUN, at=5, tenant="", epoch=1, action_id="a1", case_id="ann/€", way="email", fence=2)
ENDED = JournalLine(mark=Mark.ENDED, at=6, tenant="", epoch=1, action_id="a1", fence=2, outcome="sent")


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    made = FileJournal(tmp_path / "away" / "dunning.sends")
    made.begin()
    return made


def test_what_was_written_is_read(journal: FileJournal) -> None:
    """Every line comes back as it was told, from any place on."""
    journal.write(BEGUN, durable=True)
    first = journal.read()
    journal.write(ENDED)
    journal.close()

    assert first is not None
    assert journal.read() == Pages((BEGUN, ENDED), journal.path.stat().st_size)
    assert journal.read(first.end) == Pages((ENDED,), journal.path.stat().st_size)


def test_a_journal_that_is_not_there(tmp_path: Path) -> None:
    """Nothing was begun: no identity, and nothing to read; writing needs a beginning."""
    journal = FileJournal(tmp_path / "dunning.sends")

    assert (journal.identity(), journal.read()) == ("", None)
    with pytest.raises(ForeignError, match=r"cannot be written: No such file"):
        journal.write(BEGUN)


def test_a_journal_begins_once(journal: FileJournal) -> None:
    """Whoever begins it again, in whatever thread, has the same one; nothing else is left in the folder."""
    folder = journal.path.parent
    found: set[str] = set()
    other = FileJournal(folder / "other.sends")
    threads = [threading.Thread(target=lambda: found.add(other.begin())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {other.identity()}
    assert journal.begin() == journal.identity() != other.identity()
    assert sorted(path.name for path in folder.iterdir()) == ["dunning.sends", "other.sends"]


def test_a_shorter_journal_is_not_the_one_that_was_read(journal: FileJournal) -> None:
    """A place behind the end was never written here."""
    journal.write(BEGUN)

    assert journal.read(10_000) is None


@pytest.mark.parametrize("torn", range(2, 30, 4))
def test_a_torn_line_was_never_handed_over(journal: FileJournal, torn: int) -> None:
    """A crash in the middle of a line: it is left out, and the next one stands on its own."""
    journal.write(BEGUN)
    journal.write(ENDED)
    journal.close()
    os.truncate(journal.path, journal.path.stat().st_size - torn)

    before = journal.read()
    assert before is not None
    assert (before.lines, before.damaged) == ((BEGUN,), ())
    journal.write(ENDED)
    journal.close()
    after = journal.read(before.end)
    assert after is not None
    assert (after.lines, after.damaged) == ((ENDED,), ())


@pytest.mark.parametrize("line", [b"{not json}", b'{"mark": "sung"}', b'{"mark": "begun"}'])
def test_damage_is_counted(journal: FileJournal, line: bytes) -> None:
    """A whole line that says nothing hides something: that is told, and the others are read."""
    journal.write(BEGUN)
    with journal.path.open("ab") as file:
        file.write(line + b"\n")
    journal.write(ENDED)

    pages = journal.read()
    assert pages is not None
    assert (pages.lines, pages.damaged) == ((BEGUN, ENDED), (3,))


@pytest.mark.parametrize(
    "damage", [b"\0" * 90, b"\xff\xfe", b'{"mark":"begun","at":5x', b"]", b'{"mark":' + b"[" * 9_999]
)
@pytest.mark.parametrize("newline", [b"", b"\n"])
def test_what_no_crash_leaves_is_damage(journal: FileJournal, damage: bytes, newline: bytes) -> None:
    """Also at the end of the file, where a torn line would stand; once it was told the reader is past it."""
    journal.write(BEGUN)
    journal.close()
    with journal.path.open("ab") as file:
        file.write(damage + newline)

    pages = journal.read()
    assert pages is not None
    assert (pages.lines, pages.damaged) == ((BEGUN,), (3,))
    journal.write(ENDED)
    after = journal.read(pages.end)
    assert after is not None
    assert (after.lines, after.damaged) == ((ENDED,), ())


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "is no send journal"),
        (b"a letter\n", "is no send journal"),
        (b'{"journal": "ab", "format": 3}\n', "begun by a newer dunning_engine"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, head: bytes, words: str) -> None:
    """What is no journal of this version is never written to."""
    path = tmp_path / "dunning.sends"
    path.write_bytes(head)

    with pytest.raises(ForeignError, match=words):
        FileJournal(path).begin()
    assert path.read_bytes() == head


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    """What the file system refuses is told with its words."""
    journal = FileJournal(tmp_path)
    for attempt in (journal.identity, journal.read):
        with pytest.raises(ForeignError, match="cannot be read: Is a directory"):
            attempt()
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ForeignError, match="Not a directory"):
        FileJournal(file / "dunning.sends").begin()


def test_a_full_disk_is_told_before_anything_leaves(tmp_path: Path) -> None:
    """The write that does not fit raises; the line is not taken for one, and later ones are read."""
    path = tmp_path / "dunning.sends"
    program = f"""
import resource, signal
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.ports.journal import JournalLine, Mark
from dunning_engine.stores.send_journal import FileJournal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = FileJournal({str(path)!r})
journal.begin()
def line(n):
    return JournalLine(mark=Mark.BEGUN, at=n, tenant="", epoch=1, action_id="a" * 40, fence=n)
journal.write(line(1))
resource.setrlimit(resource.RLIMIT_FSIZE, ({path.stat().st_size if path.exists() else 0} + 250, resource.RLIM_INFINITY))
refused = []
for n in range(2, 6):
    try:
        journal.write(line(n), durable=True)
    except ForeignError as error:
        refused.append(n)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.write(line(9), durable=True)
journal.close()
pages = journal.read()
import json
print(json.dumps([refused, [line.fence for line in pages.lines], pages.damaged]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    refused, kept, damaged = json.loads(done.stdout)
    assert refused
    assert set(kept) == {1, 2, 3, 4, 5, 9} - set(refused)
    assert damaged == []


def test_lines_of_many_processes_do_not_mix(journal: FileJournal) -> None:
    """Every line of every process is whole."""
    program = f"""
from dunning_engine.ports.journal import JournalLine, Mark
from dunning_engine.stores.send_journal import FileJournal
import sys
journal = FileJournal({str(journal.path)!r})
for n in range(200):
    journal.write(JournalLine(mark=Mark.BEGUN, at=n, tenant=sys.argv[1], epoch=1, action_id="x" * 300, fence=n))
journal.close()
"""
    writers = [subprocess.Popen([sys.executable, "-c", program, str(n)]) for n in range(3)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]

    pages = journal.read()
    assert pages is not None
    assert (len(pages.lines), pages.damaged) == (600, ())
    for n in range(3):
        assert [line.fence for line in pages.lines if line.tenant == str(n)] == list(range(200))


# Taking the beginning out ----------------------------------------------------------------------------------------------


def line(at: int, tenant: str = "") -> JournalLine:
    return JournalLine(mark=Mark.BEGUN, at=at, tenant=tenant, epoch=1, action_id=f"a{at}", fence=1)


def gone(at: int, tenant: str = "", epoch: int = 1) -> JournalLine:
    return JournalLine(mark=Mark.TRIMMED, at=at, tenant=tenant, epoch=epoch)


def pages(journal: FileJournal, start: int = 0) -> Pages:
    found = journal.read(start)
    assert found is not None
    return found


def test_what_is_older_than_an_instant(journal: FileJournal) -> None:
    """Up to the first line that is not, or to a place; the last line always stays."""
    for at in (5, 6, 7):
        journal.write(line(at, f"of {at}"))
    first, second, last = pages(journal).starts

    assert journal.older(5) == Older(first)
    assert journal.older(6) == Older(second, (gone(5, "of 5"),))
    assert journal.older(99) == Older(last, (gone(5, "of 5"), gone(6, "of 6")))
    assert journal.older(99, place=second) == Older(second, (gone(5, "of 5"),))


def test_a_line_that_says_nothing_is_as_old_as_its_neighbours(journal: FileJournal) -> None:
    """It stops nobody, and marks keep the newest instant and the latest epoch."""
    journal.write(replace(line(5), epoch=3))
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"mark": "?"}\ntorn')
    journal.write(replace(line(6), epoch=2))
    journal.write(line(7))

    assert journal.older(7).marks == (gone(6, epoch=3),)


def test_places_stay_what_they_were(journal: FileJournal) -> None:
    """Of a journal that was trimmed, and trimmed again, every place that is left leads to the same lines."""
    for at in range(10, 40):
        journal.write(line(at))
    before = pages(journal)
    identity, size = journal.identity(), journal.path.stat().st_size
    for until in (20, 30):
        assert journal.trim(journal.older(until)) > 0
        after = pages(journal, before.starts[25])
        assert after == Pages(before.lines[25:], before.end)
        assert after.starts == before.starts[25:]
    assert (journal.identity(), journal.trim(journal.older(30))) == (identity, 0)
    assert journal.path.stat().st_size < size
    assert [path.name for path in journal.path.parent.iterdir()] == [journal.path.name]


def test_a_place_that_was_taken_out_is_known_to_be(journal: FileJournal) -> None:
    """Whoever asks for what stood there is told how new it was at most, and gets what is left; nobody else is told."""
    for at in range(10, 40):
        journal.write(line(at))
    before = pages(journal)
    journal.trim(journal.older(30))

    for start in (0, before.starts[3], before.starts[19]):
        assert pages(journal, start) == Pages((gone(29), *before.lines[20:]), before.end)
    assert pages(journal, before.starts[20]).lines == before.lines[20:]
    assert journal.read(before.end + 1) is None


def test_others_go_on_writing_while_it_is_trimmed(journal: FileJournal) -> None:
    """A process that has the file open finds the one in its place; no line is lost, and none is there twice."""
    others = [FileJournal(journal.path) for _ in range(2)]

    def writes(other: FileJournal, begin: int) -> None:
        for at in range(begin, begin + 200):
            other.write(line(at))

    journal.write(line(1))
    threads = [threading.Thread(target=writes, args=(other, 1000 * n)) for n, other in enumerate(others, 1)]
    for thread in threads:
        thread.start()
    out = 0
    while any(thread.is_alive() for thread in threads):
        older, found = journal.older(1100), pages(journal)
        old = sum(
            start < older.place and line.mark is Mark.BEGUN
            for line, start in zip(found.lines, found.starts, strict=True)
        )
        out += old if journal.trim(older) else 0
    for thread in threads:
        thread.join()
    for other in others:
        other.close()

    left = pages(journal)
    assert (out + sum(line.mark is Mark.BEGUN for line in left.lines), left.damaged) == (401, ())


def test_a_journal_that_is_taken_away_is_written_no_more(journal: FileJournal) -> None:
    """Else its lines went into a file that nobody can find."""
    journal.write(BEGUN)
    journal.path.unlink()
    with pytest.raises(ForeignError, match=r"cannot be written: No such file"):
        journal.write(ENDED)
    with pytest.raises(ForeignError, match=r"cannot be read: No such file"):
        journal.older(9)
    with pytest.raises(ForeignError, match=r"cannot be trimmed: No such file"):
        journal.trim(Older(500))
