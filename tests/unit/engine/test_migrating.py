"""Cases that move from one policy version to another."""

from __future__ import annotations

import pytest
from engine_house import POLICY, House, ann, invoice

from dunning_engine.domain.events import PaymentReceived, StepSkipped
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.engine.loading import policy_of
from dunning_engine.engine.migrating import Fate
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.kernel.money import Money

SECOND = POLICY.replace("version: 1", "version: 2")
LATER = "2026-03-05T10:00:00+01:00"
WHO = {"by": "Mia", "reason": "we write later"}


def both(house: House, words: str) -> None:
    """Open the engine with the old version and another one."""
    house.policies = [policy_of(POLICY, "old.yaml"), policy_of(words, "new.yaml")]
    house.reopen()


def test_cases_keep_their_version_until_they_are_moved(house: House) -> None:
    """A newer version is for new cases; a migration moves the others, and says who and why."""
    case_id = house.opens()
    house.moves(LATER)
    both(house, SECOND.replace("10 days after reminder", "20 days after reminder"))

    assert house.engine.case(case_id).policy.version == 1
    done = house.engine.migrate("shop", 2, **WHO)

    assert [(move.case_id, move.fate) for move in done.cases] == [(case_id, Fate.MOVED)]
    assert house.engine.case(case_id).policy.version == 2
    assert PolicyAssigned(house.policies[1].ref, (), "Mia", "we write later") in [
        recorded.event for recorded in house.engine.history(case_id)
    ]
    assert house.moves("2026-03-15T10:00:00+01:00") == []
    assert house.moves("2026-03-25T10:00:00+01:00") == ["sms warning: sent"]


def test_a_preview_changes_nothing(house: House) -> None:
    """It says what was next and what will be, and the case stays as it was."""
    case_id = house.opens()
    house.moves(LATER)
    both(house, SECOND.replace("10 days after reminder", "20 days after reminder"))
    before = house.engine.history(case_id)

    (move,) = house.engine.preview_migration("shop", 2).cases

    assert str(move.was) == "warning 2026-03-15 10:00"
    assert str(move.will_be) == "warning 2026-03-25 10:00"
    assert house.engine.history(case_id) == before


def test_asking_again_moves_nothing(house: House) -> None:
    """The second time every case is there already."""
    case_id = house.opens()
    both(house, SECOND)
    house.engine.migrate("shop", 2, **WHO)
    history = house.engine.history(case_id)

    assert house.engine.migrate("shop", 2, **WHO).totals == {Fate.ALREADY: 1}
    assert house.engine.history(case_id) == history


RENAMED = SECOND.replace("step: reminder", "step: nudge").replace("after reminder", "after nudge")


def test_steps_without_a_word_are_refused_all_at_once(house: House) -> None:
    """What the new version has no step for must be named; all such steps are told, and the case stays."""
    case_id = house.opens()
    both(house, RENAMED.replace("step: warning", "step: alarm").replace("after warning", "after alarm"))

    (refused,) = house.engine.migrate("shop", 2, **WHO).refused

    assert "has no step reminder, warning" in refused.why
    assert house.engine.case(case_id).policy.version == 1


def test_what_was_sent_counts_for_the_step_it_has_become(house: House) -> None:
    """A renamed step is not taken again, and the next one counts from it."""
    case_id = house.opens()
    house.moves(LATER)
    both(house, RENAMED)
    house.engine.migrate("shop", 2, steps={"reminder": "nudge"}, **WHO)

    assert house.moves("2026-03-05T11:00:00+01:00") == []
    assert house.moves("2026-03-15T10:00:00+01:00") == ["sms warning: sent"]
    assert {d.key.step for d in house.engine.case(case_id).deliveries.values()} == {"nudge", "warning"}


def test_an_old_name_with_a_new_meaning_is_another_step(house: House) -> None:
    """The first step is called otherwise now, and its old name is that of the second: that one is still sent."""
    house.opens()
    house.moves(LATER)
    swapped = RENAMED.replace("step: warning", "step: reminder").replace("after warning", "after reminder")
    both(house, swapped.replace("sms warning", "email warning"))
    house.engine.migrate("shop", 2, steps={"reminder": "nudge", "warning": "reminder"}, **WHO)

    assert house.moves("2026-03-15T10:00:00+01:00") == ["email warning: sent"]
    assert house.moves("2026-03-15T12:00:00+01:00") == []


def test_what_has_not_left_is_taken_back_and_decided_anew(house: House) -> None:
    """An action in the outbox of the old version that the new one words otherwise never goes out as it was."""
    case_id = house.opens()
    house.clock.move_to(LATER)
    house.engine.advance()
    both(house, SECOND.replace("email reminder", "email friendly-reminder"))

    (move,) = house.engine.migrate("shop", 2, **WHO).cases

    assert move.withdrawn == ("email reminder",)
    assert [row.state.value for row in house.engine.outbox(case_id=case_id)] == ["cancelled"]
    assert house.moves(LATER) == ["email friendly-reminder: sent"]


