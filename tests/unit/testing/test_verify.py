"""`verify`: planted faults are found and told shortly; sound policies are left alone; every monitor can speak."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from dunning_engine.compliance.verdict import Blocked
from dunning_engine.decision.decision import Armed, Withdrawn
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import NO_CONTACTS
from dunning_engine.domain.events import (
    ActionBlocked,
    HoldLifted,
    HoldPlaced,
    HostFact,
    OptedOut,
    PaymentReceived,
    StepSkipped,
)
from dunning_engine.domain.parties import Channel, Party, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.loading import load_policy, load_rulebooks, policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS, day_of, day_start
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import Span
from dunning_engine.testing import rehearsal, verify
from dunning_engine.testing.happenings import Away, Crash, Happening, Look, Outage, Restart, Setting, Tale
from dunning_engine.testing.monitors import MONITORS
from dunning_engine.testing.rehearsal import Rehearsal
from dunning_engine.testing.sightings import Kind
from dunning_engine.testing.telling import story, text

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[3]
HEAD = "policy: planted\nversion: 1\ntime: {zone: Europe/Berlin, business_days: none}\n"


def policy(steps, head=""):
    return policy_of(HEAD + head + "steps:\n" + steps, file="planted.yaml")


REMINDER = "  - {step: reminder, when: 3 days after due, send: email reminder}\n"
SOUND = policy(REMINDER)


def found(planted, **how):
    report = verify(planted, load_rulebooks(planted.law), **{"examples": 60, **how})
    return {(finding.kind, finding.subject): finding for finding in report.findings}


# Faults of policies ---------------------------------------------------------------------------------------------------


def test_a_sound_policy_is_clean():
    report = verify(SOUND, (), examples=60)

    assert report.clean
    assert report.ran["reminder"] > 30
    assert report.tales == 60


def test_a_step_whose_conditions_contradict():
    """It is told which condition kept it, what hangs on it, and on which day."""
    stern = "  - {step: stern, when: 7 days after reminder, send: letter x, only_if: [reminder opened], unless: [reminder sent]}\n"
    proof = "  - {step: agency, when: 9 days after stern, requires: [stern sent], hand_off: agency north}\n"
    finding = found(policy(REMINDER + stern + proof))[Kind.NEVER_RUNS, "stern"]

    assert "its exception “reminder sent” holds" in finding.words
    assert "nor did agency, which hang on it" in finding.words
    assert any(line.details.startswith("email reminder") for line in finding.story)
    assert len(finding.story) <= 7


def test_hours_that_leave_no_minute():
    """The law's open hours all lie within the policy's quiet hours."""
    finding = found(policy(REMINDER, "law: [us/reg-f-limits]\nquiet_hours: 08:00 to 21:00\n"), examples=10)[
        Kind.NEVER_RUNS, "reminder"
    ]

    assert "policy/quiet-hours" in finding.words
    assert "us/reg-f-limits/hours" in finding.words
    assert finding.story[-1].what == "blocked"
    assert len(finding.story) <= 5


def test_a_limit_that_always_defers_a_step():
    """The second message always comes three days too early for the limit."""
    second = "  - {step: second, when: 7 days after reminder, send: email second}\n"
    finding = found(policy(REMINDER + second, "contact_limits: [1 contact in 10 days]\n"))[
        Kind.ALWAYS_DEFERRED, "policy/contact-limit-1"
    ]

    assert "second: email second" in finding.words
    assert "reminder: email reminder" not in finding.words
    assert [line.what for line in finding.story][-3:] == ["sent", "deferred", "sent"]


def test_a_dead_end():
    """Without proof that the letter arrived the ladder waits for ever."""
    steps = "  - {step: final, when: 3 days after due, send: certified letter final, deadline: 5 days}\n"
    steps += "  - {step: agency, when: final expires, hand_off: agency north}\n"
    findings = verify(policy(steps), (), examples=120).findings
    words = [finding.words for finding in findings if finding.kind is Kind.DEAD_END]

    assert any("the proof that it arrived does not come" in one for one in words)
    assert any("is blocked by debtor/address" in one for one in words)
    assert {finding.subject for finding in findings} == {"agency"}


def test_a_ladder_that_waits_for_a_fact_in_its_midst():
    """A step that waits for declined payments keeps those behind it waiting."""
    steps = REMINDER + "  - {step: declined, when: 2 failed payments, send: email declined}\n"
    steps += "  - {step: last, when: 30 days after due, send: letter last}\n"
    finding = found(policy(steps))[Kind.DEAD_END, "last"]

    assert "step declined: the ladder waits here" in finding.words


def test_what_is_left_out_on_purpose_is_no_dead_end():
    """A condition on the amount ends the ladder for small ones, and a refusal by a person for the rest."""
    small = "  - {step: final, when: 9 days after due, send: letter x or else email x, only_if: [balance at least 500.00]}\n"
    agency = "  - {step: agency, when: 9 days after final, hand_off: agency north, approval: boss}\n"
    findings = found(policy(small + agency))

    assert [finding.words for finding in findings.values() if "does not hold" in finding.words] == []


@pytest.mark.parametrize("name", ["us-consumer", "eu-business"])
def test_shipped_policies_keep_every_promise(name):
    """Nothing is breached, each step runs, no limit always defers; where addresses or proofs lack, ladders may end."""
    assert {kind for kind, _ in found(load_policy(ROOT / "policies" / f"{name}.yaml"), examples=120)} <= {Kind.DEAD_END}


def test_the_same_seed_gives_the_same_report():
    planted = policy(REMINDER, "contact_limits: [1 contact in 10 days]\n")
    one, same, other = (verify(planted, (), examples=30, seed=seed).as_json() for seed in (5, 5, 6))

    assert one == same
    assert one["looks"] != other["looks"]


def test_progress_and_known_facts():
    """Each example is counted, and every case begins with what the host always tells."""
    done = []
    vip = policy("  - {step: reminder, when: 3 days after due, send: email x, unless: [fact vip is true]}\n")
    report = verify(vip, (), examples=12, known=[HostFact("vip", "true")], progress=lambda: done.append(1))

    assert len(done) == 12
    assert [finding.kind for finding in report.findings] == [Kind.NEVER_RUNS]


# Faults of the engine: every monitor speaks ---------------------------------------------------------------------------

DUE = "2026-03-02"
OPENED = day_start(day_of("2026-02-16"), "Europe/Berlin")
DUE_AT = day_start(day_of(DUE), "Europe/Berlin")
ANN = Party.consumer("ann", email="a@example.com", phone="+4930231250", address=("1 Mill Road",), country="DE")
SETTING = Setting(
    debtor=ANN,
    hints=(ZoneHint("zone", ("Europe/Berlin",)),),
    invoices=(Invoice("K-1", Money("100.00", "EUR"), due=DUE, issued="2026-02-16"),),
    opened_at=OPENED,
)
LADDER = REMINDER + "  - {step: second, when: 4 days after reminder, send: email second, deadline: 9 days}\n"
LADDER += "  - {step: third, when: 20 days after second, send: letter third}\n"


def played(planted, *deeds, setting=SETTING):
    """A tale of deeds so many days after the due date."""
    happenings = tuple(Happening(DUE_AT + day * DAY_SECONDS, deed) for day, deed in deeds)
    return Rehearsal.of(Tale(setting, happenings, DUE_AT + 60 * DAY_SECONDS), planted, (), MONITORS)


def said(stage):
    return {breach.monitor for breach in stage.breaches}


@pytest.fixture
def sabotage(monkeypatch):
    """Let the engine see another case or policy than there is, or answer otherwise than it would."""

    def sabotage(case=lambda case: case, policy=lambda policy: policy, answer=None, admission=None):
        decide, admit = rehearsal.decide, rehearsal.admit

        def wrong_decide(was, under, books, now):
            decision = decide(case(was), policy(under), books, now)
            return decision if answer is None else answer(decision)

        def wrong_admit(was, under, books, action, now):
            found = admit(case(was), policy(under), books, action, now)
            return found if admission is None else admission(found)

        monkeypatch.setattr(rehearsal, "decide", wrong_decide)
        monkeypatch.setattr(rehearsal, "admit", wrong_admit)

    return sabotage


def forgetful(case):
    return replace(case, deliveries={}, contacts=NO_CONTACTS)


def unpaid(case):
    return replace(case, entries=(), receivables=tuple(replace(r, open=r.amount) for r in case.receivables))


def step_changed(**change):
    return lambda policy: replace(policy, steps=tuple(replace(step, **change) for step in policy.steps))


def dearer(admission):
    if not isinstance(admission, Armed):
        return admission
    cleared = admission.action
    return Armed(replace(cleared, action=replace(cleared.action, amount=cleared.action.amount * 10)))


def in_yen(admission):
    cleared = admission.action
    return Armed(replace(cleared, action=replace(cleared.action, currency="JPY")))


def never(admission):
    return Withdrawn(admission.action.action, "just so") if isinstance(admission, Armed) else admission


def without_blocks(decision):
    return decision._replace(events=tuple(e for e in decision.events if not isinstance(e, ActionBlocked)))


def with_a_skip(decision):
    return decision._replace(events=(*decision.events, StepSkipped("K-1", "none", decision.at, "again")))


OUT = (1, OptedOut(Channel.EMAIL))
PAID = (1, PaymentReceived(Money("100.00", "EUR")))
QUIET = "quiet_hours: 09:00 to 11:00\n"
FEW = "contact_limits: [1 contact in 30 days]\n"
NOBODY = replace(SETTING, debtor=replace(ANN, email=None))


@pytest.mark.parametrize(
    ("monitor", "how", "head", "deeds", "setting"),
    [
        ("once", {"case": forgetful}, "", (), SETTING),
        ("nothing after the end", {"case": unpaid}, "", [PAID], SETTING),
        ("nothing while held", {"case": lambda c: replace(c, holds=())}, "", [(1, HoldPlaced(HoldReason.CEASE))], SETTING),
        ("nothing while held", {"case": lambda c: replace(c, holds=())}, "", [(1, HoldPlaced(HoldReason.DISPUTE, "K-1"))], SETTING),
        ("refused channels", {"case": lambda c: replace(c, opted_out=frozenset())}, "", [OUT], SETTING),
        ("contacts", {"case": lambda c: replace(c, debtor=ANN)}, "", (), NOBODY),
        ("hours", {"policy": lambda p: replace(p, rules=())}, QUIET, (), SETTING),
        ("limits", {"policy": lambda p: replace(p, rules=())}, FEW, (), SETTING),
        ("one step at a time", {"policy": lambda p: replace(step_changed(when=p.steps[0].when, deadline=None)(p), min_gap=Span(0))}, "", (), SETTING),
        ("gap", {"policy": lambda p: replace(step_changed(when=p.steps[0].when, deadline=None)(p), min_gap=Span(0))}, "", (), SETTING),
        ("one currency", {"admission": in_yen}, "", (), SETTING),
        ("order of steps", {"policy": lambda p: replace(step_changed(when=p.steps[0].when)(p), steps=step_changed(when=p.steps[0].when)(p).steps[::-1])}, "", (), SETTING),
        ("deadlines", {"policy": step_changed(deadline=Span(1))}, "", (), SETTING),
        ("money", {"admission": dearer}, "", (), SETTING),
        ("comes to rest", {"admission": never}, "", (), SETTING),
        ("silence is recorded", {"answer": without_blocks}, "", [OUT], SETTING),
        ("looking twice", {"answer": with_a_skip}, "", (), SETTING),
        ("next look", {"answer": lambda d: d._replace(next_look=None)}, "", (), SETTING),
    ],
)  # fmt: skip
def test_every_monitor_speaks(sabotage, monitor, how, head, deeds, setting):
    """Played without sabotage the tale is sound; with it the monitor that is meant finds it."""
    planted = policy(LADDER, head)
    assert said(played(planted, *deeds, setting=setting)) == set()
    sabotage(**how)

    assert monitor in said(played(planted, *deeds, setting=setting))


def test_a_blocked_action_without_a_rule_is_noticed(sabotage):
    sabotage(answer=lambda d: d._replace(blocked=tuple(Blocked(b.action, ()) for b in d.blocked)))

    assert "silence is recorded" in said(played(policy(LADDER), OUT))


SERVICE = """  - {step: warned, when: 3 days after due, send: email warned}
  - {step: shut, when: 9 days after warned, restrict: service after warned}
