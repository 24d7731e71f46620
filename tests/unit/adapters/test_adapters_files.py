"""Files appear whole, once, and where they belong, whatever happens in between."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from dunning_engine.adapters.files import NOBODY, Files
from dunning_engine.domain.parties import OFFERED, Channel, Party
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Bounced, Retry, Sent, Uncertain
from dunning_engine.ports.documents import Document
from dunning_engine.testing.adapters import sample_message

CHANNELS = [*OFFERED, "agency"]


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def with_id(message, action_id):
    return replace(message, action_id=action_id)


def test_what_lies_in_the_folder(tmp_path):
    """One file per e-mail and letter, named by day, invoice, step and action; one line for everything else."""
    files = Files(tmp_path / "new" / "out")
    ids = {channel: sample_message(channel).action_id for channel in CHANNELS}
    for channel in CHANNELS:
        assert isinstance(files.deliver(sample_message(channel), seconds=5), Sent)
    assert names(tmp_path / "new" / "out") == sorted(
        [
            f"2026-03-06_INV-1042_reminder_{ids[Channel.EMAIL]}.eml",
            f"2026-03-06_INV-1042_reminder_{ids[Channel.LETTER]}.txt",
            "agency.jsonl",
            "calls.jsonl",
            "portal.jsonl",
            "push.jsonl",
            "sms.jsonl",
        ]
    )


PAPERS = (
    Document("INV-1042.pdf", "application/pdf", b"%PDF \x00\xff"),
    Document("Märchen_2.txt", "text/plain", "Grüße".encode()),
)


def test_what_is_enclosed_lies_beside_its_letter(tmp_path):
    """The letter names its enclosures in its language, and they are files under its own name; once, however often asked."""
    message = replace(sample_message(Channel.LETTER), attachments=PAPERS, language="de-AT")
    outcomes = [Files(tmp_path).deliver(message, seconds=5) for _ in range(2)]

    stem = f"2026-03-06_INV-1042_reminder_{message.action_id}"
    assert outcomes == [Sent(f"{stem}.txt")] * 2
    assert names(tmp_path) == sorted([f"{stem}.txt", f"{stem}.1.INV-1042.pdf", f"{stem}.2.M-rchen-2.txt"])
    assert (tmp_path / f"{stem}.1.INV-1042.pdf").read_bytes() == PAPERS[0].data
    assert "\n\nAnlagen: INV-1042.pdf, Märchen_2.txt\n\n" in (tmp_path / f"{stem}.txt").read_text("utf-8")


def test_a_mail_with_attachments(tmp_path):
    """An `.eml` holds what goes along, under its name, and is the same at every attempt."""
    message = replace(sample_message(Channel.EMAIL), attachments=PAPERS)
    for folder in ("a", "b"):
        Files(tmp_path / folder).deliver(message, seconds=5)
    one, other = (next((tmp_path / folder).glob("*.eml")).read_bytes() for folder in ("a", "b"))

    assert one == other
    parsed = message_from_bytes(one, policy=policy.default)
    assert parsed.get_body().get_content().strip() == "Please pay 240.00 USD."
    assert parsed.get_body()["Content-Language"] == "en"
    attached = list(parsed.iter_attachments())
    assert [(part.get_filename(), part.get_content_type()) for part in attached] == [
        ("INV-1042.pdf", "application/pdf"),
        ("Märchen_2.txt", "text/plain"),
    ]
    assert [part.get_content() for part in attached] == [PAPERS[0].data, "Grüße"]


def test_a_line(tmp_path):
    """A line names action, instant with offset, case, debtor, step, receiver and text."""
    Files(tmp_path).deliver(sample_message(Channel.SMS), seconds=5)
    assert json.loads((tmp_path / "sms.jsonl").read_text()) == {
        "action": sample_message(Channel.SMS).action_id,
        "at": "2026-03-06T10:00:00-05:00",
        "case": "case-17",
        "debtor": "cust-17",
        "step": "reminder",
        "to": "+12125550123",
        "text": "Please pay 240.00 USD.",
    }


def test_a_hand_off_stays_structured(tmp_path):
    """JSON in a hand-off is not put into a string."""
    files = Files(tmp_path)
    files.deliver(sample_message("agency", text='{"amounts": {"balance": "240.00"}}'), seconds=5)
    line = json.loads((tmp_path / "agency.jsonl").read_text())
    assert line["agency"] == "acme"
    assert line["placement"] == {"amounts": {"balance": "240.00"}}


def test_receipts(tmp_path):
    """A written file means sent, or delivered for whoever plays the world."""
    message = sample_message(Channel.EMAIL)
    assert not Files(tmp_path / "a").deliver(message, seconds=5).delivered
    assert Files(tmp_path / "b", receipt="delivered").deliver(message, seconds=5).delivered
    with pytest.raises(UsageError, match='"sent" or "delivered"'):
        Files(tmp_path, receipt="maybe")


def test_a_creditor_without_address(tmp_path):
    """A mail needs a sender; without one it says so in an address that cannot exist."""
    for sender in (None, Party.business("us")):
        message = replace(sample_message(Channel.EMAIL), sender=sender)
        assert isinstance(Files(tmp_path / ("named" if sender else "nobody")).deliver(message, seconds=5), Sent)
        (name,) = names(tmp_path / ("named" if sender else "nobody"))
        assert NOBODY in (tmp_path / ("named" if sender else "nobody") / name).read_text()


def test_a_creditor_with_a_wrong_address_and_an_address_that_is_none(tmp_path):
    """What is no address bounces with the reason."""
    creditor = Party.business("us", email="billing")
    outcome = Files(tmp_path).deliver(replace(sample_message(Channel.EMAIL), sender=creditor), seconds=5)
    assert outcome == Bounced("'billing' is not one e-mail address")


def test_names_that_are_paths(tmp_path):
    """Numbers and steps become plain words in file names."""
    message = sample_message(Channel.LETTER)
    action = replace(message.action, invoices=("../Ünï/42\n" + "9" * 300,))
    Files(tmp_path / "out").deliver(replace(message, action=action), seconds=5)
    (name,) = names(tmp_path / "out")
    assert name.startswith("2026-03-06_Uni-42-999")
    assert len(name) < 120
    with pytest.raises(UsageError, match="cannot end a file name"):
        Files(tmp_path).deliver(with_id(message, "../evil"), seconds=5)


def test_no_invoice(tmp_path):
    """An action about no invoice leaves that part of the name out."""
    message = sample_message(Channel.LETTER)
    Files(tmp_path).deliver(replace(message, action=replace(message.action, invoices=())), seconds=5)
    assert names(tmp_path) == [f"2026-03-06_reminder_{message.action_id}.txt"]


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
def test_known_after_a_restart(tmp_path, channel):
    """Another process, on another day, finds what is there."""
    message = sample_message(channel)
    first = Files(tmp_path).deliver(message, seconds=5)
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    again = Files(tmp_path).deliver(replace(message, at=message.at + 10 * 86_400, text="other"), seconds=5)
    assert again == first
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before


def test_two_adapters_in_turn(tmp_path):
    """What one appended the other does not append again."""
    one, two = Files(tmp_path), Files(tmp_path)
    for number in range(6):
        message = with_id(sample_message(Channel.CALL), f"a{number}")
        for adapter in (one, two) if number % 2 else (two, one):
            adapter.deliver(message, seconds=5)
    lines = [json.loads(line)["action"] for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert lines == [f"a{number}" for number in range(6)]


def test_a_file_that_another_process_wrote_meanwhile(tmp_path):
    """A name that is taken by now is the same action: it is left as it is."""
    one, two = Files(tmp_path), Files(tmp_path)
    for adapter in (one, two):
        adapter.deliver(with_id(sample_message(Channel.EMAIL), "a0"), seconds=5)
    message = with_id(sample_message(Channel.EMAIL), "a1")
    assert one.deliver(message, seconds=5) == two.deliver(replace(message, text="other"), seconds=5)
    assert len(list(tmp_path.glob("*a1.eml"))) == 1


def test_a_file_that_was_emptied(tmp_path):
    """Whoever empties the list starts it anew."""
    files = Files(tmp_path)
    for action in ("a1", "a2"):
        files.deliver(with_id(sample_message(Channel.SMS), action), seconds=5)
    (tmp_path / "sms.jsonl").write_text("")
    files.deliver(with_id(sample_message(Channel.SMS), "a1"), seconds=5)
    assert len((tmp_path / "sms.jsonl").read_text().splitlines()) == 1


def test_lines_that_people_wrote(tmp_path):
    """Lines that are no JSON, or no object, stay and have no identity."""
    (tmp_path / "sms.jsonl").write_text('hello\n[1]\n{"note": "x"}\n')
    Files(tmp_path).deliver(sample_message(Channel.SMS), seconds=5)
    assert len((tmp_path / "sms.jsonl").read_text().splitlines()) == 4


def test_a_torn_line_at_every_byte(tmp_path):
    """Wherever a crash tore the last line, the next hand-over cuts the rest off and loses nothing whole."""
    one, two = (with_id(sample_message(Channel.SMS, text="ü"), action) for action in ("a1", "a2"))
    files = Files(tmp_path / "whole")
    files.deliver(one, seconds=5)
    first = (tmp_path / "whole" / "sms.jsonl").read_bytes()
    files.deliver(two, seconds=5)
    whole = (tmp_path / "whole" / "sms.jsonl").read_bytes()
    torn = tmp_path / "torn"
    torn.mkdir()
    for size in range(len(first), len(whole)):
        (torn / "sms.jsonl").write_bytes(whole[:size])
        Files(torn).deliver(two, seconds=5)
        assert (torn / "sms.jsonl").read_bytes() == whole


CRASH = """
import os, pathlib, pickle, sys
from dunning_engine.adapters.files import Files

