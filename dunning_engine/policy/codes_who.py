"""Diagnostics of who is dunned, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dunning_engine.policy.code import Code, code

WHO_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "DUN370": code(
            "A word about the invoice that leads, where none does",
            """A warning: with `lead: each` every invoice has a ladder of its own. None carries that of the others on, so
        `on_lead_paid` changes nothing.""",
            """
        lead: each
        on_lead_paid: restart
        """,
            "lead: each",
        ),
    }
)
"""By code; `policy.codes` has all of them."""
