"""What is decided, deferred, blocked or awaited, with its reasons; and whether it may still go out when it is armed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import (
    ANN,
    NEW_YORK,
    Story,
    at,
    disputed,
    held,
    invoice,
    local,
    paid,
    policy,
    promised,
    released,
    returned,
    settled_dispute,
)

from dunning_engine.compliance.rulebook import rulebook_of
from dunning_engine.decision.approvals import approve, refuse
from dunning_engine.decision.decision import Armed, Postponed, Withdrawn
from dunning_engine.decision.own_rules import gate_rules, rule_words
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionDeferred,
    DebtorUpdated,
    HoldPlaced,
    OptedIn,
    OptedOut,
    StatusChanged,
)
from dunning_engine.domain.limits import BlockedChannel, ClosedDays, ContactLimit, Hours
from dunning_engine.domain.parties import OFFERED, Channel, ZoneHint
from dunning_engine.kernel.errors import NotFound, UsageError

REMINDER = "steps: [{step: reminder, when: 3 days after due, send: email reminder}]"
DUE = "2026-03-05 10:00"


def names(decision):
    return [type(event).__name__ for event in decision.events]


# A decision ----------------------------------------------------------------------------------------------------------


def test_a_due_action_is_cleared_with_what_it_is_about():
    """The action names its step, day, invoices, open balance and currency."""
    decision = Story(REMINDER).tell("2026-03-03", paid("40.00")).decide(DUE)
    action = decision.cleared[0].action.action
    assert (action.step, action.spec.words, local(action.planned_at)) == ("reminder", "email reminder", DUE)
    assert (action.invoices, action.amount, action.currency) == (("INV-1",), 20000, "USD")
    assert (action.debtor_id, action.case_id, action.deadline, action.approval) == ("ann", "case", None, None)
    assert names(decision) == ["StatusChanged", "ActionCleared"]


def test_before_anything_is_due_the_next_look_is_exact():
    """First the invoice falls overdue, then the reminder comes; in between nothing changes."""
    story = Story(REMINDER)
    assert story.decide("2026-02-10").next_look == at("2026-03-03")
    assert story.decided("2026-03-03").next_look == at(DUE)
    assert story.look(DUE) == ["reminder: email reminder"]
    assert story.decide(DUE).next_look is None


def test_deciding_twice_adds_nothing():
    """What is already known of an action is on the case: the same question again has no events."""
    story = Story("contact_limits: [1 contact in 9 days per debtor]\n" + REMINDER).contacted("2026-03-01", Channel.SMS)
    assert names(story.decided(DUE)) == ["StatusChanged", "ActionDeferred"]
    assert story.decide(DUE).events == ()
    assert story.decide("2026-03-06").events == ()


def test_a_decision_explains_itself():
    """Reasons in lines that a person can read, with times of the policy's zone."""
    story = Story(REMINDER)
    assert story.decide("2026-02-10").explain().splitlines() == [
        "case at 2026-02-10 00:00 America/New_York",
        "  step reminder: comes next (2026-03-05 10:00 America/New_York)",
        "  next look: 2026-03-03 00:00 America/New_York",
    ]
    assert "  cleared: email reminder (step reminder)" in story.decide(DUE).explain()
    story.look(DUE)
    assert story.decide("2026-03-10").explain().endswith("next look: when something new is known")


def test_paid_cases_are_closed_and_stay_so():
    """After payment there is nothing to do, and nothing to look at."""
    story = Story(REMINDER).tell("2026-03-04", paid())
    decision = story.decided("2026-03-04")
    assert decision.events == (StatusChanged("settle", "closed", "paid"),)
    assert (decision.next_look, decision.cleared) == (None, ())
    assert "case: closed as paid" in decision.explain()
    assert story.decide(DUE).events == ()


def test_a_returned_payment_opens_the_case_where_the_facts_put_it():
    """A chargeback re-opens the debt: the ladder goes on."""
    story = Story(REMINDER).tell("2026-03-04", paid())
    story.decided("2026-03-04")
    story.tell("2026-03-10 12:00", returned("240.00"))
    assert story.look("2026-03-10 12:00") == ["reminder: email reminder"]
    assert story.case.status is CaseStatus.OVERDUE


