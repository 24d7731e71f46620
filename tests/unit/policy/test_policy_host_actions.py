"""Actions that a host declares: parameters of plain kinds, all of them given, each mistake located and told."""

from __future__ import annotations

import pytest

DECLARED = "actions:\n  cancel: {when: [at once, at period end], note: text, seats: number, fee: amount, day: day, final: yes/no}"
GIVEN = "when: at once, note: as agreed, seats: 3, fee: 2.50, day: 2026-04-01, final: yes"


def steps(action):
    return f"steps:\n  - {{step: over, when: 30 days after due, do: [{action}]}}"


def test_an_action_has_its_parameters_in_the_order_of_their_names(part):
    """Two files that say the same are the same policy."""
    policy = part(f"{DECLARED}\n{steps(f'cancel: {{{GIVEN}}}')}").policy
    ((spec,),) = policy.steps[0].actions
    assert [name for name, _text in spec.given] == ["day", "fee", "final", "note", "seats", "when"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (GIVEN.replace("at once", "at onec"), 'when is one of at once, at period end: did you mean "at once"?'),
        (GIVEN.replace("at once", "soon"), "when is one of at once, at period end"),
        (GIVEN.replace("as agreed", '" "'), "note is a text"),
        (GIVEN.replace("3,", "three,"), "seats is a whole number"),
        (GIVEN.replace("2.50", "much"), "fee is an amount"),
        (f"{GIVEN}, nots: x", 'cancel has no parameter nots: did you mean "note"?'),
        (f"{GIVEN}, zzzzzzzz: x", "cancel has no parameter zzzzzzzz; it has day, fee, final, note, seats, when"),
    ],
)
def test_what_a_parameter_cannot_be_is_told(findings, given, why):
    """The message says what it is instead, and the name that was meant where one is near."""
    assert why in [message for _code, message in findings(f"{DECLARED}\n{steps(f'cancel: {{{given}}}')}")]


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ("actions: cancel", "actions are declared by name"),
        ("actions: {Cancel it: {}}", "Cancel it is no name of an action: write it like cancel-subscription"),
        ("actions: {cancel: when}", "cancel takes its parameters as keys"),
        ("actions: {cancel: {when: dai}}", 'did you mean "day"?'),
        ("actions: {cancel: {when: {a: b}}}", "or a list of words to choose from"),
    ],
)
def test_what_cannot_be_declared_is_told(findings, declared, why):
    """Each refusal shows what is written instead."""
    assert any(why in message for _code, message in findings(declared))


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("{cancel: {}, other: {}}", "an item is one action, with its parameters as keys"),
        ("[cancel]", "an item is one action, with its parameters as keys"),
        ("cancel: at once", "the parameters of cancel are keys with one value each"),
        ("cancel: {when: [at once]}", "the parameters of cancel are keys with one value each"),
    ],
)
def test_an_item_of_do_is_one_action_with_plain_values(findings, action, why):
    """Other shapes are refused where they stand."""
    assert any(why in message for _code, message in findings(f"{DECLARED}\n{steps(action)}"))


def test_an_action_without_parameters_is_declared_by_its_name(part):
    """An empty value says as much as an empty mapping."""
    bare = part(f"actions:\n  cancel:\n{steps('cancel')}").policy
    empty = part(f"actions:\n  cancel: {{}}\n{steps('cancel')}").policy
    assert bare.steps[0].actions == empty.steps[0].actions
