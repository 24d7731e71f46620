"""The limits of the schemes bind every retry, whatever law a policy names and whichever rulebooks a host brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dunning_engine.compliance.audit.auditor import audit
from dunning_engine.compliance.rulebook import Rulebook
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import PaymentFailed
from dunning_engine.engine.auditing import law_texts, stored
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from engine_house import House

POLICY = """
policy: shop
version: 1
title: "A card that failed is tried again every day"
law: [{law}]
time: {{zone: Europe/Berlin}}
steps:
  - step: again
    when: 1 failed payment
    cadence: every 1 day up to 9 times
    retry: payment
"""
OWN = Rulebook(name="xx/own", title="A law of the host", state_of=1, rules=())
FAILED = PaymentFailed(decline=Decline.INSUFFICIENT_FUNDS, scheme=Scheme.SEPA)


@pytest.fixture
def trying(house: House) -> House:
    house.sink.handles = frozenset({"payments"})
    house.follows(POLICY.format(law=""))
    return house


def days(house: House, *, to: int) -> list[str]:
    return [words for day in range(2, to + 1) for words in house.moves(f"2026-03-{day:02}T12:00:00+01:00")]


@pytest.mark.parametrize("books", [None, [], [OWN]])
def test_the_rulebook_of_the_schemes_is_asked_though_nobody_named_it(trying: House, books: object) -> None:
    trying.reopen(rulebooks=books)
    case_id = trying.opens()
    trying.engine.record(case_id, FAILED)

    assert days(trying, to=9) == ["retry payment: sent", "retry payment: sent"]


def lenient() -> Rulebook:
    """What the acquirer of a host agreed to: as often as it likes."""
    return Rulebook(name="cards/retries", title="An agreement", state_of=1, rules=())


def agreed(house: House) -> None:
    """A version of the policy that never knew another rulebook of the schemes."""
    house.policies = [policy_of(POLICY.format(law="").replace("version: 1", "version: 3"), "shop.yaml")]
    house.reopen(rulebooks=[lenient()])


def test_a_host_may_bring_its_own_rulebook_of_the_schemes(trying: House) -> None:
    """It takes the place of the one that ships; one that a policy names has to be brought."""
    agreed(trying)
    trying.engine.record(trying.opens(), FAILED)
    assert len(days(trying, to=9)) > 2

    trying.policies = [policy_of(POLICY.format(law="cards/retries"), "shop.yaml")]
    with pytest.raises(UsageError, match="no rulebook is called cards/retries"):
        trying.reopen(rulebooks=[OWN])


def test_an_audit_of_the_database_counts_the_tries(trying: House) -> None:
    """They are acts that reach nobody, told with scheme and decline; what an agreement allowed is told as well."""
    agreed(trying)
    trying.engine.record(trying.opens(), FAILED)
    days(trying, to=4)

    (history,) = stored(trying.engine).histories
    told = (None, {"purpose": "retry_payment", "scheme": "sepa", "decline": "insufficient_funds"})
    assert [(deed.contact, dict(deed.facts)) for deed in history.history.deeds] == [told] * 3
    (breach,) = audit(history.history, law_texts(["cards/retries"]))
    assert (breach.rule, breach.index, breach.others) == ("cards/retries/sepa-in-30-days", 2, (0, 1))
