"""Which amounts a policy tells apart."""

from __future__ import annotations

from pathlib import Path

from dunning_engine.engine.loading import load_policy, policy_of
from dunning_engine.policy.amounts import amounts_named, classes
from dunning_engine.policy.model import Policy

POLICIES = Path(__file__).parents[3] / "policies"

PLAIN = """
policy: plain
version: 1
title: "One step"
law: []
applies_to: [currency is USD]
time: {zone: America/New_York, business_days: US, send_at: "10:00"}
steps:
  - step: reminder
    when: 3 days after due
    only_if: [balance at least 60.00]
    send: email reminder
"""


def policy(*more: str, offer: str = "") -> Policy:
    return policy_of("\n".join((PLAIN + (f"    offer: {offer}" if offer else ""), *more)), "plain.yaml")


def test_every_number_of_a_policy_is_named_and_the_next_one() -> None:
    named = amounts_named(load_policy(POLICIES / "us-consumer.yaml"), "USD")

    assert {100, 101, 5_000, 5_001} <= set(named), "the tolerance, and a condition"
    assert {2_500, 5_000, 7_500, 10_000, 12_500, 15_000} <= set(named), "so many instalments can be offered"
    assert list(named) == sorted(named)
    assert 6_000 in amounts_named(policy(), "USD")
    assert 60 in amounts_named(policy(), "JPY")
    assert 3 in amounts_named(policy(offer="plan of up to 3 monthly instalments"), "USD")


def test_debts_between_the_same_numbers_are_alike() -> None:
    assert classes(policy(), "USD", [2_000]) == classes(policy(), "USD", [5_999])
    assert classes(policy(), "USD", [5_999]) != classes(policy(), "USD", [6_000])
    assert classes(policy(), "USD", [7_000]) == classes(policy(), "USD", [9_000_000])


def test_small_debts_count_to_the_last_cent() -> None:
    assert classes(policy(), "USD", [998]) != classes(policy(), "USD", [999])


def test_several_debts_are_alike_where_each_is_above_every_number() -> None:
    assert classes(policy(), "USD", [7_000, 8_000]) == classes(policy(), "USD", [9_000, 7_500])
    assert classes(policy(), "USD", [2_000, 8_000]) != classes(policy(), "USD", [2_001, 8_000])
    assert classes(policy("lead: largest"), "USD", [7_000, 8_000]) != classes(
        policy("lead: largest"), "USD", [9_000, 7_500]
    )


def test_where_something_is_reckoned_from_every_debt_each_counts() -> None:
    early = policy("discount: 2 % within 10 days of issue")
    offered = policy(offer="discount of 2 % within 60 days of issue")

    assert classes(early, "USD", [7_000]) != classes(early, "USD", [7_001])
    assert classes(offered, "USD", [7_000]) != classes(offered, "USD", [7_001])
