"""Routing as plain English: who gets which policy, in the order in which it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.policy.explain_conditions import all_of, any_of, segments_told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.policy.routing import Route, Routing


_RULE = "A new case gets the policy of the first of these routes that matches; a case that is open keeps its own."


def explain_routing(routing: Routing) -> str:
    """Paragraphs between blank lines."""
    paragraphs = [
        f"{routing.name}, version {routing.version}: {routing.title}",
        f"{_RULE} Days are counted in the zone {routing.zone}.",
        segments_told(routing.segments),
        *(" ".join(_route(number, route)) for number, route in enumerate(routing.routes, 1)),
        "What no route matches is not opened." if not any(route.unconditional for route in routing.routes) else "",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _route(number: int, route: Route) -> Iterator[str]:
    conditional = route.when or route.when_any or route.unless
    yield f"{number}. {_chosen(route)}{'' if conditional else _else(route)}."
    if route.when:
        yield f"Only if {all_of(route.when)}."
    if route.when_any:
        yield f"Only if {any_of(route.when_any)}."
    if route.unless:
        yield f"Not if {any_of(route.unless)}."
    if route.split:
        variants = "; ".join(f"{variant.share} % get {variant.policy} as {variant.name}" for variant in route.split)
        yield f"Of its debtors {variants}: always the same ones."


def _chosen(route: Route) -> str:
    if route.use is None:
        return f"The experiment {route.experiment}"
    return route.use.policy or "The policy that was agreed with the debtor alone, where there is one"


def _else(route: Route) -> str:
    return ", for everything else" if route.unconditional else ""
