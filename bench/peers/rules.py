"""Rule engines on the same question: which rung, from seven facts of a case.

Run by the environment of the peers; prints microseconds per decision. Every engine has to give the answer of
`reference` on every case before it is timed.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import rule_engine
import zen
from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.variables import BaseVariables, boolean_rule_variable, numeric_rule_variable
from json_logic import jsonLogic
from timing import best, tell

Facts = dict[str, Any]


def reference(facts: Facts) -> str:
    if facts["disputed"] or facts["promised"]:
        return "hold"
    if facts["hour"] < 9 or facts["hour"] >= 20 or facts["contacts"] >= 3:
        return "wait"
    if facts["days"] >= 60 and facts["balance"] >= 5_000:
        return "agency"
    if facts["days"] >= 30:
        return "ultimatum"
    return "remind" if facts["days"] >= 5 else "wait"


RULES = (
    ("disputed or promised", "hold"),
    ("hour < 9 or hour >= 20 or contacts >= 3", "wait"),
    ("days >= 60 and balance >= 5000", "agency"),
    ("days >= 30", "ultimatum"),
    ("days >= 5", "remind"),
)


def population() -> Iterator[Facts]:
    for days, balance, disputed, promised, hour, contacts in itertools.product(
        (0, 10, 40, 70), (1_000, 9_000), (False, True), (False, True), (7, 12, 21), (0, 4)
    ):
        yield {
            "days": days,
            "balance": balance,
            "disputed": disputed,
            "promised": promised,
            "hour": hour,
            "contacts": contacts,
            "kind": "consumer",
        }


CASES = list(population())


def with_zen() -> Callable[[Facts], str]:
    rules = [(zen.compile_expression(text), answer) for text, answer in RULES]

    def ask(facts: Facts) -> str:
        return next((answer for rule, answer in rules if rule.evaluate(facts)), "wait")

    return ask


def with_rule_engine() -> Callable[[Facts], str]:
    rules = [(rule_engine.Rule(text), answer) for text, answer in RULES]

    def ask(facts: Facts) -> str:
        return next((answer for rule, answer in rules if rule.matches(facts)), "wait")

    return ask


def with_json_logic() -> Callable[[Facts], str]:
    def var(name: str) -> Facts:
        return {"var": name}

    table = {
        "if": [
            {"or": [var("disputed"), var("promised")]},
            "hold",
            {"or": [{"<": [var("hour"), 9]}, {">=": [var("hour"), 20]}, {">=": [var("contacts"), 3]}]},
            "wait",
            {"and": [{">=": [var("days"), 60]}, {">=": [var("balance"), 5_000]}]},
            "agency",
            {">=": [var("days"), 30]},
            "ultimatum",
            {">=": [var("days"), 5]},
            "remind",
            "wait",
        ]
    }
    return lambda facts: jsonLogic(table, facts)


class Variables(BaseVariables):
    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @numeric_rule_variable
    def days(self) -> int:
        return self.facts["days"]

    @numeric_rule_variable
    def balance(self) -> int:
        return self.facts["balance"]

    @numeric_rule_variable
    def hour(self) -> int:
        return self.facts["hour"]

    @numeric_rule_variable
    def contacts(self) -> int:
        return self.facts["contacts"]

    @boolean_rule_variable
    def disputed(self) -> bool:
        return self.facts["disputed"]

    @boolean_rule_variable
    def promised(self) -> bool:
        return self.facts["promised"]


class Answer(BaseActions):
    text = "wait"

    @rule_action()
    def hold(self) -> None:
        self.text = "hold"

    @rule_action()
    def wait(self) -> None:
        self.text = "wait"

    @rule_action()
    def agency(self) -> None:
        self.text = "agency"

    @rule_action()
    def ultimatum(self) -> None:
        self.text = "ultimatum"

    @rule_action()
    def remind(self) -> None:
        self.text = "remind"


def with_business_rules() -> Callable[[Facts], str]:
    def true(name: str) -> Facts:
        return {"name": name, "operator": "is_true", "value": ""}

    def at_least(name: str, value: int) -> Facts:
        return {"name": name, "operator": "greater_than_or_equal_to", "value": value}

    below = {"name": "hour", "operator": "less_than", "value": 9}
    conditions = (
        ({"any": [true("disputed"), true("promised")]}, "hold"),
        ({"any": [below, at_least("hour", 20), at_least("contacts", 3)]}, "wait"),
        ({"all": [at_least("days", 60), at_least("balance", 5_000)]}, "agency"),
        ({"all": [at_least("days", 30)]}, "ultimatum"),
        ({"all": [at_least("days", 5)]}, "remind"),
    )
    rules = [{"conditions": when, "actions": [{"name": then}]} for when, then in conditions]

    def ask(facts: Facts) -> str:
        answer = Answer()
        run_all(rules, Variables(facts), answer, stop_on_first_trigger=True)
        return answer.text

    return ask


def with_decision_table() -> Callable[[Facts], str]:
    """The table of zen-engine as its editor writes it: first hit."""
    names = ("disputed", "promised", "hour", "contacts", "days", "balance")
    rows = (
        ({"disputed": "true"}, "hold"),
        ({"promised": "true"}, "hold"),
        ({"hour": "< 9"}, "wait"),
        ({"hour": ">= 20"}, "wait"),
        ({"contacts": ">= 3"}, "wait"),
        ({"days": ">= 60", "balance": ">= 5000"}, "agency"),
        ({"days": ">= 30"}, "ultimatum"),
        ({"days": ">= 5"}, "remind"),
        ({}, "wait"),
    )
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in names],
        "outputs": [{"id": "then", "name": "then", "field": "then"}],
        "rules": [
            {"_id": str(number), "then": f'"{then}"', **{name: when.get(name, "") for name in names}}
            for number, (when, then) in enumerate(rows)
        ],
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return lambda facts: decision.evaluate(facts)["result"]["then"]


ENGINES = {
    "zen-engine, compiled expressions": with_zen,
    "business-rules": with_business_rules,
    "rule-engine": with_rule_engine,
    "json-logic": with_json_logic,
    "zen-engine, decision table": with_decision_table,
}


def measured(ask: Callable[[Facts], str]) -> float:
    wrong = [facts for facts in CASES if ask(facts) != reference(facts)]
    assert not wrong, f"{ask} gave another answer on {len(wrong)} of {len(CASES)} cases, such as {wrong[0]}"
    turn = itertools.cycle(CASES)
    return best(lambda: ask(next(turn)), calls=len(CASES))


if __name__ == "__main__":
    tell({name: measured(make()) for name, make in ENGINES.items()})
