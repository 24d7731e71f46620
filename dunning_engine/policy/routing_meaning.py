"""What routing means as a whole: routes that lead nowhere or are never asked, experiments that do not add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dunning_engine.kernel.diagnostics import Diagnostic, suggest
from dunning_engine.policy.meaning import KNOWN_LATER, contradictions, exclude
from dunning_engine.policy.model import Condition, Conditions, Test
from dunning_engine.policy.phrases_routing import WHOLE
from dunning_engine.policy.reading import warning
from dunning_engine.policy.routing import Use, spelled_out
from dunning_engine.policy.segments import about_segments, parts_of, resolved
from dunning_engine.policy.timing import unknown_zone

if TYPE_CHECKING:
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing_document import RouteDocument
    from dunning_engine.policy.shape import RoutingShape
    from dunning_engine.policy.source import Path

CONTROL = "control"
"""What the variant of an experiment is called that goes on as before."""

_LISTS = ("when", "when_any", "unless")


def routing_meaning(shape: RoutingShape, policies: Mapping[str, Policy] | None) -> Iterator[Diagnostic]:
    """Everything that is wrong or doubtful in what fits."""
    reading = _Reading(shape)
    for check in (
        _zone,
        _no_routes,
        _segments,
        _known_later,
        _never_true,
        _repeated,
        _choices,
        _experiments,
        _unreachable,
        _no_default,
    ):
        yield from check(reading)
    if policies is not None:
        yield from _unknown_policies(reading, policies)
        yield from _misfits(reading, policies)


class _Reading:
    """A file as far as it fits, as the checks see it."""

    def __init__(self, shape: RoutingShape) -> None:
        self.draft, self.source, self.reported = shape.draft, shape.source, shape.reported
        self.routes = tuple(enumerate(shape.draft.routes))
        self.whole = [
            (number, route)
            for number, route in self.routes
            if not any(path[:2] == ("routes", number) for path in shape.reported)
        ]

    def all_of(self, number: int) -> list[tuple[Path, Condition]]:
        """The conditions of a route that have to hold together, those of segments included."""
        when = self.draft.routes[number].when
        return [
            (("routes", number, "when", at), one)
            for at, condition in enumerate(when)
            for one in spelled_out(resolved_here((condition,), self.draft.segments))
        ]

    def conditions(self) -> Iterator[tuple[Path, Condition]]:
        for number, route in self.routes:
            for key in _LISTS:
                for at, condition in enumerate(getattr(route, key)):
                    yield ("routes", number, key, at), condition


def resolved_here(conditions: Conditions, segments: Mapping[str, Conditions]) -> Conditions:
    """As `resolved`, where a segment may not be there."""
    return resolved(tuple(c for c in conditions if c.test is not Test.SEGMENT or c.name in segments), segments)


def _zone(reading: _Reading) -> Iterator[Diagnostic]:
    yield from unknown_zone(reading.draft.zone, reading.source.place(("zone",)))


def _no_routes(reading: _Reading) -> Iterator[Diagnostic]:
    if not reading.routes and ("routes",) not in reading.reported:
        yield Diagnostic("DUN383", "routing needs at least one route", reading.source.place(("routes",)))


def _segments(reading: _Reading) -> Iterator[Diagnostic]:
    segments = reading.draft.segments
    yield from about_segments(segments, reading.conditions(), reading.source, reading.reported)
    for name in segments:
        inside = [(path, condition) for path, condition in parts_of(segments) if path[1] == name]
        yield from contradictions(reading.source, inside, [])


def _known_later(reading: _Reading) -> Iterator[Diagnostic]:
    for path, condition in (*reading.conditions(), *parts_of(reading.draft.segments)):
        if condition.test in KNOWN_LATER:
            message = "nobody can know this before a case is open: ask it in a step of the policy"
            yield Diagnostic("DUN320", message, reading.source.place(path))


def _never_true(reading: _Reading) -> Iterator[Diagnostic]:
    for number, route in reading.routes:
        yield from contradictions(reading.source, reading.all_of(number), [])
        for at, condition in enumerate(route.unless):
            if condition in route.when:
                place = reading.source.place(("routes", number, "unless", at))
                yield Diagnostic("DUN321", "the same condition stands in when: this route never matches", place)


def _repeated(reading: _Reading) -> Iterator[Diagnostic]:
    segments = reading.draft.segments.items()
    lists: list[tuple[Path, Conditions]] = [(("segments", name), values) for name, values in segments]
    lists += [(("routes", number, key), getattr(route, key)) for number, route in reading.routes for key in _LISTS]
    for path, values in lists:
        for at, value in enumerate(values):
            if value in values[:at]:
                yield warning("DUN322", "this stands in the list already", reading.source.place((*path, at)))


def _choices(reading: _Reading) -> Iterator[Diagnostic]:
    """A route has a policy, or an experiment with its variants."""
    for number, route in reading.whole:
        place = reading.source.place(("routes", number))
        match route.use is not None, route.experiment is not None, bool(route.split):
            case (True, False, False) | (False, True, True):
                continue
            case False, False, False:
                message = 'this route chooses nothing: give it "use", or "experiment" and "split"'
            case True, _, _:
                message = 'a route has "use", or "experiment" and "split": take one of them away'
            case False, True, False:
                message = 'an experiment needs its variants: "split: [50 % a as control, 50 % b as sooner]"'
            case _:
                message = 'variants need the name of their experiment: "experiment: sooner"'
        yield Diagnostic("DUN383", message, place)


def _experiments(reading: _Reading) -> Iterator[Diagnostic]:
    seen: dict[str, int] = {}
    for number, route in reading.whole:
        if route.experiment is None or not route.split:
            continue
        split: Path = ("routes", number, "split")
        if route.experiment in seen:
            line = reading.source.place(("routes", seen[route.experiment], "experiment")).line
            message = f'an experiment called "{route.experiment}" stands in line {line} already'
            yield Diagnostic("DUN386", message, reading.source.place(("routes", number, "experiment")))
        seen.setdefault(route.experiment, number)
        yield from _variants(reading, route, split)


def _variants(reading: _Reading, route: RouteDocument, split: Path) -> Iterator[Diagnostic]:
    names = [variant.name for variant in route.split]
    total = sum(variant.share for variant in route.split)
    if total != WHOLE:
        message = f"the shares make {total} %, not {WHOLE} %"
        yield Diagnostic("DUN385", message, reading.source.key(split))
    for at, name in enumerate(names):
        if name in names[:at]:
            message = f'there is a variant called "{name}" already'
            yield Diagnostic("DUN386", message, reading.source.place((*split, at)))
    if CONTROL not in names or len(names) == 1:
        message = f'an experiment compares: it needs a variant called "{CONTROL}" and another one'
        yield warning("DUN389", message, reading.source.key(split))


def _unreachable(reading: _Reading) -> Iterator[Diagnostic]:
    """Routes whose every debt an earlier one takes."""
    for at, (number, route) in enumerate(reading.whole):
        earlier = next((n for n, other in reading.whole[:at] if _covers(other, route, reading)), None)
        if earlier is not None:
            line = reading.source.place(("routes", earlier)).line
            message = f"this route is never asked: the one in line {line} takes all that it would match"
            yield warning("DUN387", message, reading.source.place(("routes", number)))


def _covers(earlier: RouteDocument, later: RouteDocument, reading: _Reading) -> bool:
    if earlier.use == Use() or not (earlier.use or earlier.split):
        return False
    given = spelled_out(resolved_here(later.when, reading.draft.segments))
    some = not earlier.when_any or any(_implied(one, given) for one in earlier.when_any)
    listed = bool(later.when_any) and set(later.when_any) <= set(earlier.when_any)
    return (
        all(_implied(one, given) for one in earlier.when)
        and (some or listed)
        and set(earlier.unless) <= set(later.unless)
    )


def _implied(wanted: Condition, given: Sequence[Condition]) -> bool:
    return any(one == wanted or _stricter(one, wanted) for one in given)


def _stricter(one: Condition, other: Condition) -> bool:
    """Whether a bound leaves less than another one of its kind."""
    if one.amount is None or other.amount is None or (one.test, one.below) != (other.test, other.below):
        return False
    low, high = (one, other) if one.below else (other, one)
    assert low.amount is not None and high.amount is not None  # noqa: PT018 - both were looked at above
    return low.amount.units <= high.amount.units


def _no_default(reading: _Reading) -> Iterator[Diagnostic]:
    broken = len(reading.whole) < len(reading.routes) or ("routes",) in reading.reported
    always = any(
        route.use != Use() and not (route.when or route.when_any or route.unless) for _, route in reading.whole
    )
    if reading.routes and not broken and not always:
        message = "what no route matches is not opened: end with a route that has no conditions"
        yield warning("DUN388", message, reading.source.place(("routes", len(reading.routes) - 1)))


# With the policies ----------------------------------------------------------------------------------------------------


def _named(reading: _Reading) -> Iterator[tuple[Path, str, int]]:
    """Each policy that a route names, where, and in which route."""
    for number, route in reading.routes:
        if route.use is not None and route.use.policy:
            yield ("routes", number, "use"), route.use.policy, number
        for at, variant in enumerate(route.split):
            yield ("routes", number, "split", at), variant.policy, number


def _unknown_policies(reading: _Reading, policies: Mapping[str, Policy]) -> Iterator[Diagnostic]:
    names = tuple(sorted(policies))
    for path, name, _ in _named(reading):
        if name not in policies:
            place, meant = reading.source.word(path, name), suggest(name, names)
            yield Diagnostic("DUN384", f'there is no policy "{name}"', place, suggestion=meant, accepted=names)


def _misfits(reading: _Reading, policies: Mapping[str, Policy]) -> Iterator[Diagnostic]:
    """Policies that are never for what their route brings."""
    for path, name, number in _named(reading):
        applies = spelled_out(policies[name].applies_to) if name in policies else ()
        given = [condition for _, condition in reading.all_of(number)]
        clash = next((one for one in applies if any(exclude(one, other) for other in given)), None)
        if clash is not None:
            from dunning_engine.policy.phrases import CONDITION

            words = CONDITION.show(clash)
            message = (
                f"nothing of this route is ever opened: {name} applies to “{words}”, which its conditions rule out"
            )
            yield Diagnostic("DUN382", message, reading.source.word(path, name))
