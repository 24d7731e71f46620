"""`audit`: tables of any dialler, our own JSON, a database; what is found, what cannot be read, and exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from dunning_engine import DunningEngine, Invoice, Money, Party, load_policy
from dunning_engine.cli import auditing
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import ContactMade, FactRecorded, HoldLifted, HoldPlaced, OptedIn, OptedOut
from dunning_engine.domain.parties import Channel, Collector
from dunning_engine.engine.audit_files import Settings, gathered
from dunning_engine.engine.auditing import is_holiday, stored
from dunning_engine.intake.contact_table import read_contacts
from dunning_engine.intake.contact_times import of_day, time_by
from dunning_engine.intake.contact_words import CONTACT_FIELDS, known_headings
from dunning_engine.intake.history_json import read_histories
from dunning_engine.kernel.calendar import parse_instant
from dunning_engine.kernel.errors import UsageError

EXAMPLE = Path(__file__).parents[3] / "examples/audit"
LAW = ("--law", "us/reg-f")

CALLS = """call_time,account,phone,state,disposition
2026-03-02T07:45:00-05:00,A-1,+12125550142,NY,No Answer
2026-03-03T10:00:00-05:00,A-1,+12125550142,NY,RPC
2026-03-05T10:00:01-05:00,A-1,+12125550142,NY,Voicemail
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


@pytest.fixture
def audit(folder, dunning):
    """Audit a text as a file."""

    def run(text, *more, name="calls.csv", law=LAW):
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return dunning("audit", name, *law, *more)

    return run


def objects(result):
    return json.loads(result.stdout)


# What is found --------------------------------------------------------------------------------------------------------


def test_a_table_is_read_by_its_headings(audit):
    result = audit(CALLS)

    assert result.exit_code == 1
    head, early, why, soon, _ = result.stdout.splitlines()
    assert head.split() == ["debtor", "when", "channel", "rule", "citation"]
    assert early.split()[:6] == ["A-1", "2026-03-02", "07:45", "EST", "call", "us/reg-f/hours"]
    assert why == "    it was Monday 07:45 in America/New_York, open after 08:00 and before 21:00"
    assert soon.split()[2:6] == ["10:00:01", "EST", "call", "us/reg-f/rest-after-conversation"]
    assert "read by its headings: at from call_time, debt from account, outcome from disposition" in result.stderr
    assert "no column says the channel: every contact is taken for a call" in result.stderr
    assert "1 debtor: 3 judged; 2 broke a rule, 2 breaches in all" in result.stderr
    assert "  1 × us/reg-f/hours" in result.stderr


def test_a_clean_table(audit):
    result = audit("\n".join(CALLS.splitlines()[:1] + CALLS.splitlines()[2:3]))

    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 judged; no broke a rule" not in result.stderr
    assert "1 judged; 0 broke a rule, no breaches in all" in result.stderr


def test_json(audit):
    early, soon = objects(audit(CALLS, "--format", "json"))

    assert early == {
        "debtor": "A-1",
        "at": "2026-03-02T07:45:00-05:00",
        "zone": "America/New_York",
        "channel": "call",
        "debts": ["A-1"],
        "rule": "us/reg-f/hours",
        "code": "TIME_WINDOW",
        "kind": "prohibition",
        "says": "Consumers are called or written to only after 8 in the morning and before 9 in the evening where they are",
        "words": "it was Monday 07:45 in America/New_York, open after 08:00 and before 21:00",
        "evidence": [],
        "with": [],
        "citation": "12 CFR 1006.6(b)(1)(i); 15 USC 1692c(a)(1)",
        "url": "https://www.ecfr.gov/current/title-12/section-1006.6",
        "confidence": "high",
        "where": "calls.csv:2",
    }
    assert (soon["where"], soon["with"]) == ("calls.csv:4", ["calls.csv:3"])
    assert soon["evidence"] == ["call 2026-03-03 10:00:00 EST, conversation"]


def test_csv(audit):
    early, soon = csv.DictReader(io.StringIO(audit(CALLS, "--format", "csv").stdout))
    assert (early["debtor"], early["rule"], early["where"]) == ("A-1", "us/reg-f/hours", "calls.csv:2")
    assert soon["evidence"] == "call 2026-03-03 10:00:00 EST, conversation"


