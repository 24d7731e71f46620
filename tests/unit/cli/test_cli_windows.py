"""`dunning windows`: options, formats, debtors from files and what is wrong with them."""

from __future__ import annotations

import json
import re
import sys

import pytest

ZIP = ("windows", "--law", "us/reg-f", "--zip", "80202", "--from", "2026-03-02")
FILE = """name: Ann
country: US
region: MA
address: [14 Larch Street, Boston]
opted_out: [sms]
holds: []
contacts:
  - {at: 2026-03-02T14:30, channel: call, outcome: conversation, inbound: yes, debts: [A-1], line: home}
inconvenient_times: [{days: [tuesday], from: "12:00", to: "13:00"}]
time_consents: [{from: "21:30", to: "22:00", given: 2026-01-01T10:00Z}]
call_consents: [{given: 2026-03-05T10:00, debt: A-1, until: 2026-03-06}]
challenges: [{received: 2025-03-05T10:00, answered: 2025-03-06T10:00, repeats: no}]
facts:
  email_basis: direct_consent
  employer_prohibits: yes
  refused_addresses: [old@example.com]
  validation_end: 2026-02-01
  address: ann@example.com
  inconvenient_places: [work]
"""


@pytest.fixture
def ann(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "ann.yaml").write_text(FILE, "utf-8")
    return tmp_path / "ann.yaml"


def rows(text: str) -> dict[str, str]:
    """The cells of each day."""
    return dict(re.findall(r"^(\w{3} \d\d \w{3})  (\S+)", text, re.MULTILINE))


def test_a_grid_reads_without_colour(dunning, ann):
    """A row per day and a cell per half hour; letters stand for rules, which the legend names with their source."""
    result = dunning(*ZIP, "--days", "2")

    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert rows(result.stdout)["Mon 02 Mar"] == "A" * 16 + "▐" + "█" * 25 + "A" * 6
    assert "08:01–20:59  A\n" in result.stdout
    assert "A hours of the day: Consumers are called or written to only after 8" in result.stdout
    assert "us/reg-f/hours · 12 CFR 1006.6(b)(1)(i); 15 USC 1692c(a)(1)" in result.stdout
    assert "https://www.ecfr.gov/current/title-12/section-1006.6\n" in result.stdout
    assert "Not legal advice; state of the rules: 20" in result.stdout
    assert "`dunning law show us/reg-f/hours` shows" in result.stdout


@pytest.mark.parametrize(("step", "cells"), [("15", 96), ("30", 48), ("60", 24)])
def test_cells_are_as_wide_as_asked(dunning, ann, monkeypatch, step, cells):
    monkeypatch.setenv("COLUMNS", "160")
    text = dunning(*ZIP, "--days", "1", "--step", step).stdout

    assert len(rows(text)["Mon 02 Mar"]) == cells


