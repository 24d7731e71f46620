"""Facts that law asks for and rules set aside, at the command line; reasons that lead to the law."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from dunning_engine.cli.app import app
from dunning_engine.cli.docket_words import told_fact
from dunning_engine.cli.story import told
from dunning_engine.domain import events as e
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.domain.docket import CallConsent, Challenge, InconvenientTime
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import parse_instant

NOON = parse_instant("2026-03-06T12:00:00Z")

POLICY = """policy: gentle
version: 1
collector: third_party
law: [us/reg-f]
applies_to: [debtor is consumer]
time: {zone: America/New_York}
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
"""
FILES = {
    "gentle.yaml": POLICY,
    "mapping.yaml": (
        "invoice: Number\ndebtor: Debtor\nissued: Issued\ndue: Due\namount: Amount\ncurrency: {value: USD}\n"
        "kind: {value: consumer}\nemail: Mail\nzone: {value: America/New_York}\n"
    ),
    "invoices.csv": "Number,Debtor,Issued,Due,Amount,Mail\nI-1,ann,2026-01-01,2026-01-15,100.00,ann@example.com\n",
    "events.csv": "date,invoice,fact\n2026-01-10,I-1,recorded email_domain is public\n",
    "dunning.toml": (
        'policies = ["gentle.yaml"]\n[store]\nurl = "sqlite:///out/dunning.db"\n[creditor]\nname = "Kestrel"\n'
        '[[intake]]\nkind = "csv"\nfile = "invoices.csv"\nmapping = "mapping.yaml"\nevents = "events.csv"\n'
        '[adapters.files]\nfolder = "out"\nreceipt = "delivered"\n'
    ),
    "templates/email/reminder.liquid": "Subject: {{ invoice.number }}\n\nPlease pay.\n\n{{ obligations }}\n",
}
TEN = "2026-01-18T10:00:00-05:00"
PROCEDURE = "us/reg-f/email-procedure"


@pytest.fixture
def dunning(tmp_path, monkeypatch):
    """The command line in a folder with a portfolio that was run once."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    assert run("run", "--now", TEN).exit_code == 0
    return run


def override(dunning, **more):
    given = {"--rule": PROCEDURE, "--by": "Ida", "--reason": "she wrote to us", "--now": "2026-01-18T11:00:00-05:00"}
    words = [word for pair in {**given, **more}.items() for word in pair]
    return dunning("override", "I-1", "reminder", *words)


def test_a_refusal_leads_to_the_sentence_of_the_regulation(dunning):
    """Rule, citation, confidence and address, for programs; rule and citation for people."""
    (blocked,) = json.loads(dunning("case", "why", "I-1", "--at", TEN, "--format", "json").stdout)["blocked"]
    (reason,) = blocked["reasons"]
    assert (reason["rule"], reason["citation"]) == (PROCEDURE, "12 CFR 1006.6(d)(3); (d)(4)")
    assert reason["url"] == "https://www.ecfr.gov/current/title-12/section-1006.6"
    assert (reason["confidence"], reason["code"], reason["until"]) == ("high", "EMAIL_NO_SAFE_HARBOR", None)
    assert f"{PROCEDURE} · 12 CFR 1006.6(d)(3); (d)(4)\n" in dunning("case", "why", "I-1", "--at", TEN).stdout


def test_check_reads_the_law_of_a_policy(dunning):
    """A text that may have to carry something says so before anything is sent."""
    assert "DUN513" not in dunning("check", "gentle.yaml").stdout
    Path("templates/email/reminder.liquid").write_text("Subject: {{ invoice.number }}\n\nPlease pay.\n")
    result = dunning("check", "gentle.yaml")
    assert result.exit_code == 1
    assert "DUN513" in result.stdout
    assert "step reminder may have to carry opt_out (us/reg-f/opt-out, 12 CFR 1006.6(e))" in result.stdout


