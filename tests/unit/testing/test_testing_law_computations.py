"""The answers to computation cases, where the shared file does not ask; and how differences are told."""

from __future__ import annotations

import pytest

from dunning_engine.compliance.money.rates import RateMissing
from dunning_engine.kernel.errors import UsageError
from dunning_engine.testing.law_computations import agrees, compute

DEFAULT = {"principal_eur": "1000", "default_from": "2026-01-01", "accrue_through": "2026-01-30"}


def test_facts_may_be_texts_or_values():
    """Case files are read as text; a program passes what it has."""
    texts = {"principal_gbp": "1000", "bank_rate_pct": "0.5", "days": "50", "consumer": "false"}
    values = {"principal_gbp": 1000, "bank_rate_pct": "0.5", "days": 50, "consumer": False}
    assert compute("uk/late-payment", "interest", texts) == compute("uk/late-payment", "interest", values)


def test_figures_of_every_rounding_are_given():
    """The government's example, one figure a rounding."""
    found = compute("uk/late-payment", "interest", {"principal_gbp": "1000", "bank_rate_pct": "0.5", "days": "50"})
    assert found == {
        "days": 50,
        "interest": "11.64",
        "interest_unrounded_daily": "11.64",
        "interest_exact": "11.64",
        "interest_act_365": "11.64",
        "interest_daily_rounded_first": "11.50",
        "interest_published_daily_rate": "11.50",
        "annual_interest": "85.00",
        "annual_rate_pct": "8.5",
        "daily_rounded": "0.23",
        "fixed_sum": "70.00",
        "flat_fee": "70.00",
        "total_claim": "1081.64",
    }


@pytest.mark.parametrize(("consumer", "rate", "amount"), [("false", "10.27", "8.4411"), ("true", "6.27", "5.1534")])
def test_segments_carry_what_is_not_rounded_yet(consumer, rate, amount):
    found = compute("de/verzug", "interest", {**DEFAULT, "debtor_consumer": consumer})
    assert found["segments"] == [
        {"from": "2026-01-01", "to": "2026-01-30", "days": 30, "rate_pct": rate, "amount_unrounded": amount}
    ]


@pytest.mark.parametrize(
    ("facts", "rate", "first"),
    [
        ({"overdue_from": "2026-01-10", "days": "10"}, "10.15", "2026-01-10"),
        ({"due": "2026-01-09", "as_of": "2026-01-19"}, "10.15", "2026-01-10"),
        ({"contract_due_date": "2026-01-09", "as_of": "2026-01-19"}, "10.15", "2026-01-10"),
        ({"ecb_reference_date": "2024-07-01", "days": "10"}, "12.25", None),
    ],
)
def test_a_rate_comes_from_the_day_on_which_interest_begins(facts, rate, first):
    found = compute("ie/late-payment", "interest", {"principal_eur": "5000", **facts})
    assert (found["annual_rate_pct"], found["days"], found.get("interest_from")) == (rate, 10, first)
    assert found["reference_date"] == ("2026-01-01" if first else "2024-07-01")


def test_a_french_contract_is_lifted_to_its_least_rate():
    facts = {"principal_eur": "8000", "overdue_from": "2026-01-10", "days": "45", "annual_rate_pct": "5"}
    assert compute("fr/l441-10", "interest", facts)["annual_rate_pct"] == "7.86"
    assert compute("fr/l441-10", "interest", {**facts, "annual_rate_pct": "12.15"})["interest"] == "119.84"
    assert compute("fr/l441-10", "interest", {**facts, "annual_rate_pct": "null"})["interest"] == "119.84"


def test_austrian_consumers_owe_the_general_rate():
    facts = {"principal_eur": "1000", "default_from": "2026-01-01", "as_of": "2026-12-31", "consumer": "true"}
    found = compute("at/ugb-456", "interest", facts)
    assert (found["interest"], found["fixed_sum"]) == ("40.00", "0.00")
    assert "reference_date" not in found


def test_nothing_has_run_on_the_last_day_to_pay():
    facts = {"principal_gbp": "1000", "relevant_day": "2026-08-31", "as_of": "2026-08-31"}
    found = compute("uk/late-payment", "interest", facts)
    assert (found["interest"], found["fixed_sum"], found["total_claim"], found["days"]) == (
        "0.00",
        "0.00",
        "1000.00",
        0,
    )


def test_an_unverified_half_year_is_told():
    with pytest.raises(RateMissing, match="2026-H2"):
        compute("de/verzug", "interest", {**DEFAULT, "accrue_through": "2026-07-01"})