def test_what_waits_in_a_renamed_step_is_decided_anew(house: House) -> None:
    """It was decided for a step that is called otherwise now: taken back, and sent once."""
    case_id = house.opens()
    house.clock.move_to(LATER)
    house.engine.advance()
    both(house, RENAMED)
    (move,) = house.engine.migrate("shop", 2, steps={"reminder": "nudge"}, **WHO).cases

    assert move.withdrawn == ("email reminder",)
    assert house.moves(LATER) == ["email reminder: sent"]
    assert len(house.engine.outbox(case_id=case_id)) == 1


def test_the_ledger_follows_the_terms_of_the_new_version(house: House) -> None:
    """In which order money settles, and what payment ends, is the new version's from then on."""
    case_id = house.opens()
    both(house, SECOND.replace("law: []", "law: []\non_paid: lapse"))
    house.engine.migrate("shop", 2, **WHO)

    assert house.engine.case(case_id).terms == house.policies[1].terms
    assert house.policies[0].terms != house.policies[1].terms


def test_the_same_action_stays_in_the_outbox(house: House) -> None:
    """What both versions have goes out once, whichever cleared it."""
    house.opens()
    house.clock.move_to(LATER)
    house.engine.advance()
    both(house, SECOND.replace("10 days after reminder", "20 days after reminder"))

    (move,) = house.engine.migrate("shop", 2, **WHO).cases

    assert move.withdrawn == ()
    assert house.moves(LATER) == ["email reminder: sent"]


def test_approvals_are_void(house: House) -> None:
    """Who agreed under the old version is asked again under the new one."""
    case_id = house.opens()
    for when in (LATER, "2026-03-15T10:00:00+01:00", "2026-03-25T10:00:00+01:00"):
        house.moves(when)
    (asked,) = house.engine.why(case_id).waiting
    house.engine.approve(case_id, asked.action.id, by="Mia", role="manager")
    both(house, SECOND)
    (move,) = house.engine.migrate("shop", 2, **WHO).cases

    assert str(move.will_be) == "agency waits for manager"
    assert house.moves("2026-03-25T11:00:00+01:00") == []
    (again,) = house.engine.why(case_id).waiting
    assert again.digest != asked.digest


def test_what_does_not_fit_is_refused(house: House) -> None:
    """Conditions of the new version are asked of every open invoice, as if it came in today."""
    house.opens()
    both(house, SECOND.replace("currency is EUR", "balance at least 900.00"))

    (refused,) = house.engine.preview_migration("shop", 2).refused

    assert "invoice INV-1 does not fit shop version 2, which applies to “balance at least 900.00”" in refused.why


def test_a_paid_invoice_need_not_fit(house: House) -> None:
    """What is settled does not keep a case from moving."""
    case_id = house.opens()
    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))
    both(house, SECOND.replace("currency is EUR", "balance at least 900.00"))

    assert house.engine.migrate("shop", 2, **WHO).totals == {Fate.MOVED: 1}


def test_a_case_cannot_be_split(house: House) -> None:
    """A version that makes a case per invoice is none for a case per debtor."""
    house.opens()
    both(house, SECOND.replace("law: []", "law: []\nunit: invoice"))

    (refused,) = house.engine.preview_migration("shop", 2).refused

    assert "it is a case per debtor" in refused.why


def test_to_another_policy_and_step_at_once(house: House) -> None:
    """A person takes a case out of one ladder and puts it on a rung of another; what comes before is passed over."""
    case_id = house.opens()
    house.moves(LATER)
    strict = POLICY.replace("policy: shop", "policy: strict").replace("10 days after reminder", "3 days after due")
    both(house, strict)
    done = house.engine.migrate("shop", "strict@1", start_at="warning", where=[case_id], **WHO)

    assert done.to == "strict@1"
    assert house.moves("2026-03-06T10:00:00+01:00") == ["sms warning: sent"]
    again = house.engine.migrate("shop", "strict", start_at="warning", where=[case_id], **WHO)
    assert again.totals == {Fate.ALREADY: 1}


def test_steps_before_the_start_are_told_as_skipped(house: House) -> None:
    """The history says which steps the person passed over."""
    case_id = house.opens()
    both(house, SECOND)
    house.engine.migrate("shop", 2, start_at="agency", **WHO)

    skipped = [r.event for r in house.engine.history(case_id) if isinstance(r.event, StepSkipped)]
    assert [(event.step, event.why) for event in skipped] == [
        ("reminder", "moved to agency by hand"),
        ("warning", "moved to agency by hand"),
    ]


