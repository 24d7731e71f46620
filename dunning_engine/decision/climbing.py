"""Up the ladder: what has come due is taken, action by action, until something goes out or has to wait.

Under `lead: each` every receivable has a ladder of its own; else one ladder is climbed for the whole case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.decision.booking import charge_alone, load, loading
from dunning_engine.decision.claims import undemanded
from dunning_engine.decision.decision import Note
from dunning_engine.decision.joint import Climb, Company, Rung, climbs, joining, speaking_of
from dunning_engine.decision.progress import UNDER_WAY
from dunning_engine.decision.schedule import Due, Ladder, Look
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.events import ActionCancelled, StepSkipped
from dunning_engine.domain.verbs import Do

if TYPE_CHECKING:
    from dunning_engine.decision.cargo import Cargo
    from dunning_engine.decision.desk import Desk
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.policy.model import Step


def climb(desk: Desk, lead: Receivable) -> None:
    """Take what has come due, rung by rung, until something goes out or has to wait."""
    ladder = Ladder(desk.case, desk.policy, desk.standing, lead)
    if desk.standing.anew:
        desk.why += [Note("ladder", f"set back: {anew.why}", anew.at) for anew in desk.standing.anew]
    while True:
        look = ladder.look()
        _note(desk, ladder, look)
        due = look.due
        if due is None:
            return
        _take(desk, ladder, due)
        if desk.cleared:
            _overtake(desk, due.step)
        if desk.cleared or desk.waiting or (desk.deferred and not due.happened and due.occurrence == 1):
            return
        ladder.give_up(due)


def climb_each(desk: Desk) -> None:
    """Let every receivable climb its own ladder; what falls due together by one way goes out together."""
    whole = desk.standing
    climbing = climbs(desk.case, desk.policy, whole)
    while climbing:
        rungs = []
        for one in climbing:
            desk.standing = one.standing
            look = one.ladder.look()
            _note(desk, one.ladder, look)
            if look.due is not None:
                rungs.append(Rung(one, look.due))
        climbing = _take_together(desk, Company(desk.case, desk.policy, rungs))
    desk.standing = whole


def _take_together(desk: Desk, company: Company) -> list[Climb]:
    """Take what is due on several ladders; the answer are those of which nothing goes out or waits."""
    sent = len(desk.cleared)
    for rung in company.rungs:
        desk.standing = rung.climb.standing
        _take(desk, rung.climb.ladder, rung.due, company, rung)
        if rung.climb.receivable.number in company.gone:
            _overtake(desk, rung.due.step)
    return company.left_over(desk.now if len(desk.cleared) > sent else None)


def _note(desk: Desk, ladder: Ladder, look: Look) -> None:
    for step, reason in look.passed:
        desk.why.append(Note(f"step {step.name}", f"passed over: {reason}"))
    for step, planned, reason in look.skipped:
        desk.why.append(Note(f"step {step.name}", f"skipped: {reason}", planned))
        desk.events.append(StepSkipped(desk.standing.cycle, step.name, planned, reason))
    if look.waits_for is not None:
        desk.why.append(Note(f"step {look.waits_for[0].name}", f"the ladder waits here: {look.waits_for[1]}"))
    if look.next is not None:
        step, planned = look.next
        desk.looks.append(planned)
        desk.why.append(Note(f"step {step.name}", "comes next", planned))
    desk.looks += look.again
    if look.due is not None:
        _told_by_hand(desk, ladder, look.due)
        desk.why.append(
            Note(f"step {look.due.step.name}", f"is due (occurrence {look.due.occurrence})", look.due.planned_at)
        )


def _told_by_hand(desk: Desk, ladder: Ladder, due: Due) -> None:
    forcing = ladder.forced(due.step, due.occurrence)
    if forcing is not None:
        words = f"forced by {forcing.by}: {forcing.reason}"
        desk.why.append(Note(f"step {due.step.name}", words, forcing.at))


def _take(desk: Desk, ladder: Ladder, due: Due, company: Company | None = None, rung: Rung | None = None) -> None:
    """Ask the gate about each action of a step, in file order; what is cleared counts for those after it."""
    cargo = loading(desk, due) if company is None or rung is None else _loading(desk, company, rung)
    for position in due.choices:
        if due.step.charges and due.step.carries(position):
            continue
        if company is not None and rung is not None and company.goes_along(rung, position):
            continue
        for spec in due.step.actions[position]:
            if spec.do is Do.CHARGE:
                omitted = charge_alone(desk, spec, due)
                if omitted is not None:
                    ladder.progress.learn(omitted)
                break
            if spec.do is Do.HAND_OFF and (
                nothing := undemanded(desk.case, desk.policy, desk.standing, due.step, spec)
            ):
                desk.why.append(Note(f"step {due.step.name}", f"not taken: {nothing}"))
                continue
            action = desk.propose(spec, due, cargo)
            known = desk.case.deliveries.get(action.id)
            if known is not None and known.state in UNDER_WAY:
                continue
            before = len(desk.cleared)
            if company is None or rung is None:
                settled = desk.judge(action, known, due.step)
            else:
                settled = _judge_joint(desk, company, rung, action, known)
            if settled:
                if spec.reaches_debtor and len(desk.cleared) > before:
                    load(desk, cargo, action)
                break


def _judge_joint(desk: Desk, company: Company, rung: Rung, action: ProposedAction, known: Delivery | None) -> bool:
    """Judge an action with the levels of other ladders that go along in it."""
    riders = company.riders(rung, action.spec, known)
    out, late = len(desk.cleared) + len(desk.waiting), len(desk.deferred)
    loads = {rider.number: _loading(desk, company, rider.rung) for rider in riders}
    letter = speaking_of(action, desk.case, riders, list(loads.values()))
    cleared = len(desk.cleared)
    settled = desk.judge(letter, known, rung.due.step)
    if len(desk.cleared) > cleared:
        for one in loads.values():
            load(desk, one, letter)
    if len(desk.cleared) + len(desk.waiting) > out:
        company.went(rung, riders)
    elif len(desk.deferred) > late:
        company.waits(rung, riders)
    else:
        company.refused.update(() if settled else (action.spec.channel,))
        return settled
    for rider in riders:
        desk.events += joining(letter, rider, desk.case)
        desk.why.append(Note(f"step {rider.key.step}", f"of {rider.number} goes along with {letter.spec.words}"))
    return settled


def _loading(desk: Desk, company: Company, rung: Rung) -> Cargo:
    """What the messages of a rung carry, worked out once: they may go in several letters."""
    number = rung.climb.receivable.number
    if number not in company.cargos:
        whole, desk.standing = desk.standing, rung.climb.standing
        company.cargos[number] = loading(desk, rung.due)
        desk.standing = whole
    return company.cargos[number]


def _overtake(desk: Desk, step: Step) -> None:
    """What earlier steps still had to wait for is over once a later one has begun; that is recorded too."""
    index = desk.policy.index
    for delivery in desk.case.deliveries.values():
        key = delivery.key
        late = delivery.state is DeliveryState.DEFERRED and desk.standing.counts(delivery, desk.case)
        if late and index.get(key.step, len(index)) < index[step.name]:
            desk.events.append(ActionCancelled(delivery.id, f"overtaken by the step {step.name}"))