def test_a_stopped_case_is_closed_for_its_reason():
    """Bankruptcy ends the case where the policy says so."""
    story = Story("stop_when: [bankrupt]\n" + REMINDER).tell("2026-03-04", held(HoldReason.BANKRUPTCY))
    decision = story.decided("2026-03-04")
    assert decision.events == (StatusChanged("stop", "closed", "bankrupt"),)
    assert "closed as bankrupt" in decision.explain()
    assert story.case.closed_as == "bankrupt"


def test_a_paused_case_says_why_and_goes_on_afterwards():
    """An open promise lets the case wait; when it is broken the ladder goes on where it stood."""
    story = Story("pause_while: [promise open]\n" + REMINDER).tell("2026-03-04 12:00", promised("240.00", "2026-03-10"))
    decision = story.decided("2026-03-04 12:00")
    assert decision.events[-1] == StatusChanged("pause", "paused", "promise open")
    assert "waits because it is promise open" in decision.explain()
    assert decision.next_look == at("2026-03-11")
    assert list(story.follow("2026-03-05", "2026-05-01")) == ["2026-03-12 10:00"]


def test_a_case_that_was_handed_off_is_placed():
    """When an agency has the debt the case is placed; recalled facts pull it back."""
    story = Story("steps: [{step: agency, when: 3 days after due, hand_off: agency acme}]")
    assert story.look(DUE) == ["agency: hand off agency acme"]
    assert story.decided(DUE).events == ()
    assert story.case.status is CaseStatus.PLACED


# Limits and fallbacks ------------------------------------------------------------------------------------------------


def test_a_deferral_names_its_rule_and_its_end():
    """A contact over the limit waits for the first lawful instant, and says for which rule."""
    story = Story("contact_limits: [1 contact in 9 days per debtor]\n" + REMINDER).contacted("2026-03-01", Channel.SMS)
    decision = story.decided(DUE)
    assert (decision.deferred[0].until, decision.next_look) == (at("2026-03-10"), at("2026-03-10"))
    event = decision.events[-1]
    assert isinstance(event, ActionDeferred)
    assert event.rules == ("policy/contact-limit-1",)
    assert "deferred until 2026-03-10 00:00 America/New_York: email reminder" in decision.explain()
    assert "because the policy allows 1 contact in 9 days per debtor [policy/contact-limit-1]" in decision.explain()
    assert story.look("2026-03-10") == ["reminder: email reminder"]


def test_a_deferral_that_changes_is_recorded_again():
    """Another contact moves the end of the wait: the new end is an event."""
    story = Story("contact_limits: [1 contact in 9 days per debtor]\n" + REMINDER).contacted("2026-03-01", Channel.SMS)
    story.decided(DUE)
    story.contacted("2026-03-06", Channel.SMS)
    assert story.decided("2026-03-06").deferred[0].until == at("2026-03-15")
    assert story.case.deliveries[next(iter(story.case.deliveries))].until == at("2026-03-15")


def test_actions_of_a_step_are_gated_in_file_order():
    """Where only one contact is left, the first action of the step takes it and the second waits."""
    text = "contact_limits: [1 contact per day]\nsteps: [{step: one, when: 3 days after due, send: [email a, sms b]}]"
    story = Story(text)
    assert story.look(DUE) == ["one: email a"]
    assert story.look("2026-03-06") == ["one: sms b"]


def test_an_action_that_waits_does_not_hold_the_ladder_once_its_step_has_happened():
    """A step with several actions happened when its first did: the next one comes on its day and ends the wait."""
    text = """
        contact_limits: [1 call in 90 days per debtor]
        steps:
          - {step: one, when: 3 days after due, send: email a, call: b}
          - {step: two, when: 2 days after one, send: letter c}
        """
    story = Story(text).contacted("2026-03-01", Channel.CALL)
    assert list(story.follow("2026-03-01", "2026-07-01").values()) == [["one: email a"], ["two: letter c"]]


def test_what_cannot_be_done_falls_back():
    """Without an address the fallback goes out at once, and the refusal is on record."""
    text = "steps: [{step: one, when: 3 days after due, send: email a or else letter b}]"
    story = Story(text, debtor=replace(ANN, email=None))
    decision = story.decided(DUE)
    assert names(decision) == ["StatusChanged", "ActionBlocked", "ActionCleared"]
    assert "blocked: email a" in decision.explain()
    assert "because no e-mail address is known [debtor/email]" in decision.explain()


