"""`dunning.toml`: store, policies, creditor, intake and adapters of one installation, with every mistake at its line.

Paths count from the folder of the file. A secret stands in the environment or in a file of its own, and is named as `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from dunning_engine.decision.keeping import RETENTION_YEARS
from dunning_engine.domain.parties import OFFERED, Party, PartyKind
from dunning_engine.engine.config_adapters import (
    Adapters,
    Bureau,
    Console,
    Files,
    Host,
    Legal,
    Smtp,
    Staff,
    Webhook,
)
from dunning_engine.engine.config_findings import Misfit, findings
from dunning_engine.engine.config_values import (
    AnyPath,
    ExistingFile,
    Pattern,
    Secret,
    Surroundings,
    Table,
    as_in_tables,
    below,
    context_of,
    from_environment,
    way,
)
from dunning_engine.engine.documents import DEBTOR, NUMBER, DebtorFiles, InvoiceFiles
from dunning_engine.engine.obligations import ITEMS
from dunning_engine.engine.paths import file_bytes, shown
from dunning_engine.engine.paying import PAID_FOR
from dunning_engine.engine.toml_places import KeyPath, Places
from dunning_engine.intake.fields import country_of, date_by, email_of, language_of, zone_of
from dunning_engine.kernel.diagnostics import Diagnostic, suggest
from dunning_engine.kernel.errors import PolicyInvalid, UsageError

CHANNELS: Final = tuple(channel.value for channel in OFFERED)
POSTGRES: Final = ("postgresql://", "postgresql+psycopg://")


PASSWORD: Final = re.compile(r"//[^/@]*:[^/@]+@|[?&]password=")
"""What in a URL is a password."""


class ConfigInvalid(PolicyInvalid):
    """A configuration has mistakes; `diagnostics` lists all of them."""


def _invoice_files(value: Any, info: ValidationInfo) -> Any:
    """Folder and name of the files of invoices: the number stands in the name, once, so that it leads nowhere else."""
    if not isinstance(value, str):
        return value
    path = Path(os.path.normpath(context_of(info).folder / value))
    if path.name.count(NUMBER) != 1 or NUMBER in str(path.parent):
        raise Misfit("DUN293", f'the files of invoices are named by their number, as in "invoices/{NUMBER}.pdf"')
    return InvoiceFiles(path.parent, path.name)


def _contract_files(value: Any, info: ValidationInfo) -> Any:
    """The files of contracts, named by the identity of the debtor."""
    path = below(value, info)
    if isinstance(path, Path) and (path.name.count(DEBTOR) != 1 or DEBTOR in str(path.parent)):
        raise Misfit("DUN293", f'the files of contracts are named by the debtor, as in "contracts/{DEBTOR}.pdf"')
    return path


def _offered_to_all(line: str) -> str:
    """A way to pay: a line with no other gap than those that a text fills."""
    unknown = [name for name in re.findall(r"\{([^}]*)\}", line) if name not in PAID_FOR]
    if unknown or not line.strip():
        raise Misfit("DUN293", f"a way to pay is a line of text, in which {{{'}, {'.join(PAID_FOR)}}} may stand")
    return line


def _wordings(value: Any) -> Any:
    """The host's texts by language and item; `opt_out.sms` is the one of a channel."""
    if not isinstance(value, dict) or not all(isinstance(texts, dict) for texts in value.values()):
        raise Misfit("DUN293", 'texts stand by language: [obligations.de], then supervisory_authority = "…"')
    found: dict[str, dict[str, str]] = {}
    for language, texts in value.items():
        by_item = found[language.lower()] = {}
        for name, text in _by_channel(texts):
            item, _, channel = name.partition(".")
            if item not in ITEMS or (channel and channel not in CHANNELS):
                near = suggest(item, ITEMS)
                hint = f"did you mean {near}?" if near else f"there are {', '.join(ITEMS)}"
                raise Misfit("DUN293", f"{name} is nothing that the law wants said: {hint}")
            if not isinstance(text, str) or not text.strip():
                raise Misfit("DUN293", f"{name} is a text")
            by_item[name] = text
    return found


