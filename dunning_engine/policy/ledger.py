"""What a policy says of the ledger of its cases: read from the document, checked, and told in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dunning_engine.domain.charges import DEFAULT_TERMS, LedgerTerms, OnPaid
from dunning_engine.kernel.diagnostics import Diagnostic

if TYPE_CHECKING:
    from dunning_engine.policy.document import PolicyDocument
    from dunning_engine.policy.reading import Reading


def terms_of(document: PolicyDocument) -> LedgerTerms:
    """What the ledger of a case follows; what the file does not say is as everywhere."""
    return LedgerTerms(document.allocation or DEFAULT_TERMS.allocation, document.on_paid)


def about_terms(reading: Reading) -> Iterator[Diagnostic]:
    """An order of classes names each of them, once."""
    named = reading.draft.allocation
    for at, kind in enumerate(named):
        if kind in named[:at]:
            yield Diagnostic(
                "DUN330", f"the order names {kind.value} already", reading.source.place(("allocation", at))
            )
    if not named or any(path[:1] == ("allocation",) for path in reading.reported):
        return
    missing = [kind.value for kind in DEFAULT_TERMS.allocation if kind not in named]
    if missing:
        message = f"the order lacks {' and '.join(missing)}"
        yield Diagnostic("DUN331", message, reading.source.place(("allocation",)))


def terms_told(terms: LedgerTerms) -> str:
    """The terms as sentences."""
    first, second, third = (kind.value for kind in terms.allocation)
    order = f"Money settles {first} first, then {second}, then {third}; in each the oldest due comes first."
    if terms.on_paid is OnPaid.SURVIVE:
        return f"{order} Charges stay owed when their invoice is paid."
    return f"{order} Charges that are open when their invoice is paid lapse."