def test_the_example(dunning):
    """The shipped example with its mapping, as the page shows it."""
    result = dunning(
        "audit",
        EXAMPLE / "dialler.csv",
        "--map",
        EXAMPLE / "columns.yaml",
        *LAW,
        "--times-in",
        "ET",
        "--format",
        "json",
    )
    assert result.exit_code == 1
    assert [(one["debtor"], one["rule"].removeprefix("us/reg-f/")) for one in objects(result)] == [
        ("A-1001", "seven-calls"),
        ("A-1002", "hours"),
        ("A-1002", "rest-after-conversation"),
        ("A-1003", "rapid-succession"),
    ]
    assert '"XFER-9" is not among the values of the mapping' in result.stderr


def test_a_rulebook_that_is_named_twice_is_asked_once(audit):
    assert len(objects(audit(CALLS, "--format", "json", law=(*LAW, *LAW)))) == 2


def test_a_composite_brings_its_rulebooks_with_it(audit):
    result = audit(CALLS, "--format", "json", law=("--law", "us/states"))
    assert all(one["rule"].startswith("us/") for one in objects(result))


def test_another_collector_and_several_laws(audit):
    """Regulation F binds who collects for others; a composite brings its rulebooks with it."""
    assert audit(CALLS, "--collector", "first_party").exit_code == 0
    rules = {
        one["rule"]
        for one in objects(audit(CALLS, "--law", "us/reg-f-limits", "--format", "json", "--collector", "first_party"))
    }
    assert all(rule.startswith("us/reg-f-limits/") for rule in rules)
    assert rules


def test_several_rulebooks_with_commas(audit):
    """As for the map of lawful hours; nothing between commas is no rulebook."""
    assert objects(audit(CALLS, "--format", "json", law=("--law", "us/reg-f, us/states"))) == objects(
        audit(CALLS, "--format", "json", law=("--law", "us/reg-f", "--law", "us/states"))
    )
    result = audit(CALLS, law=("--law", ","))
    assert result.exit_code == 2
    assert "--law: name a rulebook" in result.stderr


# Usage ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--collector", "thirdparty"), "--collector: 'thirdparty' is none of"),
        (("--collector", "xyz"), "--collector: 'xyz' is none of"),
        (("--zone", "Mars/Base"), "--zone: 'Mars/Base' is not an IANA time zone"),
        (("--zone", "MST"), "--zone: 'MST' may be America/Denver or America/Phoenix: name one"),
        (("--times-in", "nowhere"), "--times-in: 'nowhere' is not an IANA time zone"),
        (("--facts", "some"), "--facts: 'some' is none of assumed, required"),
        (("--law", "us/regf"), "no rulebook is called us/regf; did you mean us/reg-f?"),
        (("--law", "qqqqqq"), "no rulebook is called qqqqqq; there are"),
        (("--db", "sqlite:///x.db"), "name a file with contacts, or a database with --db: one of them"),
        (("--map", "gone.yaml"), "there is no file gone.yaml"),
    ],
)
def test_what_cannot_be_meant(audit, options, words):
    result = audit(CALLS, *options)
    assert result.exit_code == 2
    assert words in result.stderr


def test_nothing_to_judge(audit, folder, dunning):
    for text, words in (
        ("", "the table is empty"),
        ("call_time,account\n", "there is nothing to judge in calls.csv"),
        ("a,b\n1,2\n", 'no column says when: map "at", or "date" and "time"; the headings are a, b'),
        ("call_time,b\n2026-03-02T10:00Z,2\n", 'no column says whom: map "debtor", "debt" or "phone"'),
    ):
        result = audit(text)
        assert result.exit_code == 2
        assert words in result.stderr
    assert dunning("audit", *LAW).exit_code == 2
    assert "there is no file gone.csv" in dunning("audit", "gone.csv", *LAW).stderr
    assert "there is no database gone.db" in dunning("audit", "--db", "sqlite:///gone.db", *LAW).stderr
    assert not (folder / "gone.db").exists()


# Dirty tables ---------------------------------------------------------------------------------------------------------


