"""Whether the rulebooks that a policy names exist and can bind it, and which of its own limits they leave without work.

What rulebooks say is another floor's matter: whoever compiles a policy hands over whom each binds, and its limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dunning_engine.domain.limits import Hours, Limit, never_binds
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.kernel.diagnostics import Diagnostic, Severity, suggest
from dunning_engine.kernel.yamltext import Scalar
from dunning_engine.kernel.yamltext import Sequence as Items
from dunning_engine.policy.document import PolicyDraft
from dunning_engine.policy.model import Test, may_be_in_place
from dunning_engine.policy.reading import warning
from dunning_engine.policy.shape import Shape
from dunning_engine.policy.source import Path


@dataclass(frozen=True, slots=True)
class Bound:
    """Whom a rule binds; empty means everybody, but a rule for the regulated binds nobody else.

    `place` is where the debtor has to be.
    """

    collectors: frozenset[Collector] = frozenset()
    debtors: frozenset[PartyKind] = frozenset()
    regulators: frozenset[str] = frozenset()
    place: str = ""

    def collects(self, draft: PolicyDraft) -> bool:
        """Whether it may bind who collects under a policy."""
        return not self.collectors or not self.collectors.isdisjoint(_NAMES[draft.collector])

    def regulated(self, draft: PolicyDraft) -> bool:
        return not self.regulators or not self.regulators.isdisjoint(draft.regulated_as)

    def protects(self, draft: PolicyDraft) -> bool:
        """Whether it may protect somebody whom a policy duns."""
        return not self.debtors or not self.debtors.isdisjoint(_dunned(draft))

    def here(self, draft: PolicyDraft) -> bool:
        """Whether somebody whom a policy duns may be where it binds."""
        return may_be_in_place(draft.applies_to, self.place)

    def always(self, draft: PolicyDraft) -> bool:
        """Whether it binds every contact that a policy may make."""
        return (
            (not self.collectors or self.collectors >= _NAMES[draft.collector])
            and (not self.debtors or self.debtors >= _dunned(draft))
            and self.regulated(draft)
        )


@dataclass(frozen=True, slots=True)
class BookLaw:
    """A rulebook as policies see it: whom its rules bind, and its unconditional limits with those whom each binds.

    With `money` it is none, but a pack of statutory money, which somebody may take for one.
    """

    binds: tuple[Bound, ...] = ()
    limits: tuple[tuple[Bound, Limit], ...] = ()
    money: bool = False


BookLimits = Mapping[str, BookLaw]
"""What each rulebook says of these."""

_OWN_NAME = frozenset({Collector.FIRST_PARTY, Collector.FIRST_PARTY_IN_DEFAULT})
_NAMES = {
    Collector.FIRST_PARTY: _OWN_NAME,
    Collector.FIRST_PARTY_IN_DEFAULT: _OWN_NAME,
    Collector.THIRD_PARTY: frozenset({Collector.THIRD_PARTY}),
}
"""In which names who collects under a policy may appear to the law."""


def _dunned(draft: PolicyDraft) -> frozenset[PartyKind]:
    """The kinds of debtors that a policy is for."""
    kinds = {PartyKind(c.value) for c in draft.applies_to if c.test is Test.DEBTOR_KIND}
    return frozenset(kinds or PartyKind)


def law(shape: Shape, rulebooks: Sequence[str], limits: BookLimits) -> Iterator[Diagnostic]:
    draft = shape.draft
    for at, name in enumerate(draft.law):
        place = shape.source.place(("law", at))
        if name not in rulebooks:
            message, likely = _unheard_of(name, rulebooks, limits)
            yield Diagnostic("DUN401", message, place, suggestion=likely, accepted=tuple(rulebooks))
        elif why := _idle_book(name, limits.get(name, BookLaw()), shape):
            by_choice = f"{name}-limits"
            yield Diagnostic(
                "DUN402", why, place, Severity.WARNING, suggestion=by_choice if by_choice in rulebooks else None
            )
    yield from _idle(shape, limits)
    yield from _at_night(shape, limits)


def _unheard_of(name: str, rulebooks: Sequence[str], limits: BookLimits) -> tuple[str, str | None]:
    """What is wrong with a name that is no rulebook's, and which one was meant."""
    if limits.get(name, BookLaw()).money:
        message = (
            f"{name} is no rulebook but a pack of statutory money, which no policy names: "
            f'compute interest and fixed sums from load_pack("{name}")'
        )
        return message, None
    return f'there is no rulebook "{name}"', suggest(name, rulebooks)


