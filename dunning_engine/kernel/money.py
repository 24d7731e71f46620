"""Exact money: an integer count of minor units and an ISO 4217 code.

Amounts of different currencies are never added or compared, and a float is never let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from functools import total_ordering

from dunning_engine.kernel.currencies import DIGITS
from dunning_engine.kernel.errors import UsageError

MINOR_MAX = 10**15
"""Largest amount in minor units that is accepted: beyond it a typing error is likelier than a debt."""


_EXACT = Context(prec=64, traps=[InvalidOperation, Inexact])
"""A host may round its own decimals as it likes; its context must not round our money."""


class MoneyError(UsageError, ValueError):
    """An amount or currency that is not money."""


@total_ordering
@dataclass(frozen=True, slots=True, init=False, eq=True)
class Money:
    """An exact amount of one currency: `Money("240.00", "USD")`.

    `minor` counts the smallest unit (cents; yen; thousandths of a dinar). Negative amounts are credits.
    """

    minor: int
    currency: str

    def __init__(self, amount: str | int | Decimal, currency: str) -> None:
        digits = currency_digits(currency)
        object.__setattr__(self, "minor", _minor(amount, digits, currency))
        object.__setattr__(self, "currency", currency)

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> Money:
        """Money from a count of minor units, as stores and ledgers keep it."""
        if type(minor) is not int or currency not in DIGITS:
            raise MoneyError(f"{minor!r} {currency} is not a whole count of minor units of an ISO 4217 currency")
        money = cls.__new__(cls)
        object.__setattr__(money, "minor", minor)
        object.__setattr__(money, "currency", currency)
        return money

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with the currency's digits."""
        return _EXACT.scaleb(Decimal(self.minor), -currency_digits(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money.of_minor(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money.of_minor(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money.of_minor(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.amount:,f} {self.currency}"

    def __reduce__(self) -> tuple[object, tuple[int, str]]:
        return Money.of_minor, (self.minor, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MoneyError(f"{self} and {other} are of different currencies: keep one case per currency")
        return other.minor


def currency_digits(currency: str) -> int:
    """Number of minor digits of an ISO 4217 code (JPY 0, USD 2, KWD 3)."""
    try:
        return DIGITS[currency]
    except KeyError:
        raise MoneyError(f"{currency!r} is not an ISO 4217 currency code such as USD or EUR") from None


def _minor(amount: object, digits: int, currency: str) -> int:
    if not isinstance(amount, str | int | Decimal) or isinstance(amount, bool):
        raise MoneyError(f"{amount!r} is not an exact amount: pass a string, a Decimal or an int")
    try:
        minor = _EXACT.scaleb(_EXACT.create_decimal(amount), digits)
    except DecimalException:
        raise MoneyError(f'{amount!r} is not an amount such as "240.00"') from None
    if not minor.is_finite() or not -MINOR_MAX <= minor <= MINOR_MAX:
        raise MoneyError(f"{amount!r} is not an amount that this library can hold")
    if minor != minor.to_integral_value():
        raise MoneyError(f"{amount!r} has more than the {digits} decimal places of {currency}")
    return int(minor)
