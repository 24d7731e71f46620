"""The pytest plugin: the same tests as `dunning test`, one item each."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

# pytester forgets what is first imported inside of it: two copies of a class would be left for the tests that follow
import dunning_engine.policy.compiler
import dunning_engine.testing.runner
import dunning_engine.whereabouts.holidays
import dunning_engine.whereabouts.zones  # noqa: F401

pytest_plugins = ["pytester"]

POLICY = """
policy: shop
version: 1
time: {zone: America/New_York}
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
"""
TEST = """
policy: shop
tests:
  - name: as it is
    given:
      debtor: {name: ann, kind: consumer, country: US, zone: America/New_York, email: ann@example.com}
      invoice: {number: INV-1, amount: 240.00 USD, issued: 2026-02-01, due: 2026-03-02}
    expect: {2026-03-05: email reminder}
  - name: as it is not
    given:
      debtor: {name: ann, kind: consumer, country: US, zone: America/New_York, email: ann@example.com}
      invoice: {number: INV-1, amount: 240.00 USD, issued: 2026-02-01, due: 2026-03-02}
    expect: {2026-03-06: email reminder}
"""


PLUGIN = "dunning_engine.testing.plugin"


@pytest.fixture
def run(pytester):
    """Runs pytest over the files of a test, with the plugin and with warnings as errors."""
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", PLUGIN)

    def run(*args: str):
        return pytester.runpytest_inprocess(*plugin, "-W", "error", *args)

    return run


def test_items(pytester, run):
    """Each test is an item; a failure shows the dated diff and no traceback."""
    (pytester.path / "shop.yaml").write_text(POLICY, "utf-8")
    (pytester.path / "shop.test.yaml").write_text(TEST.lstrip("\n"), "utf-8")

    result = run("-v")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "shop.test.yaml::as it is PASSED*",
            "shop.test.yaml::as it is not FAILED*",
            "*shop.test.yaml:8: shop: as it is not",
            "2026-03-05",
            "  - expected  nothing",
            "  + got       email reminder",
            "    because   step reminder was due 2026-03-05 10:00",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_one_by_name(pytester, run):
    """Items can be chosen as any other."""
    (pytester.path / "shop.yaml").write_text(POLICY, "utf-8")
    (pytester.path / "shop.test.yaml").write_text(TEST.lstrip("\n"), "utf-8")

    run("shop.test.yaml::as it is").assert_outcomes(passed=1)


def test_policies_of_the_project(pytester, run):
    """A policy that does not lie beside its tests lies in `policies/` of the project."""
    (pytester.mkdir("policies") / "shop.yaml").write_text(POLICY, "utf-8")
    (pytester.path / "shop.test.yaml").write_text(TEST, "utf-8")

    run("shop.test.yaml::as it is").assert_outcomes(passed=1)


def test_mistakes(pytester, run):
    """Mistakes of a file are an error of its collection, with place and suggestion."""
    (pytester.path / "shop.yaml").write_text(POLICY, "utf-8")
    (pytester.path / "shop.test.yaml").write_text(TEST.replace("email reminder}", "emial reminder}"), "utf-8")

    result = run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*shop.test.yaml:8:26 DUN277 *", '*did you mean "email reminder"?'])


def test_missing_policy(pytester, run):
    """So is a policy that is not there."""
    (pytester.path / "shop.test.yaml").write_text(TEST, "utf-8")

    result = run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*DUN279 there is no shop.yaml in *"])


def test_other_files(pytester, run):
    """Files of this name that are something else are left alone."""
    (pytester.path / "chart.test.yaml").write_text("suite: chart\ntests: []\n", "utf-8")

    assert run().ret == pytest.ExitCode.NO_TESTS_COLLECTED


LAW = """
kind: law-cases
contact_cases:
  - {id: noon, law: us/reg-f, attempt: {at: 2026-06-10T12:00:00-04:00, channel: letter}, expected: allowed}
  - {id: card, title: No cards, law: us/reg-f, attempt: {at: 2026-06-10T12:00:00-04:00, channel: postcard}, expected: allowed}
"""


@pytest.mark.parametrize(("name", "named"), [("law.test.yaml", ()), ("law.yaml", ("law.yaml",))])
def test_law_cases(pytester, run, name, named):
    """Each case of law is an item too, in files of this name or where a file is asked for; a failure says why."""
    (pytester.path / name).write_text(LAW, "utf-8")

    result = run(*named)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"*{name}:5: card: No cards", "expected allowed, but it is denied: POSTCARD: *"])


def test_law_cases_with_mistakes(pytester, run):
    """Their mistakes are told as those of tests are."""
    (pytester.path / "law.test.yaml").write_text(LAW.replace("postcard}", "postcrd}"), "utf-8")

    result = run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ['*law.test.yaml:5:* DUN274 "postcrd" is no word for "channel"', '*did you mean "postcard"?']
    )


def test_own_errors_keep_their_traceback(pytester, run, monkeypatch):
    """An error of the library is not dressed up as a failed policy."""
    (pytester.path / "shop.yaml").write_text(POLICY, "utf-8")
    (pytester.path / "shop.test.yaml").write_text(TEST, "utf-8")
    monkeypatch.setattr("dunning_engine.testing.runner.Test.run", lambda self: 1 / 0)

    result = run("shop.test.yaml::as it is")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_light():
    """Starting pytest imports nothing of the library but the plugin."""
    code = (
        "import sys, dunning_engine.testing.plugin;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in {'dunning_engine', 'pydantic', 'yaml', 'sqlalchemy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['dunning_engine', 'dunning_engine.testing', 'dunning_engine.testing.plugin']"