def _by_channel(texts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for item, text in texts.items():
        yield from (
            ((f"{item}.{part}", words) for part, words in text.items()) if isinstance(text, dict) else [(item, text)]
        )


def _store_url(value: Any, info: ValidationInfo) -> Any:
    """The URL; a SQLite file counts from the folder of the configuration, a password stands in the environment."""
    url = from_environment(value, info)
    if not isinstance(url, str) or url == "memory:":
        return url
    if url.startswith(POSTGRES):
        if url == value and PASSWORD.search(url):
            raise Misfit("DUN295", 'a password does not stand in a file: write password = "env:NAME" beside the url')
        return url
    head, slashes, path = url.partition(":///")
    if not head.startswith("sqlite") or not slashes:
        raise Misfit("DUN293", "a store is sqlite:///FILE, postgresql://USER@HOST/DATABASE or memory:")
    if path in ("", ":memory:") or path.startswith("file:"):
        return url
    return f"{head}:///{context_of(info).folder / path}"


def _date(value: Any) -> Any:
    return date_by(None)(str(value)) if isinstance(value, str | date) else value


def _lines(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class CsvIntake(Table):
    """A table of invoices, with what further tables tell about their debtors and what happened."""

    kind: Literal["csv"]
    file: ExistingFile
    mapping: ExistingFile
    debtors: ExistingFile | None = None
    debtors_mapping: ExistingFile | None = None
    events: ExistingFile | None = None
    policy: str | None = None
    """The policy of lines that name none."""


class EinvoiceIntake(Table):
    """Electronic invoices, one a file; `files` is a path or a pattern."""

    kind: Literal["einvoice"]
    files: Pattern
    policy: str


class Creditor(Table):
    """Who is owed and writes the letters."""

    name: str
    id: str | None = None
    kind: Literal["business", "consumer"] = "business"
    email: Annotated[str | None, as_in_tables(email_of)] = None
    phone: str | None = None
    address: Annotated[list[str], BeforeValidator(_lines)] = Field(default_factory=list)
    payment_methods: list[Annotated[str, AfterValidator(_offered_to_all)]] = Field(default_factory=list)
    """How to pay, one line each: `{invoice}` and `{case}` stand for their numbers."""
    country: Annotated[str | None, as_in_tables(country_of)] = None
    zone: Annotated[str | None, as_in_tables(zone_of)] = None
    language: Annotated[str | None, as_in_tables(language_of)] = None

    def party(self) -> Party:
        facts = self.model_dump(exclude={"kind", "id", "address", "payment_methods"})
        return Party(
            id=self.id or self.name,
            kind=PartyKind(self.kind),
            address=tuple(self.address),
            payment_methods=tuple(self.payment_methods),
            **facts,
        )


class Documents(Table):
    """Where the papers are that go along with a text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    invoices: Annotated[InvoiceFiles, BeforeValidator(_invoice_files)]
    contracts: Annotated[Path | None, BeforeValidator(_contract_files)] = None

    def source(self) -> InvoiceFiles:
        if self.contracts is None:
            return self.invoices
        return DebtorFiles(self.invoices.folder, self.invoices.pattern, self.contracts)


class Store(Table):
    """Where cases are kept, as a URL that SQLAlchemy reads."""

    url: Annotated[str, BeforeValidator(_store_url)] = Field(repr=False)
    password: Secret | None = Field(default=None, repr=False)
    """Of PostgreSQL, where the URL names no more than a user."""
    tenant: str | None = Field(default=None, min_length=1, max_length=200)
    """Whose cases these are, where several share a database."""
    journal: AnyPath | Literal[False] | None = None
    """Where it is noted what leaves, best on another disk; beside the file of a SQLite store where it is left out."""


class AuditLog(Table):
    """Where the heads of cases go outside the database, how often, and how long cases are kept."""

    anchors: AnyPath
    key: Secret | None = Field(default=None, repr=False)
    """The secret that signs them."""
    minutes: int = Field(default=10, ge=1, le=1440)
    """After how long a worker writes the next anchor."""
    keep_years: int = Field(default=RETENTION_YEARS, ge=0, le=100)


class Demo(Table):
    """The days that `dunning demo` plays, and after how many of them people answer questions for approval."""

    start: Annotated[date, Field(alias="from"), BeforeValidator(_date)]
    days: int = Field(default=120, ge=1, le=3660)
    approval_days: int = Field(default=0, ge=0, le=365)


class Config(Table):
    """One installation. `templates` stands for the folder beside each policy where it is not given."""

    store: Store
    policies: list[ExistingFile] = Field(min_length=1)
    creditor: Creditor
    routing: ExistingFile | None = None
    """The file that chooses the policy of invoices that name none."""
    templates: AnyPath | None = None
    intake: list[Annotated[CsvIntake | EinvoiceIntake, Field(discriminator="kind")]] = Field(default_factory=list)
    adapters: Adapters = Adapters()
    documents: Documents | None = None
    obligations: Annotated[dict[str, dict[str, str]], BeforeValidator(_wordings)] = Field(default_factory=dict)
    """The host's own words for what the law wants said, by language and item."""
    allow_missing: list[Annotated[str, AfterValidator(way)]] = Field(default_factory=list)
    demo: Demo | None = None
    audit_log: AuditLog | None = None


_TABLES: Final[Mapping[KeyPath, type[Table]]] = MappingProxyType({
    (): Config,
    ("store",): Store,
    ("creditor",): Creditor,
    ("adapters",): Adapters,
    ("adapters", "files"): Files,
    ("adapters", "smtp"): Smtp,
    ("adapters", "console"): Console,
    ("adapters", "staff"): Staff,
    ("adapters", "bureau"): Bureau,
    ("adapters", "legal"): Legal,
    ("adapters", "host"): Host,
    ("adapters", "webhook"): Webhook,
    ("documents",): Documents,
    ("demo",): Demo,
    ("audit_log",): AuditLog,
    ("intake", "csv"): CsvIntake,
    ("intake", "einvoice"): EinvoiceIntake,
})  # fmt: skip


def load_config(path: Path, *, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration in a file.

    Raises:
        UsageError: there is no such file.
        ConfigInvalid: it has mistakes.
    """
    try:
        text = file_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None
    return parse_config(text, file=path, environment=os.environ if environment is None else environment)


def parse_config(text: str, *, file: Path, environment: Mapping[str, str]) -> Config:
    """The configuration that a text says; its paths count from the folder of `file`."""
    places = Places(text, str(file))
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid((places.no_toml(str(error), "DUN191"),)) from None
    surroundings = Surroundings(file.absolute().parent, environment)
    try:
        return Config.model_validate(content, context=surroundings)
    except ValidationError as error:
        wrong = findings(error, content, places, _TABLES)
        raise ConfigInvalid((*wrong, *_of_policies(content.get("policies"), surroundings.folder))) from None


def _of_policies(named: Any, folder: Path) -> Iterator[Diagnostic]:
    """What is wrong with the policies of a configuration that has mistakes itself."""
    from dunning_engine.engine.loading import load_policy

    for path in (folder / name for name in named if isinstance(name, str)) if isinstance(named, list) else ():
        try:
            if path.is_file():
                load_policy(shown(Path(os.path.normpath(path))))
        except PolicyInvalid as invalid:
            yield from invalid.diagnostics
