"""`dunning.toml`: what it says, and what it says of mistakes."""

from __future__ import annotations

from datetime import date
from os.path import basename
from pathlib import Path

import pytest

from dunning_engine.adapters.console import Console
from dunning_engine.adapters.email import SmtpEmail
from dunning_engine.adapters.files import Files
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.config import ConfigInvalid, load_config, parse_config
from dunning_engine.engine.config_findings import CODES
from dunning_engine.engine.documents import DebtorFiles, InvoiceFiles
from dunning_engine.engine.installation import adapters_of, open_engine, store_file
from dunning_engine.kernel.diagnostics import Place
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

EXAMPLE = Path(__file__).parents[3] / "examples/portfolio/dunning.toml"
POLICY = """policy: p
version: 1
law: []
time: {zone: Europe/Dublin}
steps:
  - {step: one, when: 3 days after due, send: email one}
"""
MINIMAL = """
policies = ["p.yaml"]
[store]
url = "sqlite:///out/d.db"
[creditor]
name = "Kestrel"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "p.yaml").write_text(POLICY)
    return tmp_path


def findings(text, folder, **environment):
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(text, file=folder / "dunning.toml", environment=environment)
    return [(d.code, d.place.line, d.place.column, d.message, d.suggestion) for d in caught.value.diagnostics]


def test_example():
    """The configuration of the demonstration reads without a mistake."""
    config = load_config(EXAMPLE)

    assert [path.name for path in config.policies] == ["us-consumer.yaml", "eu-business.yaml"]
    assert (config.demo.start, config.demo.days) == (date(2026, 2, 2), 120)
    assert config.creditor.party().address == ("7 Sample Quay", "Dublin D02 XX10", "Ireland")


def test_paths(folder):
    """Paths count from the folder of the file, the store's too."""
    config = parse_config(MINIMAL, file=folder / "dunning.toml", environment={})

    assert config.policies == [folder / "p.yaml"]
    assert config.store.url == f"sqlite:///{folder}/out/d.db"
    assert store_file(config) == folder / "out/d.db"


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "memory:", "sqlite:///file:x?mode=ro"])
def test_other_stores(folder, url):
    """A store that is no file has no folder to count from."""
    config = parse_config(MINIMAL.replace("sqlite:///out/d.db", url), file=folder / "d.toml", environment={})

    assert config.store.url == url
    assert store_file(config) is None


def test_adapters(folder):
    """Each adapter is built from its table, the mail server before files and screen."""
    text = MINIMAL + (
        '[adapters.console]\n[adapters.files]\nfolder = "o"\n'
        '[adapters.smtp]\nhost = "localhost"\nsender = "a@b.example"\nusername = "u"\npassword = "env:PW"\n'
    )
    config = parse_config(text, file=folder / "dunning.toml", environment={"PW": "hush"})
    smtp, files, console = adapters_of(config)

    assert isinstance(smtp, SmtpEmail)
    assert smtp.password == "hush"
    assert isinstance(files, Files)
    assert files.folder == folder / "o"
    assert isinstance(console, Console)


BESIDES = """
[adapters.smtp]
host = "localhost"
sender = "a@b.example"
[adapters.staff]
email = "staff@b.example"
desks = {legal = "legal@b.example"}
[adapters.bureau]
folder = "bureaus"
[adapters.legal]
folder = "bundles"
[adapters.host.functions]
noop = "os.path:basename"
"""


def test_adapters_of_what_reaches_no_debtor(folder):
    """Staff get mail by the server of the configuration; functions of the host are imported by name."""
    config = parse_config(MINIMAL + BESIDES, file=folder / "dunning.toml", environment={})
    mail, staff, bureau, legal, host = adapters_of(config)

    assert (staff.smtp, staff.email, staff.desks) == (mail, "staff@b.example", {"legal": "legal@b.example"})
    assert (bureau.folder, legal.folder) == (folder / "bureaus", folder / "bundles")
    assert host.functions == {"noop": basename}


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ('[adapters.smtp]\nhost = "localhost"\nsender = "a@b.example"\n', "", "it needs \\[adapters.smtp\\]"),
        ("os.path:basename", "os.path:nowhere", "cannot be imported"),
        ("os.path:basename", "os.path:sep", "is no function"),
    ],
)
def test_adapters_that_cannot_be_made(folder, was, now, words):
    config = parse_config(MINIMAL + BESIDES.replace(was, now), file=folder / "dunning.toml", environment={})
    with pytest.raises(UsageError, match=words):
        adapters_of(config)


def test_a_function_is_named_by_its_module(folder):
    text = MINIMAL + '[adapters.host.functions]\nnoop = "basename"\n'
    with pytest.raises(ConfigInvalid, match="module:function"):
        parse_config(text, file=folder / "dunning.toml", environment={})


