"""The command line as a process: exit codes, streams, pipes, colours, and how long it takes to say that all is fine."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PORTFOLIO = ROOT / "examples/portfolio"
SIMULATE = (
    *("simulate", ROOT / "policies/eu-business.yaml"),
    *("--invoices", PORTFOLIO / "invoices.csv", "--mapping", PORTFOLIO / "mapping.yaml"),
    *("--debtors", PORTFOLIO / "debtors.csv", "--debtors-mapping", PORTFOLIO / "debtors.mapping.yaml"),
    *("--from", "2026-02-02", "--until", "2026-05-31"),
)


def command(*arguments):
    return [sys.executable, "-m", "dunning_engine.cli", *map(str, arguments)]


def dunning(*arguments, **environment):
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return subprocess.run(
        command(*arguments), capture_output=True, encoding="utf-8", cwd=ROOT, env=plain | environment, check=False
    )


def test_version():
    """The version is one line."""
    result = dunning("--version")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("dunning 0.")


@pytest.mark.parametrize(
    "names",
    [
        *(
            ("check",),
            ("schema",),
            ("explain",),
            ("test",),
            ("simulate",),
            ("run",),
            ("demo",),
            ("approve",),
            ("refuse",),
        ),
        *(("case", "list"), ("case", "show"), ("case", "why"), ("outbox", "list")),
    ],
)
def test_help(names):
    """Every command has help with an example."""
    result = dunning(*names, "--help")

    assert result.returncode == 0
    assert f"Example: dunning {' '.join(names)}" in " ".join(result.stdout.split())


def test_our_own_policies():
    """The policies that ship have no mistakes, and their tests pass."""
    checked, tested = dunning("check", "policies"), dunning("test", "policies")

    assert (checked.returncode, checked.stdout) == (0, "")
    assert tested.returncode == 0


def processor_seconds(*arguments):
    """What a process of Python takes at best of three, its start and all imports included."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def test_check_is_quick():
    """A policy is checked in less than six times what it takes to import the libraries that read one."""
    ours = processor_seconds("-m", "dunning_engine.cli", "check", "policies/us-consumer.yaml")
    theirs = processor_seconds("-c", "import pydantic, typer.rich_utils, yaml")

    assert ours < 6 * theirs


def test_json_is_all_there_is(tmp_path):
    """Standard output holds only the array, whatever else is told."""
    (tmp_path / "ä.yaml").write_text("policy: ä\n", "utf-8")
    result = dunning("check", tmp_path / "ä.yaml", "--format", "json", PYTHONIOENCODING="ascii")

    assert result.returncode == 1
    assert json.loads(result.stdout)[0]["file"].endswith("ä.yaml")


def test_jsonl_is_all_there_is():
    """Standard output holds only lines of JSON in order of time; what was left out or blocked is told elsewhere."""
    result = dunning(*SIMULATE, "--format", "jsonl")
    lines = [json.loads(line) for line in result.stdout.splitlines()]

    assert result.returncode == 0
    assert len(lines) > 50
    assert {line["verdict"] for line in lines} <= {"cleared", "blocked", "waiting"}
    assert "invoices.csv:197: error" in result.stderr


def test_broken_pipe():
    """A reader that goes away ends the command without a word."""
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run(command("schema"), stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(write)

    assert (result.returncode, result.stderr) == (141, b"")


def test_colours(tmp_path):
    """Colours are for terminals, or where they are asked for, and never against NO_COLOR."""
    (tmp_path / "bad.yaml").write_text("policy: a\n")
    redirected = dunning("check", tmp_path / "bad.yaml")
    forced = dunning("check", tmp_path / "bad.yaml", FORCE_COLOR="1")
    refused = dunning("check", tmp_path / "bad.yaml", FORCE_COLOR="1", NO_COLOR="1")

    assert "\x1b[" not in redirected.stdout + refused.stdout
    assert "\x1b[1;31m" in forced.stdout


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("check",), ("check", "--formt", "json"), ("case",)])
def test_wrong_use(arguments):
    """What cannot be understood is wrong use: exit code 2, nothing on standard output but help."""
    result = dunning(*arguments)

    assert result.returncode == 2
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("columns", ["60", "100"])
def test_width(columns):
    """Nothing is wider than the screen."""
    result = dunning("explain", "policies/us-consumer.yaml", "--due", "2026-03-02", COLUMNS=columns)

    assert max(map(len, result.stdout.splitlines())) <= int(columns)


def test_einvoices():
    """A folder of e-invoices is taken in beside a table, and the policy given is theirs."""
    documents = PORTFOLIO / "einvoices"
    alone = dunning(*SIMULATE[:2], "--invoices", documents, *SIMULATE[-4:], "--format", "jsonl")
    lines = [json.loads(line) for line in alone.stdout.splitlines()]

    assert alone.returncode == 0
    assert {"K26-E02"} <= {number for line in lines for number in line["invoices"]}
    assert "K26-E04.xml:2: note: no due date" in alone.stderr
    assert dunning(*SIMULATE, "--invoices", documents).returncode == 0
