"""What the gate is told: what was recorded, what follows from the case, and what the attempt is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from story import ANN, DENVER, Story, at, disputed, paid, policy, settled_dispute

from dunning_engine.compliance.rulebook import rulebook_of
from dunning_engine.decision.briefing import address_of, briefed, known_facts
from dunning_engine.decision.decision import Withdrawn
from dunning_engine.decision.standing import stand
from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.docket import Challenge
from dunning_engine.domain.events import ActionDeferred, FactRecorded, OptedOut
from dunning_engine.domain.parties import Channel, Collector, Party

REMINDER_TEXT = "steps: [{step: reminder, when: 3 days after due, send: email reminder}]"
COLLECTOR = "collector: third_party\nregulated_as: [fca]\n" + REMINDER_TEXT
DUE = "2026-03-05 10:00"


def known(story, when=DUE, *, step=0):
    """The docket of the first action that the policy would take."""
    action = story.decide(DUE).cleared[0].action.action if step == 0 else step
    return docket(story, action, when)


def docket(story, action, when=DUE):
    now = story.at(when)
    situation = briefed(
        action, story.case, story.policy, stand(story.case, story.policy, now), story.case.contacts, now
    )
    return situation.docket


def test_a_creditor_is_told_the_attempt_and_what_was_recorded():
    """Whoever collects their own debts is asked for nothing that only collectors must know."""
    story = Story(REMINDER_TEXT).tell("2026-03-01", FactRecorded("email_basis", "direct_consent"))
    assert known(story) == {"email_basis": "direct_consent", "purpose": "collect", "address": "ann@example.com"}


def test_the_attempt_stands_over_what_was_recorded():
    """Nobody can record what an action is for; a case of before knows nothing at all."""
    story = Story(REMINDER_TEXT)
    assert story.case.docket == {}
    assert known(story)["purpose"] == "collect"


def test_an_ultimatum_and_a_placement():
    """The purpose in the word that laws use, the last day, and no address where nobody is reached."""
    story = Story("steps: [{step: u, when: 3 days after due, send: letter a, deadline: 14 days}]")
    facts = known(story)
    assert (facts["purpose"], facts["address"]) == ("ultimatum", "1 Main Street")
    assert facts["deadline"] == story.at("2026-03-19") // 86_400 + 719_163
    handed = Story("collector: third_party\nsteps: [{step: h, when: 3 days after due, hand_off: agency acme}]")
    assert known(handed) == {"purpose": "place_with_agency"}


def test_the_address_that_a_channel_uses():
    """Empty where there is none."""
    ann = replace(ANN, social="@ann", push="device-17")
    found = {channel: address_of(ann, channel) for channel in Channel}
    assert found == {
        Channel.EMAIL: "ann@example.com",
        Channel.SMS: "+12125550123",
        Channel.CALL: "+12125550123",
        Channel.LETTER: "1 Main Street",
        Channel.SOCIAL: "@ann",
        Channel.PORTAL: "",
        Channel.VISIT: "1 Main Street",
        Channel.PUSH: "device-17",
    }
    nobody = Party.consumer("x")
    assert {address_of(nobody, channel) for channel in Channel} == {""}
    silent = Story("steps: [{step: r, when: 3 days after due, send: letter a}]")
    action = silent.decide(DUE).cleared[0].action.action
    silent.case = replace(silent.case, debtor=nobody)
    assert "address" not in docket(silent, action)


# Disputes and payments ------------------------------------------------------------------------------------------------


def test_an_open_dispute_is_a_challenge():
    """Of whatever part, from its beginning to its end; what was recorded of disputes stands instead."""
    story = Story(REMINDER_TEXT)
    action = story.decide(DUE).cleared[0].action.action
    story.tell("2026-03-03", disputed("INV-1"))
    assert docket(story, action)["challenges"] == (Challenge(story.at("2026-03-03")),)
    assert "challenges" not in docket(story, action, "2026-03-02 10:00")
    answered = Challenge(story.at("2026-03-03"), story.at("2026-03-04"))
    recorded = FactRecorded("challenges", (answered,))
    story.tell("2026-03-04", recorded)
    assert docket(story, action)["challenges"] == (answered,)
    story.tell("2026-03-04", FactRecorded("challenges", None), settled_dispute())
    assert "challenges" not in docket(story, action)


def test_what_is_paid_is_known_by_its_last_payment():
    """Nobody has to record it."""
    story = Story(REMINDER_TEXT)
    action = story.decide(DUE).cleared[0].action.action
    story.tell("2026-03-03", paid("200.00")).tell("2026-03-04", paid("40.00"))
    assert docket(story, action)["paid"] == story.at("2026-03-04")


# Communications -------------------------------------------------------------------------------------------------------


def contact(channel=Channel.CALL, outcome=Outcome.ATTEMPTED, when="2026-03-03 10:00", **more):
    return Contact(at(when), channel, more.pop("debts", ("case",)), outcome, **more)


@pytest.mark.parametrize(
    ("contacts", "first", "first_writing", "initial"),
    [
        ([], True, True, None),
        ([contact()], True, True, None),
        ([contact(outcome=Outcome.CALL_BACK)], True, True, None),
        ([contact(outcome=Outcome.CONVERSATION)], False, True, "2026-03-03 10:00"),
        ([contact(outcome=Outcome.MESSAGE)], False, True, "2026-03-03 10:00"),
        ([contact(Channel.EMAIL)], False, False, "2026-03-03 10:00"),
        ([contact(Channel.EMAIL, debts=())], False, False, "2026-03-03 10:00"),
        ([contact(Channel.EMAIL, debts=("other",))], True, True, None),
        ([contact(Channel.EMAIL, addressee="employer")], True, True, None),
        ([contact(Channel.EMAIL, addressee="surviving_spouse")], False, False, "2026-03-03 10:00"),
        ([contact(outcome=Outcome.CONVERSATION, inbound=True)], True, True, None),
        ([contact(Channel.SMS, Outcome.WRONG_NUMBER)], True, True, None),
        ([contact(Channel.EMAIL, when="2026-03-09 10:00")], True, True, None),
    ],
)
def test_collectors_for_others_have_communicated_or_not(contacts, first, first_writing, initial):
    """A call is a communication where somebody spoke or a message was left; what was written is one."""
    story = Story(COLLECTOR)
    action = story.decide(DUE).cleared[0].action.action
    story.case = replace(story.case, contacts=story.case.contacts.plus(*contacts))
    facts = docket(story, action)
    assert (facts["first_communication"], facts["first_writing"]) == (first, first_writing)
    assert facts.get("initial_communication") == (None if initial is None else at(initial))
    tried = [c for c in contacts if not c.inbound and c.at <= at(DUE) and c.debts != ("other",)]
    assert facts.get("last_activity") == (tried[-1].at if tried else None)


def test_what_was_recorded_of_communications_stands():
    """A collector who took the debt over knows when it was first spoken about."""
    story = Story(COLLECTOR).tell("2026-03-01", FactRecorded("initial_communication", at("2026-01-05 10:00")))
    facts = known(story)
    assert (facts["initial_communication"], facts["first_communication"]) == (at("2026-01-05 10:00"), False)
    ahead = Story(COLLECTOR).tell("2026-03-01", FactRecorded("initial_communication", at("2026-06-05 10:00")))
    assert known(ahead)["first_communication"] is True


def test_a_call_is_no_writing():
    """Whether it is the first in writing is asked of what is written."""
    story = Story("collector: third_party\nsteps: [{step: c, when: 3 days after due, call: script}]")
    assert {"first_communication"} == {name for name in known(story) if name.startswith("first")}


def test_who_collects_and_under_whose_eyes():
    """Collector, regulators and overrides are those of the policy and the case."""
    story = Story(COLLECTOR, zones=(DENVER,))
    action = story.decide("2026-03-05 12:00").cleared[0].action.action
    story.tell(DUE, OverrideGranted(action.id, ("r/1", "r/2"), "Ida", "asked for"))
    story.tell(DUE, OverrideGranted("another", ("r/3",), "Ida", "asked for"))
    now = story.at(DUE)
    seen = briefed(action, story.case, story.policy, stand(story.case, story.policy, now), story.case.contacts, now)
    assert (seen.collector, seen.regulators) == (Collector.THIRD_PARTY, {"fca"})
    assert seen.overrides == {"r/1", "r/2"}
    assert (seen.zones, seen.hints) == ((DENVER,), story.case.hints)
    ours = policy(REMINDER_TEXT)
    before, after = (stand(Story(ours).case, ours, at(day)) for day in ("2026-03-01", "2026-03-05"))
    told = [briefed(action, story.case, ours, s, story.case.contacts, s.now).collector for s in (before, after)]
    assert told == [Collector.FIRST_PARTY, Collector.FIRST_PARTY_IN_DEFAULT]


def test_nothing_of_it_is_asked_of_a_settled_case_without_payments():
    """A credit that never came as money leaves no day of payment."""
    story = Story(REMINDER_TEXT)
    action = story.decide(DUE).cleared[0].action.action
    standing = stand(story.case, story.policy, story.at(DUE))
    standing.settled = True
    known = (story.case, standing, story.case.contacts, story.at(DUE), Collector.FIRST_PARTY, story.policy.zone)
    assert "paid" not in known_facts(action, *known)


def test_an_opt_out_from_calls_or_texts_takes_back_consent_to_both():
    """The latest one counts; refused e-mails take back nothing of it, and what was recorded stands over it."""
    call = Story("steps: [{step: c, when: 3 days after due, call: script}]")
    assert "opted_out_at" not in known(call.tell("2026-03-01 09:00", OptedOut(Channel.EMAIL)))
    texts = Story("steps: [{step: c, when: 3 days after due, call: script}]").tell(
        "2026-03-02 09:00", OptedOut(Channel.SMS)
    )
    assert known(texts)["opted_out_at"] == texts.at("2026-03-02 09:00")
    told = texts.tell("2026-03-03 09:00", FactRecorded("opted_out_at", at("2026-03-03 09:00")))
    assert known(told)["opted_out_at"] == at("2026-03-03 09:00")


def test_the_validation_period_follows_from_its_notice():
    """Five days for the post without Sundays, Saturdays and holidays, then thirty; unless somebody recorded its end."""
    story = Story(REMINDER_TEXT).tell("2026-03-02", FactRecorded("validation_provided", at("2026-03-02 10:00")))
    assert known(story)["validation_end"] == date(2026, 4, 8).toordinal()
    own = story.tell("2026-03-03", FactRecorded("validation_end", date(2026, 4, 20)))
    assert known(own)["validation_end"] == date(2026, 4, 20).toordinal()


# Overrides and evidence in decisions ----------------------------------------------------------------------------------


def book(*rules):
    return rulebook_of({"rulebook": "us/test", "title": "Test", "state_of": "2026-01-01", "rules": list(rules)})


def rule(name, limit, kind="presumption", **more):
    return {
        "rule": name,
        "kind": kind,
        "says": f"{name} is asked",
        "since": {"1977-09-20": limit},
        "citation": {"text": "§ 1", "url": "https://law.example/1"},
        "confidence": "house",
        **more,
    }


NEEDS = {"prerequisites": {"needs": [{"op": "is", "fact": "email_basis", "words": ["direct_consent"]}]}}
NOON_TO_NINE = {"open_hours": {"windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "after": "12:00", "before": "21:00"}]}}
ONE_TO_NINE = {"open_hours": {"windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "after": "13:00", "before": "21:00"}]}}


def lawful(*rules, text=REMINDER_TEXT):
    return Story("law: [us/test]\n" + text, rulebooks=(book(*rules),))


def test_a_recorded_fact_lets_an_action_pass():
    """What a rule needs and nobody knew refused; the answer named the fact."""
    story = lawful(rule("basis", NEEDS))
    (blocked,) = story.decided(DUE).blocked
    assert "record email_basis" in str(blocked.reasons[0])
    story.tell("2026-03-05 11:00", FactRecorded("email_basis", "direct_consent"))
    assert story.look("2026-03-05 11:00") == ["reminder: email reminder"]


def test_rules_are_set_aside_for_one_action_alone():
    """The decision says by whom and why; the next action of the step is asked again."""
    text = "steps: [{step: r, when: 3 days after due, send: email a, cadence: every 2 days up to 2 times}]"
    story = lawful(rule("basis", NEEDS), text=text)
    (blocked,) = story.decided(DUE).blocked
    story.tell(DUE, OverrideGranted(blocked.action.id, ("us/test/basis",), "Ida", "she wrote to us herself"))
    decision = story.decide(DUE)
    assert [c.action.id for c in decision.cleared] == [blocked.action.id]
    assert "us/test/basis set aside by Ida: she wrote to us herself" in decision.explain()
    story.look(DUE)
    assert [b.action.key.occurrence for b in story.decide("2026-03-07 10:00").blocked] == [2]


def test_overrides_are_honoured_when_the_action_is_armed():
    """And without one, what the rules say by then is evidence."""
    story = lawful(rule("basis", NEEDS)).tell("2026-03-01", FactRecorded("email_basis", "direct_consent"))
    action = story.decided(DUE).cleared[0].action.action
    story.tell(DUE, FactRecorded("email_basis", None))
    answer = story.admit(action, DUE)
    assert isinstance(answer, Withdrawn)
    assert [reason.rule for reason in answer.reasons] == ["us/test/basis"]
    story.tell(DUE, OverrideGranted(action.id, ("us/test/basis",), "Ida", "she wrote to us herself"))
    assert story.admit(action, DUE).action.id == action.id
    story.tell(DUE, paid("240.00"))
    assert story.admit(action, DUE).reasons == ()


def test_a_deferral_is_told_once_per_change():
    """With its rules and their words, which say where the rule is only ours."""
    story = lawful(rule("noon", NOON_TO_NINE))
    (event,) = [e for e in story.decided(DUE).events if isinstance(e, ActionDeferred)]
    assert event.why == ("noon is asked [us/test/noon, § 1, house rule, not law]",)
    assert story.decide("2026-03-05 10:30").events == ()
    story.rulebooks = (book(rule("noon", NOON_TO_NINE), rule("one", ONE_TO_NINE)),)
    (event,) = [e for e in story.decided("2026-03-05 11:00").events if isinstance(e, ActionDeferred)]
    assert event.rules == ("us/test/noon", "us/test/one")
    assert story.decide("2026-03-05 11:30").events == ()
