"""`run`, `demo`, `case`, `outbox`, `approve` and `refuse`: for those who run an installation."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from dunning_engine.decision.decider import decide
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.sql import SqlStore

LATE = "2026-01-29T10:00:00Z"


def listed(dunning):
    return {row["case"]: row for row in json.loads(dunning("case", "list", "--format", "json").stdout)}


@pytest.fixture
def ran(house, dunning):
    """The store after two runs: the reminder on its day, the question for approval ten days later."""
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    dunning("run", "--now", LATE)
    return house


def action_of(dunning, step):
    events = json.loads(dunning("case", "show", "ann/I-1", "--format", "json").stdout)["events"]
    asked = next(event for event in events if event["type"] == "ApprovalRequested")
    assert step in json.dumps(asked)
    return asked["body"]["action"]["id"]


def test_run(house, dunning):
    """A run takes in, hands over, and says what changed; a bad row is told and makes it end with 1, later facts wait."""
    result = dunning("run", "--now", "2026-01-18T10:00:00Z")

    assert result.exit_code == 1
    assert "taken in      2 invoices, no facts; 0 known already, 1 dated later" in result.stdout
    assert "   1 email reminder\n" in result.stdout
    assert "blocked       bob/I-2 email reminder: no e-mail address is known [debtor/email]" in result.stdout
    assert "invoices.csv:4: error" in result.stderr
    assert len(list((house / "out").glob("*.eml"))) == 1


def test_run_without_bad_rows(house, dunning):
    """Where every line can be read, a run ends with 0."""
    (house / "invoices.csv").write_text((house / "invoices.csv").read_text().replace("01-xx", "01-01"))

    assert dunning("run", "--now", "2026-01-18T10:00:00Z").exit_code == 0


@pytest.fixture
def clean(house):
    """A portfolio of which every line can be read."""
    (house / "invoices.csv").write_text((house / "invoices.csv").read_text().replace("01-xx", "01-01"))
    return house


@pytest.mark.parametrize("text", [None, "Subject: x\n\n{{ invoice.nmber }}\n"])
def test_a_run_needs_its_templates(clean, dunning, text):
    """What is missing or wrong is told before anything is taken in."""
    template = clean / "templates" / "email" / "reminder.liquid"
    template.unlink() if text is None else template.write_text(text)
    result = dunning("run", "--now", "2026-01-18T10:00:00Z")

    assert result.exit_code == 1
    assert "templates/email/reminder.liquid" in result.stderr
    assert not (clean / "out").exists()


def test_a_run_needs_a_folder_of_templates(clean, dunning):
    """Without any, nothing could be written."""
    (clean / "templates").rename(clean / "elsewhere")
    result = dunning("run", "--now", "2026-01-18T10:00:00Z")

    assert (result.exit_code, "there is no folder of them" in result.stderr) == (1, True)


def test_a_text_that_does_not_fit_its_case(clean, dunning):
    """A template that only fails on the facts of a case blocks its action, run after run, and each run ends with 1."""
    text = "Subject: {% if invoice.days_overdue > 2 %}{% else %}x{% endif %}\n\n{{ case.balance }}\n"
    (clean / "templates" / "email" / "reminder.liquid").write_text(text)
    first = dunning("run", "--now", "2026-01-18T10:00:00Z")
    events = dunning("case", "show", "ann/I-1", "--format", "json").stdout
    second = dunning("run", "--now", "2026-01-19T10:00:00Z")

    assert (first.exit_code, second.exit_code) == (1, 1)
    for result in (first, second):
        assert "this e-mail has no subject" in result.stdout
    assert dunning("case", "show", "ann/I-1", "--format", "json").stdout == events


def test_a_folder_that_refuses(clean, dunning):
    """What could not be written is tried again, and the run ends with 1."""
    config = clean / "dunning.toml"
    config.write_text(config.read_text().replace('folder = "out"', 'folder = "gentle.yaml"'))
    result = dunning("run", "--now", "2026-01-18T10:00:00Z")

    assert result.exit_code == 1
    assert "retry         ann/I-1 email reminder until 2026-01-18 10:01 UTC" in result.stdout
    assert "cannot be written" in result.stdout


def test_a_case_that_fails(clean, dunning, monkeypatch):
    """It is named, and the run ends with 1 when the others are done."""

    def broken(case, *rest):
        if case.id == "bob/I-2":
            raise ZeroDivisionError("oops")
        return decide(case, *rest)

    monkeypatch.setattr("dunning_engine.engine.wording.decide", broken)
    result = dunning("run", "--now", "2026-01-18T10:00:00Z")

    assert result.exit_code == 1
    assert "failed        bob/I-2: ZeroDivisionError: oops" in result.stdout
    assert "   2 email reminder\n" in result.stdout


def test_a_date_is_its_start(house, dunning):
    """Where all policies count in one zone, a date is its start there; where they do not, in UTC."""
    assert dunning("run", "--now", "2026-01-18").stdout.startswith("2026-01-17 23:00 UTC")
    (house / "far.yaml").write_text(
        (house / "gentle.yaml").read_text().replace("gentle", "far").replace("Berlin", "London")
    )
    text = (house / "dunning.toml").read_text()
    (house / "dunning.toml").write_text(text.replace('["gentle.yaml"]', '["gentle.yaml", "far.yaml"]'))
    assert dunning("run", "--now", "2026-01-18").stdout.startswith("2026-01-18 00:00 UTC")


def test_a_run_in_the_past_is_told(ran, dunning):
    """Whoever mistypes the year of `--now` reads a warning."""
    result = dunning("run", "--now", "2026-01-19")

    assert (
        "warning: it is 2026-01-18 23:00 UTC in this run, and the store has heard of 2026-01-29 10:00 UTC"
        in result.stderr
    )


def test_twice_in_a_row(house, dunning):
    """A second run at the same instant does nothing more."""
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    result = dunning("run", "--now", "2026-01-18T10:00:00Z")

    assert "taken in      no invoices, no facts; 2 known already" in result.stdout
    assert "looked at     no cases" in result.stdout
    assert "handed over   no actions" in result.stdout


def test_facts_of_their_day(ran, dunning):
    """A payment that was dated later is told on its day."""
    result = dunning("run", "--now", "2026-03-02T00:00:00Z")

    assert "1 fact;" in result.stdout
    assert listed(dunning)["bob/I-2"]["status"] == "closed as paid"


def test_approve(ran, dunning):
    """A person of the right role lets the action go; the next run hands it over."""
    action = action_of(dunning, "agency")
    result = dunning("approve", action[:8], "--by", "Ida", "--role", "boss", "--now", LATE)

    assert result.stdout == "approved by Ida: hand off agency north of case ann/I-1\n"


def test_refuse(ran, dunning):
    """A refusal is kept with its reason."""
    action = action_of(dunning, "agency")
    result = dunning("refuse", action, "--by", "Ida", "--role", "boss", "--note", "pays on Friday", "--now", LATE)

    assert result.exit_code == 0
    assert "by Ida: pays on Friday" in dunning("case", "show", "ann/I-1").stdout


def test_wrong_role(ran, dunning):
    """Only the role that was asked may answer."""
    result = dunning("approve", action_of(dunning, "agency"), "--by", "Ida", "--role", "intern", "--now", LATE)

    assert result.exit_code == 2
    assert "waits for the role boss, not intern" in result.stderr


def test_unknown_action(ran, dunning):
    """An action that is not there is told with those that wait."""
    result = dunning("approve", "abc", "--by", "Ida", "--role", "boss")

    assert result.exit_code == 2
    assert f"there is no action 'abc'; waiting are {action_of(dunning, 'agency')}" in result.stderr


def test_case_list(ran, dunning):
    """Cases are listed in the order of opening, all or those of one status."""
    assert list(listed(dunning)) == ["ann/I-1", "bob/I-2"]
    assert "ann/I-1  overdue  100.00 EUR" in dunning("case", "list", "--status", "overdue").stdout
    assert dunning("case", "list", "--status", "closed").stdout.count("\n") == 1


def test_status_is_of_now(house, dunning):
    """Between two runs time alone lets an invoice fall due: status and amounts agree, in lists and in the case."""
    dunning("run", "--now", "2026-01-02")

    assert listed(dunning)["ann/I-1"]["status"] == "overdue"
    assert "ann/I-1" in dunning("case", "list", "--status", "overdue").stdout
    assert dunning("case", "list", "--status", "upcoming").stderr == "no cases, as of now\n"
    assert "  overdue: 100.00 EUR open" in dunning("case", "show", "I-1").stdout


def test_many_zones(house, dunning):
    """A debtor who may be in half of the country has a count of zones and its ends, a few have names."""
    text = (house / "mapping.yaml").read_text().replace("zone: {value: Europe/Berlin}", "country: {value: US}")
    (house / "mapping.yaml").write_text(text)
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    shown = " ".join(dunning("case", "show", "ann/I-1").stdout.split())

    assert re.search(r"the debtor's: \d\d zones, from \w+/\w+ to \w+/\w+ ", shown)


def test_case_show(ran, dunning):
    """A case is told day by day."""
    shown = dunning("case", "show", "ann/I-1").stdout

    assert "Sun 2026-01-18 11:00" in shown
    assert "email reminder (step reminder), over 100.00 EUR" in shown
    assert "boss to approve hand off agency north" in shown


def test_case_why(ran, dunning):
    """Why tells the reasoning at an instant; a date is its start in the policy's zone."""
    assert "no e-mail address is known" in dunning("case", "why", "bob/I-2", "--at", LATE).stdout
    assert "  next look: when something new is known" in dunning("case", "why", "bob/I-2", "--at", LATE).stdout
    told = json.loads(dunning("case", "why", "bob/I-2", "--at", "2026-01-20", "--format", "json").stdout)
    assert told["at"] == "2026-01-20T00:00:00+01:00"
    assert told["blocked"][0]["reasons"][0]["rule"] == "debtor/email"


