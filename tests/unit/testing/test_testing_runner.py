"""Running tests of policies: where policies are found, what is compared, and what a failure says."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

import dunning_engine.testing
from dunning_engine.testing import run_file
from dunning_engine.testing.runner import FileResult

POLICY = """
policy: shop
version: 1
time: {zone: America/New_York}
contact_limits: [1 call per day per debtor, 2 contacts in 7 days per debtor]
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder with invoice
    call: reminder-script
  - step: second
    when: 7 days after reminder
    send: [email second, sms nudge]
  - step: agency
    when: 20 days after due
    hand_off: agency acme
    approval: credit-manager
pause_while: [promise open, on hold]
"""

TEST = """
policy: shop
tests:
  - name: one
    given:
      debtor: {name: ann, kind: consumer, country: US, zone: America/New_York, email: ann@example.com, phone: "+12125550123"}
      invoice: {number: INV-1, amount: 240.00 USD, issued: 2026-02-01, due: 2026-03-02}
"""


@pytest.fixture
def run(tmp_path):
    """Runs a file with one test over the policy of this module."""
    (tmp_path / "shop.yaml").write_text(POLICY.lstrip("\n"), "utf-8")

    def run(rest: str, head: str = TEST) -> FileResult:
        file = tmp_path / "shop.test.yaml"
        file.write_text(head.lstrip("\n") + indent(dedent(rest).lstrip("\n"), "    "), "utf-8")
        return run_file(file)

    return run


def message(result: FileResult) -> str:
    assert result.diagnostics == ()
    (one,) = result.results
    return one.message


def test_passes(run):
    """A test that says what happens passes, in all its forms."""
    result = run("""
        on:
          2026-03-21: hold placed
          2026-03-24: hold lifted
        expect:
          2026-03-05: [call reminder-script, email reminder]
          2026-03-12: [email second, sms nudge]
          2026-03-21: paused
          2026-03-24: resumed
          2026-03-25: hand off agency acme
    """)

    assert result.passed
    assert message(result) == ""
    assert result.results[0].as_json() == {
        "id": result.results[0].id,
        "passed": True,
        "verdict": None,
        "expected": None,
        "reasons": [],
        "rules": [],
        "citations": [],
        "message": "",
    }


def test_id_and_place(run, tmp_path):
    """A result is named by file and test, and says where the test stands."""
    (one,) = run("expect: {2026-03-05: nothing}").results

    assert one.id == f"{tmp_path / 'shop.test.yaml'}::one"
    assert (one.place.file, one.place.line) == (str(tmp_path / "shop.test.yaml"), 3)


def test_what_did_not_come(run):
    """What is missing is told with the rule that put it off, and until when."""
    result = run("""
        on:
          2026-03-04: payment of 1.00
        expect:
          2026-03-05: [call reminder-script, email reminder]
          2026-03-07: [email second, sms nudge]
          2026-03-12: [email second, sms nudge]
    """)

    assert message(result) == dedent("""\
        2026-03-07
          - expected  email second
                      sms nudge
          + got       nothing
            because   step second: comes next (2026-03-12 10:00)""")


def test_what_came_later(run):
    """Both days of an action that came late are told, and each says why."""
    result = run("""
        expect:
          2026-03-05: [call reminder-script, email reminder]
          2026-03-11: email second
          2026-03-12: sms nudge
    """)

    assert message(result) == dedent("""\
        2026-03-11
          - expected  email second
          + got       nothing
            because   step second: comes next (2026-03-12 10:00)
                      it came on 2026-03-12
        2026-03-12
          - expected  only sms nudge
          + got       email second
            because   step second was due 2026-03-12 10:00""")


def test_rules_and_reasons(run, tmp_path):
    """The rules that spoke are told by their ids, for people and for programs."""
    policy = POLICY.replace("send: [email second, sms nudge]", "send: [email second, sms nudge, sms more]")
    (tmp_path / "shop.yaml").write_text(policy.lstrip("\n"), "utf-8")
    result = run("""
        expect:
          2026-03-05: [call reminder-script, email reminder]
          2026-03-12: [email second, sms nudge, sms more]
    """)

    assert message(result) == dedent("""\
        2026-03-12
          - expected  sms more
          + got       only email second, sms nudge
            because   policy/contact-limit-2: the policy allows 2 contacts in 7 days per debtor (until 2026-03-19 00:00)
                      step second: is due (occurrence 1) (2026-03-12 10:00)""")
    found = result.results[0].as_json()
    assert found["rules"] == ["policy/contact-limit-2"]
    assert found["reasons"][0].startswith("policy/contact-limit-2: ")
    assert found["message"] == message(result)


def test_deferred(run, tmp_path):
    """What was put off says by which rule when it comes; a deferral can be expected too."""
    policy = POLICY.replace("send: [email second, sms nudge]", "send: [email second, sms nudge, sms more]")
    (tmp_path / "shop.yaml").write_text(policy.lstrip("\n"), "utf-8")
    days = """
        expect:
          2026-03-05: [call reminder-script, email reminder]
          2026-03-12: [email second, sms nudge, deferred sms more to 2026-03-19]
          2026-03-19: %s
    """

    assert run(days % "sms more").passed
    told = message(run(days % "nothing"))
    assert "because   step second was due 2026-03-12 10:00\n              policy/contact-limit-2: " in told


def test_blocked(run):
    """A refusal is compared where the test speaks of refusals."""
    nobody = TEST.replace(', phone: "+12125550123"', "")
    without = "expect: {2026-03-05: email reminder}"
    with_it = "expect: {2026-03-05: [email reminder, blocked call reminder-script]}"
    wrong = "expect: {2026-03-05: email reminder, 2026-03-06: blocked call reminder-script}"

    assert run(without, nobody).passed
    assert run(with_it, nobody).passed
    assert "because   step reminder was due 2026-03-05 10:00\n              debtor/phone: " in message(
        run(wrong, nobody)
    )


def test_expected_but_blocked(run):
    """What was refused says why."""
    text = message(
        run("expect: {2026-03-05: [email reminder, call reminder-script]}", TEST.replace(', phone: "+12125550123"', ""))
    )

    assert "because   debtor/phone: no phone number is known" in text


def test_closings(run):
    """Closings and pauses are compared in tests that speak of them, on every day of the test."""
    silent = """
        on:
          2026-03-04: promise of 240.00 by 2026-03-10
          2026-03-08: payment of 240.00
        expect:
          2026-03-20: nothing
    """
    assert run(silent).passed
    assert run(silent.replace("2026-03-20: nothing", "2026-03-08: closed as paid")).passed
    assert message(run(silent.replace("2026-03-20: nothing", "2026-03-08: closed as bankrupt"))) == dedent("""\
        2026-03-08
          - expected  closed as bankrupt
          + got       closed as paid
            because   case: closed as paid""")
    assert "+ got       paused" in message(run(silent.replace("2026-03-20: nothing", "2026-03-20: paused")))


def test_approval(run):
    """An action that waits for a person says for whom."""
    text = """
        on:
          2026-04-30: approved agency
        expect:
          2026-03-05: [email reminder, call reminder-script]
          2026-03-12: [email second, sms nudge]
          2026-03-22: agency acme
    """

    assert "because   it waits for the approval of credit-manager (until 2026-04-21 10:00)" in message(run(text))


def test_case_that_waits(run):
    """Why a case waits is a reason too."""
    text = """
        on:
          2026-03-04: hold placed
        expect:
          2026-03-05: [email reminder, call reminder-script]
    """

    assert "because   case: waits because it is on hold" in message(run(text))


def test_nothing_left(run):
    """Where the case is over, that is the reason."""
    text = """
        on:
          2026-03-04: payment of 240.00
        expect:
          2026-03-05: email reminder
    """

    assert "because   case: closed as paid" in message(run(text))


def test_fact_about_nothing(run):
    """News of a step that had done nothing is a mistake of the test, which fails."""
    text = """
        on:
          2026-03-04: reminder bounced
          2026-03-05: approved agency
        expect:
          2026-03-05: [email reminder, call reminder-script]
    """

    assert message(run(text)) == dedent("""\
        2026-03-04
          - expected  something that “reminder bounced” is about
          + got       nothing
            because   step reminder: nothing of it had gone out by the end of that day
        2026-03-05
          - expected  something that “approved agency” is about
          + got       nothing
            because   step agency: nobody was asked to approve it by the end of that day""")


def test_strangers(run):
    """What the policy does not know is told at its place, before anything runs."""
    result = run("""
        on:
          2026-03-07: [remindr bounced, payment of 1.00 for INV-9, payment of 1.005]
        expect:
          2026-03-08: [email remindr, sms nudge with invoice, email reminder with invoice]
    """)
    assert [(d.code, d.place.line) for d in result.diagnostics] == [("DUN277", 10)]

    result = run("""
        on:
          2026-03-07: [remindr bounced, payment of 1.00 for INV-9, payment of 1.005]
        expect:
          2026-03-08: [email remindr, email second with invoice, email reminder with invoice]
    """)
    assert [(d.code, d.suggestion) for d in result.diagnostics] == [
        ("DUN280", "reminder"),
        ("DUN281", "INV-1"),
        ("DUN281", None),
        ("DUN280", "email reminder"),
        ("DUN280", "email second"),
    ]
    assert not result.passed
    assert result.results == ()


def test_not_for_this_policy(run, tmp_path):
    """An invoice that the policy is not for is told at its place."""
    (tmp_path / "shop.yaml").write_text(POLICY.lstrip("\n") + "applies_to: [debtor is business]\n", "utf-8")
    (finding,) = run("expect: {2026-03-05: nothing}").diagnostics

    assert (finding.code, finding.place.line) == ("DUN281", 6)
    assert "debtor is business" in finding.message


def test_policy_beside_or_in_policies(tmp_path, monkeypatch):
    """The policy is looked for beside the file, then in the folder of policies."""
    file = tmp_path / "tests" / "shop.test.yaml"
    folder = tmp_path / "policies"
    file.parent.mkdir()
    folder.mkdir()
    file.write_text(TEST.lstrip("\n") + "    expect: {2026-03-03: nothing}\n", "utf-8")
    monkeypatch.chdir(tmp_path)

    (finding,) = run_file(file).diagnostics
    assert (finding.code, finding.place.line) == ("DUN279", 1)
    (folder / "shop.yaml").write_text(POLICY, "utf-8")
    assert run_file(file).passed
    assert run_file(file, policies_dir=folder).passed
    (file.parent / "shop.yaml").write_text("policy: shop\nversion: 1\n", "utf-8")
    assert [(d.place.file, d.code) for d in run_file(file).diagnostics] == [(str(file.parent / "shop.yaml"), "DUN202")]


def test_no_file(tmp_path):
    """A file that cannot be read is a finding, not a traceback."""
    (finding,) = run_file(tmp_path / "none.test.yaml").diagnostics

    assert (finding.code, finding.message) == ("DUN279", "this file cannot be read: No such file or directory")


def test_names():
    """The package has the names that it lists, and says so of others."""
    assert dunning_engine.testing.FileResult is FileResult
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        dunning_engine.testing.nonsense  # noqa: B018


def test_repetition(run, tmp_path):
    """An action that came too often says which time it was."""
    policy = POLICY.replace("    call: reminder-script\n", "    cadence: every 2 days up to 3 times\n")
    (tmp_path / "shop.yaml").write_text(policy.lstrip("\n"), "utf-8")

    told = message(run("expect: {2026-03-05: email reminder, 2026-03-07: nothing}"))

    assert told == dedent("""\
        2026-03-07
          - expected  nothing
          + got       email reminder with invoice
            because   step reminder was due 2026-03-07 10:00 for the 2nd time""")


def test_after_the_last_step(run):
    """After the last step nothing comes any more, and the reason says so."""
    text = """
        expect:
          2026-03-05: [call reminder-script, email reminder]
          2026-03-12: [email second, sms nudge]
          2026-03-22: agency acme
          2026-03-29: agency acme
    """

    assert "because   nothing was to be done: nothing is open, or no step is left" in message(run(text))


def test_late(run):
    """A case that is taken in late has had no contacts before."""
    late = TEST.replace("    given:", "    given:\n      taken_in: 2026-03-10")

    assert run("expect: {2026-03-10: [call reminder-script, email reminder]}", late).passed


def test_sums_and_hours(run):
    """What an action asks for and when, and what is owed at the end of a day."""
    result = run("""
        on:
          2026-03-03: payment of 40.00
          2026-03-14: payment of 210.00
        expect:
          2026-03-02: [owed 240.00, principal 240.00, fees 0.00, interest 0.00, stands due]
          2026-03-05: [email reminder at 10:00 over 200.00, call reminder-script over 200.00]
          2026-03-06: [owed 200.00, credit 0.00]
          2026-03-12: [email second, sms nudge]
          2026-03-14: [owed 0.00, credit 10.00, stands closed]
    """)

    assert message(result) == ""


def test_other_sums_and_hours(run):
    """What differs is told as it was asked: the hour where the test named one, the sum where it named one."""
    told = message(
        run("""
            on:
              2026-03-03: payment of 40.00
            expect:
              2026-03-05: [email reminder at 09:00, call reminder-script over 240.00, owed 240.00]
        """)
    )

    assert "- expected  email reminder at 09:00" in told
    assert "email reminder with invoice at 10:00\n" in told
    assert "call reminder-script over 240.00" in told
    assert "call reminder-script over 200.00" in told
    assert "owed 200.00" in told


def test_a_persons_word_that_the_ladder_refuses_is_told_with_its_reason(run):
    """A test that says it happened is wrong."""
    told = message(run("""
        on:
          2026-03-10: [rewound to agency, notice of second cancelled]
        expect:
          2026-03-05: [email reminder with invoice, call reminder-script]
          2026-03-11: nothing
    """))  # fmt: skip
    assert "- expected  rewound to agency" in told
    assert "has not come to step agency" in told
    assert "there is no notice to cancel" in told
