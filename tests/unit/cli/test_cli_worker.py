"""`dunning worker` and `dunning outbox`: processes that run until told to stop, and words on what nobody knows about."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dunning_engine.adapters.files import Files
from dunning_engine.ports.adapter import Uncertain

SECONDS = 60


@contextmanager
def worker(house: Path, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "dunning_engine.cli", "worker", "--poll", "0.1", *options]
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        command, cwd=house, text=True, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths, **environment}
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def comes(what: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until something is so."""
    for _ in range(SECONDS * 20):
        if what():
            return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    raise AssertionError(process.poll())


def told_to_stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """What it says when it ends, with 0."""
    process.send_signal(number)
    words = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 0, words
    return words


def letters(house: Path) -> int:
    return len(list((house / "out").glob("*.eml")))


def health(file: Path) -> dict:
    return json.loads(file.read_text()) if file.exists() else {}


def test_it_works_until_told_to_stop(house):
    """It takes in, decides and hands over, takes over better rules and keeps the old ones where the new are wrong."""
    policy = house / "gentle.yaml"
    file = house / "health.json"
    good = policy.read_text().replace("quiet_hours: 20:00 to 09:00\n", "")
    policy.write_text(good)
    with worker(house, "--health", "health.json") as process:
        comes(lambda: letters(house) == 1, process)
        policy.write_text("policy: gentle\nversion: 2\nsteps: [\n")
        comes(lambda: health(file).get("reload_trouble"), process)
        assert health(file)["state"] == "running"
        policy.write_text(good.replace("version: 1", "version: 2"))
        comes(lambda: not health(file)["reload_trouble"], process)
        (house / "invoices.csv").write_text((house / "invoices.csv").read_text().replace("2026-01-xx", "2026-01-01"))
        comes(lambda: letters(house) == 2, process)
        assert "nothing is armed" in told_to_stop(process)
    assert health(file)["state"] == "stopped"


def test_a_file_has_one_process(house, dunning):
    """Two that write to one SQLite file are refused with words, as is a store that would not last."""
    result = dunning("worker", "--processes", "2")
    assert result.exit_code == 2
    assert "one process owns a SQLite file" in result.stderr

    config = house / "dunning.toml"
    config.write_text(config.read_text().replace("sqlite:///out/dunning.db", "memory:"))
    assert "needs a store that lasts" in dunning("worker").stderr


def test_several_processes_share_postgresql(house, postgres_url):
    """One that is killed is started again; told to stop, all of them end."""
    config = house / "dunning.toml"
    config.write_text(config.read_text().replace("sqlite:///out/dunning.db", "env:DUNNING_STORE"))
    (house / "gentle.yaml").write_text((house / "gentle.yaml").read_text().replace("quiet_hours: 20:00 to 09:00\n", ""))
    options = ("--processes", "2", "--health", "health.json", "--isolate")
    with worker(house, *options, DUNNING_STORE=postgres_url) as process:
        comes(lambda: letters(house) == 1, process)
        files = [house / f"health.{number}.json" for number in (1, 2)]
        comes(lambda: all(health(file).get("last_tick") for file in files), process)
        first = health(files[0])["pid"]
        os.kill(first, signal.SIGKILL)
        comes(lambda: health(files[0])["pid"] != first, process)
        assert "stopped 2 processes" in told_to_stop(process, signal.SIGINT)
    assert [health(file)["state"] for file in files] == ["stopped", "stopped"]


# What nobody knows about ----------------------------------------------------------------------------------------------


@pytest.fixture
def sent(house, dunning):
    """The identity of a reminder that was sent."""
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    (row,) = json.loads(dunning("outbox", "list", "--format", "json").stdout)
    return row["action"]


def test_an_action_is_shown_with_its_words(sent, dunning):
    """How it stands, what happened to it, and what it says."""
    shown = dunning("outbox", "show", sent).stdout
    assert "email reminder of case ann/I-1, step reminder: sent" in shown
    assert "Please pay" in shown
    (told,) = json.loads(dunning("outbox", "show", sent, "--format", "json").stdout)
    assert (told["state"], told["attempts"], "Please pay" in told["message"]["text"]) == ("sent", 1, True)
    missing = dunning("outbox", "show", "nothing")
    assert (missing.exit_code, "there is no action 'nothing'" in missing.stderr) == (2, True)


def test_only_of_the_uncertain_more_can_be_told(sent, dunning):
    """The command says what it is instead."""
    result = dunning("outbox", "resolve", sent, "--left", "--by", "Ida Moor")
    assert result.exit_code == 2
    assert "is sent: only of an uncertain one a person can tell more" in result.stderr


@pytest.mark.parametrize(("word", "state"), [("--left", "sent"), ("--not-left", "retry")])
def test_a_person_resolves_it(house, dunning, monkeypatch, word, state):
    """The list names the command, and who said what stands in the case."""
    monkeypatch.setattr(Files, "deliver_asking", lambda *_args, **_more: Uncertain("silence"))
    monkeypatch.setattr(Files, "capability", "none")
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    (row,) = json.loads(dunning("outbox", "list", "--state", "uncertain", "--format", "json").stdout)
    assert (
        f"`dunning outbox resolve {row['action']} --left --by NAME`, or --not-left" in dunning("outbox", "list").stderr
    )

    result = dunning("outbox", "resolve", row["action"], word, "--by", "Ida Moor", "--note", "asked them")
    assert result.exit_code == 0
    assert "says Ida Moor" in result.stdout
    (after,) = json.loads(dunning("outbox", "list", "--format", "json").stdout)
    assert after["state"] == state
    assert "Ida Moor" in dunning("case", "show", "ann/I-1").stdout