def test_what_was_not_sent_stands_in_the_case(dunning):
    """With the facts that were told."""
    shown = dunning("case", "show", "I-1").stdout
    assert "recorded  email_domain is public" in shown
    assert "blocked   email reminder" in shown
    assert f"[{PROCEDURE}, 12 CFR 1006.6(d)(3); (d)(4)]" in shown


def test_a_rule_is_set_aside(dunning):
    """The next run sends the message, with what it has to carry; who said so stands in the case."""
    result = override(dunning)
    assert result.stdout == (f"set aside by Ida for reminder of case ann/USD: {PROCEDURE}; the next run asks again\n")
    why = dunning("case", "why", "I-1", "--at", "2026-01-18T11:30:00-05:00")
    assert "set aside by Ida: she wrote to us" in why.stdout
    assert "email reminder" in dunning("run", "--now", "2026-01-18T12:00:00-05:00").stdout
    shown = dunning("case", "show", "I-1").stdout
    assert f"override   {PROCEDURE} for email reminder by Ida: she wrote to us" in shown
    assert "delivered  email reminder" in shown


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"--rule": "us/reg-f/cease"}, "nobody can set a prohibition aside"),
        ({"--reason": ""}, "needs its reason"),
        ({"--by": ""}, "needs the person's name"),
    ],
)
def test_what_cannot_be_set_aside(dunning, more, words):
    """Told in a line."""
    result = override(dunning, **more)
    assert (result.exit_code, words in result.stderr) == (2, True)


# Words of a timeline --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("monitored", None, "monitored is not known any more"),
        ("monitored", True, "monitored is yes"),
        ("monitored", False, "monitored is no"),
        ("email_domain", "public", "email_domain is public"),
        ("known_name", "Ann Example", "known_name is Ann Example"),
        ("oral_stop", NOON, "oral_stop on 2026-03-06 13:00"),
        ("validation_end", "2026-03-02", "validation_end on 2026-03-02"),
        ("inconvenient_places", {"work", "home"}, "inconvenient_places: home and work"),
        ("inconvenient_places", set(), "inconvenient_places: none"),
        ("challenges", (), "challenges: none"),
        ("challenges", Challenge(NOON, repeats=True), "challenges: received 2026-03-06 13:00, repeats"),
        (
            "call_consents",
            [CallConsent(NOON), CallConsent(NOON, "c", "2026-03-09")],
            "call_consents: given 2026-03-06 13:00; given 2026-03-06 13:00, c, until 2026-03-09",
        ),
        ("inconvenient_times", InconvenientTime(), "inconvenient_times: always"),
        (
            "inconvenient_times",
            InconvenientTime({5, 6}, 480, 600),
            "inconvenient_times: Sat Sun, first 08:00, last 10:00",
        ),
    ],
)
def test_facts_in_words(name, value, words):
    """Instants in the zone of the policy."""
    assert told_fact(name, e.FactRecorded(name, value).value, "Europe/Berlin") == words


def test_events_in_words():
    """Who told, and why a rule was set aside; a deferral in the words of its rules."""
    spec = ActionSpec(Do.SEND, "reminder", Channel.EMAIL)
    action = ProposedAction(
        id="a1",
        key=ActionKey("I-1", "nudge", 1, "email"),
        case_id="c",
        debtor_id="d",
        spec=spec,
        planned_at=NOON,
        invoices=("I-1",),
        amount=1000,
        currency="EUR",
    )
    case, policy = SimpleNamespace(deliveries={"a1": spec}), SimpleNamespace(zone="Europe/Berlin")
    lines = [
        told(event, case, policy)
        for event in (
            e.FactRecorded("monitored", value=True, by="Ida"),
            OverrideGranted("a1", ("r/1", "r/2"), "Ida", "she asked"),
            e.ActionDeferred(action, NOON, ("r",), ("too late [r, § 1]",)),
        )
    ]
    assert [f"{line.what} {line.details}" for line in lines] == [
        "recorded monitored is yes by Ida",
        "override r/1, r/2 for email reminder by Ida: she asked",
        "deferred email reminder until 2026-03-06 13:00: too late [r, § 1]",
    ]
