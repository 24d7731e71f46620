"""Diagnostics of holds, promises and plans."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dunning_engine.policy.code import Code, code

ARRANGEMENT_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "DUN345": code(
            "Two words on one reason to wait",
            "A reason to wait has one rule for its end (`continue`, `restart`, `back one step`) and one for its clock.",
            "holds: {dispute: [restart, continue]}",
            "holds: {dispute: [restart, clock runs]}",
        ),
        "DUN346": code(
            "Two most numbers of promises",
            "There is one most of open promises, and one of broken ones.",
            """
            pause_while: [promise open]
            promises: {at_most: [1 open, 2 open]}
            """,
            """
            pause_while: [promise open]
            promises: {at_most: [1 open, 2 broken]}
            """,
        ),
        "DUN347": code(
            "Words on what is never waited for",
            """A warning: promises, plans and hardship let a case wait only where `pause_while` lists them. Without that,
            how many promises are trusted and where the ladder goes on afterwards say nothing.""",
            "holds: {hardship: restart}",
            """
            pause_while: [hardship]
            holds: {hardship: restart}
            """,
        ),
    }
)
"""By code; `policy.codes` has all of them."""
