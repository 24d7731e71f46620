"""Money and days in the ways of a language."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from decimal import Decimal

    from babel import Locale

    from dunning_engine.kernel.calendar import Day


def amount_text(money: Money, language: str) -> str:
    """`1,234.50 USD`, `1.234,50 EUR`, `1 234,50 EUR`: in the digits of the language where Babel is installed."""
    locale = _locale(language)
    if locale is None:
        return str(money)
    from babel.numbers import format_decimal

    digits = -int(money.amount.as_tuple().exponent)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return f"{format_decimal(money.amount, format=pattern, locale=locale)} {money.currency}"


def number_text(number: Decimal, language: str) -> str:
    """`8.5`, `8,5`: as many digits as the number has."""
    locale = _locale(language)
    if locale is None:
        return f"{number:f}"
    from babel.numbers import format_decimal

    return format_decimal(number, locale=locale, decimal_quantization=False)


def day_text(day: Day, language: str) -> str:
    """`6 March 2026`, `6. März 2026`, `1er mars 2026`; ISO 8601 where Babel is not installed.

    English without a country puts the day first: nobody reads that wrongly.
    """
    locale = _locale(language)
    if locale is None:
        return date.fromordinal(day).isoformat()
    from babel.dates import format_date

    plain_english = locale.language == "en" and locale.territory is None
    text = format_date(date.fromordinal(day), "d MMMM y" if plain_english else "long", locale=locale)
    return f"1er {text[2:]}" if locale.language == "fr" and text.startswith("1 ") else text


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale | None:
    """Babel's knowledge of a language; `None` where Babel (an extra) or the language is not there."""
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        return None
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None