def test_bad_lines_are_told_and_left_out_and_the_rest_is_judged(audit):
    rows = CALLS + (
        "yesterday,A-1,,NY,No Answer\n"
        "2026-03-09,A-1,,NY,No Answer\n"
        "1999-13-09T10:00Z,A-1,,NY,No Answer\n"
        "1899-03-09T10:00Z,A-1,,NY,No Answer\n"
        "2026-03-09T10:00:00-05:00,A-1,,NY,Conversatoin\n"
        "2026-03-09T10:00:00-05:00,A-1,,NY,ZZTOP\n"
        "2026-03-09T10:00:00-05:00,,,NY,No Answer\n"
        "too,few\n"
    )
    result = audit(rows)

    assert result.exit_code == 1
    told = result.stderr
    assert "calls.csv:5: error: call_time: 'yesterday' is not a time such as" in told
    assert "calls.csv:6: error: call_time: '2026-03-09' is a day without a time" in told
    assert "calls.csv:8: error: call_time: '1899-03-09T10:00Z' is a time in the year 1899" in told
    assert (
        'calls.csv:9: error: disposition: "Conversatoin" is a word that nobody explained; did you mean "conversation"?'
        in told
    )
    assert 'write one of "conversation", "attempted", "not connected"' in told
    assert "calls.csv:11: error: nothing tells whom it was with" in told
    assert "calls.csv:12: error: 2 cells where the header has 5" in told
    assert "1 debtor: 3 judged, 8 not understood; 2 broke a rule" in told


def test_a_clean_table_with_a_line_that_was_not_understood_is_not_clean(audit):
    result = audit("call_time,account,state\n2026-03-02T10:00:00-05:00,A-1,NY\nyesterday,A-1,NY\n")
    assert result.exit_code == 1
    assert "1 judged, 1 not understood; 0 broke a rule" in result.stderr


def test_many_findings_are_told_once_or_not_all(audit):
    """Lines of a table with the same mistake are one finding; of others there are at most twenty."""
    rows = "".join(f"2026-03-09T10:00:00-05:00,A-{n},,NY,{'X' * (n + 3)}\n" for n in range(40))
    assert "39 more like this, in lines 6, 7, 8 …" in audit(CALLS + rows).stderr
    contacts = [{"at": "2026-03-02T10:00:00-05:00"}, *({"at": "noon"} for _ in range(25))]
    result = audit(json.dumps({"debtors": [{"id": "a", "contacts": contacts}]}), name="own.json")
    assert "and 5 more that could not be read" in result.stderr


def test_bytes_that_are_no_text(audit):
    result = audit(b"\xff\xfea\0b\0")
    assert result.exit_code == 2
    assert "this is UTF-16" in result.stderr


def test_debtors_of_whom_nobody_knows_the_zone(audit):
    """Their hours are not judged, and that is said; with --zone, or where facts are required, they are."""
    text = "call_time,account\n2026-03-02T03:00:00-05:00,A-1\n"
    result = audit(text)
    assert result.exit_code == 0
    assert "of 1 debtor nobody knows the time zone: hours of 1 were not judged (--zone)" in result.stderr
    assert audit(text, "--zone", "America/New_York").exit_code == 1
    codes = {one["code"] for one in objects(audit(text, "--facts", "required", "--format", "json"))}
    assert "TIME_UNDETERMINED" in codes


def test_whereabouts_that_cannot_be_read_are_told_and_the_line_is_judged(audit):
    text = (
        "call_time,account,phone,state,zip,country,timezone\n"
        "2026-03-02T10:00:00-05:00,A-1,12,Bavaria-X,02134,Nowhere,Mars\n"
        "2026-03-02T10:00:00-05:00,A-2,(212) 555-0142,NY,10001,US,ET\n"
    )
    result = audit(text)
    assert result.exit_code == 0
    for words in (
        "phone: '12' is not",
        "region: 'Bavaria-X' is not",
        "country: 'Nowhere' is not",
        "zone: 'Mars' is not",
    ):
        assert f"calls.csv:2: warning: {words}" in result.stderr


def test_times_without_an_offset(audit):
    text = "call_time,account,state\n2026-03-02 07:45,A-1,NY\n"
    assert "say with --times-in ZONE (or --times-in debtor)" in audit(text).stderr
    for zone, hours in (("ET", "07:45:00-05:00"), ("UTC", "02:45:00-05:00"), ("debtor", "07:45:00-05:00")):
        (breach,) = objects(audit(text, "--times-in", zone, "--format", "json"))
        assert breach["at"] == f"2026-03-02T{hours}"
    (breach,) = objects(audit(text, "--zone", "America/New_York", "--format", "json"))
    assert breach["at"] == "2026-03-02T07:45:00-05:00"