def test_a_narrow_screen_gets_wider_cells(dunning, ann, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    text = dunning(*ZIP, "--days", "1").stdout

    assert len(rows(text)["Mon 02 Mar"]) == 24
    assert "open for a part of the 60 minutes" in text


def test_a_day_without_an_hour_says_when_the_next_one_opens(dunning, ann):
    text = dunning("windows", "--law", "us/reg-f", "--debtor", "ann.yaml", "--from", "2026-03-02", "--days", "8").stdout

    assert "closed" in text
    assert "opens Mon 09 Mar 08:01" in text
    assert "rest after" not in rows(text)["Wed 04 Mar"]
    assert "clocks +1 h" in text
    assert rows(text)["Sun 08 Mar"][4:6] == "··"


def test_a_file_says_everything_about_the_person(dunning, ann):
    """Consent opens hours, a wish closes some, and times without an offset are those of the debtor."""
    command = ("windows", "--law", "us/reg-f", "--debtor", "ann.yaml", "--from", "2026-03-03", "--channel", "email")
    found = json.loads(dunning(*command, "--days", "1", "--format", "json").stdout)

    assert found["days"][0]["open"] == ["08:01–11:59", "13:00–20:59", "21:30–21:59"]
    assert found["zone"] == "America/New_York"
    assert found["needs_facts"] == []
    assert found["message_carries"] == ["opt_out"]


def test_what_has_to_be_known_stands_below_the_map(dunning, ann):
    text = dunning(*ZIP, "--days", "1", "--channel", "sms").stdout

    assert rows(text)["Mon 02 Mar"].count("█") == 25
    assert "these rules refuse at every hour:\n  us/reg-f/sms-procedure: on which basis the number is texted" in text
    assert "The message has to carry: opt out\n" in text


def test_places_tell_which_law_binds(dunning, ann):
    ontario = ("windows", "--law", "us/ma,ca/on", "--country", "ca", "--state", "on", "--from", "2026-12-25")
    found = json.loads(dunning(*ontario, "--days", "1", "--format", "json").stdout)

    assert found["places"] == ["CA-ON"]
    assert {rule["rule"] for rule in found["rules"]} == {"ca/on/hours", "ca/on/holidays"}
    assert found["needs_facts"][0]["facts"] == ["written_notice"]


def test_others_than_collectors_are_bound_by_less(dunning, ann):
    text = dunning(*ZIP, "--collector", "first_party", "--days", "1").stdout

    assert "under no rulebook (1 of those asked for does not bind here)" in " ".join(text.split())
    assert "No rule closes any hour." in text


def test_supervisors_are_named(dunning, ann):
    british = (
        "windows",
        "--law",
        "uk/conc",
        "--country",
        "GB",
        "--from",
        "2026-03-02",
        "--days",
        "1",
        "--format",
        "json",
    )

    assert json.loads(dunning(*british).stdout)["rules"] == []
    assert json.loads(dunning(*british, "--regulator", "fca").stdout)["rules"][0]["rule"] == "uk/conc/hours"


def test_pictures_and_pages_are_complete_files(dunning, ann):
    svg, html = (dunning(*ZIP, "--format", how).stdout for how in ("svg", "html"))

    assert svg.startswith("<svg ")
    assert svg.rstrip().endswith("</svg>")
    assert html.startswith("<!doctype html>")
    assert svg.count("<title>") >= 28 * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--law", "us/regf", "--zip", "80202"), "no rulebook is called us/regf; did you mean us/reg-f?"),
        (("--law", "xx/nothing", "--zip", "80202"), "there are"),
        (("--law", ",", "--zip", "80202"), "--law: name a rulebook; there are"),
        (("--law", "us/reg-f"), "say who it is about: --debtor FILE"),
        (("--law", "us/reg-f", "--zip", "99999"), "--zip: there is no ZIP code 99999 in the United States"),
        (("--law", "us/reg-f", "--zip", "abc"), "--zip: there is no ZIP code abc"),
        (("--law", "us/reg-f", "--state", "xx"), "--state: there is no state or province XX in US"),
        (("--law", "us/reg-f", "--state", "MA", "--country", "CA"), "no state or province MA in CA"),
        (("--law", "us/reg-f", "--phone", "555"), "--phone: there is no number 555: write it internationally, with +"),
        (("--law", "us/reg-f", "--phone", "+1555"), "no number +1555: write it internationally, as in +12125550123"),
        (("--law", "uk/conc", "--country", "uk"), "--country: there is no country UK; did you mean GB?"),
        (("--law", "uk/conc", "--country", "zz"), "--country: there is no country ZZ; use a code of ISO 3166-1"),
        (("--law", "us/reg-f", "--zip", "80202", "--debtor", "ann.yaml"), "leave out the other options"),
        (("--law", "us/reg-f", "--zone", "Mars/Olympus"), "not an IANA time zone"),
        (("--law", "us/reg-f", "--debtor", "bob.yaml"), "there is no file bob.yaml"),
    ],
)
def test_what_cannot_be_asked(dunning, ann, arguments, words):
    result = dunning("windows", *arguments, "--from", "2026-03-02")

    assert result.exit_code == 2
    assert words in result.stderr


WRONG = """kind: consumr
zone: America/New_York
holds: [ceese]
adress: x
name: [a, b]
contacts:
  - {at: tomorrow, channel: call}
  - {channel: fax}
  - call
inconvenient_times: [{from: "25:00", through: soon}]
facts: {email_bases: x, email_basis: guess, oral_stop: never}
"""


def test_every_mistake_of_a_file_is_told_at_once(dunning, ann):
    ann.write_text(WRONG, "utf-8")
    result = dunning("windows", "--law", "us/reg-f", "--debtor", "ann.yaml", "--from", "2026-03-02")

    assert result.exit_code == 1
    for place, words in {
        "1:7": '"consumr" is none of the words',
        "3:9": '"ceese" is none of the words',
        "4:1": 'there is no key "adress" here',
        "5:7": "here stands one text",
        "7:10": '"tomorrow" is not a time such as',
        "8:5": "a contact needs at",
        "9:5": "a contact has keys of its own",
        "10:29": '"25:00" is not a time of day',
        "10:47": '"soon" is not a day',
        "11:9": 'there is no key "email_bases" here',
        "11:38": '"guess" is none of the words',
        "11:56": '"never" is not a time',
    }.items():
        assert re.search(rf"ann.yaml:{place} DUN\d+ .*{re.escape(words)}", result.stderr), (place, result.stderr)


def test_an_empty_file_is_no_debtor(dunning, ann):
    ann.write_text("", "utf-8")
    result = dunning("windows", "--law", "us/reg-f", "--debtor", "ann.yaml", "--from", "2026-03-02")

    assert result.exit_code == 1
    assert "DUN122" in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "library"), [("--zip", "80202", "zipcodes"), ("--phone", "+13035550134", "phonenumbers")]
)
def test_a_library_that_is_not_installed_is_named(dunning, monkeypatch, option, value, library):
    """Without it nothing would tell where the person is; a zone that is given says it all the same."""
    monkeypatch.setitem(sys.modules, library, None)

    asked = ("windows", "--law", "us/reg-f-limits", "--from", "2026-03-02", option, value)
    result = dunning(*asked)
    assert result.exit_code == 2
    assert "install dunning-engine[us]" in " ".join(result.stderr.split())
    assert dunning(*asked, "--zone", "America/Denver").exit_code == 0
