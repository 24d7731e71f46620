"""The threats of the security page that no room of the house owns alone; the page names the tests of the others."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.errors import PolicyInvalid

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/security.md"
HEAD = "policy: p\nversion: 1\ntime: {zone: Europe/Berlin}\nquiet_hours: 20:00 to 08:00\n"
STEP = "steps: [{step: reminder, when: 7 days after due, send: email reminder}]\n"

BOMBS = {
    "aliases": "a: &a [x, x]\n"
    + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
    "merge keys": "a: &a {x: 1}\nb: {<<: *a}\n",
    "depth": "a: " + "[" * 100_000,
    "nodes": "a: [" + "x, " * 200_000 + "]",
    "one long word": "title: " + "x" * 300_000,
    "a tag": "title: !!python/object/apply:os.system [id]\n",
    "digits": "version: " + "9" * 5_000 + "\n",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_t01_what_grows_when_it_is_read_is_refused_at_once(bomb):
    began = time.monotonic()
    with pytest.raises(PolicyInvalid):
        policy_of(HEAD + STEP + bomb, "bomb.yaml")
    assert time.monotonic() - began < 5


def test_t01_reading_a_bomb_stays_within_its_memory():
    """In a process that gets no more than 512 MB beyond what it has."""
    code = (
        "import resource\n"
        "from dunning_engine.engine.loading import policy_of\n"
        "import sys\n"
        f"policy_of({(HEAD + STEP)!r}, 'p.yaml')\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    policy_of(sys.stdin.read(), 'bomb.yaml')\n"
        "except Exception as refused:\n"
        "    assert type(refused).__name__ == 'PolicyInvalid', refused\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used)\n"
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    for name in ("aliases", "depth", "nodes"):
        text = HEAD + STEP + BOMBS[name]
        told = subprocess.run(
            [sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True, timeout=60
        )
        assert int(told.stdout) < 512_000, name


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('id')",
        "1 + 1",
        "balance at least 10 ** 10 ** 10",
        "{{ 7 * 7 }}",
        "case.debtor.email",
        "balance at least 50.00 or true",
    ],
)
def test_t04_a_condition_is_a_phrase_and_never_code(condition):
    with pytest.raises(PolicyInvalid, match="DUN20"):
        policy_of(f"{HEAD}{STEP[:-3]}, only_if: [{condition!r}]}}]\n", "p.yaml")


def test_t05_no_text_of_an_author_makes_a_pattern_run_for_ever():
    """Phrases of 4,000 characters made to backtrack are answered within a second each."""
    for text in ("a" * 3_900 + "!", "7 " * 1_900, "days after " * 350, "(a+)+$" * 600, " to " * 900):
        began = time.monotonic()
        with pytest.raises(PolicyInvalid):
            policy_of(HEAD + STEP.replace("7 days after due", f'"{text}"'), "p.yaml")
        assert time.monotonic() - began < 5, text[:20]


def test_t20_nothing_is_imported_because_it_is_installed(tmp_path):
    """A package that offers itself as an adapter, a policy or a plugin is not touched unless the host names it."""
    (tmp_path / "hostile.py").write_text("raise SystemExit('a package was imported that nobody asked for')\n")
    meta = tmp_path / "hostile-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    groups = ("dunning", "dunning.adapters", "dunning_engine", "dunning_engine.adapters", "dunning_engine.policies")
    (meta / "entry_points.txt").write_text("".join(f"[{group}]\nx = hostile:x\n\n" for group in groups))
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from dunning_engine import DunningEngine\n"
        "from dunning_engine.stores.memory import MemoryStore\n"
        "from dunning_engine.cli import main\n"
        "DunningEngine.open(MemoryStore(), policies=[]).close()\n"
        "assert 'hostile' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=ROOT)


def test_every_threat_has_its_tests():
    """The page names tests that there are, for each of the 21."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| T\d+ \|", line)]
    assert [row.split("|")[1].strip() for row in rows] == [f"T{number}" for number in range(1, 22)]
    for row in rows:
        named = re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", row)
        assert named, row
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text("utf-8"), f"{path}::{name}"