def test_times_in_the_debtors_zone_need_one(audit):
    text = "call_time,account,timezone\n2026-03-02 07:45,A-1,MST\n2026-03-02 07:45,A-2,\n"
    told = audit(text, "--times-in", "debtor").stderr
    assert "the debtor may be in one of America/Denver, America/Phoenix" in told
    assert "and the debtor may be anywhere" in told


def test_clocks_that_were_put_forward_never_showed_the_hour(audit):
    text = "call_time,account\n2026-03-08 02:30,A-1\n2026-11-01 01:30,A-1\n"
    result = audit(text, "--zone", "America/New_York", "--format", "json")
    assert "clocks in America/New_York never showed 2026-03-08 02:30" in result.stderr
    assert objects(result)[0]["at"] == "2026-11-01T01:30:00-04:00"


def test_every_line_of_a_debtor_says_where_they_may_be(audit):
    """8:30 in New York is 5:30 in Los Angeles."""
    text = "call_time,account,timezone\n2026-03-02T08:30:00-05:00,A-1,ET\n2026-03-03T15:00:00-05:00,A-1,Pacific Time\n"
    (breach,) = objects(audit(text, "--format", "json"))
    assert "05:30 in America/Los_Angeles" in breach["words"]


def test_laws_of_two_countries_say_nothing_of_a_number_without_country(audit):
    text = "call_time,account,phone\n2026-03-02T10:00:00-05:00,A-1,2125550142\n"
    assert "is not an international phone number" in audit(text, law=("--law", "us/reg-f", "--law", "uk/conc")).stderr
    assert "is not an international" not in audit(text).stderr


def test_a_bar_on_a_terminal(audit, monkeypatch):
    """It leaves nothing behind."""
    monkeypatch.setattr(auditing, "progress", _Bar)
    monkeypatch.setattr(auditing, "shows_progress", lambda: True)
    assert audit(CALLS).exit_code == 1
    assert _Bar.told == ["Auditing", 1]


class _Bar:
    told: list = []  # noqa: RUF012 - what the last bar was told

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    def add_task(self, what, total):
        _Bar.told = [what]
        return total

    def advance(self, task):
        _Bar.told.append(task)


# Mappings -------------------------------------------------------------------------------------------------------------

FOREIGN = "Wann,Wer,Was,Wie\n2.3.2026 7:45,A-1,Anruf,gesprochen\n"
YAML = """at: {column: Wann, format: "D.M.YYYY H:mm"}
debt: Wer
channel: {column: Was, values: {Anruf: call}}
outcome: {column: Wie, values: {gesprochen: conversation}}
zone: {value: America/New_York}
"""
TOML = """debt = "Wer"
zone = {value = "America/New_York"}
at = {column = "Wann", format = "D.M.YYYY H:mm"}
[channel]
column = "Was"
[channel.values]
Anruf = "call"
[outcome]
column = "Wie"
values = {gesprochen = "conversation"}
"""


@pytest.mark.parametrize(("name", "text"), [("map.yaml", YAML), ("map.toml", TOML)])
def test_a_mapping_says_which_column_is_what(audit, folder, name, text):
    (folder / name).write_text(text)
    (breach,) = objects(audit(FOREIGN, "--map", name, "--times-in", "debtor", "--format", "json"))
    assert (breach["at"], breach["channel"], breach["rule"]) == ("2026-03-02T07:45:00-05:00", "call", "us/reg-f/hours")


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("map.yaml", "at: Wan\ndebt: Wer\n", "DUN259", "map.yaml:1:5"),
        ("map.yaml", "att: Wann\n", "DUN252", "map.yaml:1:1"),
        ("map.yaml", "debt: Wer\n", "DUN253", "map.yaml:1:1"),
        ("map.yaml", "at: Wann\n", "DUN253", "map.yaml:1:1"),
        ("map.yaml", "at: [Wann\n", "DUN104", "map.yaml:1:5"),
        ("map.toml", 'at = "Wann"\nchanel = "Was"\n', "DUN252", "map.toml:2:1"),
        ("map.toml", "at = \n", "DUN251", "map.toml:1:"),
        ("map.toml", 'at = ["Wann"]\ndebt = true\n', "DUN254", "map.toml:1:1"),
    ],
)
def test_mistakes_of_a_mapping_are_told_at_their_place(audit, folder, name, text, code, place):
    (folder / name).write_text(text)
    result = audit(FOREIGN, "--map", name)
    assert result.exit_code == 1
    assert code in result.stderr
    assert place in result.stderr