@pytest.mark.parametrize("at", ["2026-01-18T11:00+01:00", "2026-01-18T10:00Z", "2026-01-18T10:00:30Z"])
def test_why_at_the_minute_of_a_deed(house, dunning, at):
    """The minute that `case show` prints asks for the decision of that minute, whatever its second."""
    dunning("run", "--now", "2026-01-18T10:00:30Z")
    told = json.loads(dunning("case", "why", "ann/I-1", "--at", at, "--format", "json").stdout)

    assert (told["at"], told["cleared"]) == ("2026-01-18T11:00:30+01:00", ["email reminder"])


def test_a_case_by_its_invoice(ran, dunning):
    """The number of an invoice names its case; where several hold it, they are listed."""
    assert dunning("case", "show", "I-1").stdout == dunning("case", "show", "ann/I-1").stdout
    assert dunning("case", "why", "I-2", "--at", LATE).stdout.startswith("bob/I-2 at 2026-01-29 11:00 Europe/Berlin")
    text = (ran / "invoices.csv").read_text()
    (ran / "invoices.csv").write_text(text.replace("I-1,ann", "I-1,zoe"))
    dunning("run", "--now", LATE)
    result = dunning("case", "show", "I-1")
    assert result.exit_code == 2
    assert result.stderr == "dunning: invoice I-1 stands in several cases: name one of ann/I-1, zoe/I-1\n"