def test_a_refusal_is_recorded_once():
    """A blocked action is asked again at every look, and told again only when its reasons change."""
    story = Story(REMINDER, debtor=replace(ANN, email=None))
    assert [type(e) for e in story.decided(DUE).events] == [StatusChanged, ActionBlocked]
    assert story.decide("2026-03-06").events == ()
    assert story.tell("2026-03-06", OptedOut(Channel.EMAIL)).decide("2026-03-06").events[0].rules == (
        "debtor/email",
        "house/opt-out",
    )


def test_a_new_fact_unblocks():
    """When the address becomes known the blocked step goes out."""
    story = Story(REMINDER, debtor=replace(ANN, email=None))
    assert story.look(DUE) == []
    story.tell("2026-03-06 12:00", DebtorUpdated(ANN, (ZoneHint("zone", (NEW_YORK,)),)))
    assert story.look("2026-03-06 12:00") == ["reminder: email reminder"]


def test_a_bounce_calls_for_the_fallback():
    """A message that came back is followed by the fallback, and the fallback's bounce by nothing."""
    text = "steps: [{step: one, when: 3 days after due, send: email a or else letter b}]"
    story = Story(text, arrives="bounced")
    assert story.look(DUE) == ["one: email a", "one: letter b"]
    assert story.look("2026-03-06") == []


def test_a_fallback_that_waits_is_dropped_when_the_first_way_opens():
    """Where the first way becomes possible while its fallback waits, only one of the two goes out."""
    text = "contact_limits: [1 letter in 9 days]\nsteps: [{step: one, when: 3 days after due, send: email a or else letter b}]"
    story = Story(text, debtor=replace(ANN, email=None)).contacted("2026-03-01", Channel.LETTER)
    assert story.look(DUE) == []
    story.tell("2026-03-06 12:00", DebtorUpdated(ANN, (ZoneHint("zone", (NEW_YORK,)),)))
    assert story.look("2026-03-06 12:00") == ["one: email a"]
    assert list(story.follow("2026-03-06 13:00", "2026-05-01")) == []


def test_what_waits_is_dropped_when_its_condition_fails():
    """The second action of a step waits no longer when the step's condition has become false."""
    text = """
        contact_limits: [1 call in 9 days per debtor]
        steps: [{step: one, when: 3 days after due, send: email a, call: b, only_if: balance at least 100.00}]
        """
    story = Story(text).contacted("2026-03-01", Channel.CALL)
    out = story.follow("2026-03-01", "2026-07-01", [("2026-03-08", paid("200.00"))])
    assert list(out.values()) == [["one: email a"]]


@pytest.mark.parametrize("reason", [HoldReason.CEASE, HoldReason.ATTORNEY, HoldReason.BANKRUPTCY, HoldReason.DECEASED])
def test_silence_is_kept_whatever_the_policy_says(reason):
    """Cease, attorney, bankruptcy and death stop contact by the gate; a stay bars the hand-off too."""
    text = """
        steps:
          - {step: one, when: 3 days after due, send: email a}
          - {step: two, when: 4 days after due, hand_off: agency acme}
        """
    story = Story(text).tell("2026-03-04", held(reason))
    decision = story.decided(DUE)
    assert decision.blocked[0].reasons[0].rule == "house/silence"
    stayed = reason in (HoldReason.BANKRUPTCY, HoldReason.DECEASED)
    assert story.look("2026-03-06 10:00") == ([] if stayed else ["two: hand off agency acme"])


def test_a_channel_that_was_refused_is_not_used():
    """Opting out blocks a channel until the debtor opts in again."""
    story = Story(REMINDER).tell("2026-03-04", OptedOut(Channel.EMAIL))
    assert story.decided(DUE).blocked[0].reasons[0].rule == "house/opt-out"
    story.tell("2026-03-07 11:00", OptedIn(Channel.EMAIL))
    assert story.look("2026-03-07 11:00") == ["reminder: email reminder"]


NOON_TO_NINE = {"days": [0, 1, 2, 3, 4, 5, 6], "after": "12:00", "before": "21:00"}