def test_json_has_no_mapping(audit, folder):
    (folder / "map.yaml").write_text(YAML)
    assert "only tables have a mapping" in audit('{"debtors": []}', "--map", "map.yaml", name="own.json").stderr


# Our own JSON ---------------------------------------------------------------------------------------------------------

OWN = {
    "debtors": [
        {
            "id": "ann",
            "zone": "America/New_York",
            "contacts": [
                {"at": "2026-03-02T10:00:00-05:00", "channel": "call", "debts": ["d1"], "outcome": "conversation"},
                {"at": "2026-03-04T10:00:00-05:00", "channel": "call", "debts": ["d1"], "discussed": ["d1"]},
                {"at": "2026-03-20T10:00:00-05:00", "channel": "letter", "facts": {"carries": ["opt_out"]}},
            ],
            "acts": [{"at": "2026-03-21T10:00:00-05:00", "facts": {"purpose": "furnish"}}],
            "facts": [{"term": "disputed", "value": "yes", "since": "2026-03-03T00:00:00Z"}],
            "holds": [{"reason": "cease", "start": "2026-03-10T00:00:00Z", "debts": ["d1"]}],
            "opted_out": [{"channel": "sms", "start": "2026-03-10T00:00:00Z", "end": "2026-03-11T00:00:00Z"}],
        }
    ]
}


