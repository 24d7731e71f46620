"""The desk on which one decision is made: facts, what has been written down so far, and the way to the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from dunning_engine.compliance.gate import gate
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason
from dunning_engine.decision.briefing import address_of, briefed
from dunning_engine.decision.cargo import NO_CARGO, Cargo, approved_amount
from dunning_engine.decision.claims import claimed
from dunning_engine.decision.decision import Note
from dunning_engine.decision.ends import last_day
from dunning_engine.decision.freed import freed
from dunning_engine.decision.own_rules import gate_rules
from dunning_engine.decision.schedule import Due
from dunning_engine.decision.standing import Standing, stand
from dunning_engine.decision.turns import out_of_turn
from dunning_engine.domain.actions import ActionKey, ActionSpec, ProposedAction
from dunning_engine.domain.addressing import addressed, in_law, unaddressable
from dunning_engine.domain.approval_events import ApprovalRequested
from dunning_engine.domain.case import Case
from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.docket import line_of
from dunning_engine.domain.events import ActionBlocked, ActionCleared, ActionDeferred, Event
from dunning_engine.kernel.calendar import DAY_SECONDS, Day, Instant
from dunning_engine.kernel.ids import content_hash
from dunning_engine.policy.model import Policy, Step

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.compliance.verdict import Verdict
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Receivable


@dataclass(slots=True)
class Desk:
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
        if self.case.credit > 0 and self.case.holds:
            self.case = freed(self.case, self.policy, self.now)
        self.contacts = self.case.contacts
        self.standing = stand(self.case, self.policy, self.now)

    def judge(self, action: ProposedAction, known: Delivery | None, step: Step) -> bool:
        """Whether an action settles its choice (it goes out, or waits); if not, its fallback is asked."""
        if step.approval is not None and not self._approved(action, known, step):
            return True
        for granted in self.case.overrides.get(action.id, ()):
            aside = f"{' and '.join(granted.rules)} set aside by {granted.by}: {granted.reason}"
            self.why.append(Note(f"step {step.name}", aside))
        cleared = len(self.cleared)
        settled = self.told(self.gate(action), action, known)
        if step.approval is not None and len(self.cleared) == cleared:
            assert known is not None
            assert known.expires is not None, "what somebody agreed to was asked for, and until when"
            self.looks.append(known.expires)
        return settled

    def told(self, verdict: Verdict, action: ProposedAction, known: Delivery | None) -> bool:
        """Write a verdict down; whether it settles the choice."""
        match verdict:
            case Cleared():
                self.cleared.append(verdict)
                self.events.append(ActionCleared(action))
                if action.spec.channel is not None:
                    channel = action.spec.channel
                    line = line_of(channel, self.case.docket)
                    whom = in_law(self.case.debtor, action.spec.to)
                    contact = Contact(
                        self.now, channel, (self.case.id,), action_id=action.id, line=line, addressee=whom
                    )
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

    def propose(self, spec: ActionSpec, due: Due, cargo: Cargo = NO_CARGO) -> ProposedAction:
        standing, case, step = self.standing, self.case, due.step
        key = ActionKey(standing.cycle, step.name, due.occurrence, spec.slot, case.tenant)
        asked = self.asked(step, spec)
        own = key.action_id(case.id)
        return ProposedAction(
            id=case.aliases.get(own, own) if case.aliases else own,
            key=key,
            case_id=case.id,
            debtor_id=case.debtor.id,
            spec=spec,
            planned_at=due.planned_at,
            invoices=numbers(asked),
            amount=self.sum_of(asked) + (cargo.new if cargo.parcels else 0),
            currency=case.currency,
            deadline=None if step.deadline is None else self.last_day(step),
            approval=step.approval.words if step.approval is not None else None,
            charges=cargo.lines if cargo.parcels else (),
            offers=cargo.offers,
        )

    def asked(self, step: Step, spec: ActionSpec) -> Sequence[Receivable]:
        return claimed(self.case, self.policy, self.standing, step, spec)

    def sum_of(self, asked: Sequence[Receivable]) -> int:
        """What is asked for some receivables: their open principal and the open charges on them."""
        principal = sum([receivable.open for receivable in asked])
        return principal + self.standing.charged.on(asked) if self.standing.charged.total else principal

    def last_day(self, step: Step) -> Day | None:
        """The last day to pay that an ultimatum of today states."""
        if step.deadline is None:
            return None
        return last_day(self.policy, step.deadline, self.standing.today, self.standing.held)

    def gate(self, action: ProposedAction) -> Verdict:
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

    def _approved(self, action: ProposedAction, known: Delivery | None, step: Step) -> bool:
        """Whether a person agreed to exactly this action; if nobody was asked yet, or it has changed since, ask."""
        assert step.approval is not None
        digest = approval_digest(action, self.policy, self.case.debtor)
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
                case DeliveryState.DEFERRED | DeliveryState.BLOCKED | DeliveryState.CANCELLED:
                    if not (known.awaits or self.expired(known)):
                        return True
        self._await(action, step, digest, self.now + step.approval.days * DAY_SECONDS, ask=True)
        return False

    def expired(self, known: Delivery) -> bool:
        return known.expires is not None and self.now >= known.expires

    def _await(self, action: ProposedAction, step: Step, digest: str, expires: Instant, *, ask: bool) -> None:
        assert step.approval is not None
        request = ApprovalRequested(action, step.approval.words, digest, expires)
        self.waiting.append(request)
        self.looks.append(expires)
        if ask:
            self.events.append(request)


def _stands(known: Delivery | None, state: DeliveryState, rules: Sequence[str], until: Instant | None = None) -> bool:
    """Whether a verdict is on record already: other refusing rules are evidence, the same in another order are not.

    A deferral changes when its end does: which rules ask to wait until then, time alone makes come and go.
    """
    if known is None or (known.state, known.until) != (state, until):
        return False
    return state is DeliveryState.DEFERRED or frozenset(known.rules) == frozenset(rules)


def numbers(receivables: Sequence[Receivable]) -> tuple[str, ...]:
    return tuple([receivable.number for receivable in receivables])


def approval_digest(action: ProposedAction, policy: Policy, debtor: Party) -> str:
    """What a person agrees to: this action, over this amount, to this address, under this policy."""
    levels = [[key.cycle, key.step, key.occurrence, key.slot] for key in action.levels]
    claim = [approved_amount(action), action.currency, list(action.invoices), levels]
    channel, whom = action.spec.channel, addressed(debtor, action.spec.to)
    to = [debtor.name, debtor.language, "" if channel is None else address_of(whom, channel)]
    return content_hash([action.id, action.spec.words, claim, to, policy.hash])