def test_outbox(ran, dunning):
    """The outbox lists what went out."""
    assert "2026-01-18 10:00Z  sent   ann/I-1" in dunning("outbox", "list").stdout
    (row,) = json.loads(dunning("outbox", "list", "--state", "sent", "--format", "json").stdout)
    assert (row["do"], row["state"]) == ("email reminder", "sent")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("case", "show", "ann/I-11"), "there is no case and no invoice 'ann/I-11'; did you mean 'ann/I-1'?"),
        (("case", "why", "zoe"), "there is no case and no invoice 'zoe'"),
        (("case", "why", "ann/I-1", "--at", "then"), "--at: 'then' is neither an instant"),
        (("case", "why", "ann/I-1", "--at", "2020-01-01"), "it is known since 2026-01-18 11:00 Europe/Berlin"),
        (("case", "list", "--status", "overdu"), "did you mean 'overdue'?"),
        (("outbox", "list", "--state", "gone"), "--state: 'gone' is none of pending"),
        (("run", "--now", "today"), "--now: 'today' is neither an instant such as"),
        (("run", "--now", "9999-12-31"), "--now: 9999-12-31 is out of reach: years go from 1970 to 2199"),
        (("run", "--now", "0001-01-01T00:00+14:00"), "is neither an instant such as"),
        (("run", "--config", "nope.toml"), "there is no file nope.toml"),
    ],
)
def test_wrong_use(ran, dunning, arguments, message):
    """A mistake of the user is one line and exit code 2."""
    result = dunning(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr.splitlines()[-1]


def test_requeue(ran, dunning):
    """What was given up is listed with the command that tries it again, and only that."""
    (sent,) = json.loads(dunning("outbox", "list", "--format", "json").stdout)
    refused = dunning("outbox", "requeue", sent["action"], "--by", "Ida")
    assert (refused.exit_code, "is sent: only one that was given up" in refused.stderr) == (2, True)
    store = SqlStore(f"sqlite:///{ran}/out/dunning.db")
    with store.transaction() as tx:
        row = tx.row(sent["action"])
        tx.move(replace(row, state=OutboxState.DEAD, note="given up after 8 attempts: server busy"), fence=row.fence)
    store.close()

    assert (
        f"to try again email reminder: `dunning outbox requeue {sent['action']} --by NAME`"
        in dunning("outbox", "list").stderr
    )
    assert "it waits for `dunning outbox requeue" in " ".join(dunning("case", "why", "ann/I-1").stdout.split())
    assert sent["action"][:8] in dunning("outbox", "list").stdout
    assert "requeue needs --by NAME." in dunning("outbox", "requeue", sent["action"]).stderr
    result = dunning("outbox", "requeue", sent["action"][:8], "--by", "Ida", "--now", LATE)
    assert result.stdout == "to be tried again: email reminder of case ann/I-1\n"
    assert json.loads(dunning("outbox", "list", "--format", "json").stdout)[0]["state"] == "retry"


def test_documents(house, dunning):
    """`[documents]` sends the file of an invoice along; an invoice without one goes out without, and the outbox says so."""
    for name, old, new in (
        ("gentle.yaml", "email reminder", "email reminder with invoice"),
        ("invoices.csv", "50.00,,", "50.00,bob@example.com,"),
        ("dunning.toml", "[demo]", '[documents]\ninvoices = "papers/{number}.txt"\n[demo]'),
    ):
        (house / name).write_text((house / name).read_text().replace(old, new))
    (house / "papers").mkdir()
    (house / "papers/I-1.txt").write_text("the invoice")
    dunning("run", "--now", "2026-01-18T10:00:00Z")

    rows = json.loads(dunning("outbox", "list", "--format", "json").stdout)
    assert [(row["case"], row["note"]) for row in rows] == [
        ("ann/I-1", ""),
        ("bob/I-2", "sent without I-2: no document"),
    ]
    assert 'filename="I-1.txt"' in "".join(path.read_text() for path in (house / "out").glob("*.eml"))


def test_no_store_yet(house, dunning):
    """Looking does not make a store."""
    result = dunning("case", "list")

    assert (result.exit_code, (house / "out").exists()) == (2, False)
    assert "there is no store yet at out/dunning.db" in result.stderr


def test_config_with_mistakes(house, dunning):
    """Every mistake of a configuration is one line, without what it quotes; exit code 2."""
    text = (house / "dunning.toml").read_text()
    (house / "dunning.toml").write_text(text.replace("name =", "nam =").replace("mapping.yaml", "mapping.yml"))
    result = dunning("run")

    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        'dunning.toml:5:1 DUN291 there is no key "nam" in [creditor]; did you mean “name”?',
        'dunning.toml:10:11 DUN294 "mapping": there is no file mapping.yml',
    ]