def test_our_own_json_holds_facts_which_are_required(audit):
    text = json.dumps(OWN)
    rules = {one["rule"].removeprefix("us/reg-f/") for one in objects(audit(text, "--format", "json", name="own.json"))}
    assert rules >= {"rest-after-conversation", "cease", "bureau-notice", "disputed-flag"}
    result = audit(text, "--format", "json", "--facts", "assumed", name="own.json")
    some = {one["rule"].removeprefix("us/reg-f/"): one for one in objects(result)}
    assert set(some) == {"rest-after-conversation", "cease"}
    assert some["cease"]["where"] == "debtors[0].contacts[2]"
    table = audit(text, name="own.json").stdout
    assert " - " in table


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ([], "there is no list of debtors"),
        ({"debtors": [7]}, "own.json: debtors[0]: this is no object"),
        ({"debtors": [{"contacts": []}]}, "own.json: debtors[0]: 'id' is missing"),
        ({"debtors": [{"id": "a\x1b[2J"}]}, "debtors[0].id: 'a\\x1b[2J' holds a character that cannot be seen"),
        ({"debtors": [{"id": "a", "contacts": 5}]}, "debtors[0].contacts: this is no list"),
        ({"debtors": [{"id": "a", "contact": []}]}, "debtors[0].contact: this key means nothing here; did you mean 'contacts'?"),
        ({"debtors": [{"id": "a", "xyz": []}]}, "debtors[0].xyz: this key means nothing here"),
        ({"debtors": [{"id": "a", "kind": "person"}]}, "debtors[0].kind: 'person' is not a valid PartyKind"),
        ({"debtors": [{"id": "a", "zones": ["Mars"]}]}, "debtors[0].zones: 'Mars' is not an IANA time zone"),
        ({"debtors": [{"id": "a", "places": "US"}]}, "debtors[0].places: 'US' is no list of texts"),
        ({"debtors": [{"id": "a", "contacts": [{}]}]}, "debtors[0].contacts[0]: 'at' is missing"),
        ({"debtors": [{"id": "a", "contacts": [{"at": 5}]}]}, "debtors[0].contacts[0].at: 5 cannot be read"),
        ({"debtors": [{"id": "a", "contacts": [{"at": "3026-03-02T10:00Z"}]}]}, "is a time in the year 3026"),
        ({"debtors": [{"id": "a", "acts": [{"at": "noon"}]}]}, "debtors[0].acts[0].at: 'noon' is not an instant"),
        ({"debtors": [{"id": "a", "acts": [[]]}]}, "debtors[0].acts[0]: this is no object"),
        ({"debtors": [{"id": "a", "acts": [{"at": "2026-03-02T10:00Z", "facts": []}]}]}, "facts are written {term: value}"),
        ({"debtors": [{"id": "a", "facts": [{"term": "dispute", "value": True}]}]}, "'dispute' is no fact that laws ask for; did you mean 'disputed'?"),
        ({"debtors": [{"id": "a", "facts": [{"term": "zzz", "value": True}]}]}, "'zzz' is no fact that laws ask for"),
        ({"debtors": [{"id": "a", "facts": [{}]}]}, "debtors[0].facts[0]: 'term' is missing"),
        ({"debtors": [{"id": "a", "facts": [{"term": "debt_kind", "value": "comercial"}]}]}, "did you mean 'commercial'?"),
        ({"debtors": [{"id": "a", "facts": [{"term": "debt_kind", "value": 5}]}]}, "debtors[0].facts[0].value: 5 cannot be read"),
        ({"debtors": [{"id": "a", "facts": [{"term": "call_consents", "value": [{"debt": "d"}]}]}]}, "call_consents needs given"),
        ({"debtors": [{"id": "a", "facts": [{"term": "call_consents", "value": [{"when": 1}]}]}]}, "when: call_consents holds given, debt"),
        ({"debtors": [{"id": "a", "facts": [{"term": "inconvenient_times", "value": [{"weekdays": [7]}]}]}]}, "weekdays are numbers from 0 (Monday) to 6"),
        ({"debtors": [{"id": "a", "holds": [{}]}]}, "debtors[0].holds[0]: 'reason' is missing"),
        ({"debtors": [{"id": "a", "holds": [{"reason": "moon"}]}]}, "debtors[0].holds[0].reason: 'moon' is not a valid HoldReason"),
        ({"debtors": [{"id": "a", "holds": [{"reason": "cease", "start": "x"}]}]}, "debtors[0].holds[0].start: 'x' is not an instant"),
        ({"debtors": [{"id": "a", "opted_out": [{}]}]}, "debtors[0].opted_out[0]: 'channel' is missing"),
        ({"debtors": [{"id": "a", "opted_out": [{"channel": "drum"}]}]}, 'debtors[0].opted_out[0].channel: "drum" is a word'),
    ],
)  # fmt: skip
def test_what_cannot_be_read_in_json_is_told_with_its_path(audit, change, words):
    result = audit(json.dumps(change), name="own.json")
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_contact_of_json_that_cannot_be_read_is_left_out(audit):
    contacts = [{"at": "2026-03-02T10:00:00-05:00"}, {"at": "2026-03-02T10:00:00-05:00", "channel": "drum"}]
    result = audit(json.dumps({"debtors": [{"id": "a", "zone": "ET", "contacts": contacts}]}), name="own.json")
    assert "'ET' is not an IANA time zone" in result.stderr
    assert "1 debtor: 1 judged, 1 not understood" in result.stderr
    assert "this is no JSON" in audit("{", name="own.json").stderr


def test_every_sort_of_fact_in_json():
    facts = [
        {"term": "disputed", "value": False},
        {"term": "debt_kind", "value": "residential mortgage servicer"},
        {"term": "refused_addresses", "value": ["+1"]},
        {"term": "paid", "value": "2026-03-02T10:00:00Z", "until": "2026-03-03T10:00:00Z"},
        {"term": "validation_end", "value": "2026-03-02"},
        {"term": "known_name", "value": "Ann"},
        {"term": "challenges", "value": [{"received": "2026-03-02T10:00:00Z", "repeats": True}]},
        {"term": "notices", "value": [{"what": "sent", "at": "2026-03-02T10:00:00Z"}]},
        {
            "term": "inconvenient_times",
            "value": [{"weekdays": [0], "first": "12:30", "last": "13:30", "through": "2026-03-02"}],
        },
        {"term": "call_consents", "value": [{"given": "2026-03-02T10:00:00Z", "debt": "d1", "revoked": None}]},
    ]
    data = {
        "debtors": [
            {
                "id": "a",
                "state": "CO",
                "country": "US",
                "places": ["US-CO"],
                "regulators": ["fca"],
                "collector": "first_party",
                "facts": facts,
            }
        ]
    }
    (told,) = read_histories(json.dumps(data).encode(), file="own.json").debtors
    known = {one.term: one.value for one in told.facts}
    assert (known["disputed"], known["debt_kind"]) == (False, "residential_mortgage_servicer")
    assert known["refused_addresses"] == frozenset({"+1"})
    assert known["paid"] == parse_instant("2026-03-02T10:00:00Z")
    assert known["inconvenient_times"][0][:3] == (frozenset({0}), 750, 810)
    assert (known["call_consents"][0].debt, known["call_consents"][0].revoked) == ("d1", None)
    assert known["challenges"][0].repeats is True
    assert known["notices"][0].what == "sent"
    assert (told.collector, told.where) == (Collector.FIRST_PARTY, {"region": "CO", "country": "US"})
    assert told.regulators == {"fca"}


