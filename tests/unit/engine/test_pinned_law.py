"""A case keeps its policy and the law under which that was registered; the law of today binds it as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from engine_house import POLICY, House

from dunning_engine.compliance.rulebook import Rulebook, rulebook_of
from dunning_engine.engine.loading import load_rulebooks, policy_of
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.ports.law_codec import law_of, law_text, stricter

LAWFUL = (
    POLICY.replace("law: []", "law: [us/reg-f-limits]")
    .replace("contact_limits: [1 contact per day per debtor]\n", "")
    .replace("version: 1", "version: 2")
)


def book(days: int | None, *, hours: tuple[str, str] | None = None) -> Rulebook:
    """A rulebook that asks for so many days between two contacts, and perhaps for hours."""
    rules: list[dict[str, Any]] = []
    told = {"kind": "prohibition", "confidence": "high", "citation": {"text": "§ 1"}}
    if days is not None:
        rest = {"count": 1, "days": days, "per": "debtor", "counting": "rolling"}
        rules.append(
            {"rule": "rest", "says": f"one contact in {days} days", "since": {"2020-01-01": {"contacts": rest}}, **told}
        )
    if hours is not None:
        windows = {"windows": [{"days": list(range(7)), "after": hours[0], "before": hours[1]}]}
        rules.append({"rule": "hours", "says": "hours", "since": {"2020-01-01": {"open_hours": windows}}, **told})
    made = {"rulebook": "us/reg-f-limits", "title": "Of this house", "state_of": "2026-01-01", "rules": rules}
    return rulebook_of(made)


@pytest.fixture
def lawful(house: House) -> House:
    house.policies = [policy_of(LAWFUL, "shop.yaml")]
    return house


def sent(house: House, law: Rulebook, registered: Rulebook) -> list[str]:
    """On which days a case got what, that was opened under one law and went on under another."""
    house.reopen(rulebooks=[registered])
    house.opens()
    house.reopen(rulebooks=[law])
    return [
        f"{day}: {it}" for day in range(4, 32) for it in house.moves(f"2026-03-{day:02}T10:00:00+01:00") if "sent" in it
    ]


@pytest.mark.parametrize(
    ("registered", "law", "second"),
    [
        (book(3), book(3), "15: sms warning: sent"),
        (book(3), book(20), "25: sms warning: sent"),
        (book(20), book(3), "25: sms warning: sent"),
        (book(20), book(None), "25: sms warning: sent"),
        (book(None), book(20), "25: sms warning: sent"),
    ],
    ids=["same", "stricter now", "looser now", "gone now", "new now"],
)
def test_the_stricter_of_both_decides(lawful: House, registered: Rulebook, law: Rulebook, second: str) -> None:
    """Ten days after the reminder of the 5th; not twice in twenty days, whichever law asks for them."""
    assert sent(lawful, law, registered) == ["5: email reminder: sent", second]


def test_a_law_that_changed_between_decision_and_hand_over(lawful: House) -> None:
    """The action waits in the outbox when the law changes: it is asked by the law of today at arming."""
    lawful.reopen(rulebooks=[book(3)])
    lawful.opens()
    lawful.clock.move_to("2026-03-05T10:00:00+01:00")
    lawful.engine.advance()
    lawful.reopen(rulebooks=[book(3, hours=("12:00", "14:00"))])

    (handover,) = lawful.engine.dispatch()
    assert (handover.fate.value, lawful.sink.got) == ("postponed", [])


def test_the_pinned_rule_is_named(lawful: House) -> None:
    """Whoever asks why is told which law says so."""
    lawful.reopen(rulebooks=[book(20)])
    case_id = lawful.opens()
    lawful.reopen(rulebooks=[book(3)])
    lawful.moves("2026-03-05T10:00:00+01:00")
    lawful.clock.move_to("2026-03-16T10:00:00+01:00")

    (deferred,) = lawful.engine.why(case_id).deferred
    assert "one contact in 20 days (as pinned by shop version 2)" in " ".join(map(str, deferred.reasons))


def test_a_new_version_is_registered_under_the_law_of_its_day(lawful: House) -> None:
    """Whoever wants what a looser law allows raises the version: new cases are under the law of then."""
    lawful.reopen(rulebooks=[book(20)])
    lawful.policies = [policy_of(LAWFUL.replace("version: 2", "version: 3"), "shop.yaml")]
    lawful.reopen(rulebooks=[book(3)])
    lawful.opens()

    assert lawful.moves("2026-03-05T10:00:00+01:00") == ["email reminder: sent"]
    assert lawful.moves("2026-03-15T10:00:00+01:00") == ["sms warning: sent"]


def test_a_version_that_only_the_store_has_is_pinned_too(lawful: House) -> None:
    """The file is gone, the case keeps its version, and that its law."""
    lawful.reopen(rulebooks=[book(20)])
    lawful.opens()
    lawful.policies = [policy_of(LAWFUL.replace("version: 2", "version: 3"), "shop.yaml")]
    lawful.reopen(rulebooks=[book(3)])

    assert lawful.moves("2026-03-05T10:00:00+01:00") == ["email reminder: sent"]
    assert lawful.moves("2026-03-15T10:00:00+01:00") == []


def test_every_rulebook_that_ships_can_be_pinned() -> None:
    """The text says all that a rulebook asks."""
    books = load_rulebooks()

    assert law_of(law_text(books)) == books
    assert stricter(law_of(law_text(books)), books, "then") == ()


def test_a_place_that_had_to_be_known_still_has_to_be() -> None:
    """Also where the rulebook of today has no rule of that kind any more."""
    then = replace(book(None), place_needed=True)

    assert [each.place_needed for each in stricter([then], [book(None)], "then")] == [True]
    assert stricter([then], [replace(then, title="Newer")], "then") == ()


@pytest.mark.parametrize(
    ("text", "words"), [('{"form": 2}', "newer version"), ('{"books": [{"name": "x"}], "form": 1}', "is damaged")]
)
def test_a_law_that_cannot_be_read_is_told(text: str, words: str) -> None:
    """It is never taken for none."""
    with pytest.raises(ForeignError, match=words):
        law_of(text)
