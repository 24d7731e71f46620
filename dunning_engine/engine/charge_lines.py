"""The charges of a message, one line each with the figures behind them, in the language of its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.charges import ChargeKind
from dunning_engine.engine.localised import amount_text, number_text
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.charges import Charge


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language says what was charged; the fields in braces are texts already."""

    kinds: Mapping[ChargeKind, str]
    on: str
    interest: str
    share: str
    bands: str
    day: str
    days: str


def _kinds(fee: str, interest: str, fixed: str) -> Mapping[ChargeKind, str]:
    return {ChargeKind.FEE: fee, ChargeKind.INTEREST: interest, ChargeKind.FIXED_SUM: fixed}


WORDS: Final[Mapping[str, _Words]] = MappingProxyType({
    "en": _Words(
        _kinds("fee", "interest", "fixed sum"), "on invoice {invoice}", "{rate} % on {base} for {days}",
        "{rate} % of {base}", "by bands of {base}", "1 day", "{days} days",
    ),
    "de": _Words(
        _kinds("Gebühr", "Zinsen", "Pauschale"), "zur Rechnung {invoice}", "{rate} % auf {base} für {days}",
        "{rate} % von {base}", "nach Staffel auf {base}", "1 Tag", "{days} Tage",
    ),
    "fr": _Words(
        _kinds("frais", "intérêts", "indemnité forfaitaire"), "sur la facture {invoice}",
        "{rate} % sur {base} pendant {days}", "{rate} % de {base}", "par tranches de {base}", "1 jour", "{days} jours",
    ),
    "es": _Words(
        _kinds("recargo", "intereses", "cantidad fija"), "de la factura {invoice}", "{rate} % sobre {base} durante {days}",
        "{rate} % de {base}", "por tramos de {base}", "1 día", "{days} días",
    ),
})  # fmt: skip
"""The languages in which charges are told; a text in another one tells them in English."""

_STRETCH: Final = re.compile(r"([\d.]+) % on ([\d.]+) for (\d+) days")
_SHARE: Final = re.compile(r"([\d.]+) % of ")


def charge_line(charge: Charge, language: str) -> str:
    """`interest on invoice X-1: 0.41 EUR (10 % on 100.00 EUR for 15 days; General terms section 7)`."""
    words = WORDS.get(language.partition("-")[0].lower(), WORDS["en"])
    on = f" {words.on.format(invoice=charge.invoice)}" if charge.invoice else ""
    figures = [*_figures(charge, words, language), charge.citation]
    why = "; ".join(part for part in figures if part)
    amount = amount_text(Money.of_minor(charge.amount, charge.currency), language)
    return f"{words.kinds[charge.kind]}{on}: {amount}{f' ({why})' if why else ''}"


def _figures(charge: Charge, words: _Words, language: str) -> list[str]:
    """Base, rate and days of a charge; nothing where it is a sum of its own."""

    def money(amount: Decimal) -> str:
        return amount_text(Money(amount, charge.currency), language)

    if charge.kind is ChargeKind.INTEREST:
        return [
            words.interest.format(
                rate=number_text(Decimal(rate), language),
                base=money(Decimal(base)),
                days=words.day if days == "1" else words.days.format(days=days),
            )
            for rate, base, days in _STRETCH.findall(charge.rate)
        ]
    base = money(Money.of_minor(charge.base, charge.currency).amount)
    if share := _SHARE.match(charge.rate):
        return [words.share.format(rate=number_text(Decimal(share[1]), language), base=base)]
    return [words.bands.format(base=base)] if charge.rate.startswith("band ") else []