@pytest.mark.parametrize(
    ("law", "kind", "facts", "message"),
    [
        ("uk/late-payment", "guess", {}, "'guess' is no kind of computation; there are interest"),
        ("xx/none", "interest", {"principal_eur": "1"}, "no pack of statutory money is called xx/none"),
        ("uk/late-payment", "interest", {}, "this computation needs principal_gbp"),
        ("uk/late-payment", "interest", {"principal_gbp": "1", "days": "1"}, "interest needs a rate or the day"),
        ("uk/late-payment", "interest", {"principal_gbp": "1", "relevant_day": "2026-01-01"}, "interest needs its days"),
        ("uk/late-payment", "interest", {"principal_gbp": "1", "as_of": "2026-01-01"}, "interest needs its days"),
        ("eu/late-payment", "interest", {"principal_eur": "1", "ecb_mro_pct": "low", "days": "1"}, "ecb_mro_pct is a number, not 'low'"),
        ("eu/late-payment", "interest", {"principal_eur": "1", "ecb_mro_pct": "2", "days": "1.5"}, "days is a whole number, not 1.5"),
        ("eu/late-payment", "payment_day", {}, "a payment day needs an agreed day"),
        ("fr/l441-10", "start_of_default", {}, "a question of de/verzug; of fr/l441-10 ask payment_day"),
        ("us/reg-f", "cooling_off", {}, "this computation needs conversation_date"),
    ],
)  # fmt: skip
def test_facts_that_do_not_suffice_are_told(law, kind, facts, message):
    with pytest.raises(UsageError, match=message):
        compute(law, kind, facts)


def test_a_period_that_nothing_has_begun_has_a_length():
    facts = {"contract_days": "75", "expressly_agreed": "true"}
    assert compute("eu/late-payment", "payment_day", facts) == {"effective_days": 75}
    assert compute("eu/late-payment", "payment_day", {"contract_days": "75"}) == {"effective_days": 60}


def test_british_days_are_safe_unless_the_statute_is_asked():
    facts = {"performed": "2026-03-02", "notice_of_amount": "2026-03-05", "agreed_payment_day": "null"}
    assert compute("uk/late-payment", "payment_day", facts)["relevant_day"] == "2026-04-04"
    literal = compute("uk/late-payment", "payment_day", {**facts, "reading": "statute"})
    assert (literal["relevant_day"], literal["interest_starts"]) == ("2026-04-03", "2026-04-04")
    assert "effective_days" not in compute("uk/late-payment", "payment_day", {"agreed_payment_day": "2026-04-01"})


def test_german_default_is_told_in_both_countings():
    """The thirtieth day is Good Friday: the first day to pay after it is Tuesday."""
    facts = {"invoice_received": "2026-03-04", "debtor_consumer": "false"}
    found = compute("de/verzug", "start_of_default", facts)
    assert (found["last_day_literal"], found["last_day_with_s193"]) == ("2026-04-03", "2026-04-07")
    assert found["default_from"] == found["default_from_with_s193"] == "2026-04-08"
    assert compute("de/verzug", "start_of_default", {**facts, "reading": "statute"})["default_from"] == "2026-04-04"


@pytest.mark.parametrize(
    ("law", "facts", "expected"),
    [
        ("de/verzug", {"lawyer_costs": "147.56"}, {"total_costs": "147.56"}),
        ("de/verzug", {"lawyer_costs": "25", "flat_fee": "40"}, {"total_costs": "40.00"}),
        ("de/verzug", {"lawyer_costs": "25", "flat_fee": "40", "debtor_consumer": "true"}, {"total_costs": "25.00"}),
        ("ie/late-payment", {"lawyer_costs": "25", "principal_eur": "5000"}, {"total_costs": "70.00"}),
        ("de/verzug", {"principal_eur": "1000", "accrued_interest_eur": "50"}, {"interest_base": "1000.00"}),
    ],
)
def test_sums_count_towards_costs_and_interest_bears_none(law, facts, expected):
    assert compute(law, "costs", facts) == expected


# Differences ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "computed"),
    [
        ({"fixed_sum": "70"}, {"fixed_sum": "70.00", "other": "1"}),
        ({"days": "38"}, {"days": 38}),
        ({"default_from": "null"}, {"default_from": None}),
        ({"default_from": None}, {"default_from": None}),
        ({"segments": [{"amount_unrounded": "1.00004"}]}, {"segments": [{"amount_unrounded": "1.0000"}]}),
    ],
)
def test_numbers_are_compared_by_value(expected, computed):
    assert agrees(expected, computed) == []


@pytest.mark.parametrize(
    ("expected", "computed", "lines"),
    [
        ({"interest": "1.00"}, {"interest": "1.01"}, ["interest: expected 1.00, computed 1.01"]),
        ({"default_from": "null"}, {"default_from": "2026-01-01"}, ["default_from: expected nothing, computed 2026-01-01"]),
        ({"days": "1"}, {}, ["days: expected 1, but the facts do not give it"]),
        ({"segments": [{"days": "1"}]}, {"segments": []}, ["segments: expected 1 of them, computed 0"]),
        ({"segments": []}, {"segments": [{"days": 1}]}, ["segments: expected 0 of them, computed 1"]),
        ({"segments": [{"days": "1"}]}, {"segments": [{"days": 2}]}, ["segments[0].days: expected 1, computed 2"]),
    ],
)  # fmt: skip
def test_a_difference_is_told_with_both_values(expected, computed, lines):
    assert agrees(expected, computed) == lines


def test_a_published_figure_that_is_wrong_must_not_come_out():
    assert agrees({}, {"interest": "51.37"}, {"interest": "51.37"}) == ["interest: 51.37 is known to be wrong"]
    assert agrees({}, {"interest": "50.34"}, {"interest": "51.37"}) == []
    assert agrees({}, {}, {"interest": "51.37"}) == []
