"""Laws of routing: the first match wins, a default makes it total, and variants are stable and as large as they say."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.decision.routing import Question, route, variant_of
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Condition, Test
from dunning_engine.policy.routing import Route, Routing, Use, Variant

COUNTRIES = ("US", "DE", "FR")
IDS = [f"C-{number}" for number in range(20_000)]
AT = 1_772_000_000


def routing(routes: list[Route]) -> Routing:
    return Routing(name="r", version=1, title="", hash="1", routes=tuple(routes))


def split(*shares: int) -> tuple[Variant, ...]:
    return tuple(Variant(share, f"p{number}", f"v{number}") for number, share in enumerate(shares))


def chosen(variants: tuple[Variant, ...], ids: list[str] = IDS) -> dict[str, str]:
    return {debtor: variant_of("sooner", variants, debtor).name for debtor in ids}


def question(country: str) -> Question:
    debtor = Party.consumer("ann", country=country)
    return Question(debtor, [Invoice("I-1", Money("10.00", "EUR"), due="2026-03-01")], {})


ROUTES = st.lists(
    st.builds(
        lambda number, countries: Route(
            use=Use(f"p{number}"), when_any=tuple(Condition(Test.COUNTRY, country) for country in countries)
        ),
        st.integers(0, 9),
        st.lists(st.sampled_from(COUNTRIES), max_size=3, unique=True),
    ),
    max_size=6,
)


@given(ROUTES, st.sampled_from(COUNTRIES))
def test_the_first_route_that_matches_chooses(routes, country):
    """What stands behind it does not matter, and every route before it says why it did not match."""
    answer = route(routing(routes), question(country), AT)
    fits = [not one.when_any or any(c.value == country for c in one.when_any) for one in routes]
    expected = fits.index(True) if True in fits else None
    assert answer.policy == ("" if expected is None else routes[expected].policies[0])
    assert [one.number for one in answer.passed] == list(
        range(1, (expected if expected is not None else len(routes)) + 1)
    )
    assert all(one.why for one in answer.passed)
    if expected is not None:
        assert route(routing(routes[: expected + 1]), question(country), AT) == answer


@given(ROUTES, st.sampled_from(COUNTRIES))
def test_with_a_default_everything_has_a_policy(routes, country):
    """A last route without conditions takes what is left."""
    assert route(routing([*routes, Route(use=Use("house"))]), question(country), AT).policy


def test_shares_come_out_as_written():
    """On 20,000 debtors each variant is within five standard deviations of its share."""
    variants = split(60, 30, 10)
    found = list(chosen(variants).values())
    for variant in variants:
        share = variant.share / 100
        deviation = (len(IDS) * share * (1 - share)) ** 0.5
        assert abs(found.count(variant.name) - len(IDS) * share) < 5 * deviation


@settings(max_examples=20)
@given(st.permutations(split(50, 30, 20)), st.permutations(IDS[:50]))
def test_an_variant_does_not_depend_on_order(variants, ids):
    """Neither that of the file nor that in which debtors come."""
    assert chosen(tuple(variants), list(ids)) == chosen(split(50, 30, 20), IDS[:50])


def test_an_variant_does_not_depend_on_the_machine():
    """Another process with another hash seed says the same."""
    code = (
        "from dunning_engine.decision.routing import variant_of\n"
        "from dunning_engine.policy.routing import Variant\n"
        "variants = (Variant(50, 'a', 'v0'), Variant(50, 'b', 'v1'))\n"
        "print(''.join(variant_of('sooner', variants, f'C-{n}').name[1] for n in range(64)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert other.stdout.strip() == "".join(
        variant.removeprefix("v") for variant in chosen(split(50, 50), IDS[:64]).values()
    )


def test_experiments_are_split_apart():
    """The variant of one experiment says nothing about that of another one."""
    variants = split(50, 50)
    both = sum(variant_of("one", variants, debtor) == variant_of("two", variants, debtor) for debtor in IDS[:4000])
    assert 1800 < both < 2200


def test_of_two_variants_only_those_move_that_must():
    """From 50 and 50 to 60 and 40 a tenth moves, all of it into the variant that grew."""
    before, after = chosen(split(50, 50)), chosen(split(60, 40))
    moved = [(before[one], after[one]) for one in IDS if before[one] != after[one]]
    assert set(moved) == {("v1", "v0")}
    assert 0.09 < len(moved) / len(IDS) < 0.11


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20))
def test_a_share_that_shrinks_lets_go_and_draws_nobody(first, second, less):
    """Debtors of the others stay where they are when one variant loses tickets alone, and nobody joins it."""
    large, small = split(first + less, second), split(first, second)
    before, after = chosen(large, IDS[:300]), chosen(small, IDS[:300])
    assert all(before[one] == after[one] or before[one] == "v0" for one in before)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20))
def test_a_new_variant_only_draws(first, second, new):
    """Who does not go into the new variant stays where they were."""
    before, after = chosen(split(first, second), IDS[:300]), chosen(split(first, second, new), IDS[:300])
    assert all(after[one] in (before[one], "v2") for one in before)


def test_the_policy_of_an_variant_may_change_without_moving_anybody():
    """Debtors are drawn by the names of experiment and variant, not by the policy that stands behind one."""
    variants = split(50, 50)
    assert chosen(variants, IDS[:200]) == chosen(
        tuple(replace(variant, policy="other") for variant in variants), IDS[:200]
    )
