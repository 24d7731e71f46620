"""`check`, `schema`, `explain` and `test`: for people who write policies."""

from __future__ import annotations

import json

import pytest

BROKEN = "policy: broken\nversion: 1\ngrase: 3 days\nsteps:\n  - step: a\n    when: 3 days after deu\n    send: email reminder\n"
TESTS = """policy: gentle
tests:
  - name: nobody pays
    given:
      debtor: {name: ann, kind: business, zone: Europe/Berlin, email: ann@example.com}
      invoice: {number: I-1, amount: 100.00 EUR, issued: 2026-01-01, due: 2026-01-15}
    expect:
      2026-01-18: email reminder
"""


def test_fine(house, dunning):
    """A good policy says so in a line on the error stream, and the result is empty."""
    result = dunning("check", "gentle.yaml")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "1 file: fine\n")


def test_all_at_once(house, dunning):
    """Every mistake is shown with its place, and the exit code says that there are findings."""
    (house / "broken.yaml").write_text(BROKEN)
    result = dunning("check", "broken.yaml")

    assert result.exit_code == 1
    assert 'broken.yaml:3:1 DUN201 there is no key "grase" here\n' in result.stdout
    assert "broken.yaml:6:24 DUN301" in result.stdout
    assert "\n3 | grase: 3 days\n  | ^^^^^\n" in result.stdout
    assert "2 errors" in result.stderr


def test_no_error_is_named(house, dunning):
    """What is no error says so in words, and does not fail."""
    (house / "policies").mkdir()
    (house / "policies" / "gentle.yaml").write_bytes((house / "gentle.yaml").read_bytes())
    result = dunning("check", "policies")

    assert result.exit_code == 0
    assert "DUN501 note: templates are not checked" in result.stdout


def test_json(house, dunning):
    """For programs the findings are one array with the documented keys; an empty one where all is fine."""
    (house / "broken.yaml").write_text(BROKEN)
    found = json.loads(dunning("check", "broken.yaml", "--format", "json").stdout)

    assert list(found[0]) == [
        *("file", "line", "column", "end_column", "severity", "code", "message", "suggestion", "accepted", "url")
    ]
    assert dunning("check", "gentle.yaml", "--format", "json").stdout == "[]\n"


def test_folders(house, dunning):
    """A folder gives its policies, mappings and test files; other YAML is left alone."""
    (house / "gentle.test.yaml").write_text(TESTS)
    (house / "docker-compose.yaml").write_text("services: {}\n")
    result = dunning("check", ".")

    assert (result.exit_code, result.stderr) == (0, "3 files: fine\n")


def test_configuration(house, dunning):
    """A configuration is checked like the rest, but its lines are not shown: they may hold a secret."""
    assert dunning("check", "dunning.toml", "gentle.yaml").stderr == "2 files: fine\n"
    (house / "dunning.toml").write_text((house / "dunning.toml").read_text().replace("name =", "nam ="))
    result = dunning("check", "dunning.toml")

    assert result.exit_code == 1
    assert result.stdout.startswith('dunning.toml:5:1 DUN291 there is no key "nam" in [creditor]\n')
    assert "Kestrel" not in result.stdout


def test_policies_of_a_configuration(house, dunning):
    """A broken policy is told with the configuration that names it, from where the user stands."""
    (house / "gentle.yaml").write_text(BROKEN)
    found = json.loads(dunning("check", "dunning.toml", "--format", "json").stdout)

    assert {(one["file"], one["code"]) for one in found} >= {("gentle.yaml", "DUN201"), ("gentle.yaml", "DUN301")}


