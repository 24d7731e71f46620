"""The shape of a routing file: which keys there are and which phrases they take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dunning_engine.policy import phrases, phrases_routing
from dunning_engine.policy.document import ConditionItem, Segments, Version
from dunning_engine.policy.routing import Use, Variant
from dunning_engine.policy.values import OneOrMany, Part, Phrase

VariantItem = Annotated[Variant, Phrase(phrases_routing.VARIANT)]
RoutingName = Annotated[
    str, Phrase(phrases_routing.ROUTING_NAME, "The name of this routing; cases and tests quote it.")
]


class RouteDocument(Part):
    """A rule: for whom, and which policy or experiment."""

    use: Annotated[Use, Phrase(phrases_routing.USE, "The policy of this route, or the debtor's own.")] | None = None
    experiment: (
        Annotated[str, Phrase(phrases_routing.EXPERIMENT_NAME, "The experiment that splits the debtors of this route.")]
        | None
    ) = None
    split: Annotated[
        tuple[VariantItem, ...], OneOrMany("The variants of the experiment: share, policy and name; 100 % in all.")
    ] = ()
    when: Annotated[tuple[ConditionItem, ...], OneOrMany("The route matches only where all of these are true.")] = ()
    when_any: Annotated[
        tuple[ConditionItem, ...], OneOrMany("The route matches only where at least one of these is true.")
    ] = ()
    unless: Annotated[tuple[ConditionItem, ...], OneOrMany("The route does not match where any of these is true.")] = ()


class RoutingDraft(Part):
    """A routing file, as far as it can be read."""

    routing: RoutingName | None = None
    version: Version | None = None
    title: Annotated[str, Field(description="What this routing is called in reports.", pattern=r"\S")] | None = None
    zone: Annotated[str, Phrase(phrases.ZONE, "The IANA time zone in which routing counts days.")] = "UTC"
    segments: Segments = Field(default_factory=dict)
    routes: tuple[RouteDocument, ...] = ()


class RoutingDocument(RoutingDraft):
    """Routing: which policy a new case gets. The first route that matches chooses."""

    routing: RoutingName
    version: Version
    routes: Annotated[
        tuple[RouteDocument, ...], Field(description="The routes, from the first that is asked to the last.")
    ]


ROUTING_KEYS: dict[tuple[str, ...], type[Part]] = {(): RoutingDocument, ("routes", "*"): RouteDocument}
"""Which part stands at which path."""
