"""Retries count whoever made them: this library, or the host by itself."""

from __future__ import annotations

import pytest
from story import Story

from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import PaymentFailed

RETRY = "steps: [{step: again, when: 9 days after due, retry: payment}]"


def failed(scheme=Scheme.SEPA, decline=Decline.INSUFFICIENT_FUNDS):
    return PaymentFailed(decline=decline, scheme=scheme)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([], "no payment of this case has failed"),
        (["2026-03-03"], ""),
        (["2026-03-03", "2026-03-04"], ""),
        (["2026-03-03", "2026-03-04", "2026-03-06"], "presented again at most twice"),
    ],
)
def test_what_the_host_tried_itself_counts(days, words):
    """Of a direct debit the first failure is the payment itself; each one after it was a try."""
    story = Story(RETRY)
    for day in days:
        story.tell(day, failed())
    decision = story.decide("2026-03-11 12:00")
    told = [reason.words for verdict in (*decision.deferred, *decision.blocked) for reason in verdict.reasons]
    assert (words in " ".join(told)) if words else (told == [])


def test_a_card_that_has_expired_is_not_tried_again():
    story = Story(RETRY)
    story.tell("2026-03-03", failed(Scheme.VISA, Decline.EXPIRED_CARD))
    (blocked,) = story.decide("2026-03-11 12:00").blocked
    assert [reason.rule for reason in blocked.reasons][:1] == ["house/expired-card"]
