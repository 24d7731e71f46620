"""Who may set which rules aside, for what."""

from __future__ import annotations

import pytest
from story import Story, paid
from test_decision_briefing import DUE, NEEDS, REMINDER_TEXT, lawful, rule

from dunning_engine.compliance.rulebook import rulebook_of
from dunning_engine.decision.overrides import override
from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.kernel.errors import NotFound, UsageError

BASIS = "us/test/basis"


@pytest.fixture
def story():
    """An e-mail that a presumption refuses, beside a prohibition that has nothing against it."""
    story = lawful(rule("basis", NEEDS), rule("never", {"blocked_addresses": []}, kind="prohibition"))
    story.decided(DUE)
    return story


def asked(story, what="reminder", rules=(BASIS,), by="Ida", reason="she wrote to us"):
    return override(story.case, story.policy, story.rulebooks, what, rules=rules, by=by, reason=reason)


def test_a_step_means_its_latest_action(story):
    """Or the action is named by its identity; a rule that is named twice is one."""
    (action_id,) = story.case.deliveries
    granted = OverrideGranted(action_id, (BASIS,), "Ida", "she wrote to us")
    assert asked(story) == asked(story, action_id, [BASIS, BASIS]) == asked(story, rules=BASIS) == granted
    assert asked(story, by=" Ida ").by == "Ida"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"by": " "}, "needs the person's name"),
        ({"reason": ""}, "needs its reason"),
        ({"by": None}, "an override needs the person's name: pass by=…"),
        ({"by": 7}, "an override needs the person's name, not 7: pass by=…"),
        ({"reason": 5}, "for whoever asks about it later, not 5: pass reason=…"),
        ({"rules": 5}, 'an override names rules, not 5: pass rules=["us/reg-f/hours"], for example'),
        ({"rules": [None]}, "an override names rules, not None"),
        ({"what": 5}, "has no action and no step 5"),
        ({"rules": []}, "names the rules that it sets aside"),
        ({"rules": ["house/opt-out"]}, "a rule of this house and is never set aside"),
        ({"rules": ["us/test/never"]}, "nobody can set a prohibition aside"),
        ({"rules": ["us/test/basi"]}, "no rule 'us/test/basi' binds this case; did you mean 'us/test/basis'?"),
        ({"rules": ["x"]}, "no rule 'x' binds this case"),
        ({"what": "remindr"}, "no step 'remindr'; did you mean 'reminder'?"),
        ({"what": "zzzzz"}, "has no action and no step 'zzzzz'"),
    ],
)
def test_what_is_refused(story, more, words):
    """Each refusal says what to do instead."""
    with pytest.raises(UsageError) as refused:
        asked(story, **more)
    assert words in str(refused.value)


def test_where_the_debtor_is_cannot_be_set_aside():
    """Whose law protects them has to be known."""
    book = {"rulebook": "us/test", "title": "T", "state_of": "2026-01-01", "place_needed": True, "rules": []}
    story = Story("law: [us/test]\n" + REMINDER_TEXT, rulebooks=(rulebook_of(book),))
    story.decided(DUE)
    with pytest.raises(UsageError, match="record a DebtorUpdated"):
        asked(story, rules=["us/test/place"])


def test_nothing_was_proposed_yet():
    """An override is about an action that somebody has seen."""
    with pytest.raises(UsageError, match="has no action yet"):
        asked(lawful(rule("basis", NEEDS)))
    with pytest.raises(NotFound):
        asked(lawful(rule("basis", NEEDS)), "nowhere")


def test_what_went_out_is_not_overridden(story):
    """It is too late for that."""
    story.tell(DUE, asked(story))
    story.look(DUE)
    with pytest.raises(UsageError, match="is delivered: there is nothing to override"):
        asked(story)


def test_limits_of_the_policy_itself_can_be_set_aside():
    """They are the creditor's own choice."""
    text = "contact_limits: [1 contact in 7 days per debtor]\n" + REMINDER_TEXT
    story = Story(text).tell("2026-03-01", paid("1.00"))
    story.decided(DUE)
    assert asked(story, rules=["policy/contact-limit-1"]).rules == ("policy/contact-limit-1",)