def test_rulebooks_are_asked_beside_the_policy():
    """A rule of a rulebook defers with its citation; the strictest wins."""
    book = rulebook_of(
        {
            "rulebook": "us/test",
            "title": "Test",
            "state_of": "2026-01-01",
            "rules": [
                {
                    "rule": "hours",
                    "kind": "presumption",
                    "says": "not before noon",
                    "since": {"1977-09-20": {"open_hours": {"windows": [NOON_TO_NINE]}}},
                    "citation": {"text": "12 CFR 1006.6(b)"},
                    "confidence": "high",
                }
            ],
        }
    )
    story = Story("law: [us/test]\n" + REMINDER, rulebooks=(book,))
    decision = story.decide(DUE)
    assert local(decision.next_look) == "2026-03-05 12:01"
    assert "not before noon [us/test/hours, 12 CFR 1006.6(b)]" in decision.explain()


def test_gate_rules_are_assembled_once():
    """The rules of a policy and its rulebooks are the same object at every question."""
    one = policy(REMINDER)
    assert gate_rules(one, ()) is gate_rules(one, ())


def test_a_channel_that_does_not_roll_is_free_of_business_days():
    """The policy's business days bind the channels that roll."""
    text = "time: {zone: America/New_York, business_days: US, roll: {default: next, letter: none}}\n" + REMINDER
    rule = next(rule for rule in gate_rules(policy(text), ()) if rule.id == "policy/business-days")
    assert rule.binds.channels == set(OFFERED) - {Channel.LETTER}


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (ContactLimit(3, 7), "the policy allows 3 contacts in 7 days per debtor"),
        (Hours(((540, 1199),)), "the policy contacts people from 09:00 to 20:00, wherever they may be"),
        (ClosedDays(non_business=True), "the policy contacts people on business days"),
        (ClosedDays(holidays=True), "the policy keeps quiet on this day"),
        (BlockedChannel(), "the policy keeps quiet on this day"),
    ],
)
def test_own_limits_are_said_in_words(limit, words):
    """Every limit of a policy's own has a sentence."""
    assert rule_words(limit) == words


# One case per debtor -------------------------------------------------------------------------------------------------

TWO = (invoice("INV-1", "100.00", due="2026-03-02"), invoice("INV-2", "50.00", due="2026-03-20"))
LADDER = """
    steps:
      - {step: one, when: 3 days after due, send: email one}
      - {step: two, when: 10 days after one, send: email two}
    """


def test_the_next_receivable_goes_on_where_the_ladder_stands():
    """When the lead is paid while another one is overdue, that one leads on the same rung."""
    story = Story(LADDER, invoice("INV-1", "100.00", due="2026-03-02"), invoice("INV-2", "50.00", due="2026-03-04"))
    out = story.follow("2026-02-01", "2026-05-01", [("2026-03-08", paid("100.00", "INV-1"))])
    assert out == {"2026-03-05 10:00": ["one: email one"], "2026-03-15 10:00": ["two: email two"]}


def test_after_a_cure_the_ladder_begins_anew():
    """When everything overdue is paid before the next invoice falls due, that one starts at the first step."""
    out = Story(LADDER, *TWO).follow("2026-02-01", "2026-04-05", [("2026-03-08", paid("100.00", "INV-1"))])
    assert out == {
        "2026-03-05 10:00": ["one: email one"],
        "2026-03-23 10:00": ["one: email one"],
        "2026-04-02 10:00": ["two: email two"],
    }


def test_a_disputed_debt_does_not_chase_one_that_is_not_due():
    """While the overdue invoice is disputed, the one that is not due yet is not reminded as if it were."""
    facts = [("2026-03-08", disputed("INV-1"))]
    out = Story(LADDER, *TWO).follow("2026-02-01", "2026-03-21", facts)
    assert out == {"2026-03-05 10:00": ["one: email one"]}
    out = Story(LADDER, *TWO).follow("2026-02-01", "2026-05-01", facts)
    assert out["2026-03-21 10:00"] == ["two: email two"]


def test_disputed_invoices_are_not_named():
    """An action is about the undisputed open receivables, in number and amount."""
    story = Story(LADDER, invoice("INV-1", "100.00"), invoice("INV-2", "50.00")).tell("2026-03-04", disputed("INV-1"))
    action = story.decide(DUE).cleared[0].action.action
    assert (action.invoices, action.amount) == (("INV-2",), 5000)


# Approval ------------------------------------------------------------------------------------------------------------

