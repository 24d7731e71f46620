"""`verify`: what it prints, its exit codes, and that it can be repeated."""

from __future__ import annotations

import io
import json
import sys

import pytest

from dunning_engine.cli import verifying

CONTRADICTION = """policy: planted
version: 1
time: {zone: Europe/Berlin, business_days: none}
steps:
  - {step: reminder, when: 3 days after due, send: email reminder}
  - {step: stern, when: 7 days after reminder, send: email x, only_if: [reminder opened], unless: [reminder sent]}
"""
SOUND = CONTRADICTION.rsplit("  - ", 1)[0]


@pytest.fixture
def planted(house):
    (house / "planted.yaml").write_text(CONTRADICTION, "utf-8")
    (house / "sound.yaml").write_text(SOUND, "utf-8")
    return house


def test_findings(planted, dunning):
    """A finding is told with its story, on standard output; the exit code is 1."""
    result = dunning("verify", "planted.yaml", "--examples", "30")

    assert result.exit_code == 1
    head, *lines = result.stdout.splitlines()
    assert head.startswith("never runs: the step stern did not run in 70 tales, 40 of them made for it: its ")
    assert lines[0].split()[2:] == ["00:00", "opened", "consumer", "in", lines[0].split()[-1]]
    assert any(line.split()[-8:-4] == ["sent", "email", "reminder", "(step"] for line in lines)
    assert "planted: 70 tales, 1 finding; steps ran in: reminder " in result.stderr
    assert "the same again: dunning verify planted.yaml --examples 30 --seed 0" in result.stderr


def test_nothing_found(planted, dunning):
    result = dunning("verify", "sound.yaml", "--examples", "30", "--seed", "4")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "30 tales, no findings" in result.stderr
    assert "--seed 4" in result.stderr


def test_json(planted, dunning):
    """For programs: numbers and findings, and nothing that differs between two runs."""
    one, same = (dunning("verify", "planted.yaml", "--examples", "30", "--format", "json") for _ in range(2))
    report = json.loads(one.stdout)

    assert one.stdout == same.stdout
    assert {key: report[key] for key in ("policy", "seed", "examples", "tales")} == {
        "policy": "planted",
        "seed": 0,
        "examples": 30,
        "tales": 70,
    }
    (finding,) = report["findings"]
    assert (finding["kind"], finding["subject"]) == ("never runs", "stern")
    assert finding["story"][0]["what"] == "opened"


@pytest.mark.parametrize("call", [("nowhere.yaml",), ("sound.yaml", "--examples", "0"), ("sound.yaml", "--seed", "x")])
def test_wrong_calls(planted, dunning, call):
    assert dunning("verify", *call).exit_code == 2


def test_a_policy_with_mistakes(planted, dunning):
    """It is not driven; its findings are those of `check`."""
    (planted / "wrong.yaml").write_text(SOUND.replace("email reminder", "telex reminder"), "utf-8")
    result = dunning("verify", "wrong.yaml")

    assert result.exit_code == 1
    assert "wrong.yaml:5:" in result.stderr


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal(monkeypatch):
    """On a terminal a bar counts the tales, and leaves nothing behind where there is none."""
    monkeypatch.setattr(sys, "stderr", Screen())
    with verifying._bar(3) as done:
        done()

    assert "Verifying" in sys.stderr.getvalue()