def test_policy_with_mistakes(house, dunning):
    """A policy with mistakes stops a run with findings: exit code 1."""
    (house / "gentle.yaml").write_text("policy: gentle\n")
    result = dunning("run")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "DUN202" in result.stderr


def test_demo(house, dunning):
    """The demonstration plays its days and tells what they brought, and tells the same when played again."""
    first = dunning("demo")
    again = dunning("demo")

    assert first.exit_code == 0
    assert "10 January 2026 to 08 February 2026: 2 invoices of 2 debtors in 2 cases" in first.stdout
    assert "  out/agency.jsonl  1 line\n" in first.stdout
    assert "placed" in first.stdout
    assert first.stdout == again.stdout


def test_demo_goes_on(house, dunning):
    """A demonstration that was cut short goes on where it stood, questions for approval included."""
    dunning("demo", "--days", "19")
    result = dunning("demo")

    assert "  out/agency.jsonl  1 line\n" in result.stdout


def test_demo_needs_a_day(house, dunning):
    """Without a [demo] table the first day has to be named."""
    text = (house / "dunning.toml").read_text()
    (house / "dunning.toml").write_text(text.partition("[demo]")[0])

    assert dunning("demo").exit_code == 2
    assert dunning("demo", "--from", "2026-01-10", "--days", "12").exit_code == 0


def with_events(house, *lines):
    text = (house / "dunning.toml").read_text()
    (house / "dunning.toml").write_text(
        text.replace('mapping = "mapping.yaml"', 'mapping = "mapping.yaml"\nevents = "e.csv"')
    )
    (house / "e.csv").write_text("\n".join(("date,invoice,fact", *lines)) + "\n")


