"""Tales for a policy, drawn by a seeded chance: at random, quiet ones, and ones aimed at a step's conditions.

What a policy asks about (amounts, countries, facts, outcomes of steps) is read off it, so that chance meets both
sides of every condition. The same seed draws the same tales on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.opening import misfit
from dunning_engine.domain.parties import PlaceHint, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.calendar import DAY_SECONDS, day_start
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Anchor, AnchorKind, Condition, Policy, Step, Test
from dunning_engine.policy.model import Unit as CaseUnit
from dunning_engine.testing.drafts import Draft
from dunning_engine.testing.fates import DEEDS, gaps, satisfy, trouble
from dunning_engine.testing.happenings import Setting, Tale

if TYPE_CHECKING:
    from dunning_engine.domain.events import Fact
    from dunning_engine.kernel.spans import Span

FIRST_DUE: Final = date(2026, 1, 20).toordinal()
DUE_DAYS: Final = 330
"""Due dates lie in the year 2026, which has both changes of the clocks and every holiday once."""

_BY_TIME: Final = (Test.DAYS_OVERDUE, Test.PROPOSAL_UNANSWERED)
"""What time alone makes true."""

_LENGTH: Final = {"day": 1, "business day": 2, "week": 7, "month": 31}


def reach(policy: Policy) -> int:
    """Days after the due date in which the whole ladder has its time, with some to spare."""
    spans = [policy.grace, *(step.when.span for step in policy.steps), *(step.deadline for step in policy.steps)]
    days = sum(_days(span) for span in spans) + len(policy.steps) * (3 + _days(policy.min_gap))
    for step in policy.steps:
        if step.cadence is not None:
            days += _days(step.cadence.every) * min(step.cadence.times or 6, 12)
        days += step.approval.days if step.approval is not None else 0
    days += max((c.count for c in asked_about(policy) if c.test in _BY_TIME), default=0)
    return min(days + 60, 500)


def _days(span: Span | None) -> int:
    return 0 if span is None else span.count * _LENGTH[span.unit.value]


def asked_about(policy: Policy) -> tuple[Condition, ...]:
    """Every condition of the steps, each once."""
    conditions = (c for step in policy.steps for c in (*step.only_if, *step.only_if_any, *step.unless))
    return tuple(dict.fromkeys(conditions))


class Explorer:
    """Draws tales for one policy."""

    def __init__(self, policy: Policy, seed: int, known: Iterable[Fact] = ()) -> None:
        self.policy, self.seed, self.known = policy, seed, tuple(known)
        self._asked = asked_about(policy)
        self._reach = reach(policy)
        self._gaps = gaps(policy)

    def quiet(self, number: int) -> Tale:
        """Nobody pays and little happens: the ladder as the author pictures it, or with one gap."""
        draft = self._draft(self._chance("quiet", number))
        self._gaps[number % len(self._gaps)](draft)
        return self._tale(draft)

    def setting(self, chance: Random) -> Setting:
        """Who owes what from the start, by anybody's chance; nothing happens yet."""
        draft = self._draft(chance)
        for _ in range(chance.randrange(3)):
            draft.amounts.append(draft.amounts[0])
        return self._tale(draft).setting

    def random(self, number: int) -> Tale:
        """Some conditions met, then some facts, then some trouble."""
        chance = self._chance("random", number)
        draft = self._draft(chance)
        for condition in self._asked:
            if chance.random() < 0.3:
                satisfy(draft, condition)
        for step in self.policy.steps:
            if chance.random() < 0.15:
                meet(draft, step.when, self.policy)
        for _ in range(chance.choice((0, 1, 1, 2, 3, 4, 6))):
            chance.choice(DEEDS)(draft)
        if chance.random() < 0.4:
            trouble(draft)
        return self._tale(draft)

    def aimed(self, step: Step, number: int) -> Tale:
        """What a step asks for is so, and what those before it ask for as well."""
        chance = self._chance(f"aimed/{step.name}", number)
        draft = self._draft(chance)
        for earlier in self.policy.steps[: self.policy.index[step.name]]:
            meet(draft, earlier.when, self.policy)
        for one in wanted_for(step, self.policy):
            meet(draft, one.when, self.policy)
            for condition in one.only_if:
                satisfy(draft, condition)
            if one.only_if_any:
                satisfy(draft, chance.choice(one.only_if_any))
            for proof in one.requires:
                satisfy(draft, Condition(Test.STEP_OUTCOME, value=proof.outcome, name=proof.step))
        for _ in range(number % 3):
            chance.choice(DEEDS)(draft)
        return self._tale(draft)

    def _chance(self, what: str, number: int) -> Random:
        return Random(f"{self.seed}/{what}/{number}")  # noqa: S311 - tales, not secrets: they have to come again  # nosec B311

    def _draft(self, chance: Random) -> Draft:
        draft = Draft(chance, self.policy)
        for condition in self.policy.applies_to:
            satisfy(draft, condition)
        return draft

    def _tale(self, draft: Draft) -> Tale:
        chance = draft.chance
        first = FIRST_DUE + chance.randrange(DUE_DAYS)
        number = 1 if self.policy.unit is CaseUnit.INVOICE else min(len(draft.amounts), 4)
        dues = [first + sum(draft.gaps[:place]) for place in range(number)]
        amounts = draft.amounts[:number]
        invoices = tuple(self._invoice(draft, n, due, amounts[n]) for n, due in enumerate(dues))
        opening = day_start(min(one.issued.toordinal() for one in invoices if one.issued), self.policy.zone)
        setting = Setting(
            debtor=draft.debtor(),
            hints=(ZoneHint("country", tuple(dict.fromkeys(zone for zone, _ in draft.whereabouts()))),),
            place_hints=(PlaceHint("region", tuple(dict.fromkeys(place for _, place in draft.whereabouts()))),),
            invoices=invoices,
            opened_at=opening + draft.taken_in * DAY_SECONDS,
            approval_days=draft.approval_days,
            news=tuple(dict.fromkeys(draft.news)),
            known=self.known,
        )
        happenings = draft.happenings(day_start(first, self.policy.zone), setting)
        last = max((h.at for h in happenings), default=setting.opened_at)
        until = max(day_start(dues[-1] + self._reach, self.policy.zone), last + 30 * DAY_SECONDS)
        return Tale(setting, happenings, until)

    def _invoice(self, draft: Draft, number: int, due: int, minor: int) -> Invoice:
        """An invoice for which the policy is, where some amount makes it so."""
        issued = due - draft.term
        for amount in (minor, minor * 10, minor * 100, max(1, minor // 10)):
            invoice = Invoice(
                f"K-{number + 1}",
                Money.of_minor(amount, draft.currency),
                due=date.fromordinal(due),
                issued=date.fromordinal(issued),
            )
            if not misfit(self.policy, draft.debtor(), invoice, day_start(due, self.policy.zone)):
                return invoice
        return invoice


def meet(draft: Draft, anchor: Anchor, policy: Policy) -> None:
    """Let happen what an anchor waits for, where it is no day."""
    match anchor.kind:
        case AnchorKind.AFTER_RESUME:
            draft.resume()
        case AnchorKind.FAILED_PAYMENTS:
            draft.declined(anchor.count)
        case AnchorKind.BALANCE_REACHES:
            assert anchor.amount is not None
            draft.at_least(anchor.amount.minor(draft.currency))
        case AnchorKind.AFTER_STEP | AnchorKind.AFTER_EXPIRY:
            step = policy.steps[policy.index[anchor.step or ""]]
            if step.climb_on is not None or any(spec.certified for choice in step.actions for spec in choice):
                satisfy(draft, Condition(Test.STEP_OUTCOME, value="delivered", name=step.name))
        case _:
            pass


def wanted_for(step: Step, policy: Policy) -> Sequence[Step]:
    """The step, and those that it hangs on."""
    return tuple(dict.fromkeys(_wanted_for(step, policy, set())))


def _wanted_for(step: Step, policy: Policy, seen: set[str]) -> Iterator[Step]:
    seen.add(step.name)
    for name in hangs_on(step, policy):
        if name not in seen:
            yield from _wanted_for(policy.steps[policy.index[name]], policy, seen)
    yield step


def hangs_on(step: Step, policy: Policy) -> tuple[str, ...]:
    """Names of the steps that have to happen before a step can."""
    names = [proof.step for proof in step.requires]
    if step.when.step is not None:
        names.append(step.when.step)
    elif step.when.kind is AnchorKind.AFTER_PREVIOUS and policy.index[step.name]:
        names.append(policy.steps[policy.index[step.name] - 1].name)
    return tuple(dict.fromkeys(names))