def test_files_of_a_configuration(house, dunning):
    """Texts and mappings that it names are checked with it, and what is checked twice is told once."""
    (house / "templates/email/reminder.liquid").write_text("Subject: {{ debtor.nmae }}\n\nPay.\n")
    (house / "mapping.yaml").write_text("invoices: 5\n")
    found = json.loads(dunning("check", "dunning.toml", "gentle.yaml", "--format", "json").stdout)
    files = [(one["file"], one["code"]) for one in found]

    assert files.count(("templates/email/reminder.liquid", "DUN505")) == 1
    assert "mapping.yaml" in {file for file, _code in files}


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("mapping.yaml", "invoice: A\ndebtr: B\n", "DUN252"),
        ("people.yaml", "debtor: A\nemale: B\n", "DUN252"),
        ("x.test.yaml", "policy: gentle\ntests:\n  - name: a\n", "DUN27"),
        ("latin.yaml", b"policy: \xe4\n", "DUN1"),
        ("other.yaml", "hello: world\n", "DUN2"),
    ],
)
def test_by_what_it_is(house, dunning, name, text, code):
    """A file that is named is checked as what it is by its keys, and as a policy otherwise."""
    (house / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    result = dunning("check", name)

    assert result.exit_code == 1
    assert f" {code}" in result.stdout


def test_templates(house, dunning):
    """Templates beside the policy are checked, or those of another folder; the place is the phrase that names one."""
    (house / "texts" / "email").mkdir(parents=True)
    result = dunning("check", "gentle.yaml", "--templates", "texts")

    assert result.exit_code == 1
    assert "gentle.yaml:9:11 DUN502" in result.stdout
    assert dunning("check", "gentle.yaml", "--templates", "nowhere").exit_code == 2


def test_places_of_fallbacks(house, dunning):
    """Each way of a fallback, each item of a list and a call script is marked at its own words."""
    steps = """
  - step: letter
    when: 3 days after agency
    send: [email reminder, certified letter demand or else letter demand]
    call: script
"""
    policy = (house / "gentle.yaml").read_text().replace("\npause_while", steps + "pause_while")
    (house / "gentle.yaml").write_text(policy)
    found = json.loads(dunning("check", "gentle.yaml", "--format", "json").stdout)

    marked = {
        policy.splitlines()[f["line"] - 1][f["column"] - 1 : f["end_column"] - 1]
        for f in found
        if f["code"] == "DUN502"
    }
    assert marked == {"certified letter demand", "letter demand", "script"}


def test_schema(dunning):
    """The schema is JSON and about policies."""
    schema = json.loads(dunning("schema").stdout)

    assert "steps" in schema["properties"]


LADDER = """
policy: ladder
version: 1
title: steps that may not come
time: {zone: UTC}
steps:
  - {step: first, when: 3 days after due, send: email first}
  - {step: chase, when: 2 days after first, send: email chase, cadence: every 4 days up to 3 times}
  - {step: vip, when: 15 days after due, send: email vip, only_if: [fact vip is true]}
  - {step: after-vip, when: 5 days after vip, send: email after}
  - {step: last, when: 5 days after chase, send: email last}
  - {step: proven, when: 5 days after last, send: email proven, requires: [vip sent]}
"""


def test_explain(house, dunning):
    """The English text has the days on which an unpaid invoice would be dunned."""
    result = dunning("explain", "gentle.yaml", "--due", "2026-01-15")

    assert result.exit_code == 0
    assert "Sunday 18 January 2026" in " ".join(result.stdout.split())
    assert "Wednesday 28 January 2026" in " ".join(result.stdout.split())
    assert all(len(line) <= 88 for line in result.stdout.splitlines())


def test_explain_names_the_steps_that_the_example_never_comes_to(house, dunning):
    """A step that asks for what is not so has no day, and what counts from a step passed over still has one."""
    (house / "ladder.yaml").write_text(LADDER, "utf-8")
    told = " ".join(dunning("explain", "ladder.yaml", "--due", "2026-01-15").stdout.split())

    assert "2. chase: 2 days after the step first (for example Tuesday 20 January 2026)" in told
    assert "4. after-vip: 5 days after the step vip (for example Wednesday 4 February 2026)" in told
    assert "5. last: 5 days after the step chase (for example" in told
    assert "they have no day: vip, proven." in told


@pytest.mark.parametrize(
    ("count", "told", "day"),
    [
        ("1 failed payment", "never paid: its payment fails on the due date.", "15"),
        ("2 failed payments", "fails on the due date and the day after.", "16"),
        ("3 failed payments", "fails on the due date and the 2 days after.", "17"),
    ],
)
def test_explain_a_policy_that_waits_for_failed_payments(house, dunning, count, told, day):
    """The payments of its example fail, so that its steps have days."""
    ladder = (
        f"{LADDER.split('steps:', maxsplit=1)[0]}steps:\n  - {{step: declined, when: {count}, send: email declined}}\n"
    )
    (house / "ladder.yaml").write_text(ladder, "utf-8")
    text = " ".join(dunning("explain", "ladder.yaml", "--due", "2026-01-15").stdout.split())

    assert f"{day} January 2026), we send the email declined" in text
    assert told in text


def test_explain_without_a_date(house, dunning):
    """Without a due date the example is due in thirty days."""
    assert "The example is an invoice" in dunning("explain", "gentle.yaml").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "dunning: check needs PATH. Policies, mappings, test files, folders of them, "),
        (
            ["test"],
            "dunning: test needs PATH. Test files, policies with one beside them, or folders. Example: dunning test policies\n",
        ),
        (["case", "show"], "dunning: show needs CASE. "),
        (["explain", "nope.yaml"], "dunning: there is no file nope.yaml\n"),
        (["explain", "."], "dunning: . is a folder, not a file\n"),
        (
            ["explain", "gentle.yaml", "--due", "1.2.2026"],
            "dunning: --due: '1.2.2026' is not a date such as 2026-03-31\n",
        ),
        (["check", "templates"], "dunning: there is no policy, mapping or test file in templates\n"),
        (["test", "templates"], "dunning: there is no test file in templates"),
        (
            ["test", "gentle.yaml"],
            "dunning: gentle.yaml is a policy, and there is no test file gentle.test.yaml beside it\n",
        ),
    ],
)
def test_wrong_use(house, dunning, arguments, message):
    """A mistake of the user is one line and exit code 2."""
    result = dunning(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_explain_a_broken_policy(house, dunning):
    """A policy with mistakes is not explained: the findings go to the error stream."""
    (house / "broken.yaml").write_text(BROKEN)
    result = dunning("explain", "broken.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "DUN201" in result.stderr


def test_policy_tests(house, dunning):
    """Tests that pass are named, and counted on the error stream."""
    (house / "gentle.test.yaml").write_text(TESTS)
    result = dunning("test", ".")

    assert (result.exit_code, result.stdout) == (0, "ok    gentle.test.yaml::nobody pays\n")
    assert result.stderr == "1 test in 1 file: all passed\n"


def test_files_that_are_not_run(house, dunning):
    """What could not be read is not called passed."""
    (house / "wrong.test.yaml").write_text(TESTS.replace("nobody pays", "").replace("100.00 EUR", "much"))
    result = dunning("test", "wrong.test.yaml")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "no tests in 1 file: not run: 2 mistakes")

    (house / "gentle.test.yaml").write_text(TESTS)
    result = dunning("test", ".")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "1 test in 2 files: all passed, 1 file not run: 2 mistakes"


def test_a_policy_stands_for_the_tests_beside_it(house, dunning):
    """Naming the policy, its tests, or both runs them once."""
    (house / "gentle.test.yaml").write_text(TESTS)
    for names in (["gentle.yaml"], ["gentle.yaml", "gentle.test.yaml"]):
        assert dunning("test", *names).stdout == "ok    gentle.test.yaml::nobody pays\n"


def test_policy_tests_that_fail(house, dunning):
    """A test that fails shows the day, what was expected and what came."""
    (house / "gentle.test.yaml").write_text(TESTS.replace("2026-01-18", "2026-01-19"))
    result = dunning("test", "gentle.test.yaml")

    assert result.exit_code == 1
    assert "FAIL  gentle.test.yaml::nobody pays\n      2026-01-18\n" in result.stdout
    assert "+ got       email reminder" in result.stdout


def test_policy_tests_as_json(house, dunning):
    """For programs there is one object a test."""
    (house / "gentle.test.yaml").write_text(TESTS)
    (result,) = json.loads(dunning("test", "gentle.test.yaml", "--format", "json").stdout)

    assert (result["id"], result["passed"]) == ("gentle.test.yaml::nobody pays", True)


def test_two_policies_of_one_name(house, dunning):
    """A copy that kept name and version is told: tests and configurations could mean either."""
    (house / "strict.yaml").write_bytes((house / "gentle.yaml").read_bytes())
    (house / "strict.test.yaml").write_text(TESTS)
    checked, tested = dunning("check", "strict.yaml"), dunning("test", "strict.test.yaml")

    assert checked.exit_code == 0
    assert "strict.yaml:1:9 DUN282 warning: gentle.yaml holds version 1 of gentle too: " in checked.stdout
    assert tested.exit_code == 1
    assert "strict.test.yaml:1:9 DUN282 gentle.yaml and strict.yaml hold the same version of gentle: " in tested.stderr


def test_another_version_is_played_by_the_tests_of_its_own_name(house, dunning):
    """Versions of one policy may lie side by side."""
    later = (house / "gentle.yaml").read_text().replace("version: 1", "version: 2").replace("3 days", "5 days")
    (house / "gentle-2.yaml").write_text(later)
    (house / "gentle-2.test.yaml").write_text(TESTS.replace("2026-01-18", "2026-01-20"))

    assert dunning("test", "gentle-2.test.yaml").exit_code == 0
    assert "DUN282" not in dunning("check", "gentle-2.yaml").stdout


def test_a_test_file_with_mistakes(house, dunning):
    """Mistakes of a test file are findings on the error stream."""
    (house / "gentle.test.yaml").write_text(TESTS.replace("expect", "expects"))
    result = dunning("test", "gentle.test.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "DUN27" in result.stderr