def test_documents(folder):
    """Invoices are files of one folder, named by their number."""
    text = MINIMAL + '[documents]\ninvoices = "archive/{number}.pdf"\n'
    config = parse_config(text, file=folder / "dunning.toml", environment={})

    assert config.documents.source() == InvoiceFiles(folder / "archive", "{number}.pdf")


def test_documents_with_contracts(folder):
    """Contracts are files of one folder too, named by the debtor."""
    text = MINIMAL + '[documents]\ninvoices = "{number}.pdf"\ncontracts = "signed/{debtor}.pdf"\n'
    config = parse_config(text, file=folder / "dunning.toml", environment={})

    assert config.documents.source() == DebtorFiles(folder, "{number}.pdf", folder / "signed" / "{debtor}.pdf")
    ((code, _, _, message, _),) = findings(text.replace("{debtor}.pdf", "all.pdf"), folder)
    assert code == "DUN293"
    assert "named by the debtor" in message


@pytest.mark.parametrize(
    "path", ["archive/invoice.pdf", "{number}/invoice.pdf", "{number}/{number}.pdf", "{number}-{number}"]
)
def test_documents_without_a_number(folder, path):
    """A number that chose the folder could lead anywhere; without one all invoices would be the same."""
    ((code, line, _, message, _),) = findings(MINIMAL + f'[documents]\ninvoices = "{path}"\n', folder)

    assert (code, line) == ("DUN293", 8)
    assert 'named by their number, as in "invoices/{number}.pdf"' in message


def test_secrets_are_not_shown(folder):
    """Neither a password nor a store's address is in the configuration's text."""
    text = MINIMAL.replace('"sqlite:///out/d.db"', '"env:URL"') + (
        '[adapters.smtp]\nhost = "h"\nsender = "a@b.example"\nusername = "u"\npassword = "env:PW"\n'
    )
    config = parse_config(text, file=folder / "d.toml", environment={"PW": "hush", "URL": "sqlite:///tell.db"})

    assert "hush" not in repr(config)
    assert "tell" not in repr(config)


def test_every_mistake_at_once(folder):
    """All mistakes are told together, each at its line, in reading order."""
    text = """policys = ["p.yaml"]
[store]
url = "env:NOWHERE"
[creditor]
name = "Kestrel"
zone = "Europe/Dubln"
[[intake]]
kind = "csvv"
[[intake]]
kind = "csv"
file = "nope.csv"
maping = "p.yaml"
[adapters.files]
folder = "out"
receipt = "deliverd"
[adapters.smtp]
host = "h"
sender = "s"
port = "25"
password = "hunter2"
[demo]
from = "2026-02-30"
"""
    found = findings(text, folder)

    assert [(code, line) for code, line, *_ in found] == [
        ("DUN291", 1),
        ("DUN295", 3),
        ("DUN293", 6),
        ("DUN293", 8),
        ("DUN294", 11),
        ("DUN291", 12),
        ("DUN293", 15),
        ("DUN293", 19),
        ("DUN295", 20),
        ("DUN293", 22),
    ]
    assert found[0][4] == "policies"
    assert found[6] == ("DUN293", 15, 11, '"receipt" takes one of sent, delivered', "delivered")
    assert {code for code, *_ in found} <= CODES.keys()


def test_a_wrong_kind_hides_no_key(folder):
    """What stands beside a kind that is none is looked at too; each value is marked with its quotes."""
    text = MINIMAL + '[[intake]]\nkind = "xls"\nmaping = "m.yaml"\nfile = "a.csv"\n[[intake]]\npolicie = "p"\n'
    found = findings(text, folder)

    assert [(code, line, column, meant) for code, line, column, _, meant in found] == [
        ("DUN293", 8, 8, None),
        ("DUN291", 9, 1, "mapping"),
        ("DUN292", 11, 3, None),
        ("DUN291", 12, 1, "policy"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('country = "Ireland"', "\"country\": 'Ireland' is not an ISO 3166-1 country code such as US or DE"),
        ('email = "x"', "\"email\": 'x' is not an e-mail address such as ann@example.com"),
        ('language = "English language"', "\"language\": 'English language' is not a language tag such as en or de-AT"),
        ('zone = "Europe/Dubln"', "is not an IANA time zone"),
        ('payment_methods = ["Card: https://pay.example.com/{number}"]', "in which {invoice}, {case} may stand"),
        ('payment_methods = [" "]', "a way to pay is a line of text"),
        ("[demo]\nfrom = 9999-12-31", "which cannot be meant"),
    ],
)
def test_creditor_and_days_are_read_like_tables(folder, line, message):
    """A creditor's particulars are held to what tables of debtors are held to, the days to theirs."""
    ((code, _, _, told, _),) = findings(MINIMAL + line, folder)

    assert code == "DUN293"
    assert message in told