"""


def test_a_restoration_of_what_was_never_restricted_is_noticed(monkeypatch):
    """What follows from payment by itself gives back only what was taken."""
    planted, paid = policy(SERVICE), (30, PaymentReceived(Money("100.00", "EUR")))
    sound = played(planted, paid)
    assert ([h.action.step for h in sound.handed], said(sound)) == (["warned", "shut", "shut"], set())
    arm = Rehearsal._arm

    def forgetting(stage, action):
        stage.handed = [h for h in stage.handed if h.action.step != "shut"]
        arm(stage, action)

    monkeypatch.setattr(Rehearsal, "_arm", forgetting)

    assert "restrictions" in said(played(planted, paid))


def test_a_charge_whose_notice_never_went_out_is_noticed():
    """Charges that a notice carries are owed from its going out."""
    stage = played(policy("  - {step: reminder, when: 3 days after due, send: email reminder, charge: fee of 5.00}\n"))
    assert said(stage) == set()
    stage.handed = []
    stage.watch("ended")

    assert "charges" in said(stage)


def test_what_is_lost_or_was_never_recorded_is_noticed():
    """An outbox that loses a row, and a state that is not the fold of its events."""
    stage = played(policy(LADDER), (1, Outage(400)))
    assert said(stage) == set()
    stage.outbox.clear()
    stage.case = replace(stage.case, credit=5)
    stage.watch("ended")
    stage.watch("looked")

    assert {"nothing is lost", "refold", "money"} <= said(stage)


def test_trouble_with_the_machinery_breaches_nothing():
    """Restarts, crashes, outages and absences: what went out went out once, and the crash is told as uncertain."""
    deeds = [(1, Crash()), (2, Restart()), (3, Outage(2)), (4, Look()), (8, Away(20)), (40, Restart())]
    stage = played(policy(LADDER), *deeds)

    assert stage.breaches == []
    assert "uncertain  email reminder" in text(story(stage))


@pytest.mark.parametrize("reason", list(HoldReason))
def test_every_hold_that_ends_is_told(reason):
    """Also that somebody is alive after all, for which files of facts have no words."""
    told = text(story(played(policy(LADDER), (1, HoldPlaced(reason)), (9, HoldLifted(reason)))))

    assert told.count("fact     ") == 2


def test_a_planted_breach_is_told_shortly(sabotage):
    """Of all that happened only the payment is left, and the story ends with what went out after it."""
    sabotage(case=unpaid)
    finding = found(SOUND)[Kind.BREACH, "nothing after the end"]

    assert finding.words.startswith("nothing after the end (I4): email reminder went out although nothing is owed")
    assert len(finding.story) <= 6
    assert [line.what for line in finding.story if line.what in ("payment", "credit")] != []
    assert finding.story[-1].what == "sent"


def test_sending_twice_is_told_shortly(sabotage):
    sabotage(case=forgetful)
    finding = found(SOUND)[Kind.BREACH, "once"]

    assert "times as the same action" in finding.words
    assert len(finding.story) <= 6


# The pytest plugin ----------------------------------------------------------------------------------------------------

TEST = """policy: planted
tests:
  - name: as it is
    given:
      debtor: {name: ann, kind: consumer, country: DE, zone: Europe/Berlin, email: ann@example.com}
      invoice: {number: K-1, amount: 240.00 EUR, issued: 2026-02-01, due: 2026-03-02}
    expect: {2026-03-05: email reminder}
"""
PLUGIN = "dunning_engine.testing.plugin"


def test_the_plugin_verifies_when_asked(pytester):
    """`--dunning-verify=N` adds an item per test file, which fails with the stories."""
    never = "  - {step: never, when: 9 days after due, send: email x, only_if: [reminder bounced], unless: [reminder sent]}\n"
    pytester.path.joinpath("planted.yaml").write_text(HEAD + "steps:\n" + REMINDER + never, "utf-8")
    pytester.path.joinpath("planted.test.yaml").write_text(TEST, "utf-8")
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", PLUGIN)

    pytester.runpytest_inprocess(*plugin).assert_outcomes(passed=1)
    result = pytester.runpytest_inprocess(*plugin, "--dunning-verify=30")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*verify planted*", "never runs: the step never did not run in *"])
