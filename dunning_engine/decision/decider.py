"""`decide`: what should happen to a case now, as a value with its reasons; and `admit`, the same question at arming.

`decide` derives where the case stands, moves its lifecycle, walks the ladder, and asks the gate about every action
that has come due. It does nothing itself: the events it answers with are what happened to the decision, not to the
debtor. Deciding twice on the same facts adds nothing, because what is already known of an action is on the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from dunning_engine.compliance.gate import gate
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason
from dunning_engine.decision.aftermath import LEAVES_TRACES, follows, still_follows
from dunning_engine.decision.briefing import briefed
from dunning_engine.decision.cargo import (
    NO_CARGO,
    Cargo,
    Parcel,
    approved_amount,
    cargo_of,
    carried,
    is_charge,
    parcel,
    withdrawn,
)
from dunning_engine.decision.charging import REPLACED, Charging, said
from dunning_engine.decision.claims import claimed
from dunning_engine.decision.conditions import objection
from dunning_engine.decision.decision import Admission, Armed, Decision, Note, Postponed, Withdrawn
from dunning_engine.decision.joint import (
    Climb,
    Company,
    Rung,
    asked_in,
    climbs,
    joining,
    of_cycle,
    speaking_of,
    unwanted,
)
from dunning_engine.decision.lifecycle import Facts, pull
from dunning_engine.decision.minimum import too_little
from dunning_engine.decision.offering import allowances
from dunning_engine.decision.own_rules import gate_rules
from dunning_engine.decision.placement import placed
from dunning_engine.decision.progress import UNDER_WAY
from dunning_engine.decision.revisions import in_run
from dunning_engine.decision.schedule import LAPSED, Due, Ladder, Look, last_day
from dunning_engine.decision.standing import Standing, stand
from dunning_engine.decision.turns import out_of_turn
from dunning_engine.domain.actions import ActionKey, ActionSpec, ProposedAction
from dunning_engine.domain.addressing import unaddressable
from dunning_engine.domain.case import Case, CaseStatus
from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.docket import line_of
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    ApprovalRequested,
    Event,
    StatusChanged,
    StepSkipped,
)
from dunning_engine.domain.ledger_events import ChargeAssessed, ChargeReversed
from dunning_engine.domain.offers import OfferMade
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import DAY_SECONDS, Day, Instant
from dunning_engine.kernel.ids import content_hash
from dunning_engine.policy.model import Lead, Policy, Step

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.compliance.verdict import Verdict
    from dunning_engine.decision.progress import Progress
    from dunning_engine.domain.receivables import Receivable

_SETTLED, _STOPPED, _PAUSED = Facts.SETTLED.value, Facts.STOPPED.value, Facts.PAUSED.value
_OVERDUE, _PLACED = Facts.OVERDUE.value, Facts.PLACED.value


def decide(case: Case, policy: Policy, rulebooks: Sequence[Rulebook], now: Instant) -> Decision:
    """What should happen to a case at `now`.

    `case.contacts` must hold the debtor's whole contact log; `rulebooks` are those that `policy.law` names. The answer
    carries the events to record, every verdict with its reasons, and the exact next instant worth looking at.
    """
    return _Desk(case, policy, rulebooks, now).decide()


def admit(case: Case, policy: Policy, rulebooks: Sequence[Rulebook], action: ProposedAction, now: Instant) -> Admission:
    """Whether an action decided earlier may be handed over now, on live facts; asked inside the arming transaction."""
    return _Desk(case, policy, rulebooks, now).admit(action)


@dataclass(slots=True)
class _Desk:
    """One decision in the making."""

    case: Case
    policy: Policy
    rulebooks: Sequence[Rulebook]
    now: Instant
    standing: Standing = field(init=False)
    events: list[Event] = field(default_factory=list)
    cleared: list[Cleared] = field(default_factory=list)
    deferred: list[Deferred] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    waiting: list[ApprovalRequested] = field(default_factory=list)
    why: list[Note] = field(default_factory=list)
    looks: list[Instant] = field(default_factory=list)
    contacts: ContactLog = field(init=False)

    def __post_init__(self) -> None:
        self.contacts = self.case.contacts
        self.standing = stand(self.case, self.policy, self.now)

    def decide(self) -> Decision:
        if self.policy.discounts or self.case.offers:
            self._let_go()
        status = self._move()
        lead = self.standing.lead
        self._make_good()
        little = too_little(self.case, self.policy, self.standing) if self.policy.minimum else ""
        if little:
            self.why.append(Note("case", little))
        elif lead is not None and status not in (CaseStatus.CLOSED, CaseStatus.PAUSED):
            if self.policy.lead is Lead.EACH:
                self._climb_each()
            else:
                self._climb(lead)
        if status is not CaseStatus.CLOSED:
            self.looks += self.standing.changes
        return Decision(
            case_id=self.case.id,
            at=self.now,
            zone=self.policy.zone,
            events=tuple(self.events),
            cleared=tuple(self.cleared),
            deferred=tuple(self.deferred),
            blocked=tuple(self.blocked),
            waiting=tuple(self.waiting),
            next_look=_soonest(self.looks, self.now),
            why=tuple(self.why),
            variant=self.case.variant,
        )

    def _let_go(self) -> None:
        """Allow what was earned by paying in time, before anything else is asked."""
        self.case, earned = allowances(self.case, self.policy, self.standing, self.now)
        if earned:
            self.events += earned
            self.why += [Note("offer", f"let go: {event.why}") for event in earned]
            self.standing = stand(self.case, self.policy, self.now)

    # The lifecycle -----------------------------------------------------------------------------------------------------

    def _facts(self) -> int:
        standing = self.standing
        return (
            (_SETTLED if standing.settled else 0)
            | (_STOPPED if standing.stopped else 0)
            | (_PAUSED if standing.paused else 0)
            | (_OVERDUE if standing.overdue_count else 0)
            | (_PLACED if self.policy.hands_off and placed(self.case, self.policy, self.standing) else 0)
        )

    def _move(self) -> CaseStatus:
        """Let the facts pull the case through its lifecycle."""
        facts = self._facts()
        status = self.case.status
        while (move := pull(status, facts)) is not None:
            trigger, status = move
            self.events.append(StatusChanged(trigger, status.value, self._because(trigger)))
        if status is CaseStatus.CLOSED:
            self.why.append(Note("case", f"closed as {self._because('settle' if self.standing.settled else 'stop')}"))
        elif status is CaseStatus.PAUSED:
            self.why.append(Note("case", f"waits because it is {' and '.join(self.standing.paused)}"))
        self.why += [Note("case", remark) for remark in self.standing.waiting.remarks]
        return status

    def _because(self, trigger: str) -> str:
        match trigger:
            case "settle":
                return _settled_as(self.case)
            case "stop":
                return self.standing.stopped
            case "pause":
                return ", ".join(self.standing.paused)
            case _:
                return ""

    # What follows from earlier actions ----------------------------------------------------------------------------------

    def _make_good(self) -> None:
        """Ask the gate about what earlier actions have made necessary, however the case stands."""
        for follow in follows(self.case, self.policy, self.standing):
            about = self.case.deliveries
            made = next(d for d in about.values() if d.do in LEAVES_TRACES and _same_occurrence(d.key, follow.key))
            action = ProposedAction(
                id=follow.key.action_id(self.case.id),
                key=follow.key,
                case_id=self.case.id,
                debtor_id=self.case.debtor.id,
                spec=follow.spec,
                planned_at=self.now,
                invoices=made.invoices,
                amount=sum(r.open for r in self.case.receivables if r.number in made.invoices),
                currency=self.case.currency,
            )
            self.why.append(Note(f"step {follow.key.step}", f"{follow.spec.words}: {follow.why}"))
            self._told(self._gate(action), action, about.get(action.id))

    # The ladder --------------------------------------------------------------------------------------------------------

    def _climb(self, lead: Receivable) -> None:
        """Take what has come due, rung by rung, until something goes out or has to wait."""
        ladder = Ladder(self.case, self.policy, self.standing, lead)
        self.why += [Note("ladder", f"set back: {anew.why}", anew.at) for anew in self.standing.anew]
        while True:
            look = ladder.look()
            self._note(ladder, look)
            due = look.due
            if due is None:
                return
            self._take(due)
            if self.cleared:
                self._overtake(due.step)
            if self.cleared or self.waiting or (self.deferred and not due.happened and due.occurrence == 1):
                return
            ladder.give_up(due)

    def _climb_each(self) -> None:
        """Let every receivable climb its own ladder; what falls due together by one way goes out together."""
        whole = self.standing
        climbing = climbs(self.case, self.policy, whole)
        while climbing:
            rungs = []
            for climb in climbing:
                self.standing = climb.standing
                look = climb.ladder.look()
                self._note(climb.ladder, look)
                if look.due is not None:
                    rungs.append(Rung(climb, look.due))
            climbing = self._take_together(Company(self.case, self.policy, rungs))
        self.standing = whole

    def _take_together(self, company: Company) -> list[Climb]:
        """Take what is due on several ladders; the answer are those of which nothing goes out or waits."""
        sent = len(self.cleared)
        for rung in company.rungs:
            self.standing = rung.climb.standing
            self._take(rung.due, company, rung)
            if rung.climb.receivable.number in company.gone:
                self._overtake(rung.due.step)
        return company.left_over(self.now if len(self.cleared) > sent else None)

    def _note(self, ladder: Ladder, look: Look) -> None:
        for step, reason in look.passed:
            self.why.append(Note(f"step {step.name}", f"passed over: {reason}"))
        for step, planned, reason in look.skipped:
            self.why.append(Note(f"step {step.name}", f"skipped: {reason}", planned))
            self.events.append(StepSkipped(self.standing.cycle, step.name, planned, reason))
        if look.waits_for is not None:
            self.why.append(Note(f"step {look.waits_for[0].name}", f"the ladder waits here: {look.waits_for[1]}"))
        if look.next is not None:
            step, planned = look.next
            self.looks.append(planned)
            self.why.append(Note(f"step {step.name}", "comes next", planned))
        self.looks += look.again
        if look.due is not None:
            self._told_by_hand(ladder, look.due)
            self.why.append(
                Note(f"step {look.due.step.name}", f"is due (occurrence {look.due.occurrence})", look.due.planned_at)
            )

    def _told_by_hand(self, ladder: Ladder, due: Due) -> None:
        forcing = ladder.forced(due.step, due.occurrence)
        if forcing is not None:
            words = f"forced by {forcing.by}: {forcing.reason}"
            self.why.append(Note(f"step {due.step.name}", words, forcing.at))

    def _take(self, due: Due, company: Company | None = None, rung: Rung | None = None) -> None:
        """Ask the gate about each action of a step, in file order; what is cleared counts for those after it."""
        cargo = self._cargo(due)
        for position in due.choices:
            if due.step.charges and due.step.carries(position):
                continue
            if company is not None and rung is not None and company.goes_along(rung, position):
                continue
            for spec in due.step.actions[position]:
                if spec.do is Do.CHARGE:
                    self._charge(spec, due)
                    break
                action = self._propose(spec, due, cargo)
                known = self.case.deliveries.get(action.id)
                if known is not None and known.state in UNDER_WAY:
                    continue
                before = len(self.cleared)
                if company is None or rung is None:
                    settled = self._judge(action, known, due.step)
                else:
                    settled = self._judge_joint(company, rung, action, known)
                if settled:
                    if spec.reaches_debtor and len(self.cleared) > before:
                        self._load(cargo, action)
                    break

    def _judge_joint(self, company: Company, rung: Rung, action: ProposedAction, known: Delivery | None) -> bool:
        """Judge an action with the levels of other ladders that go along in it."""
        riders = company.riders(rung, action.spec, known)
        out, late = len(self.cleared) + len(self.waiting), len(self.deferred)
        letter = speaking_of(action, self.case, riders)
        settled = self._judge(letter, known, rung.due.step)
        if len(self.cleared) + len(self.waiting) > out:
            company.went(rung, riders)
        elif len(self.deferred) > late:
            company.waits(rung, riders)
        else:
            company.refused.update(() if settled else (action.spec.channel,))
            return settled
        for rider in riders:
            self.events += joining(letter, rider, self.case)
            self.why.append(Note(f"step {rider.key.step}", f"of {rider.number} goes along with {letter.spec.words}"))
        return settled

    def _overtake(self, step: Step) -> None:
        """What earlier steps still had to wait for is over once a later one has begun; that is recorded too."""
        index = self.policy.index
        for delivery in self.case.deliveries.values():
            key = delivery.key
            late = delivery.state is DeliveryState.DEFERRED and self.standing.counts(delivery, self.case)
            if late and index.get(key.step, len(index)) < index[step.name]:
                self.events.append(ActionCancelled(delivery.id, f"overtaken by the step {step.name}"))

    def _judge(self, action: ProposedAction, known: Delivery | None, step: Step) -> bool:
        """Whether an action settles its choice (it goes out, or waits); if not, its fallback is asked."""
        if step.approval is not None and not self._approved(action, known, step):
            return True
        for granted in self.case.overrides.get(action.id, ()):
            aside = f"{' and '.join(granted.rules)} set aside by {granted.by}: {granted.reason}"
            self.why.append(Note(f"step {step.name}", aside))
        return self._told(self._gate(action), action, known)

    def _told(self, verdict: Verdict, action: ProposedAction, known: Delivery | None) -> bool:
        """Write a verdict down; whether it settles the choice."""
        match verdict:
            case Cleared():
                self.cleared.append(verdict)
                self.events.append(ActionCleared(action))
                if action.spec.channel is not None:
                    channel = action.spec.channel
                    line = line_of(channel, self.case.docket)
                    contact = Contact(self.now, channel, (self.case.id,), action_id=action.id, line=line)
                    self.contacts = self.contacts.plus(contact)
                return True
            case Deferred():
                self.deferred.append(verdict)
                self.looks.append(verdict.until)
                rules = tuple(reason.rule for reason in verdict.reasons)
                if not _stands(known, DeliveryState.DEFERRED, rules, verdict.until):
                    words = tuple(map(str, verdict.reasons))
                    self.events.append(ActionDeferred(action, verdict.until, rules, words))
                return True
            case Blocked():
                self.blocked.append(verdict)
                rules = tuple(reason.rule for reason in verdict.reasons)
                if not _stands(known, DeliveryState.BLOCKED, rules):
                    self.events.append(ActionBlocked(action, rules, tuple(map(str, verdict.reasons))))
                return False
            case _:
                assert_never(verdict)

    # Charges and offers ------------------------------------------------------------------------------------------------

    def _cargo(self, due: Due) -> Cargo:
        """What the messages of a step carry; what the gate refuses of it is left at home."""
        step = due.step
        if not step.is_contact or not (step.charges or step.offers):
            return NO_CARGO
        spec = next(spec for choice in step.actions for spec in choice if spec.reaches_debtor)
        cargo = cargo_of(self.case, self.policy, self.standing, due, self._asked(step, spec))
        allowed = []
        for one in cargo.parcels:
            verdict = self._gate(one.action)
            if isinstance(verdict, Cleared):
                allowed.append(one)
            else:
                cargo.notes += [f"{one.action.spec.words}: {reason}" for reason in verdict.reasons]
        cargo.parcels = tuple(allowed)
        self.why += [Note(f"step {step.name}", f"not charged: {note}") for note in cargo.notes]
        return cargo

    def _load(self, cargo: Cargo, carrier: ProposedAction) -> None:
        """Book what the first message of a step carries."""
        if cargo.loaded:
            return
        cargo.loaded = True
        for one in cargo.parcels:
            if one.action.charges:
                self._book(carried(one, carrier.id))
        known = {account.offer.id for account in self.case.offers}
        self.events += [OfferMade(replace(offer, action=carrier.id)) for offer in cargo.offers if offer.id not in known]

    def _book(self, one: Parcel) -> None:
        """The charges are owed, and the books of the host are told."""
        self.events += [ChargeReversed(charge_id, why=REPLACED) for charge_id in one.stale]
        self.events += [ChargeAssessed(charge) for charge in one.new]
        self.why += [Note("charge", said(charge)) for charge in one.new]
        known = self.case.deliveries.get(one.action.id)
        verdict = self._gate(one.action)
        if isinstance(verdict, Cleared) and (known is None or known.state not in UNDER_WAY):
            self.cleared.append(verdict)
            self.events.append(ActionCleared(one.action))

    def _charge(self, spec: ActionSpec, due: Due) -> None:
        """A charge that no message carries: it is decided like any other action."""
        charging = Charging(self.case, self.policy, self.standing)
        one = parcel(charging, self.case, self.standing, spec, due, self._asked(due.step, spec))
        self.why += [Note(f"step {due.step.name}", f"not charged: {note}") for note in one.notes]
        known = self.case.deliveries.get(one.action.id)
        if not one.action.charges or (known is not None and known.state in UNDER_WAY):
            return
        before = len(self.cleared)
        approval = due.step.approval.role if due.step.approval is not None else None
        self._judge(replace(one.action, approval=approval), known, due.step)
        if len(self.cleared) > before:
            self.events += [ChargeAssessed(charge) for charge in one.new]
            self.why += [Note("charge", said(charge)) for charge in one.new]

    def _asked(self, step: Step, spec: ActionSpec) -> Sequence[Receivable]:
        return claimed(self.case, self.policy, self.standing, step, spec)

    def _propose(self, spec: ActionSpec, due: Due, cargo: Cargo = NO_CARGO) -> ProposedAction:
        standing, case, step = self.standing, self.case, due.step
        key = ActionKey(standing.cycle, step.name, due.occurrence, spec.slot)
        asked = self._asked(step, spec)
        own = key.action_id(case.id)
        return ProposedAction(
            id=case.aliases.get(own, own) if case.aliases else own,
            key=key,
            case_id=case.id,
            debtor_id=case.debtor.id,
            spec=spec,
            planned_at=due.planned_at,
            invoices=_numbers(asked),
            amount=self._sum_of(asked) + cargo.new,
            currency=case.currency,
            deadline=self._last_day(step),
            approval=step.approval.role if step.approval is not None else None,
            charges=cargo.lines,
            offers=cargo.offers,
        )

    def _sum_of(self, asked: Sequence[Receivable]) -> int:
        """What is asked for some receivables: their open principal and the open charges on them."""
        return sum(receivable.open for receivable in asked) + self.standing.charged.on(asked)

    def _last_day(self, step: Step) -> Day | None:
        """The last day to pay that an ultimatum of today states."""
        if step.deadline is None:
            return None
        return last_day(self.policy, step.deadline, self.standing.today, self.standing.held)

    # The gate ----------------------------------------------------------------------------------------------------------

    def _gate(self, action: ProposedAction) -> Verdict:
        if action.spec.to and (why := unaddressable(self.case.debtor, action.spec.to)):
            return Blocked(action, (Reason("house/addressee", why),))
        refused = out_of_turn(action, self.case, self.policy, self.standing)
        if isinstance(refused, Blocked):
            return refused
        situation = briefed(action, self.case, self.policy, self.standing, self.contacts, self.now)
        verdict = gate(action, situation, gate_rules(self.policy, self.rulebooks), self.now)
        if refused is None or isinstance(verdict, Blocked):
            return verdict
        later = isinstance(verdict, Deferred) and verdict.until >= refused.until
        return verdict if later else refused

    # Approval ----------------------------------------------------------------------------------------------------------

    def _approved(self, action: ProposedAction, known: Delivery | None, step: Step) -> bool:
        """Whether a person agreed to exactly this action; if nobody was asked yet, or it has changed since, ask."""
        assert step.approval is not None
        digest = approval_digest(action, self.policy)
        if known is not None and known.digest == digest:
            match known.state:
                case DeliveryState.REFUSED:
                    self.why.append(Note(f"step {step.name}", "its approval was refused"))
                    return False
                case DeliveryState.AWAITING if known.until is not None and self.now < known.until:
                    self._await(action, step, digest, known.until, ask=False)
                    return False
                case DeliveryState.APPROVED if known.until is None or self.now < known.until:
                    return True
                case DeliveryState.DEFERRED | DeliveryState.BLOCKED | DeliveryState.CANCELLED if not self._expired(
                    known
                ):
                    return True
        self._await(action, step, digest, self.now + step.approval.days * DAY_SECONDS, ask=True)
        return False

    def _expired(self, known: Delivery) -> bool:
        return known.expires is not None and self.now >= known.expires

    def _await(self, action: ProposedAction, step: Step, digest: str, expires: Instant, *, ask: bool) -> None:
        assert step.approval is not None
        request = ApprovalRequested(action, step.approval.role, digest, expires)
        self.waiting.append(request)
        self.looks.append(expires)
        if ask:
            self.events.append(request)

    # Arming ------------------------------------------------------------------------------------------------------------

    def admit(self, action: ProposedAction) -> Admission:
        if self.policy.lead is Lead.EACH:
            self.standing = of_cycle(self.case, self.policy, self.standing, action.key.cycle)
        changed = withdrawn(self.case, action) if is_charge(action) else self._changed(action)
        if changed:
            return Withdrawn(action, changed)
        as_it_is = is_charge(action) or not self._on_ladder(action)
        verdict = self._gate(action if as_it_is else self._live(action))
        match verdict:
            case Cleared(cleared):
                return Armed(cleared)
            case Deferred(until=until, reasons=reasons):
                return Postponed(action, until, reasons)
            case Blocked(reasons=reasons):
                return Withdrawn(action, "; ".join(map(str, reasons)), reasons)
            case _:
                assert_never(verdict)

    def _live(self, action: ProposedAction) -> ProposedAction:
        """The action over what is owed now, with the deadline that it would set today."""
        step = self.policy.steps[self.policy.index[action.step]]
        asked = (
            asked_in(action, self.standing)
            if action.levels
            else claimed(self.case, self.policy, self.standing, step, action.spec)
        )
        amount = self._sum_of(asked)
        return replace(action, invoices=_numbers(asked), amount=amount, deadline=self._last_day(step))

    def _changed(self, action: ProposedAction) -> str:
        """What the action rested on that is no longer so; empty where all of it still stands."""
        standing = self.standing
        if not self._on_ladder(action):
            needed = still_follows(self.case, self.policy, standing, action.id)
            return "" if needed else "it is not needed any more"
        if standing.settled:
            return _settled_as(self.case)
        if standing.stopped:
            return standing.stopped
        if standing.paused:
            return ", ".join(standing.paused)
        if self.policy.minimum and (little := too_little(self.case, self.policy, standing)):
            return little
        if not in_run(action.key.cycle, standing.run, self.case):
            return "the receivables that it was about are settled"
        if action.id in standing.undone:
            return f"the ladder was set back: {standing.anew[-1].why}"
        if not set(action.invoices) <= set(_numbers(standing.free)):
            return "an invoice that it was about is paid or disputed"
        index = self.policy.index.get(action.step)
        if index is None:
            return f"the policy no longer has a step {action.step}"
        step = self.policy.steps[index]
        assert standing.lead is not None, "without a lead the run of the action is over"
        ladder = Ladder(self.case, self.policy, standing, standing.lead)
        forced = ladder.forced(step, action.key.occurrence) is not None
        moved = self._moved_on(ladder, action, step, index, forced=forced)
        if moved:
            return moved
        if step.approval is not None:
            if self._consent_void(action):
                return "what was approved has changed"
            if self._expired(self.case.deliveries[action.id]):
                return "its approval has expired"
        wanted = "" if forced else objection(step, self.case, standing)
        return wanted or unwanted(action, self.case, self.policy, standing)

    def _on_ladder(self, action: ProposedAction) -> bool:
        """Whether a step asks for the action, rather than an earlier action that has to be made good."""
        index = self.policy.index.get(action.step)
        slots = () if index is None else self.policy.steps[index].slots
        return not (action.spec.verb.quiet and action.key.slot not in slots)

    def _moved_on(self, ladder: Ladder, action: ProposedAction, step: Step, index: int, *, forced: bool) -> str:
        """Why the ladder would not let the action out any more; it is asked what it is asked when one is decided."""
        skip = ladder.skipped(step)
        if skip is not None:
            return skip.why
        if not forced and ladder.lapsed(step, action.key.occurrence):
            return LAPSED
        if self._overtaken(ladder.progress, action, step, index):
            return "a later step has begun"
        if ladder.bound_until(index) > self.now:
            return "the deadline of an earlier step is not over"
        return ""

    @staticmethod
    def _overtaken(progress: Progress, action: ProposedAction, step: Step, index: int) -> bool:
        """Whether the ladder has moved on while the action waited to be armed."""
        if progress.begun > index:
            return step.cadence is None or step.cadence.until is None or progress.has_begun(step.cadence.until)
        begun = progress.steps.get(step.name)
        return begun is not None and begun.begun > action.key.occurrence

    def _consent_void(self, action: ProposedAction) -> bool:
        known = self.case.deliveries.get(action.id)
        return known is None or known.digest != approval_digest(self._live(action), self.policy)


def _settled_as(case: Case) -> str:
    """Why nothing is owed any more."""
    if case.written_off:
        return "written off"
    return "cancelled" if all(r.cancelled_at is not None for r in case.receivables) else "paid"


def _stands(known: Delivery | None, state: DeliveryState, rules: Sequence[str], until: Instant | None = None) -> bool:
    """Whether a verdict is on record already: other refusing rules are evidence, the same in another order are not.

    A deferral changes when its end does: which rules ask to wait until then, time alone makes come and go.
    """
    if known is None or (known.state, known.until) != (state, until):
        return False
    return state is DeliveryState.DEFERRED or frozenset(known.rules) == frozenset(rules)


def _soonest(looks: Iterable[Instant], now: Instant) -> Instant | None:
    soonest = None
    for look in looks:
        if look > now and (soonest is None or look < soonest):
            soonest = look
    return soonest


def _numbers(receivables: Sequence[Receivable]) -> tuple[str, ...]:
    return tuple(receivable.number for receivable in receivables)


def _same_occurrence(one: ActionKey, other: ActionKey) -> bool:
    return (one.cycle, one.step, one.occurrence) == (other.cycle, other.step, other.occurrence)


def approval_digest(action: ProposedAction, policy: Policy) -> str:
    """What a person agrees to: this action, over this amount, under this policy."""
    levels = [[key.cycle, key.step, key.occurrence, key.slot] for key in action.levels]
    claim = [approved_amount(action), action.currency, list(action.invoices), levels]
    return content_hash([action.id, action.spec.words, claim, policy.hash])
