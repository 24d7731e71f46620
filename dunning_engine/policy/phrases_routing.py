"""Phrases of routing files: what a route chooses, and the variants of an experiment."""

from __future__ import annotations

from dunning_engine.kernel.grammar import Form, Grammar, Slot
from dunning_engine.kernel.slots import NAME
from dunning_engine.policy.forms import form_of, like, single
from dunning_engine.policy.routing import Use, Variant

WHOLE = 100
"""The percents that the variants of an experiment share."""


def _share(text: str) -> int:
    share = int(text)
    if not 0 < share <= WHOLE:
        raise ValueError(f"{text} is no share: write a whole number of percent from 1 to {WHOLE}")
    return share


SHARE: Slot[int] = Slot("a share", "[0-9]{1,6}", _share, str, "50")
_POLICY = Slot("a policy", NAME.regex, str, str, "us-consumer")

ROUTING_NAME = single("a name of routing", like("default"))
EXPERIMENT_NAME = single("the name of an experiment", like("sooner"))
USE = Grammar(
    "a policy to use",
    (
        Form("policy of the debtor", make=Use, take=lambda use: None if use.policy else {}),
        form_of("{policy}", Use, policy=_POLICY),
    ),
)
VARIANT = Grammar(
    "a variant of an experiment",
    [form_of("{share} % {policy} as {name}", Variant, share=SHARE, policy=_POLICY, name=like("control"))],
)
