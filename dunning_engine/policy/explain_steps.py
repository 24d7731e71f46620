"""The steps of a policy as plain English: when each is due, what is done, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dunning_engine.domain.actions import ActionSpec, ClimbOn, OnUncertain
from dunning_engine.kernel.spans import Span
from dunning_engine.policy.explain_conditions import all_of, amount_told, any_of, listed
from dunning_engine.policy.explain_money import offers as offers_told
from dunning_engine.policy.model import Anchor, AnchorKind, Approval, Cadence, Policy, Proof, Step

_CLIMBED = {
    ClimbOn.EMITTED: "It counts as done as soon as it is decided.",
    ClimbOn.SENT: "It counts as done once it was sent.",
    ClimbOn.DELIVERED: "It counts as done once delivery is proven.",
}

_BEGUN = {
    ClimbOn.EMITTED: "the day on which it is decided",
    ClimbOn.SENT: "the sending",
    ClimbOn.DELIVERED: "the proven delivery",
}

_UNCERTAIN = {
    OnUncertain.RESEND: "Where nobody knows whether it left, it is sent once more, as the limits allow.",
    OnUncertain.SKIP: "Where nobody knows whether it left, the ladder goes on without it.",
}

_WHEN = {
    AnchorKind.BEFORE_DUE: "{0.span} before the due date",
    AnchorKind.AFTER_DUE: "{0.span} after the due date",
    AnchorKind.AFTER_ISSUE: "{0.span} after the issue date",
    AnchorKind.AFTER_GRACE: "{0.span} after the end of grace",
    AnchorKind.AFTER_STEP: "{0.span} after the step {0.step}",
    AnchorKind.AFTER_PREVIOUS: "{0.span} after the previous step",
    AnchorKind.AFTER_EXPIRY: "{0.span} after the deadline of {0.step} has expired",
    AnchorKind.AFTER_RESUME: "{0.span} after the case has resumed",
}

_AT_ONCE = {
    AnchorKind.ON_DUE: "on the due date",
    AnchorKind.AFTER_GRACE: "when grace has ended",
    AnchorKind.AFTER_EXPIRY: "when the deadline of {0.step} has expired",
    AnchorKind.MONTH_END: "at the first end of a month after the due date",
    AnchorKind.BALANCE_REACHES: "when the balance reaches {amount}",
    AnchorKind.FAILED_PAYMENTS: "when the count of failed payments reaches {0.count}",
}


def step_told(policy: Policy, number: int, date: str | None) -> Iterator[str]:
    step = policy.steps[number - 1]
    example = f" (for example {date})" if date is not None else ""
    yield f"{number}. {step.name}: {_when(step.when, policy)}{example}, {listed(_does(choice) for choice in step.actions)}."
    if step.offers:
        yield from offers_told(step)
    if step.cadence is not None:
        yield _repeated(step.cadence)
    if step.only_if:
        yield f"Only if {all_of(step.only_if)}."
    if step.only_if_any:
        yield f"Only if {any_of(step.only_if_any)}."
    if step.unless:
        yield f"Not if {any_of(step.unless)}."
    if step.requires:
        yield f"It needs proof that {listed(_proof(proof) for proof in step.requires)}."
    if step.deadline is not None:
        yield f"The debtor gets {step.deadline} to pay, counted from {_begun(step)}."
    if step.approval is not None:
        yield _approved(step.approval)
    if step.climb_on is not None:
        yield _CLIMBED[step.climb_on]
    elif step.deadline is None and _certified(step):
        yield "A certified letter counts as done once its delivery is proven."
    if step.deemed is not None:
        yield f"A letter that does not come back counts as delivered {step.deemed} after it was sent, without a proof."
    if step.on_uncertain is not OnUncertain.ASK:
        yield _UNCERTAIN[step.on_uncertain]


def _certified(step: Step) -> tuple[bool, ...]:
    """For each way of reaching the debtor whether it is a certified letter; nothing where none is."""
    ways = tuple(spec.certified for choice in step.actions for spec in choice if spec.reaches_debtor)
    return ways if any(ways) else ()


def _begun(step: Step) -> str:
    """What a deadline counts from."""
    if step.climb_on is not None:
        return _BEGUN[step.climb_on]
    ways = _certified(step)
    if not ways:
        return _BEGUN[ClimbOn.SENT]
    return "the proven delivery of the certified letter" + ("" if all(ways) else ", of anything else from its sending")


def _when(when: Anchor, policy: Policy) -> str:
    if when.kind is AnchorKind.AFTER_GRACE and policy.grace is None:
        return "when the due date is over" if when.span is None else f"{when.span} after the day after the due date"
    template = _WHEN[when.kind] if when.span is not None else _AT_ONCE[when.kind]
    return template.format(when, amount=amount_told(when.amount))


def _does(choice: Sequence[ActionSpec]) -> str:
    first, *others = (action_words(spec) for spec in choice)
    return f"{first} (where that is impossible, {', or else '.join(others)})" if others else first


def action_words(spec: ActionSpec) -> str:
    """What an action is, as a clause."""
    words = (
        spec.told(spec.verb.told)
        + (" with the invoice" if spec.with_invoice else "")
        + (f" to the {spec.to}" if spec.to else "")
    )
    if spec.given:
        words += f" ({', '.join(f'{name}: {text}' for name, text in spec.given)})"
    if spec.after:
        words += f", once the step {spec.after} has gone out" + (f" and {spec.wait} have passed" if spec.wait else "")
    return words


def _repeated(cadence: Cadence) -> str:
    times = f", {cadence.times} times in all" if cadence.times is not None else ""
    until = f", until the step {cadence.until} is taken" if cadence.until is not None else ""
    return f"It is repeated every {str(cadence.every).removeprefix('1 ')}{times}{until}."


def _approved(approval: Approval) -> str:
    return f"It waits for the approval of {approval.words}, and the request lapses after {Span(approval.days)}."


def _proof(proof: Proof) -> str:
    return f"{proof.step} was {proof.outcome}"