def about_books(shape: Shape, rulebooks: Sequence[str]) -> Iterator[Diagnostic]:
    """The findings about a shape, where those about names that no rulebook can have say which rulebooks there are."""
    found = shape.whole.node(("law",))
    items = found.items if isinstance(found, Items) else (found,)
    texts = {item.place: item.text for item in items if isinstance(item, Scalar)}
    for finding in shape.diagnostics:
        if finding.code == "DUN204" and finding.place in texts and rulebooks:
            likely = suggest(texts[finding.place], rulebooks)
            yield replace(finding, suggestion=likely, accepted=tuple(rulebooks))
        else:
            yield finding


def _idle_book(name: str, book: BookLaw, shape: Shape) -> str:
    """Why no rule of a rulebook can bind this policy; empty where some can, or where the policy says it wrongly."""
    draft = shape.draft
    ours = [bound for bound in book.binds if bound.collects(draft)]
    if not book.binds or any(bound.regulated(draft) and bound.protects(draft) and bound.here(draft) for bound in ours):
        return ""
    if not ours:
        whom = "their own debts" if draft.collector is Collector.THIRD_PARTY else "for others"
        message = (
            f"{name} binds only those who collect {whom}: under collector: {draft.collector.value} it has no effect"
        )
        return "" if ("collector",) in shape.reported else message
    if not any(bound.regulated(draft) for bound in ours):
        words = sorted({word for bound in ours for word in bound.regulators})
        message = f"{name} binds only who is regulated: without regulated_as: [{', '.join(words)}] it has no effect"
        return "" if _misread(shape, "regulated_as") else message
    return (
        ""
        if _misread(shape, "applies_to")
        else _nobody(name, [bound for bound in ours if bound.regulated(draft)], draft)
    )


def _nobody(name: str, bounds: Sequence[Bound], draft: PolicyDraft) -> str:
    """Why rules that bind the collector protect no debtor of a policy: where they are, or who they are."""
    if any(bound.here(draft) for bound in bounds):
        return f"{name} protects no debtor of this policy: under its applies_to it has no effect"
    places = {bound.place for bound in bounds}
    where = places if len(places) == 1 else {place.partition("-")[0] for place in places}
    asked = " and ".join(f"country is {c.value}" for c in draft.applies_to if c.test is Test.COUNTRY)
    return f"{name} protects debtors in {', '.join(sorted(where))}: under applies_to: {asked} it has no effect"


def _misread(shape: Shape, key: str) -> bool:
    return any(path[:1] == (key,) for path in shape.reported)


def heard(draft: PolicyDraft, limits: BookLimits) -> Iterator[tuple[str, Limit]]:
    """The limits that bind every contact of a policy, with the names of their rulebooks."""
    for name in draft.law:
        yield from ((name, limit) for bound, limit in limits.get(name, BookLaw()).limits if bound.always(draft))


def _own(draft: PolicyDraft) -> Iterator[tuple[Path, Limit]]:
    if draft.quiet_hours is not None:
        yield ("quiet_hours",), draft.quiet_hours.open_hours
    yield from ((("contact_limits", at), limit) for at, limit in enumerate(draft.contact_limits))


def _idle(shape: Shape, limits: BookLimits) -> Iterator[Diagnostic]:
    """Limits of the policy that a rulebook's stricter one always forestalls."""
    for path, own in _own(shape.draft):
        if book := next((name for name, limit in heard(shape.draft, limits) if never_binds(own, limit)), None):
            yield warning("DUN403", f"this never binds: {book} is stricter", shape.source.place(path))


def _at_night(shape: Shape, limits: BookLimits) -> Iterator[Diagnostic]:
    """A policy that nothing keeps from the debtor's night."""
    draft = shape.draft
    at_once = {
        spec.channel
        for step in draft.steps
        for choice in (*step.send, *step.call)
        for spec in choice
        if spec.channel is not None and spec.channel.reaches_at_once
    }
    written = draft.quiet_hours is not None or ("quiet_hours",) in shape.reported
    if at_once and not written and not any(isinstance(limit, Hours) for _, limit in heard(draft, limits)):
        message = (
            f"no quiet hours are named: {_listed(at_once)} that had to wait may go out at midnight; "
            "write quiet_hours: 20:00 to 09:00 or your own"
        )
        yield Diagnostic("DUN404", message, shape.source.place(("policy",)), Severity.NOTE)


def _listed(channels: set[Channel]) -> str:
    words = {
        Channel.EMAIL: "an email",
        Channel.SMS: "an sms",
        Channel.PUSH: "a push message",
        Channel.PORTAL: "a message in the portal",
        Channel.CALL: "a call",
    }
    return " or ".join(word for channel, word in words.items() if channel in channels)