def test_where_debtors_of_json_may_be(folder):
    data = {
        "debtors": [{"id": "a", "state": "CO", "country": "US"}, {"id": "b", "phone": "x", "zones": ["Asia/Tokyo"]}]
    }
    (folder / "own.json").write_text(json.dumps(data))
    first, second = (
        one.history for one in gathered(folder / "own.json", None, Settings(zone="Europe/Berlin")).histories
    )
    assert (first.zones, first.places, first.zone) == (("America/Denver",), frozenset({"US-CO"}), "Europe/Berlin")
    assert second.zones == ("Asia/Tokyo",)


# Words and times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (("Call Date", "Call Time", "Acct No"), {"date": "Call Date", "time": "Call Time", "debt": "Acct No"}),
        (("callTime", "CONSUMER_ID", "type"), {"at": "callTime", "debtor": "CONSUMER_ID", "channel": "type"}),
        (("date", "time", "timestamp"), {"date": "date", "time": "time", "at": "timestamp"}),
        (("colour",), {}),
    ],
)
def test_headings(header, known):
    assert known_headings(header) == known


@pytest.mark.parametrize(
    ("key", "text", "meaning"),
    [
        ("channel", "Phone Call", Channel.CALL),
        ("channel", "E-Mail", Channel.EMAIL),
        ("outcome", "LEFT_MESSAGE", Outcome.MESSAGE),
        ("outcome", "b", Outcome.NOT_CONNECTED),
        ("direction", "IN", True),
        ("answered", "N", False),
        ("line", "Mobile", "mobile"),
        ("purpose", "settlement offer", "settlement_offer"),
        ("debt", "L-1; L-2;", ("L-1", "L-2")),
    ],
)
def test_words(key, text, meaning):
    assert CONTACT_FIELDS[key].parse(text) == meaning


@pytest.mark.parametrize(
    ("text", "words"), [("remind", "did you mean reminder?"), ("zzz", "there are active_litigation,")]
)
def test_words_that_a_fact_cannot_hold(text, words):
    with pytest.raises(ValueError, match=words):
        CONTACT_FIELDS["purpose"].parse(text)


@pytest.mark.parametrize(
    ("text", "layout", "said"),
    [
        ("2026-03-02T07:45:00.5-05:00", None, "2026-03-02T07:45:00-05:00"),
        ("2026-03-02 07:45:01 UTC", None, "2026-03-02T07:45:01+00:00"),
        ("1772455500", None, "2026-03-02T12:45:00+00:00"),
        ("1772455500123", None, "2026-03-02T12:45:00+00:00"),
        ("3/2/2026 7:45 PM", "M/D/YYYY h:mm A", "2026-03-02T19:45:00"),
        ("02-Mar-26 07:45:09", "DD-MMM-YY HH:mm:ss", "2026-03-02T07:45:09"),
    ],
)
def test_times(text, layout, said):
    assert time_by(text, layout).isoformat() == said


@pytest.mark.parametrize(
    ("text", "said"), [("7:45", "07:45"), ("12:05 am", "00:05"), ("1:02:03 P.M.", "13:02:03"), ("x", "x")]
)
def test_times_of_the_day(text, said):
    assert of_day(text) == said


def test_a_time_that_is_not_of_its_form():
    with pytest.raises(ValueError, match="'2026' is not a time of the form M/D/YYYY"):
        time_by("2026", "M/D/YYYY")


def test_a_table_with_a_date_and_no_time_in_a_line():
    read = read_contacts("date,time,debtor\n2026-03-02,7:45,a\n2026-03-02,,a\n", file="f.csv")
    assert [row.line for row in read.rows] == [2]
    assert "f.csv:3: error: nothing tells at which time it was" in [str(finding) for finding in read.findings]


