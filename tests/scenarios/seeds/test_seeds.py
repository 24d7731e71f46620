"""What five texts about collecting ask: the page that says how it is done, and what commands do for a small portfolio."""

from __future__ import annotations

import csv
import email
import email.policy
import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from dunning_engine import load_policy
from dunning_engine.cli.app import app
from dunning_engine.domain.facts import parse_fact
from dunning_engine.engine.config import Config
from dunning_engine.engine.variable_names import VARIABLES
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.testing.runner import Test, load_file

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "reference" / "coverage.md"
PORTFOLIO = HERE / "portfolio"
DAYS = ("2026-03-01", "2026-03-05", "2026-03-08", "2026-03-09", "2026-03-12", "2026-03-14", "2026-03-26")
NOW = "2026-03-26T16:00:00Z"

Dunning = Callable[..., Result]


# The page -------------------------------------------------------------------------------------------------------------

ROWS = re.findall(r"^\| (S\d\.\d+) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
LINKS = dict(re.findall(r"^\[(\w+)\]: (\S+)$", PAGE.read_text("utf-8"), re.MULTILINE))
COUNTS = re.findall(r"^\| (S\d) \| .+ \| (\d+) \| (\d+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_asks_are_numbered_and_counted() -> None:
    """Five texts, each ask once and in order, and the table of counts says how many there are."""
    assert [text for text, *_ in COUNTS] == ["S1", "S2", "S3", "S4", "S5"]
    expected = [f"{text}.{number}" for text, _, asks in COUNTS for number in range(1, int(asks) + 1)]
    assert [row[0] for row in ROWS] == expected
    assert all(int(asks) <= int(sentences) for _, sentences, asks in COUNTS)


def test_nothing_is_open() -> None:
    """Every row has words and a scenario, and none says that something is still to come."""
    assert not [
        row
        for row in ROWS
        if re.search(r"\b(open|missing|later|planned|none)\b", f"{row[2]} {row[3]}") and "`" not in row[2]
    ]
    assert not [row[0] for row in ROWS if not re.search(r"`[^`]+`", row[2]) or not _scenarios(row[3])]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_what_is_so(row: tuple[str, str, str, str]) -> None:
    """Its scenarios exist, and each of its words stands in one of them, is read there, and does something."""
    scenarios = _scenarios(row[3])
    files = [HERE / LINKS[name].rpartition("/")[2] for name, _ in scenarios]
    assert [file for file in files if not file.is_file()] == []
    assert [test for name, test in scenarios if name == "tests" and test not in globals()] == []
    for word in re.findall(r"`([^`]+)`", row[2]):
        assert _stands(word, files), word


def _scenarios(cell: str) -> list[tuple[str, str]]:
    """The links of a cell: the name of the file, and of a test where it is one of this module."""
    return [(ref or text, text) for text, ref in re.findall(r"\[(\w+)\](?:\[(\w+)\])?", cell)]


def _stands(word: str, files: list[Path]) -> bool:
    """Whether a word of the page is one: a command, a variable, a key of the configuration, a fact, or a policy's."""
    key, _, phrase = word.partition(": ")
    if word.startswith("dunning "):
        return CliRunner().invoke(app, [*word.split()[1:], "--help"]).exit_code == 0
    if word.startswith("{{"):
        return word.strip("{} ") in VARIABLES
    if word.startswith("["):
        return _configured(*re.fullmatch(r"\[+([\w.]+)\]+ (\w+)", word).groups())  # type: ignore[union-attr]
    if key == "on":
        told = any(phrase in file.read_text("utf-8") for file in files)
        return told and not isinstance(parse_fact(phrase), Misfit)
    return any(phrase in _values(key, _policy(file)) for file in files)


def _configured(table: str, key: str) -> bool:
    """Whether the configuration of the portfolio says so; it is read by every test below."""
    config: Any = tomllib.loads((PORTFOLIO / "dunning.toml").read_text("utf-8"))
    for part in table.split("."):
        config = config[part]
    return key in (config[0] if isinstance(config, list) else config) and table.partition(".")[0] in Config.model_fields


def _policy(scenario: Path) -> Any:
    """The policy beside a scenario as plain values, once it has been read without a mistake."""
    name = scenario.name.removesuffix(".test.yaml") + ".yaml"
    path = PORTFOLIO / "shop.yaml" if scenario.suffix == ".py" else scenario.with_name(name)
    load_policy(path)
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)


def _values(key: str, policy: Any) -> Iterator[str]:
    """Every phrase under a key, at the top or in a step; `plans.offer` is a key of a part."""
    part, _, inner = key.rpartition(".")
    for owner in [policy.get(part, {})] if part else [policy, *policy["steps"]]:
        value = owner.get(inner, [])
        yield from [value] if isinstance(value, str) else value


def test_every_scenario_is_cited() -> None:
    """A file that no row names would be about nothing that was asked."""
    cited = {name for row in ROWS for name, _ in _scenarios(row[3])} - {"tests"}
    assert cited == {path.name.removesuffix(".test.yaml") for path in HERE.glob("*.test.yaml")}
    assert all(isinstance(test, Test) for path in HERE.glob("*.test.yaml") for test in load_file(path).tests)


# The portfolio --------------------------------------------------------------------------------------------------------


@pytest.fixture
def dunning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dunning:
    """The command line in a copy of the portfolio."""
    shutil.copytree(PORTFOLIO, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


@pytest.fixture
def ran(dunning: Dunning) -> Dunning:
    """March, with a run on every day that matters."""
    for day in DAYS:
        assert dunning("run", "--now", f"{day}T16:00:00Z").exit_code == 0
    return dunning


def _delivered(start: str) -> str:
    """The text of the one file whose name has these words."""
    (path,) = Path("out/delivered").glob(f"*{start}_????????????????????????????????.txt")
    return path.read_text("utf-8")


def _mail(number: str) -> Any:
    (path,) = Path("out/delivered").glob(f"*_{number}_reminder_*.eml")
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _text(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")


def test_runs_hand_over_what_is_due_and_nothing_twice(ran: Dunning) -> None:
    """A job that runs again on the same day sends nothing again; mistakes in texts and tables stop it before that."""
    again = ran("run", "--now", NOW)

    assert ran("check", ".").exit_code == 0
    assert "handed over   no actions" in again.stdout
    log = json.loads(ran("report", "contacts", "--format", "json").stdout)
    sent = [(row["at"][:16], row["case"], row["what"]) for row in log if row["action"]]
    assert sent == [
        ("2026-03-05T11:00", "elm/USD", "email reminder"),
        ("2026-03-05T11:00", "oak/USD", "email reminder"),
        ("2026-03-12T12:00", "oak/USD", "call ask to billing"),
        ("2026-03-26T12:00", "oak/USD", "certified letter demand"),
    ]


def test_the_list_of_what_is_past_due(ran: Dunning) -> None:
    """Every past due account with what is unpaid, how late it is and why nobody chases it; for paper and for spreadsheets."""
    table = ran("report", "aging", "--now", NOW)
    rows = list(csv.DictReader(StringIO(ran("report", "aging", "--now", NOW, "--format", "csv").stdout)))

    assert [(row["debtor"], row["invoice"], row["open"], row["days"], row["waits"]) for row in rows] == [
        ("Oak & Sons", "H-1", "1,000.00 USD", "24", ""),
        ("Elm Ltd", "H-2", "80.00 USD", "24", "disputed"),
    ]
    assert "1,080.00" in table.stdout
    assert table.stderr == "2 open receivables past due\n"
    assert "reminder" in ran("report", "steps", "--now", NOW).stdout


def test_the_log_holds_every_contact(ran: Dunning) -> None:
    """Messages, calls and visits by time, with what came of each."""
    log = json.loads(ran("report", "contacts", "--case", "oak/USD", "--format", "json").stdout)

    assert [(row["at"][:10], row["what"], row["result"]) for row in log] == [
        ("2026-03-05", "email reminder", "delivered"),
        ("2026-03-12", "call ask to billing", "delivered"),
        ("2026-03-13", "call to the debtor", "conversation"),
        ("2026-03-14", "visit to the debtor", "conversation"),
        ("2026-03-26", "certified letter demand", "delivered"),
    ]


def test_a_case_tells_what_is_paid_and_why_it_stands_where_it_does(ran: Dunning) -> None:
    """Payments, facts and every decision with its reason, as of then."""
    story = ran("case", "show", "H-1").stdout
    listed = json.loads(ran("case", "list", "--format", "json").stdout)

    assert "payment    200.00 USD for H-1" in story
    assert "reason is refusal" in story
    assert {row["case"]: row["status"] for row in listed} == {"oak/USD": "overdue", "elm/USD": "paused"}
    assert "step demand: is due" in ran("case", "why", "H-1", "--at", NOW).stdout


def test_the_copy_of_the_invoice_goes_along_and_the_open_amount_is_marked(ran: Dunning) -> None:
    """A part was paid: the copy shows the invoice, the text what of it is unpaid."""
    mail = _mail("H-1")
    text = _text(mail)

    assert [part.get_filename() for part in mail.iter_attachments()] == ["H-1.txt"]
    assert "Hello Oak & Sons" in text
    assert "over 1,200.00 USD   >>> 1,000.00 USD unpaid <<<" in text


def test_texts_offer_several_ways_to_pay(ran: Dunning) -> None:
    """Online, by transfer and by card, each with the number that the money needs to find its invoice."""
    text = _text(_mail("H-1"))

    assert "Online: https://pay.example.com/H-1\n" in text
    assert "Bank transfer to 021000021 1234567, reference H-1\n" in text
    assert "Card: by telephone\n" in text


def test_the_right_person_is_called_and_hears_the_reason_first(ran: Dunning) -> None:
    """The task has the name and number of who pays the bills, and a script that begins with the reason."""
    (task,) = [json.loads(line) for line in Path("out/delivered/calls.jsonl").read_text("utf-8").splitlines()]
    script = json.dumps(task)

    assert "Eva Sand" in script
    assert "+12125550121" in script
    assert script.index("I am calling about invoice H-1") < script.index("what keeps them from paying")
    assert "1,000.00 USD is unpaid" in script


def test_the_demand_states_what_is_owed_and_only_what_really_follows(ran: Dunning) -> None:
    """Amount, invoice, fees, last day and the next step; the letter itself stays where it was written."""
    letter = _delivered("H-1_demand")

    assert "Amount:   1,000.00 USD, of it fees and interest 0.00 USD" in letter
    assert "Invoice:  H-1 of" in letter
    assert re.search(r"Pay by: .*9", letter)
    assert "agency" not in letter  # the policy has none: it goes to a law firm
    assert "2026-03-26_H-1_demand" in ran("case", "show", "H-1").stdout


def test_a_demand_that_names_no_last_day_is_refused(dunning: Dunning) -> None:
    """An ultimatum whose text leaves out the day never goes out."""
    template = Path("templates/letter/demand.liquid")
    template.write_text(template.read_text("utf-8").replace("{{ deadline.date }}", "soon"), "utf-8")
    checked = dunning("check", "shop.yaml")

    assert checked.exit_code == 1
    assert "DUN508" in checked.output
    assert "deadline.date" in checked.output


def test_the_bundle_holds_invoices_contract_and_log(ran: Dunning) -> None:
    """The owner agrees, and everything that a lawyer needs lies in one folder."""
    asked = ran("run", "--now", "2026-04-20T16:00:00Z").stdout
    (action,) = re.findall(r"dunning approve (\w+)", asked)
    ran("approve", action, "--by", "Ida Moor", "--role", "owner", "--now", "2026-04-21T16:00:00Z")
    ran("run", "--now", "2026-04-21T16:00:00Z")
    (bundle,) = Path("out/bundles").glob("[!.]*")

    assert sorted(path.name for path in (bundle / "documents").iterdir()) == ["1-H-1.txt", "2-oak.txt"]
    assert "Signed agreement" in (bundle / "documents" / "2-oak.txt").read_text("utf-8")
    history = (bundle / "history.md").read_text("utf-8")
    assert "email reminder" in history
    assert "certified letter demand" in history
    assert "visit" in history
    assert "1000.00" in (bundle / "claim.md").read_text("utf-8")


def test_the_policy_says_in_words_what_comes(dunning: Dunning) -> None:
    """The paragraphs that one can put beside one's terms: what comes when, in order."""
    told = " ".join(dunning("explain", "shop.yaml", "--due", "2026-03-02").stdout.split())

    steps = [
        "3 days after the due date",
        "we send the email reminder",
        "we call",
        "the letter demand",
        "14 days to pay",
    ]
    places = [told.index(words) for words in (*steps, "the file for law firm")]
    assert places == sorted(places)
