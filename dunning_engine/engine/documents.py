"""What goes along with an action: invoices from files, and how much of what was asked for is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from dunning_engine.domain.verbs import Do
from dunning_engine.ports.documents import ENCLOSED_MAX, Contracts, Document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.ports.documents import Documents

NUMBER: Final = "{number}"
"""Where the number of an invoice stands in the name of its file."""

DEBTOR: Final = "{debtor}"
"""Where the identity of a debtor stands in the name of the file of their contract."""

_MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType({
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".html": "text/html",
    ".xml": "application/xml",
    ".png": "image/png",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class InvoiceFiles:
    """Invoices as files of one folder: `InvoiceFiles(Path("invoices"), "{number}.pdf")`.

    In the name of a file, whatever of a number is neither an ASCII letter nor a digit nor one of `-._~` stands as
    `%XX`: invoice 2026/17 is `2026%2F17.pdf`. So no number leads out of the folder, and no two of them to one file.
    """

    folder: Path
    pattern: str

    def invoice(self, case: Case, number: str) -> Document | None:  # noqa: ARG002 - numbers are unique in a folder
        return _file(self.folder, self.pattern.replace(NUMBER, quote(number, safe="")))


@dataclass(frozen=True, slots=True)
class DebtorFiles(InvoiceFiles):
    """Contracts beside the invoices: `Path("contracts/{debtor}.pdf")`, with identities written like numbers."""

    contracts: Path

    def contract(self, case: Case) -> Document | None:
        return _file(self.contracts.parent, self.contracts.name.replace(DEBTOR, quote(case.debtor.id, safe="")))


def _file(folder: Path, name: str) -> Document | None:
    path = folder / name
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return None
    return Document(path.name, _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"), path.read_bytes())


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What goes along with an action, and why the rest of what was asked for does not."""

    documents: tuple[Document, ...] = ()
    lacking: tuple[str, ...] = ()


def enclosed(action: ProposedAction, case: Case, documents: Documents | None) -> Enclosed:
    """The invoices that an action `with invoice` or a bundle is about, and in a bundle the contract.

    As far as they are to be had and not too large.
    """
    bundle = action.spec.do is Do.PREPARE and documents is not None
    if not (action.spec.with_invoice or bundle):
        return Enclosed()
    invoice = documents.invoice if documents is not None else _nothing
    asked = [(number, _document(partial(invoice, case, number))) for number in action.invoices]
    if bundle and isinstance(documents, Contracts):
        asked.append(("contract", _document(partial(documents.contract, case))))
    found: list[Document] = []
    lacking: list[str] = []
    for name, document in asked:
        if isinstance(document, str):
            lacking.append(f"{name}: {document}")
        elif sum(len(known.data) for known in (*found, document)) > ENCLOSED_MAX:
            lacking.append(f"{name}: more than {ENCLOSED_MAX:,} bytes in all")
        else:
            found.append(document)
    return Enclosed(tuple(found), tuple(lacking))


def _nothing(_case: Case, _number: str) -> None:
    """What a host without documents has of any invoice."""


def _document(ask: Callable[[], Document | None]) -> Document | str:
    """A document, or why there is none: what a host's own source does must not stop the text."""
    try:
        return ask() or "no document"
    except Exception as error:  # noqa: BLE001 - the outbox tells it
        return f"no document ({type(error).__name__}: {error})"


def without(lacking: Iterable[str]) -> str:
    """What the receipt says of an action that went out with less than was asked for."""
    words = "; ".join(lacking)
    return f"sent without {words}" if words else ""
