"""A case on its way to another policy version: when it may go, what is taken back, and what never comes twice."""

from __future__ import annotations

from story import Story, at, invoice, policy

from dunning_engine.decision.moving import moving, refusal, unmapped
from dunning_engine.domain.events import ActionCancelled, StepSkipped
from dunning_engine.domain.versions import PolicyAssigned

OLD = """
    steps:
      - {step: reminder, when: 3 days after due, send: email reminder}
      - {step: second, when: 10 days after due, send: letter second}
"""
RENAMED = """
    steps:
      - {step: reminder, when: 3 days after due, send: email reminder}
      - {step: demand, when: 10 days after due, send: letter demand}
      - {step: last, when: 30 days after due, send: letter last}
"""
LARGE = "    applies_to: [balance at least 500.00]"


def refused(story, new, **steps):
    return refusal(story.case, story.policy, policy(new), steps)


def moved(story, new, when, *, outbox=(), start_at="", **steps):
    """Move the case of a story; the answer are the events."""
    news = policy(new)
    events = moving(
        story.case, news, steps, outbox=outbox, now=at(when), by="eve", reason="new terms", start_at=start_at
    )
    story.tell(when, *events)
    story.policy = news
    return events


def test_every_step_has_a_counterpart_or_is_said_to_have_none():
    """Also what the case has done under a version that nobody has any more."""
    story = Story(OLD)
    assert refused(story, RENAMED).startswith("p version 1 has no step second: say what each has become")
    assert refused(story, RENAMED, second="demand") == ""
    assert refused(story, RENAMED, second="") == ""
    story.look("2026-03-12 12:00")
    assert unmapped(story.case, None, policy("steps: [{step: other, when: on the due date, send: email x}]"), {}) == (
        "reminder",
    )


def test_a_case_keeps_its_unit():
    """A case per debtor is not torn into cases per invoice."""
    assert "it is a case per" in refused(Story(OLD), "    unit: invoice" + OLD)


def test_an_invoice_has_to_fit_the_new_version():
    """As if it came in today; what is paid does not count."""
    assert "invoice INV-1 does not fit p version 1" in refused(Story(OLD, invoice()), LARGE + OLD)


def test_what_was_sent_counts_for_the_step_of_the_map():
    """The next one comes as if the ladder had always been the new one."""
    story = Story(OLD)
    story.follow("2026-03-05", "2026-03-12 12:00")
    (assigned,) = moved(story, RENAMED, "2026-03-13", second="demand")
    assert assigned.map == (("second", "demand"),)
    assert [d.key.step for d in story.case.deliveries.values()] == ["reminder", "demand"]
    assert story.follow("2026-03-13", "2026-04-30") == {"2026-04-01 10:00": ["last: letter last"]}


def test_what_has_not_left_is_taken_back_unless_the_new_version_has_it_too():
    """The very same action, asked of nobody, stays as it is."""
    story = Story(OLD)
    story.decided("2026-03-05 12:00")
    (waiting,) = story.case.deliveries
    assert [type(e) for e in moved(story, RENAMED, "2026-03-06", outbox=(waiting,), second="demand")] == [
        PolicyAssigned
    ]
    changed = RENAMED.replace("email reminder", "email friendly")
    story = Story(OLD)
    story.decided("2026-03-05 12:00")
    assert [type(e) for e in moved(story, changed, "2026-03-06", second="")] == [PolicyAssigned, ActionCancelled]


def test_a_step_under_another_name_is_asked_anew():
    """What waits for it is taken back."""
    story = Story(OLD)
    story.look("2026-03-05 12:00")
    story.decided("2026-03-12 12:00")
    events = moved(story, RENAMED, "2026-03-13", second="demand")
    assert [type(e) for e in events] == [PolicyAssigned, ActionCancelled]


def test_the_ladder_may_start_at_a_step_of_the_new_version():
    """Earlier ones are passed over, and the record says by whom."""
    story = Story(OLD)
    events = moved(story, RENAMED, "2026-03-03", second="", start_at="last")
    passed = [e for e in events if isinstance(e, StepSkipped)]
    assert [(e.step, e.by) for e in passed] == [("reminder", "eve"), ("demand", "eve")]
    assert story.follow("2026-03-03", "2026-04-30") == {"2026-04-01 10:00": ["last: letter last"]}


def test_within_a_version_only_the_place_changes():
    """No policy is assigned that the case has already."""
    story = Story(OLD)
    events = moving(story.case, story.policy, {}, outbox=(), now=at("2026-03-03"), start_at="second")
    assert [type(event) for event in events] == [StepSkipped]


def test_steps_that_become_one_are_its_occurrences_in_turn():
    """Nothing that was sent is lost, and each keeps its identity."""
    story = Story(OLD)
    story.follow("2026-03-05 12:00", "2026-03-13")
    names = list(story.case.deliveries)
    one = "steps: [{step: chase, when: 3 days after due, cadence: every 7 days up to 3 times, send: email chase}]"
    moved(story, one, "2026-03-14", reminder="chase", second="chase")
    assert list(story.case.deliveries) == names
    assert [d.key.occurrence for d in story.case.deliveries.values()] == [1, 2]
    assert story.follow("2026-03-14", "2026-04-30") == {"2026-03-19 10:00": ["chase: email chase"]}


def test_a_step_that_is_skipped_is_not_passed_over_again():
    """Only what was still to come is passed over by starting further up."""
    story = Story(OLD)
    story.tell("2026-03-02", StepSkipped("INV-1", "reminder", at("2026-03-02"), "asked", "ida"))
    events = moved(story, RENAMED, "2026-03-03", second="", start_at="last")
    assert [e.step for e in events if isinstance(e, StepSkipped)] == ["demand"]