def test_a_broken_policy_is_told_with_the_rest(folder, monkeypatch):
    """Whoever mends a configuration learns at once what is wrong with its policies; paths count from where they stand."""
    (folder / "p.yaml").write_text(POLICY.replace("days", "dys"))
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(MINIMAL + 'country = "Ireland"', file=folder / "dunning.toml", environment={})

    assert caught.value.diagnostics[0].code == "DUN293"
    assert {d.place.file for d in caught.value.diagnostics[1:]} == {"p.yaml"}


def test_secret_in_the_file(folder):
    """A password in the file is refused and not repeated."""
    text = MINIMAL + '[adapters.smtp]\nhost = "h"\nsender = "s"\npassword = "hunter2"\n'
    ((code, _, _, message, _),) = findings(text, folder)

    assert code == "DUN295"
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", '"store" is missing at the top of the file'),
        (MINIMAL.replace('["p.yaml"]', "[]"), '"policies" takes at least one'),
        (MINIMAL.replace('["p.yaml"]', '"p.yaml"'), '"policies" takes a list in brackets'),
        (MINIMAL.replace('["p.yaml"]', "[3]"), '"policies" takes text in quotes'),
        (MINIMAL + "[[intake]]\nfile = 3", '"kind" is missing in [[intake]]'),
        (MINIMAL + '[[intake]]\nkind = "einvoice"\nfiles = "*.xml"\npolicy = "p"', "no file fits"),
        (MINIMAL + "[demo]\nfrom = 2026-01-01\ndays = 0", '"days" does not fit: Input should be greater'),
        (MINIMAL + '[adapters]\nfiles = "out"', '"files" takes a table'),
        (MINIMAL.replace('"sqlite:///out/d.db"', '"env:"'), 'write "env:" and a name'),
        (MINIMAL.replace("sqlite:///out/d.db", "mysql://u@h/d"), '"url": a store is sqlite:///FILE, postgresql://USER'),
        (MINIMAL.replace("sqlite:///out/d.db", "postgresql://u:p@h/d"), '"url": a password does not stand in a file'),
        (MINIMAL.replace("sqlite:///out/d.db", "postgresql://h/d?password=p"), '"url": a password does not stand in'),
    ],
)
def test_words(folder, text, message):
    """What is wrong is told by the key's name."""
    assert any(message in found[3] for found in findings(text, folder))


@pytest.mark.parametrize(("text", "line", "column"), [("a = \n", 1, 5), ("a = 1\n[b", 2, 3), ('a = "', 1, 6)])
def test_no_toml(folder, text, line, column):
    """A text that is no TOML is one finding at its place."""
    ((code, *place, message, _),) = findings(text, folder)

    assert (code, place) == ("DUN191", [line, column])
    assert message.startswith("this is no TOML: ")


def test_place_of_a_list_item(folder):
    """An item of a list that spans lines is marked where it stands."""
    text = MINIMAL.replace('["p.yaml"]', '[\n  "p.yaml",\n  "q.yaml",\n]')
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(text, file=folder / "dunning.toml", environment={})

    assert caught.value.diagnostics[0].place == Place(str(folder / "dunning.toml"), 4, 3, 11)


def test_unreadable(tmp_path):
    """A configuration that is not there, or no text, is one line."""
    with pytest.raises(UsageError, match=r"there is no file .*dunning.toml"):
        load_config(tmp_path / "dunning.toml")
    (tmp_path / "d.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        load_config(tmp_path / "d.toml")


def test_a_database_is_named_with_its_password_by_reference(folder: Path) -> None:
    """URL, password and tenant; the password stands in the environment alone, and is not shown."""
    text = MINIMAL.replace(
        'url = "sqlite:///out/d.db"',
        'url = "postgresql://dunning@db.example.com/dunning"\npassword = "env:PW"\ntenant = "acme"',
    )
    config = parse_config(text, file=folder / "d.toml", environment={"PW": "hush"})

    assert (config.store.url, config.store.tenant) == ("postgresql://dunning@db.example.com/dunning", "acme")
    assert config.store.password == "hush"
    assert "hush" not in repr(config)
    assert store_file(config) is None


def test_the_tenant_of_a_configuration_is_the_engines(folder: Path, shared_url: str) -> None:
    """With the password apart from the URL; two configurations share a database and no case."""
    for tenant in ("acme", "blue"):
        text = MINIMAL.replace("sqlite:///out/d.db", shared_url).replace(
            "[store]\n", f'[store]\ntenant = "{tenant}"\npassword = "env:PW"\n'
        )
        config = parse_config('allow_missing = ["email"]' + text, file=folder / "d.toml", environment={"PW": "hush"})
        with open_engine(config) as engine:
            assert engine.cases() == ()
            engine.open_case(Party.business("cust-1"), [Invoice("I-1", Money("5.00", "EUR"), due="2026-03-01")], "p")