def test_only_some_cases(house: House) -> None:
    """`where` is a question about each case, or their names."""
    house.opens()
    house.opens(invoice("INV-2"), debtor=ann("bob"))
    both(house, SECOND)

    named = house.engine.migrate("shop", 2, where=lambda case: case.debtor.id == "bob", **WHO)

    assert [move.case_id for move in named.cases] == ["bob/EUR"]
    assert {case.id: case.policy.version for case in house.engine.cases()} == {"ann/EUR": 1, "bob/EUR": 2}


def test_within_the_transaction_of_the_host(house: House) -> None:
    """What the host takes back is not moved."""
    case_id = house.opens()
    both(house, SECOND)

    def moves_and_fails() -> None:
        with house.engine.transaction() as connection:
            house.engine.migrate("shop", 2, connection=connection, **WHO)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        moves_and_fails()
    assert house.engine.case(case_id).policy.version == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"to": 2, "steps": {"reminder": "warnng"}}, "has no step 'warnng'.*did you mean 'warning'"),
        ({"to": 2, "start_at": "zzz"}, "has no step 'zzz'; it has reminder, warning, agency$"),
        ({"to": "shop@two"}, "'shop@two' is no version: write shop@3"),
        ({"to": 2, "by": ""}, "pass by=… and reason=…"),
    ],
)
def test_mistakes_of_the_host(house: House, asked: dict[str, object], words: str) -> None:
    """Each says what to write instead."""
    both(house, SECOND)
    with pytest.raises(UsageError, match=words):
        house.engine.migrate("shop", **{**WHO, **asked})


def test_what_nobody_has(house: House) -> None:
    """Neither a version nor a case that is not there is looked past."""
    house.opens()
    both(house, SECOND)
    with pytest.raises(NotFound, match="nobody knows shop version 7"):
        house.engine.preview_migration("shop", 7)
    with pytest.raises(NotFound, match="no case of shop is called nobody"):
        house.engine.preview_migration("shop", 2, where=["nobody"])
    with pytest.raises(NotFound, match="no text of shop version 7"):
        house.engine.policy_text("shop", 7)


def test_a_version_of_the_store_can_be_gone_back_to(house: House) -> None:
    """Who was moved by mistake is moved back, also when the engine was opened with the new version alone."""
    case_id = house.opens()
    both(house, SECOND)
    house.engine.migrate("shop", 2, **WHO)
    house.policies = house.policies[1:]
    house.reopen()
    house.engine.migrate("shop", 1, **WHO)

    assert house.engine.case(case_id).policy.version == 1
    assert "version: 1" in house.engine.policy_text("shop", 1)


def test_why_of_before_the_move_is_told_under_the_old_version(house: House) -> None:
    """A decision of the past rests on the version of then."""
    case_id = house.opens()
    house.moves(LATER)
    both(house, SECOND.replace("10 days after reminder", "20 days after reminder"))
    house.clock.move_to("2026-03-10")
    house.engine.migrate("shop", 2, **WHO)

    assert "warning: comes next (2026-03-15" in house.engine.why(case_id, at="2026-03-09").explain()
    assert "warning: comes next (2026-03-25" in house.engine.why(case_id).explain()


def test_two_steps_that_have_become_one(house: House) -> None:
    """They count as its occurrences in turn."""
    case_id = house.opens()
    house.moves(LATER)
    house.moves("2026-03-15T10:00:00+01:00")
    merged = SECOND.replace(
        "    send: email reminder\n  - step: warning\n    when: 10 days after reminder\n    send: sms warning\n",
        "    cadence: every 10 days up to 3 times\n    send: email reminder\n",
    ).replace("after warning", "after reminder")
    both(house, merged)
    house.engine.migrate("shop", 2, steps={"warning": "reminder"}, **WHO)

    assert sorted(d.key.occurrence for d in house.engine.case(case_id).deliveries.values()) == [1, 2]
    assert house.moves("2026-03-24T10:00:00+01:00") == []
    assert house.moves("2026-03-25T10:00:00+01:00")[0] == "email reminder: sent"


def test_a_step_without_counterpart_still_keeps_the_distance(house: House) -> None:
    """A contact by a step that is gone counts for the gap to the next one."""
    house.opens()
    house.moves(LATER)
    alone = SECOND.replace("  - step: reminder\n    when: 3 days after due\n    send: email reminder\n", "")
    both(
        house, alone.replace("10 days after reminder", "1 day after due").replace("law: []", "law: []\nmin_gap: 9 days")
    )
    house.engine.migrate("shop", 2, steps={"reminder": None}, **WHO)

    assert house.moves("2026-03-13T10:00:00+01:00") == []
    assert house.moves("2026-03-14T10:00:00+01:00") == ["sms warning: sent"]
