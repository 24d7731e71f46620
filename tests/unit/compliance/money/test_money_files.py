"""The packs and tables that ship: data a lawyer can review, compiled to the JSON that the engine reads."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from dunning_engine.compliance.money.pack import Course, pack_of
from dunning_engine.compliance.money.rates import HalfYear, table_of
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.calendar import day_of

ROOT = Path(__file__).parents[4]
MONEY = ROOT / "dunning_engine/compliance/money"


def tool():
    spec = importlib.util.spec_from_file_location("money_tool", ROOT / "tools/money.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TOOL = tool()
KINDS = {kind.folder: kind for kind in TOOL.KINDS}
SOURCES = [(kind, source) for kind in TOOL.KINDS for source in sorted((MONEY / kind.folder).rglob("*.yaml"))]
NAMES = [source.relative_to(MONEY).with_suffix("").as_posix() for _kind, source in SOURCES]


def shipped(name):
    return json.loads((MONEY / f"{name}.json").read_text("utf-8"))


def packs():
    return {name.removeprefix("packs/"): pack_of(shipped(name)) for name in NAMES if name.startswith("packs/")}


def tables():
    return {name.removeprefix("tables/"): table_of(shipped(name)) for name in NAMES if name.startswith("tables/")}


@pytest.mark.parametrize(("kind", "source"), SOURCES, ids=NAMES)
def test_the_json_that_ships_is_that_of_its_yaml(kind, source):
    """Content and hash: a file that was changed and not compiled fails here."""
    text, findings = TOOL.compile_file(source.read_bytes(), source.relative_to(ROOT).as_posix(), kind)
    written = source.with_suffix(".json").read_text("utf-8")
    assert findings == ()
    assert written == text
    assert json.loads(written)["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()


def test_no_json_ships_without_its_yaml():
    assert [path.with_suffix(".yaml") for path in sorted(MONEY.rglob("*.json"))] == sorted(s for _kind, s in SOURCES)


def test_six_statutes_and_five_rates_ship():
    assert sorted(packs()) == [
        "at/ugb-456",
        "de/verzug",
        "eu/late-payment",
        "fr/l441-10",
        "ie/late-payment",
        "uk/late-payment",
    ]
    assert sorted(tables()) == ["at-base", "de-base", "ecb-mro", "fr-legal-business", "uk-bank-rate"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("packs/")])
def test_every_file_warns_the_reader_and_every_provision_has_an_address(name):
    """A number without its place would be an opinion."""
    assert "not legal advice" in (MONEY / f"{name}.yaml").read_text("utf-8")
    pack = pack_of(shipped(name))
    for part in (pack.interest.provision, pack.payment.provision, pack.fixed.provision, pack.costs):
        assert part.citation.url.startswith("https://")
        assert not part.says.endswith(".")


def test_every_rate_names_a_table_that_ships_and_every_debtor_has_one():
    for pack in packs().values():
        named = {rule.over for rule in pack.interest.rates} | (
            {pack.interest.floor.of} if pack.interest.floor else set()
        )
        assert named - {""} <= set(tables())
        assert pack.fixed.debtors <= pack.debtors
        for debtor in pack.debtors:
            assert pack.rate_rule(debtor)


@pytest.mark.parametrize(
    ("name", "debtor", "points", "over", "course"),
    [
        ("uk/late-payment", PartyKind.BUSINESS, "8", "uk-bank-rate", Course.FROZEN),
        ("ie/late-payment", PartyKind.BUSINESS, "8", "ecb-mro", Course.FROZEN),
        ("eu/late-payment", PartyKind.BUSINESS, "8", "ecb-mro", Course.FLOATING),
        ("de/verzug", PartyKind.BUSINESS, "9", "de-base", Course.FLOATING),
        ("de/verzug", PartyKind.CONSUMER, "5", "de-base", Course.FLOATING),
        ("at/ugb-456", PartyKind.BUSINESS, "9.2", "at-base", Course.FLOATING),
        ("at/ugb-456", PartyKind.CONSUMER, "4", "", Course.FLOATING),
        ("fr/l441-10", PartyKind.BUSINESS, "10", "ecb-mro", Course.FLOATING),
    ],
)
def test_the_margin_of_each_statute(name, debtor, points, over, course):
    """Frozen in the United Kingdom and Ireland, by half-years elsewhere."""
    pack = packs()[name]
    rule = pack.rate_rule(debtor)
    assert (rule.percent, rule.over, pack.interest.course) == (Decimal(points), over, course)


@pytest.mark.parametrize(
    ("name", "day", "rate"),
    [
        ("uk-bank-rate", "2025-06-30", "4.75"),
        ("uk-bank-rate", "2026-12-31", "3.75"),
        ("ecb-mro", "2022-12-31", "0.00"),
        ("ecb-mro", "2024-07-01", "4.25"),
        ("de-base", "2022-12-31", "-0.88"),
        ("de-base", "2026-06-30", "1.27"),
        ("at-base", "2023-06-30", "1.88"),
        ("fr-legal-business", "2026-01-01", "2.62"),
    ],
)
def test_a_rate_of_each_table(name, day, rate):
    assert tables()[name].at(day_of(day)).percent == Decimal(rate)


def test_what_was_last_verified_is_said_and_true():
    """Only the British rate reaches beyond June 2026."""
    assert {name: str(table.last_verified) for name, table in tables().items()} == {
        "at-base": "2023-H1",
        "de-base": "2026-H1",
        "ecb-mro": "2026-H1",
        "fr-legal-business": "2026-H1",
        "uk-bank-rate": "2026-H2",
    }
    assert not tables()["fr-legal-business"].knows(HalfYear(2023, 1))


# The compiler ---------------------------------------------------------------------------------------------------------

TABLE = """table: a-rate
title: A rate
unit: percent a year
read_on: first_day
source: {text: A bank, url: "https://bank.example"}
last_verified: 2026-H1
rates:
  2026-01-01: {rate: 2.15, confidence: medium}
