"""Zone rules that change under a store: what is planned is worked out anew, what happened stays as it was.

The rules of the machine are never asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import pytest

PROGRAM = """
import json, sys
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import iso, tzdata_version
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Sent

POLICY = '''
policy: shop
version: 1
law: []
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: warning
    when: 5 days after reminder
    send: email warning
'''

class Sink:
    name, capability, handles = "sink", Capability.NONE, frozenset({Channel.EMAIL})
    def deliver(self, message, *, seconds):
        return Sent("x")
    def render(self, action, *_, **_more):
        from types import SimpleNamespace
        return SimpleNamespace(subject="", text="x", language="en")

url, now, opens = sys.argv[1:4]
sink, clock = Sink(), FixedClock(now)
engine = DunningEngine.open(url, policies=[policy_of(POLICY, "p")], adapters=[sink], renderer=sink, clock=clock, journal=False)
if opens == "yes":
    debtor = Party.consumer("ann", email="a@example.com", zone="Europe/Berlin", country="DE")
    engine.open_case(debtor, [Invoice("I1", Money("9.00", "EUR"), due="2026-03-02", issued="2026-02-02")], "shop")
engine.advance()
sent = [iso(handover.at) for handover in engine.dispatch()]
engine.advance()
look = engine.next_look()
history = [(r.seq, r.at, type(r.event).__name__) for r in engine.history(engine.cases()[0].id)]
print(json.dumps({"zones": tzdata_version(), "sent": sent, "look": look and iso(look), "history": history}))
engine.close()
"""


def played(url: str, now: str, *, opens: bool, paths: tuple[Path, ...] = (), **more: str) -> dict:
    """One process at work on a store, and what it says."""
    python = os.pathsep.join([*map(str, paths), *(path for path in sys.path if path)])
    environment = {**os.environ, "PYTHONPATH": python, **more}
    command = [sys.executable, "-c", PROGRAM, url, now, "yes" if opens else "no"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    said: dict = json.loads(ended.stdout)
    return said


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of another year, in which Berlin has moved to New York's time."""
    folder = tmp_path_factory.mktemp("zones")
    with resources.as_file(resources.files("tzdata")) as package:
        shutil.copytree(package, folder / "tzdata")
    zones = folder / "tzdata" / "zoneinfo"
    shutil.copy(zones / "America" / "New_York", zones / "Europe" / "Berlin")
    about = folder / "tzdata-2099.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tzdata\nVersion: 2099.1\n")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A store that lived under the rules of today, and what it said."""
    database = tmp_path_factory.mktemp("home") / "dunning.db"
    return database, played(f"sqlite:///{database}", "2026-03-05T10:00:00+01:00", opens=True)


def test_what_is_planned_is_worked_out_anew_and_the_past_stays(other: Path, home: tuple[Path, dict]) -> None:
    """The warning was planned for ten in Berlin; ten in Berlin is another instant now."""
    database, before = home
    after = played(f"sqlite:///{database}", "2026-03-06T10:00:00+01:00", opens=False, paths=(other,))

    assert (before["zones"], after["zones"]) == (metadata.version("tzdata"), "2099.1")
    assert before["sent"] == ["2026-03-05T09:00:00+00:00"]
    assert before["look"] == "2026-03-10T09:00:00+00:00"
    assert after["look"] == "2026-03-10T14:00:00+00:00"
    assert after["history"][: len(before["history"])] == before["history"]


def test_the_zone_rules_of_the_machine_are_not_asked(other: Path, home: tuple[Path, dict], tmp_path: Path) -> None:
    """Whatever `PYTHONTZPATH` and `TZ` say: the rules are those of the package that is installed, whose version is kept."""
    more = {"PYTHONTZPATH": str(other / "tzdata" / "zoneinfo"), "TZ": "Asia/Kolkata"}
    there = played(f"sqlite:///{tmp_path / 'there.db'}", "2026-03-05T10:00:00+01:00", opens=True, **more)

    assert there == home[1]
