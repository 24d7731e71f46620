"""Two policies compared: what is told, where, and in which order."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dunning_engine.policy.differences import _flat, as_markdown, differences, renamed
from dunning_engine.testing.strategies_policies import policies

LADDER = """policy: example
version: 1
time: {zone: Europe/Berlin}
quiet_hours: 21:00 to 09:00
grace: 3 days
contact_limits: [3 contacts in 7 days per debtor, 1 call per day per debtor]
steps:
  - step: reminder
    when: grace ends
    send: email reminder
  - step: chase
    when: 7 days after reminder
    send: email chase
    call: script
  - step: ultimatum
    when: 30 days after due
    send: letter final-demand
    deadline: 14 days
  - step: agency
    when: 7 days after ultimatum expires
    hand_off: agency acme
"""
AGENCY = "  - step: agency\n    when: 7 days after ultimatum expires\n    hand_off: agency acme\n"
CHASE = "  - step: chase\n    when: 7 days after reminder\n    send: email chase\n    call: script\n"


@pytest.fixture(scope="module")
def told(compiled):
    """What differs between the ladder above and a changed one, in words."""

    def tell(*changes: tuple[str, str], turned: bool = False) -> list[str]:
        text = LADDER
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        pair = (compiled(LADDER), compiled(text))
        assert all(found.policy for found in pair)
        return [str(change) for change in differences(*(reversed(pair) if turned else pair))]

    return tell


def test_the_same_policy(told):
    """Nothing differs from itself, nor from what only is laid out otherwise."""
    assert told() == []
    assert (
        told(("grace: 3 days", "grace:   3 days   # as ever"), ("send: email reminder", "send: [email reminder]")) == []
    )
    assert told(("version: 1", "version: 1\nmin_gap: 1 day")) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("deadline: 14 days", "deadline: 10 days", "ultimatum: deadline 14 days → 10 days"),
        ("grace: 3 days", "grace: 5 days", "grace: 3 days → 5 days"),
        (
            "grace: 3 days",
            "grace: 3 days\nfees: {late: {percent: 2 %, bands: [], once: per case, at_most: 40.00}}",
            "fees late: added percent 2 %, at most 40.00, once per case",
        ),
        (
            "grace: 3 days",
            "grace: 3 days\nfees: {late: {bands: [from 0.00 take 5.00, from 50.00 take 3.00]}}",
            "fees late: added bands from 0.00 take 5.00 and from 50.00 take 3.00",
        ),
        ("3 contacts in 7 days per debtor, ", "", "contact limits: 3 contacts in 7 days per debtor → removed"),
        ("    deadline", "    approval: boss\n    deadline", "ultimatum: approval added boss"),
        ("email chase", "email firm-chase", "chase: send email chase → email firm-chase"),
        ("time: {", 'time: {send_at: "11:00", ', "time send at: 10:00 → 11:00"),
        ("time: {", "time: {roll: {letter: none}, ", "time roll letter: added none"),
        (
            "[3 contacts in 7 days per debtor, 1 call per day per debtor]",
            "[1 call per day per debtor, 3 contacts in 7 days per debtor]",
            "contact limits: in another order: 1 call per day per debtor, 3 contacts in 7 days per debtor",
        ),
        (
            "    send: email chase\n    call: script\n",
            "    call: script\n    send: email chase\n",
            "chase: order of actions: email chase, call script → call script, email chase",
        ),
    ],
)
def test_one_phrase(told, old, new, words):
    """A changed phrase is told once, by its step and key."""
    assert told((old, new)) == [words]


def test_steps_that_come_and_go(told):
    """A step is told with its place, its day and what it does."""
    assert told((AGENCY, "")) == ["step agency: removed (7 days after ultimatum expires, hand off agency acme)"]
    assert told((AGENCY, ""), turned=True) == [
        "step agency: added after ultimatum (7 days after ultimatum expires, hand off agency acme)"
    ]


def test_a_first_step(told):
    """Nothing stands above the first step."""
    courtesy = "steps:\n  - step: courtesy\n    when: 5 days before due\n    send: email courtesy\n"
    assert told(("steps:\n", courtesy)) == [
        "step courtesy: added as the first step (5 days before due, email courtesy)"
    ]


def test_a_new_name(told):
    """A step in the same place that does the same is the same step; phrases that name it are not told as changes."""
    assert told(("step: ultimatum", "step: last-call"), ("ultimatum expires", "last-call expires")) == [
        "step last-call: renamed from ultimatum"
    ]


def test_a_new_name_that_a_template_keeps(told):
    """A phrase with the old name in it that stands as it was is no change."""
    assert told(("step: reminder", "step: nudge"), ("after reminder", "after nudge")) == [
        "step nudge: renamed from reminder"
    ]


def test_another_step_in_its_place(told):
    """What does something else is another step."""
    new = AGENCY.replace("agency", "court", 1).replace("acme", "others")
    assert [words.split(" (")[0] for words in told((AGENCY, new))] == [
        "step court: added after ultimatum",
        "step agency: removed",
    ]


def test_a_step_that_moved(told):
    """Only the fewest steps are told as moved, from where to where."""
    again = CHASE.replace("7 days after reminder", "20 days after due")
    moved = told((CHASE, ""), (AGENCY, AGENCY + again))
    assert moved == [
        "step chase: moved, now after agency, was after reminder",
        "chase: when 7 days after reminder → 20 days after due",
    ]


def test_the_hardest_comes_first(told):
    """What the debtor feels stands before what only the house sees; the changes of a step stand together."""
    changes = [
        ("version: 1", "version: 2"),
        ("grace: 3 days", "grace: 2 days"),
        ("    send: letter final-demand\n    deadline: 14 days", "    send: letter last-demand\n    deadline: 10 days"),
        (AGENCY, ""),
    ]
    assert [words.split(":")[0] for words in told(*changes)] == [
        *("step agency", "ultimatum", "ultimatum", "grace", "version")
    ]


def test_for_programs_and_reviews(compiled):
    """JSON names step, key and both phrases; Markdown is a list under a heading."""
    pair = (compiled(LADDER), compiled(LADDER.replace("14 days", "10 days").replace("grace: 3 days", "grace: 2 days")))
    changes = differences(*pair)

    assert changes[0].as_json() == {
        "step": "ultimatum",
        "key": "deadline",
        "was": ["14 days"],
        "now": ["10 days"],
        "words": "ultimatum: deadline 14 days → 10 days",
    }
    assert changes[1].as_json()["step"] is None
    assert as_markdown("a → b", changes) == (
        "## a → b\n\n- **ultimatum** deadline 14 days → 10 days\n- **grace** 3 days → 2 days\n"
    )
    assert as_markdown("a → a", ()) == "## a → a\n\nNothing differs.\n"


def test_names_that_changed(compiled):
    """Whoever compares runs can ask which steps only have a new name."""
    new = LADDER.replace("step: reminder", "step: nudge").replace("after reminder", "after nudge")
    assert renamed(compiled(LADDER), compiled(new)) == {"reminder": "nudge"}


def test_lists_of_keys():
    """What a later version of the language lists with keys of their own is compared item by item."""
    assert _flat({"fees": [{"name": "late", "cap": None}]}) == {
        ("fees", "1", "name"): ("late",),
        ("fees", "1", "cap"): (),
    }


# Properties -----------------------------------------------------------------------------------------------------------

SWAPS = [
    *[(rf"deadline: {days} days", "deadline: 9 days", "deadline") for days in (5, 14)],
    *[(rf"grace: {span}", "grace: 4 days", "grace") for span in ("2 days", "3 business days", "1 week")],
    (r"(when: (?!.*(?:before|due date|step)))[^,}]+", r"\g<1>33 days after due", "when"),
    (r"(cadence: every )[^,}]+?( up to)", r"\g<1>8 days\g<2>", "cadence"),
    (r"min_gap: [^\n]+", "min_gap: 6 days", "min_gap"),
    (r"quiet_hours: [^\n]+", "quiet_hours: 19:00 to 09:15", "quiet_hours"),
    (r"balance at least 60.00", "balance at least 61.00", "only_if"),
    (r"approval: manager[^,}]*", "approval: director", "approval"),
    (r"catch_up: (jump|skip)", "catch_up: next", "catch_up"),
]


def _recompiled(text: str):
    from dunning_engine.engine.loading import default_calendars, rulebook_names
    from dunning_engine.policy.compiler import compile_policy

    return compile_policy(text, file="p.yaml", calendars=default_calendars(), rulebooks=rulebook_names())


@settings(max_examples=60, deadline=None)
@given(drawn=policies(), data=st.data())
def test_every_change_of_a_phrase_is_told_at_its_place(drawn, data):
    """Of a random policy: nothing differs from itself; one changed phrase is one change, of the right step and key."""
    before = _recompiled(drawn.text)
    assert differences(before, before) == ()
    fitting = [swap for swap in SWAPS if re.search(swap[0], drawn.text)]
    assume(fitting)
    pattern, new, key = data.draw(st.sampled_from(fitting))
    found = data.draw(st.sampled_from(list(re.finditer(pattern, drawn.text))))
    after = _recompiled(drawn.text[: found.start()] + found.expand(new) + drawn.text[found.end() :])
    assume(after.policy is not None and after.policy.hash != before.policy.hash)
    line = drawn.text[: found.start()].rpartition("\n")[2]
    step = re.search(r"step: ([a-z0-9-]+)", line)
    (change,) = differences(before, after)
    assert (change.step, change.key) == (step[1] if step else "", key)