AGENCY = """
    steps:
      - step: agency
        when: 3 days after due
        send: email goodbye
        hand_off: agency acme
        approval: manager within 5 days
      - {step: last, when: 30 days after due, send: letter last}
    """


def asked():
    story = Story(AGENCY)
    mail, agency = story.decided(DUE).waiting
    return story, mail.action.id, agency.action.id


def answer(how, story, action, when, **more):
    return how(story.case, story.policy, action, **{"by": "mia", "role": "manager", "now": story.at(when), **more})


def test_each_action_of_an_approved_step_is_asked_about():
    """A step with an approval asks for each action, names the role, and looks again when the question expires."""
    story = Story(AGENCY)
    decision = story.decided(DUE)
    assert names(decision) == ["StatusChanged", "ApprovalRequested", "ApprovalRequested"]
    assert local(decision.next_look) == "2026-03-10 11:00"  # five days of 24 hours, over the change of clocks
    assert "waiting: email goodbye for the approval of manager" in decision.explain()
    assert story.decide("2026-03-06").events == ()
    assert story.decide("2026-03-06").next_look == at("2026-03-10 11:00")


def test_what_was_approved_goes_out_each_for_itself():
    """The answer to one action lets that one go; the other still waits for its own."""
    story, mail, agency = asked()
    story.tell("2026-03-06", answer(approve, story, mail, "2026-03-06"))
    assert story.look("2026-03-06") == ["agency: email goodbye"]
    story.tell("2026-03-07", answer(approve, story, agency, "2026-03-07"))
    assert story.look("2026-03-07") == ["agency: hand off agency acme"]


def test_a_question_that_nobody_answered_is_asked_again():
    """After its days the question expires and is put anew."""
    story, mail, _ = asked()
    with pytest.raises(UsageError, match="has expired"):
        answer(approve, story, mail, "2026-03-10 11:00")
    assert names(story.decided("2026-03-10 11:00")) == ["ApprovalRequested", "ApprovalRequested"]


def test_a_change_voids_the_question():
    """Part of the debt was paid: what waits is another amount, and is asked anew."""
    story, _, _ = asked()
    story.tell("2026-03-06", paid("40.00"))
    assert [event.action.amount for event in story.decide("2026-03-06").events] == [20000, 20000]


def test_an_approval_expires():
    """An approval that could not be used in its days, because of a hold, is asked for again."""
    story, mail, _ = asked()
    story.tell("2026-03-06", answer(approve, story, mail, "2026-03-06"), held())
    story.decided("2026-03-06")
    story.tell("2026-03-08", released())
    assert story.decided("2026-03-20").waiting[0].action.id == mail
    assert names(story.decide("2026-03-20")) == []


def test_an_approved_action_that_waits_keeps_its_approval():
    """A limit that puts off an approved action does not put the question again."""
    text = "quiet_hours: 18:00 to 09:00\n" + AGENCY.strip("\n").replace("\n    ", "\n").lstrip()
    story = Story(text)
    mail = story.decided(DUE).waiting[0].action.id
    story.tell("2026-03-06", answer(approve, story, mail, "2026-03-06"))
    assert [d.action.id for d in story.decided("2026-03-06").deferred] == [mail]
    assert story.look("2026-03-06 09:00") == ["agency: email goodbye"]


def test_a_refused_step_is_passed_by():
    """What a person refused does not go out, nor does its fallback; the ladder goes on."""
    text = AGENCY.replace("email goodbye", "email goodbye or else letter goodbye")
    story = Story(text)
    for request in story.decided(DUE).waiting:
        story.tell("2026-03-06", answer(refuse, story, request.action.id, "2026-03-06", note="no"))
    assert "its approval was refused" in story.decide("2026-03-06").explain()
    assert list(story.follow("2026-03-06", "2026-06-01").values()) == [["last: letter last"]]


def test_answers_are_checked():
    """Only a question that stands is answered, by the role that was asked, under a name."""
    story, mail, _ = asked()
    with pytest.raises(NotFound, match="has no action nothing"):
        answer(approve, story, "nothing", DUE)
    with pytest.raises(UsageError, match="waits for the role manager, not clerk"):
        answer(approve, story, mail, DUE, role="clerk")
    with pytest.raises(UsageError, match="needs the person's name"):
        answer(refuse, story, mail, DUE, by="")
    story.tell(DUE, answer(approve, story, mail, DUE))
    with pytest.raises(UsageError, match="is approved: nobody was asked"):
        answer(approve, story, mail, DUE)


