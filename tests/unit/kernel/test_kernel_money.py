"""Money: exact, of one currency, and never a float."""

from __future__ import annotations

import copy
import importlib.util
import pickle
from decimal import Context, Decimal, Inexact, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.kernel.currencies import CODES_BY_DIGITS, DIGITS
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import MINOR_MAX, Money, MoneyError, currency_digits

MINORS = st.integers(-MINOR_MAX, MINOR_MAX)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "CLF"])


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "shown"),
    [
        ("240.00", "USD", 24_000, "240.00 USD"),
        ("240", "USD", 24_000, "240.00 USD"),
        (240, "USD", 24_000, "240.00 USD"),
        (Decimal("0.1"), "EUR", 10, "0.10 EUR"),
        ("-12.50", "EUR", -1_250, "-12.50 EUR"),
        ("1234567.89", "GBP", 123_456_789, "1,234,567.89 GBP"),
        ("980", "JPY", 980, "980 JPY"),
        ("1.234", "KWD", 1_234, "1.234 KWD"),
        ("1.5000", "USD", 150, "1.50 USD"),
        ("1E+3", "USD", 100_000, "1,000.00 USD"),
    ],
)
def test_money_is_a_count_of_the_smallest_unit(amount, currency, minor, shown):
    """Cents, yen, thousandths of a dinar: whatever the currency has."""
    money = Money(amount, currency)
    assert (money.minor, money.currency, str(money)) == (minor, currency, shown)


@pytest.mark.parametrize("amount", [1.5, 240.0, float("nan"), True, None, b"1", ["1"], (0, (1,), 0)])
def test_a_float_is_never_let_in(amount):
    """Nor anything else that is no exact amount."""
    with pytest.raises(MoneyError, match="is not an exact amount: pass a string, a Decimal or an int"):
        Money(amount, "USD")


@pytest.mark.parametrize("amount", ["", "ten", "1,000.00", "$5", "0x10", "1.2.3"])
def test_what_is_no_number_is_refused(amount):
    """The message shows how an amount is written."""
    with pytest.raises(MoneyError, match=r'is not an amount such as "240\.00"'):
        Money(amount, "USD")


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "-inf", "1E+999999", 10**15, Decimal("10000000000000.01"), 10**70]
)
def test_what_cannot_be_a_debt_is_refused(amount):
    """Infinite, or beyond any amount that was meant."""
    with pytest.raises(MoneyError):
        Money(amount, "USD")


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.005", "USD"), ("0.5", "JPY"), ("1.2345", "KWD"), (Decimal("1E-9"), "EUR")]
)
def test_more_digits_than_the_currency_has_are_refused(amount, currency):
    """Nothing is rounded behind anybody's back."""
    with pytest.raises(MoneyError, match=f"has more than the [0-3] decimal places of {currency}"):
        Money(amount, currency)


def test_very_long_fractions_are_refused_too():
    """However far behind the point the excess stands."""
    for zeros in (30, 100, 5_000):
        with pytest.raises(MoneyError):
            Money("1." + "0" * zeros + "1", "USD")


@pytest.mark.parametrize("currency", ["", "usd", "US", "DOLLAR", "€"])
def test_an_unknown_currency_is_refused(currency):
    """Codes are those of ISO 4217, in capitals."""
    with pytest.raises(MoneyError, match="is not an ISO 4217 currency code such as USD or EUR"):
        Money("1", currency)
    with pytest.raises(MoneyError):
        currency_digits(currency)


def test_the_hosts_decimal_context_does_not_round_our_money():
    """A host that calculates with five digits, or that traps every rounding, gets the same money."""
    with localcontext(Context(prec=5)):
        money = Money("123456.78", "USD")
        assert (money.minor, str(money.amount)) == (12_345_678, "123456.78")
        assert Money.of_minor(-MINOR_MAX, "USD").amount == Decimal("-10000000000000.00")
        assert str(Money(10**13, "USD")) == "10,000,000,000,000.00 USD"
    with localcontext(Context(prec=3, traps=[Inexact])):
        assert Money("123456.78", "USD") == money
    with localcontext(Context(traps=[])), pytest.raises(MoneyError):
        Money("ten", "USD")


@pytest.mark.parametrize(
    ("minor", "currency"), [(1.0, "USD"), (Decimal(1), "USD"), (True, "USD"), ("1", "USD"), (1, "XYZ")]
)
def test_a_count_of_minor_units_is_a_whole_number_of_a_known_currency(minor, currency):
    """A store that hands back something else is told so at once."""
    with pytest.raises(MoneyError, match="is not a whole count of minor units"):
        Money.of_minor(minor, currency)


@given(a=MINORS, b=MINORS, currency=CURRENCIES)
def test_sums_are_those_of_whole_numbers(a, b, currency):
    """Adding and subtracting lose nothing."""
    x, y = Money.of_minor(a, currency), Money.of_minor(b, currency)
    assert (x + y).minor == a + b
    assert (x - y).minor == a - b
    assert (-x).minor == -a
    assert (x < y, x <= y, x > y, x >= y, x == y) == (a < b, a <= b, a > b, a >= b, a == b)
    assert bool(x) is (a != 0)


@given(minor=MINORS, currency=CURRENCIES)
def test_the_amount_leads_back_to_the_money(minor, currency):
    """As a decimal, as text, and through pickling and copying."""
    money = Money.of_minor(minor, currency)
    assert Money(money.amount, currency) == Money(str(money.amount), currency) == money
    assert -money.amount.as_tuple().exponent == currency_digits(currency)
    assert pickle.loads(pickle.dumps(money)) == copy.deepcopy(money) == money
    assert hash(Money(money.amount, currency)) == hash(money)


@pytest.mark.parametrize("act", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b])
def test_currencies_are_never_mixed(act):
    """Neither added nor compared; being unequal is no comparison of worth."""
    dollars, euros = Money("1", "USD"), Money("1", "EUR")
    with pytest.raises(MoneyError, match=r"^1\.00 USD and 1\.00 EUR are of different currencies"):
        act(dollars, euros)
    assert dollars != euros


def test_a_money_error_is_the_callers_to_mend():
    """It is a `UsageError`, and a `ValueError`, so that phrases can be refused with it."""
    assert issubclass(MoneyError, UsageError)
    assert issubclass(MoneyError, ValueError)


def test_the_table_of_currencies_is_that_of_babel():
    """When a currency is added, `tools/currencies.py` writes the table anew."""
    spec = importlib.util.spec_from_file_location("currencies", Path(__file__).parents[3] / "tools/currencies.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert {digits: codes.split() for digits, codes in CODES_BY_DIGITS.items()} == tool.table()
    assert DIGITS["EUR"] == 2