def test_a_debtor_of_whom_only_the_phone_is_known(audit):
    (breach,) = objects(audit("at,phone\n2026-03-02T07:45:00-05:00,212 555 0142\n", "--format", "json"))
    assert breach["debtor"] == "212 555 0142"


def test_what_columns_tell_of_the_attempt_and_the_debtor(folder):
    text = (
        "at,debtor,kind,addressee,reply,answered,line,purpose,form,address,channel,direction\n"
        "2026-03-02T10:00:00-05:00,a,business,employer,yes,y,work,reminder,voicemail,+1,sms,in\n"
    )
    (folder / "calls.csv").write_text(text)
    (one,) = gathered(folder / "calls.csv", None, Settings()).histories
    (deed,) = one.history.deeds
    assert (one.history.kind.value, deed.contact.addressee, deed.contact.line) == ("business", "employer", "work")
    assert (deed.contact.reply, deed.contact.answered, deed.contact.inbound) == (True, True, True)
    assert deed.facts == {"purpose": "reminder", "form": "voicemail", "address": "+1"}


# Holidays and databases -----------------------------------------------------------------------------------------------


def test_holidays():
    from datetime import date

    assert is_holiday("US", date(2026, 7, 4))
    assert not is_holiday("US", date(2026, 7, 6))
    with pytest.raises(UsageError, match="no calendar is called Mars"):
        is_holiday("Mars", date(2026, 7, 4))


POLICY = """policy: agency-letters
version: 1
collector: third_party
law: []
time: {zone: America/New_York, business_days: none}
steps:
  - step: reminder
    when: 300 days after due
    send: email reminder
"""


@pytest.fixture
def database(folder):
    (folder / "policy.yaml").write_text(POLICY)
    url = "sqlite:///audit.db"
    ann = Party.consumer("ann", email="ann@example.org", zone="America/Denver", country="US", region="CO")
    with DunningEngine.open(url, policies=[load_policy("policy.yaml")], allow_missing=["email"]) as engine:
        case = engine.open_case(
            ann, [Invoice("I-1", Money("10.00", "USD"), due="2026-02-01")], "agency-letters", at="2026-02-02T10:00:00Z"
        )
        for at, event in (
            ("2026-03-02T17:00:00Z", ContactMade(Channel.CALL, Outcome.CONVERSATION)),
            ("2026-03-04T13:00:00Z", ContactMade(Channel.CALL, Outcome.ATTEMPTED)),
            ("2026-03-05T00:00:00Z", OptedOut(Channel.SMS)),
            ("2026-03-06T00:00:00Z", OptedIn(Channel.SMS)),
            ("2026-03-07T00:00:00Z", OptedOut(Channel.EMAIL)),
            ("2026-03-08T00:00:00Z", HoldPlaced(HoldReason.CEASE)),
            ("2026-03-09T00:00:00Z", HoldLifted(HoldReason.CEASE)),
            ("2026-03-10T00:00:00Z", FactRecorded("debt_kind", "consumer")),
            ("2026-03-11T00:00:00Z", FactRecorded("debt_kind", "commercial")),
            ("2026-03-12T00:00:00Z", FactRecorded("debt_kind", None)),
        ):
            engine.record(case.id, event, at=at)
    return url


def test_a_database_is_judged_through_the_engine(database, dunning):
    result = dunning("audit", "--db", database, *LAW, "--format", "json")
    assert result.exit_code == 1
    assert [(one["debtor"], one["rule"], one["at"]) for one in objects(result)] == [
        ("ann", "us/reg-f/hours", "2026-03-04T06:00:00-07:00"),
        ("ann", "us/reg-f/rest-after-conversation", "2026-03-04T06:00:00-07:00"),
    ]


def test_what_a_database_tells(database):
    with DunningEngine.open(database, policies=[]) as engine:
        (one,) = stored(engine).histories
    history = one.history
    assert (history.collector, history.zone, history.places) == (Collector.THIRD_PARTY, "America/New_York", {"US-CO"})
    days = [(refusal.channel, refusal.when.end is None) for refusal in history.opted_out]
    assert days == [(Channel.SMS, False), (Channel.EMAIL, True)]
    assert [(hold.reason, hold.when.end is not None) for hold in history.holds] == [("cease", True)]
    assert [(known.term, known.value) for known in history.facts] == [
        ("debt_kind", "consumer"),
        ("debt_kind", "commercial"),
    ]