@pytest.mark.parametrize(("word", "state"), [("approved", "delivered"), ("refused", "refused")])
def test_answers_by_file(house, dunning, word, state):
    """A person's answer may stand in a table of facts, and is taken in once."""
    with_events(house, f"2026-01-29,I-1,{word} agency")
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    dunning("run", "--now", "2026-01-28T10:00:00Z")
    first, again = (dunning("run", "--now", LATE) for _ in range(2))

    assert "1 fact;" in first.stdout
    assert "no facts;" in again.stdout
    assert f"hand off agency north ({state})" in listed(dunning)["ann/I-1"]["last action"]


def test_receipts_by_file(house, dunning):
    """News of a step is news of its latest action, and is taken in once."""
    with_events(house, "2026-01-19,I-1,reminder opened")
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    first, again = (dunning("run", "--now", "2026-01-19T10:00:00Z") for _ in range(2))

    assert "1 fact;" in first.stdout
    assert "no facts; 3 known already" in again.stdout
    assert "opened" in dunning("case", "show", "ann/I-1").stdout


def test_news_of_nothing(house, dunning):
    """News of a step that has not happened is refused and told; the rest goes in."""
    with_events(house, "2026-01-02,I-1,reminder bounced")
    result = dunning("run", "--now", "2026-01-18T10:00:00Z")

    assert result.exit_code == 1
    assert "refused: case ann/I-1: step reminder has no action yet" in result.stderr
    assert "2 invoices" in result.stdout


def test_a_changed_invoice(ran, dunning):
    """An invoice that comes again over another amount is refused and told by its line."""
    text = (ran / "invoices.csv").read_text()
    (ran / "invoices.csv").write_text(
        text.replace("I-1,ann,2026-01-01,2026-01-15,100.00", "I-1,ann,2026-01-01,2026-01-15,90.00")
    )
    result = dunning("run", "--now", LATE)

    assert result.exit_code == 1
    assert "invoices.csv:2: invoice I-1 is not opened: case ann/I-1 holds" in result.stderr


def test_facts_about_the_person(house, dunning):
    """What concerns the debtor is told once, whatever number of cases they have."""
    (house / "invoices.csv").write_text((house / "invoices.csv").read_text().replace("2,bob", "2,ann"))
    with_events(house, "2026-01-16,I-1,opted out of email")
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    for case in ("ann/I-1", "ann/I-2"):
        events = json.loads(dunning("case", "show", case, "--format", "json").stdout)["events"]
        assert [event["type"] for event in events].count("OptedOut") == 1


def test_demo_follows_the_clock_of_the_policy(house, dunning):
    """What is due at a quarter past nine goes out at a quarter past nine."""
    (house / "gentle.yaml").write_text((house / "gentle.yaml").read_text().replace("10:00", "09:15"))
    dunning("demo")

    (mail,) = (house / "out").glob("*.eml")
    assert "\nDate: Sun, 18 Jan 2026 08:15:00 +0000\n" in mail.read_text()


def test_demo_answers_the_newest_question(house, dunning):
    """A payment voids a question that is still open; people answer the new one after as long a time."""
    with_events(house, "2026-01-30,I-1,payment of 40.00")
    (house / "dunning.toml").write_text((house / "dunning.toml").read_text().replace("_days = 1", "_days = 3"))
    dunning("demo")

    assert json.loads((house / "out/agency.jsonl").read_text())["at"] == "2026-02-01T23:00:00+00:00"


def test_held_back(house, dunning):
    """What is blocked is told with the rules that refuse it, without those that would only have it wait."""
    (house / "gentle.yaml").write_text((house / "gentle.yaml").read_text() + "quiet_days: [sunday]\n")
    lines = [line.split() for line in dunning("demo").stdout.splitlines()]
    rows = [line for line in lines if line[:1] in (["blocked"], ["deferred"])]

    assert [(row[0], row[1], row[-1]) for row in rows] == [("blocked", "1", "bob/I-2"), ("deferred", "1", "ann/I-1")]
    assert "no e-mail address is known" in " ".join(rows[0])
    assert "quiet on this day" in " ".join(rows[1])


def test_an_identity_is_told_by_its_beginning(ran, dunning):
    """As far as it tells which action is meant."""
    (sent,) = json.loads(dunning("outbox", "list", "--format", "json").stdout)
    assert dunning("outbox", "show", sent["action"][:4]).exit_code == 0
    unknown = dunning("outbox", "show", "zz")
    assert (unknown.exit_code, "there is no action 'zz'" in unknown.stderr) == (2, True)