left = int(sys.argv[2])
message = pickle.load(sys.stdin.buffer)

def crashing(function):
    def wrapper(*args, **kwargs):
        global left
        for moment in ("before", "after"):
            left -= 1
            if left == 0:
                os._exit(9)
            if moment == "before":
                result = function(*args, **kwargs)
        return result
    return wrapper

os.fsync = crashing(os.fsync)
pathlib.Path.rename = crashing(pathlib.Path.rename)
pathlib.Path.open = crashing(pathlib.Path.open)
Files(sys.argv[1]).deliver(message, seconds=5)
"""


@pytest.mark.parametrize("channel", ["letter", "sms"])
def test_a_crash_at_every_moment(tmp_path, channel):
    """F31: killed before or after any step, there is nothing half written, and trying again leaves exactly one."""
    finished = False
    message = pickle.dumps(sample_message(channel))
    for moment in range(1, 40):
        out = tmp_path / str(moment)
        arguments = [sys.executable, "-c", CRASH, str(out), str(moment)]
        run = subprocess.run(arguments, input=message, capture_output=True, check=False)
        assert run.returncode in (0, 9), run.stderr
        finished = run.returncode == 0
        visible = list(out.glob("[!.]*"))
        if channel == "letter":
            assert all(path.read_text().endswith(f"{sample_message('letter').action_id}\n") for path in visible)
        assert isinstance(Files(out).deliver(sample_message(channel), seconds=5), Sent)
        (path,) = out.glob("[!.]*")
        assert len(path.read_text().splitlines()) == (1 if channel == "sms" else len(path.read_text().splitlines()))
        if finished:
            break
    assert finished
    assert moment > 6


RACE = """
import sys
from dataclasses import replace
from dunning_engine.adapters.files import Files
from dunning_engine.testing.adapters import sample_message

