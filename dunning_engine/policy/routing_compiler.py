"""From the text of a routing file to frozen `Routing`, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dunning_engine.kernel import yamltext
from dunning_engine.kernel.diagnostics import Diagnostic, Severity, in_order
from dunning_engine.kernel.ids import content_hash
from dunning_engine.policy.routing import Route, Routing
from dunning_engine.policy.routing_meaning import routing_meaning
from dunning_engine.policy.segments import Segments, resolved
from dunning_engine.policy.shape import routing_shape

if TYPE_CHECKING:
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing_document import RouteDocument, RoutingDocument


@dataclass(frozen=True, slots=True)
class CompiledRouting:
    """`routing` is None where some diagnostic is an error; warnings leave it usable."""

    routing: Routing | None
    diagnostics: tuple[Diagnostic, ...]


def compile_routing(text: str, *, file: str, policies: Mapping[str, Policy] | None = None) -> CompiledRouting:
    """The routing that a text says. `policies` are those that exist; without them names of policies are not checked."""
    parsed = yamltext.parse(text, file=file)
    if parsed.node is None:
        return CompiledRouting(None, parsed.diagnostics)
    shaped = routing_shape(parsed.node)
    if isinstance(shaped, Diagnostic):
        return CompiledRouting(None, in_order([*parsed.diagnostics, shaped]))
    lines = {finding.place.line for finding in parsed.diagnostics}
    later = (*shaped.diagnostics, *routing_meaning(shaped, policies))
    findings = in_order([*parsed.diagnostics, *(one for one in later if one.place.line not in lines)])
    if shaped.document is None or any(finding.severity is Severity.ERROR for finding in findings):
        return CompiledRouting(None, findings)
    return CompiledRouting(_built(shaped.document), findings)


def _built(document: RoutingDocument) -> Routing:
    return Routing(
        name=document.routing,
        version=document.version,
        title=document.title or document.routing,
        hash=content_hash(document.model_dump(mode="json", exclude_defaults=True)),
        zone=document.zone,
        segments=document.segments,
        routes=tuple(_route(route, document.segments) for route in document.routes),
    )


def _route(route: RouteDocument, segments: Segments) -> Route:
    return Route(
        use=route.use,
        experiment=route.experiment or "",
        split=route.split,
        when=resolved(route.when, segments),
        when_any=resolved(route.when_any, segments),
        unless=resolved(route.unless, segments),
    )