# Arming --------------------------------------------------------------------------------------------------------------


def cleared(text=REMINDER, *invoices):
    story = Story(text, *invoices)
    action = story.decided(DUE).cleared[0].action.action
    return story, action


def test_what_still_stands_is_armed():
    """Nothing has changed: the action may be handed over."""
    story, action = cleared()
    assert isinstance(story.admit(action, "2026-03-05 10:01"), Armed)


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (paid(), "paid"),
        (disputed(), "disputed"),
        (held(), "on hold"),
        (promised("240.00", "2026-03-20"), "promise open"),
        (held(HoldReason.PLAN), "plan on track"),
        (held(HoldReason.BANKRUPTCY), "bankrupt"),
        (OptedOut(Channel.EMAIL), "a channel that the debtor refused is not used"),
        (HoldPlaced(HoldReason.CEASE), "nobody writes to or calls this debtor: in force: cease [house/silence]"),
    ],
)
def test_what_was_paid_disputed_or_held_meanwhile_is_withdrawn(fact, why):
    """An action whose ground has gone after it was decided is never handed over."""
    story, action = cleared("pause_while: [promise open, plan on track]\nstop_when: [bankrupt]\n" + REMINDER)
    admission = story.tell("2026-03-05 10:01", fact).admit(action, "2026-03-05 10:02")
    assert isinstance(admission, Withdrawn)
    assert why in admission.why


def test_a_limit_that_filled_up_meanwhile_postpones():
    """Another case of the debtor took the last contact: the action waits for the exact instant."""
    story, action = cleared("contact_limits: [1 contact in 3 days per debtor]\n" + REMINDER)
    admission = story.contacted("2026-03-05 10:01", Channel.SMS).admit(action, "2026-03-05 10:02")
    assert isinstance(admission, Postponed)
    assert admission.until == at("2026-03-08")
    assert [reason.rule for reason in admission.reasons] == ["policy/contact-limit-1"]


def test_what_was_withdrawn_is_decided_anew():
    """After a dispute that ended, the action that was taken back goes out under the same identity."""
    story, action = cleared()
    story.tell("2026-03-05 10:01", disputed(), ActionCancelled(action.id, "disputed"))
    assert story.decided("2026-03-05 10:01").cleared == ()
    story.tell("2026-03-06 12:00", settled_dispute())
    again = story.decided("2026-03-06 12:00")
    assert [cleared.action.id for cleared in again.cleared] == [action.id]


def test_one_action_of_a_step_that_was_taken_back_is_decided_anew():
    """Where one action of a step went out and another was taken back, that one is still wanted."""
    text = "steps: [{step: one, when: 3 days after due, send: [email a, sms b]}]"
    story = Story(text)
    mail, sms = (c.action.action for c in story.decided(DUE).cleared)
    story.deliver(mail, DUE)
    story.tell(DUE, ActionCancelled(sms.id, "a passing doubt"))
    assert story.look("2026-03-05 11:00") == ["one: sms b"]


@pytest.mark.parametrize("fact", [paid("100.00", "INV-1"), disputed("INV-1")])
def test_one_of_several_invoices_that_was_paid_or_disputed_withdraws(fact):
    """A notice that names an invoice which was paid or disputed meanwhile is not handed over; it is decided anew."""
    pair = invoice("INV-1", "100.00"), invoice("INV-2", "50.00")
    story, action = cleared(REMINDER, *pair)
    assert action.invoices == ("INV-1", "INV-2")
    admission = story.tell("2026-03-05 10:01", fact).admit(action, "2026-03-05 10:02")
    assert admission == Withdrawn(action, "an invoice that it was about is paid or disputed")
    story.tell("2026-03-05 10:02", ActionCancelled(action.id, admission.why))
    again = story.decided("2026-03-05 10:02").cleared[0].action.action
    assert (again.id, again.invoices, again.amount) == (action.id, ("INV-2",), 5000)


def test_a_cure_withdraws():
    """The overdue invoices are paid and another one leads: what the old run wanted is taken back."""
    story, action = cleared(REMINDER, *TWO)
    admission = story.tell("2026-03-05 10:01", paid("100.00", "INV-1")).admit(action, "2026-03-05 10:02")
    assert admission == Withdrawn(action, "the receivables that it was about are settled")