files = Files(sys.argv[1])
for number in range(40):
    for channel in ("email", "sms"):
        files.deliver(replace(sample_message(channel), action_id=f"a{number}"), seconds=30)
"""


def test_two_processes_at_once(tmp_path):
    """Two processes that hand over the same actions at the same time deliver each of them once."""
    running = [subprocess.Popen([sys.executable, "-c", RACE, str(tmp_path)]) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    assert len(list(tmp_path.glob("*.eml"))) == 40
    actions = [json.loads(line)["action"] for line in (tmp_path / "sms.jsonl").read_text().splitlines()]
    assert sorted(actions) == sorted({f"a{number}" for number in range(40)})


@pytest.mark.parametrize(
    ("channel", "step", "kind"),
    [
        (Channel.EMAIL, "os.fsync", Retry),
        (Channel.EMAIL, "dunning_engine.adapters.folder.sync", Uncertain),
        (Channel.SMS, "os.fsync", Uncertain),
    ],
)
def test_a_disk_that_fails(tmp_path, monkeypatch, channel, step, kind):
    """Before a file has its name nothing is there; after it, or inside a table, it may be; the next attempt finishes."""
    files = Files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(step, _full)
        outcome = files.deliver(sample_message(channel), seconds=5)
    assert isinstance(outcome, kind)
    assert "No space" in outcome.note
    assert isinstance(files.deliver(sample_message(channel), seconds=5), Sent)
    (path,) = tmp_path.glob("[!.]*")
    assert path.stat().st_size > 0


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_folder_that_cannot_be_written(tmp_path, channel):
    """Nothing was written, certainly, and it is said which folder refuses."""
    (tmp_path / "out").write_text("a file where the folder should be", "utf-8")
    outcome = Files(tmp_path / "out").deliver(sample_message(channel), seconds=5)
    assert isinstance(outcome, Retry)
    assert f"{tmp_path / 'out'} cannot be written" in outcome.note


def _full(_handle):
    raise OSError(28, "No space left on device")


def test_what_it_is(tmp_path):
    """It shows its folder, and comes back from a pickle the same."""
    files = Files(tmp_path, receipt="delivered")
    files.deliver(sample_message(Channel.EMAIL), seconds=5)
    assert repr(pickle.loads(pickle.dumps(files))) == repr(files) == f"Files('{tmp_path}', receipt='delivered')"
