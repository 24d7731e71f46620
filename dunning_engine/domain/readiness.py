"""Whether an invoice is ready to be asked for: a draft, or one whose goods are on their way, is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.given import given_text
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Recorded


@dataclass(frozen=True, slots=True)
class InvoiceReadied:
    """From now on an invoice may be asked for, or (`ready=False`) it may not until somebody says so."""

    invoice: str
    ready: bool = True

    def __post_init__(self) -> None:
        given_text(self.invoice, "an InvoiceReadied is about an invoice", "pass its number")
        if not isinstance(self.ready, bool):
            raise UsageError(f"an InvoiceReadied says {self.ready!r}: pass ready=True or ready=False")


def _readied(case: Case, event: InvoiceReadied, recorded: Recorded) -> dict[str, Any]:
    topic = f"ready {event.invoice}"
    if case.told.get(topic, recorded.at) > recorded.at:
        return {}
    told = {**case.told, topic: recorded.at}
    return {"told": told, "unready": unready(case, event.invoice, ready=event.ready)}


def unready(case: Case, invoice: str, *, ready: bool) -> frozenset[str]:
    """The invoices of a case that may not be asked for, after a word about one of them."""
    return case.unready - {invoice} if ready else case.unready | {invoice}


OF_READINESS: Final[Mapping[type, Callable[[Case, Any, Recorded], dict[str, Any]]]] = {InvoiceReadied: _readied}