def test_a_courtesy_that_was_left_lying_is_withdrawn():
    """What was meant for the time before the due date is not handed over after it."""
    story = Story("steps: [{step: courtesy, when: 1 day before due, send: email courtesy}]")
    action = story.decided("2026-03-01 10:00").cleared[0].action.action
    assert isinstance(story.admit(action, "2026-03-02 23:59"), Armed)
    assert story.admit(action, "2026-03-03") == Withdrawn(action, "its time ended with the due date")


def test_a_condition_that_fails_meanwhile_withdraws():
    """The step's conditions are asked again when the action is armed."""
    story, action = cleared(REMINDER.replace("send:", "only_if: balance at least 100.00, send:"))
    admission = story.tell("2026-03-05 10:01", paid("200.00")).admit(action, "2026-03-05 10:02")
    assert admission == Withdrawn(action, "its condition “balance at least 100.00” does not hold")


def test_a_step_that_a_new_version_lacks_is_withdrawn():
    """A case that moved to another version does not hand over what that version does not know."""
    story, action = cleared()
    story.policy = policy("steps: [{step: other, when: 1 day after due, send: sms other}]")
    assert story.admit(action, DUE) == Withdrawn(action, "the policy no longer has a step reminder")


def test_what_a_later_step_has_overtaken_is_withdrawn():
    """An action that lay in the outbox while the ladder moved on is not handed over."""
    text = """
        steps:
          - {step: one, when: 3 days after due, send: email one, climb_on: emitted}
          - {step: two, when: 4 days after due, send: email two}
        """
    story, one = cleared(text)
    two = story.decided("2026-03-06 10:00").cleared[0].action.action
    assert story.admit(one, "2026-03-06 10:01") == Withdrawn(one, "a later step has begun")
    assert isinstance(story.admit(two, "2026-03-06 10:01"), Armed)


def test_what_repeats_until_a_step_is_overtaken_by_that_step_only():
    """A repetition that goes on beside later steps stays wanted until the step that it names begins."""
    text = """
        steps:
          - {step: one, when: 3 days after due, cadence: every 5 days until three, send: email x, climb_on: emitted}
          - {step: two, when: 4 days after due, call: y, climb_on: emitted}
          - {step: three, when: 6 days after due, send: letter z}
        """
    story, one = cleared(text)
    story.decided("2026-03-06 10:00")
    assert isinstance(story.admit(one, "2026-03-06 10:01"), Armed)
    story.decided("2026-03-08 10:00")
    assert story.admit(one, "2026-03-08 10:01") == Withdrawn(one, "a later step has begun")


def test_an_approval_over_another_amount_is_void():
    """What a person agreed to has changed: the action goes back to them."""
    story, mail, _ = asked()
    story.tell("2026-03-06", answer(approve, story, mail, "2026-03-06"))
    action = story.decided("2026-03-06").cleared[0].action.action
    assert isinstance(story.admit(action, "2026-03-06"), Armed)
    assert story.tell("2026-03-07", paid("1.00")).admit(action, "2026-03-07") == Withdrawn(
        action, "what was approved has changed"
    )


def test_what_is_on_its_way_is_waited_for():
    """Between decision and receipt the ladder waits and says so."""
    story, _ = cleared(LADDER)
    decision = story.decide("2026-03-30")
    assert decision.cleared == ()
    assert "it is on its way, nothing is known of it yet" in decision.explain()


def test_nothing_happens_to_a_case_without_receivables():
    """A case that was opened before its first invoice came has nothing to do."""
    story = Story(REMINDER)
    story.case = replace(story.case, receivables=())
    assert story.decide(DUE).events == ()


def test_a_case_that_is_paused_while_placed_comes_back_placed():
    """A hold on a debt that an agency has ends where the case stood."""
    story = Story("steps: [{step: agency, when: 3 days after due, hand_off: agency acme}]")
    story.look(DUE)
    story.tell("2026-03-10", held())
    assert story.decided("2026-03-10").events == (StatusChanged("pause", "paused", "on hold"),)
    story.tell("2026-03-12", released())
    assert story.decided("2026-03-12").events == (StatusChanged("resume", "placed", ""),)
