"""How a creditor can be paid, as the lines that a text offers to the debtor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from dunning_engine.adapters.texts import one_line

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party

PAID_FOR: Final = ("invoice", "case")
"""What a line may name in braces, so that the money finds its debt."""

_GAP: Final = re.compile(r"\{(" + "|".join(PAID_FOR) + r")\}")


def payment_methods(creditor: Party, names: Mapping[str, str]) -> str:
    """Every way to pay, one line each; empty where the creditor names none."""
    return "\n".join(
        " ".join(_filled(word, names) for word in one_line(line).split(" ")) for line in creditor.payment_methods
    )


def _filled(word: str, names: Mapping[str, str]) -> str:
    """A word with its gaps filled; in an address of the web names are written as addresses are."""
    web = word.startswith(("https://", "http://"))
    return _GAP.sub(lambda gap: quote(names[gap[1]], safe="") if web else one_line(names[gap[1]]), word)