"""


def compiled(text, file="dunning_engine/compliance/money/tables/a-rate.yaml", kind="tables"):
    return TOOL.compile_file(text.encode(), file, KINDS[kind])


def test_a_table_compiles():
    text, findings = compiled(TABLE)
    assert findings == ()
    assert table_of(json.loads(text)).at(day_of("2026-05-05")).percent == Decimal("2.15")


@pytest.mark.parametrize(
    ("old", "new", "place", "code", "message"),
    [
        ("title: A rate", "titel: A rate", (2, 1), "DUN201", '"titel" is no key of a table'),
        ("unit: percent a year\n", "", (1, 1), "DUN202", "a table needs unit"),
        ("title: A rate", "title:", (2, 7), "DUN203", "here stands a text"),
        ("first_day", "last_day", (4, 10), "DUN204", '"last_day" is none of the words that fit here'),
        ("2.15", "2.15%", (8, 22), "DUN204", '"2.15%" is not a number of percent such as 2.15'),
        ("2026-01-01:", "2026-1-1:", (8, 3), "DUN204", '"2026-1-1" is not a day such as 2026-01-01'),
        ("{rate: 2.15, confidence: medium}", "2.15", (8, 15), "DUN203", "a row has keys of its own"),
        ("rates:\n  2026-01-01: {rate: 2.15, confidence: medium}", "rates: {}", (7, 8), "DUN203", "rates needs at least one entry: a day and its value"),
        ("table: a-rate", "table: b-rate", (1, 1), "DUN204", "b-rate is not the name of this file"),
        ("2026-H1", "2026-H2", (1, 1), "DUN204", "last_verified is 2026-H2, but the last rate is of another half-year"),
        ("2026-H1", "2025-H2", (1, 1), "DUN204", "last_verified is 2025-H2, but the last rate is of another half-year"),
        ("2026-01-01:", "2026-01-02:", (1, 1), "DUN204", "2026-01-02 is no reference day of a-rate: it is read on 1 January and 1 July only"),
        ("table: a-rate", "table: a: rate", (1, 1), "DUN101", None),
    ],
)  # fmt: skip
def test_every_mistake_is_told_where_it_stands(old, new, place, code, message):
    text, findings = compiled(TABLE.replace(old, new))
    assert text == ""
    told = [(found.place.line, found.place.column, found.code, found.message) for found in findings]
    if message is None:
        assert [found.code for found in findings] == [code]
    else:
        assert (*place, code, message) in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("binds: [business]", "binds: business", "the list of debtors is a list with at least one item"),
        ("longest: 60", "longest: sixty", '"sixty" is not a number of days such as 30'),
        ("{sum: 100.00}", "{below: 20000.00, sum: 100.00}", "the last band, and no other, has no edge: every debt falls into one"),
    ],
)  # fmt: skip
def test_mistakes_in_packs_are_told_too(old, new, message):
    source = MONEY / "packs/uk/late-payment.yaml"
    changed = source.read_text("utf-8").replace(old, new)
    text, findings = compiled(changed, source.relative_to(ROOT).as_posix(), "packs")
    assert text == ""
    assert message in [found.message for found in findings]


def test_the_tool_writes_the_json_or_tells_what_is_wrong(tmp_path, monkeypatch, capsys):
    """One run compiles every file, or writes none and shows each mistake."""
    root = tmp_path / "a/b/money"
    (root / "tables").mkdir(parents=True)
    source = root / "tables/a-rate.yaml"
    monkeypatch.setattr(TOOL, "ROOT", root)
    source.write_text(TABLE)
    assert TOOL.main() == 0
    before = source.with_suffix(".json").read_text()
    assert json.loads(before)["table"] == "a-rate"
    source.write_text(TABLE.replace("title", "titel"))
    assert TOOL.main() == 1
    assert 'DUN201 "titel" is no key of a table' in capsys.readouterr().err
    assert source.with_suffix(".json").read_text() == before
