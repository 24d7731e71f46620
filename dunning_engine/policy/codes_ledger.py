"""Diagnostics of how a policy lets money settle what is owed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dunning_engine.policy.code import Code, code

LEDGER_CODES: Final[Mapping[str, Code]] = {
    "DUN330": code(
        "A class of what is owed twice",
        "The order in which money settles what is owed names each class once: fees, interest, principal.",
        "allocation: [fees, interest, fees, principal]",
        "allocation: [fees, interest, principal]",
    ),
    "DUN331": code(
        "A class of what is owed is missing",
        """Money settles fees, interest and principal, in an order that names all three. A policy that charges nothing
        may leave `allocation` out.""",
        "allocation: [principal]",
        "allocation: [principal, interest, fees]",
    ),
}
