"""What holds of actions that reach no debtor, whatever comes in whatever order."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import PaymentFailed
from dunning_engine.domain.verbs import VERBS, Do
from dunning_engine.kernel.calendar import DAY_SECONDS

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "decision"))
from story import Story, disputed, paid, settled_dispute

LADDER = """
restore_when: paid
steps:
  - {step: notice, when: 3 days after due, send: letter notice}
  - {step: limit, when: 5 days after due, restrict: service after notice and 7 days}
  - {step: hand, when: 20 days after due, hand_off: agency acme}
  - {step: chase, when: 25 days after due, send: letter chase}
stop_when: [paid]
"""

RETRIES = """
steps:
  - {step: again, when: 1 failed payment, cadence: every 1 day up to 9 times, retry: payment}
"""

LIMITS = {
    Scheme.VISA: [(15, 30)],
    Scheme.MASTERCARD: [(10, 1), (35, 30)],
    Scheme.SEPA: [(2, 30)],
    Scheme.UNSAID: [(15, 30), (10, 1), (35, 30), (2, 30)],
}
"""Tries in days, as people read them in the rules; of an unknown scheme all bind."""

STARTS = "2026-03-01"
DAYS = st.integers(min_value=2, max_value=59).map(lambda n: f"2026-{3 + (n - 1) // 31:02}-{(n - 1) % 31 + 1:02}")
FAILURES = st.builds(
    lambda decline, scheme: PaymentFailed(decline=decline, scheme=scheme),
    st.sampled_from(Decline),
    st.sampled_from(Scheme),
)
FACTS = st.one_of(st.sampled_from([paid("240.00"), paid("40.00"), disputed(), settled_dispute()]), FAILURES)
WORLDS = st.lists(st.tuples(DAYS.filter(lambda day: not day.endswith("04-31")), FACTS), max_size=6)
ARRIVALS = st.sampled_from(["delivered", "sent", "bounced", ""])


def lived(facts, arrives, ladder=LADDER):
    story = Story(ladder, arrives=arrives)
    story.follow(STARTS, "2026-06-15", facts)
    return story.case


def left(case, do):
    return sorted(
        (d for d in case.deliveries.values() if d.do is do and d.sent_at is not None), key=lambda d: d.sent_at
    )


@settings(deadline=None, max_examples=60)
@given(WORLDS, ARRIVALS)
def test_nothing_is_restricted_without_its_notice(facts, arrives):
    """The letter left seven days before, and did not come back."""
    case = lived(facts, arrives)
    notices = [d for d in case.deliveries.values() if d.key.step == "notice"]
    for restriction in (d for d in case.deliveries.values() if d.do is Do.RESTRICT and d.armed_at is not None):
        assert any(
            notice.sent_at is not None
            and "bounced" not in notice.outcomes
            and restriction.armed_at - notice.sent_at >= 6 * DAY_SECONDS
            for notice in notices
        )


@settings(deadline=None, max_examples=60)
@given(WORLDS)
def test_every_restriction_of_a_paid_case_is_lifted_once(facts):
    case = lived(facts, "delivered")
    restricted, restored = left(case, Do.RESTRICT), left(case, Do.RESTORE)
    assert len(restored) <= len(restricted)
    if case.closed_as == "paid":
        assert len(restored) == len(restricted)


@settings(deadline=None, max_examples=60)
@given(WORLDS)
def test_nobody_else_collects_what_an_agency_has(facts):
    """After the hand-off nothing goes out but what demands nothing, until the debt is back."""
    case = lived(facts, "delivered")
    placed, back = left(case, Do.HAND_OFF), left(case, Do.RECALL)
    for hand_off in placed:
        until = min((d.sent_at for d in back if d.sent_at >= hand_off.sent_at), default=None)
        for delivery in case.deliveries.values():
            armed = delivery.armed_at
            if armed is not None and armed > hand_off.sent_at and (until is None or armed < until):
                assert VERBS[delivery.do].quiet, delivery


@settings(deadline=None, max_examples=60)
@given(WORLDS)
def test_retries_never_exceed_the_limits_of_their_scheme(facts):
    """Whatever scheme told of the failure before a try: its limits held when it was made."""
    case = lived(facts, "delivered", RETRIES)
    tries = [d.armed_at for d in case.deliveries.values() if d.do is Do.RETRY and d.armed_at is not None]
    for at in tries:
        known = [declined for declined in case.declines if declined.at <= at]
        assert known
        assert known[-1].decline not in (Decline.HARD, Decline.EXPIRED_CARD)
        for times, days in LIMITS[known[-1].scheme]:
            assert len([other for other in tries if at - days * DAY_SECONDS < other <= at]) <= times


def test_the_worlds_above_do_restrict_and_restore():
    """A property of nothing proves nothing."""
    case = lived([("2026-04-20", paid("240.00"))], "delivered")
    assert [len(left(case, do)) for do in (Do.RESTRICT, Do.RESTORE, Do.HAND_OFF, Do.RECALL)] == [1, 1, 1, 1]
    failed = PaymentFailed(decline=Decline.SOFT, scheme=Scheme.SEPA)
    assert len(left(lived([("2026-03-05", failed)], "delivered", RETRIES), Do.RETRY)) > 1
