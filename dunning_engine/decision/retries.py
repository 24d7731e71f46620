"""How often a declined payment may be tried again: the limits of the card schemes and of SEPA, dated and cited.

They bind whoever collects by card or direct debit, by contract with the scheme, so they are asked whatever a policy
lists under `law`. A decline of which nobody told the scheme is bound by the strictest of them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.rulebook import Confidence
from dunning_engine.compliance.verdict import Blocked, Deferred, Reason
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import DAY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True)
class RetryLimit:
    """At most `times` tries again within `days` rolling days; `declines` empty is every decline, `times` 0 is never."""

    id: str
    scheme: Scheme
    says: str
    times: int
    days: int
    citation: str
    url: str
    confidence: Confidence
    declines: frozenset[Decline] = frozenset()


_VISA: Final = "Visa, Authorization and Reattempt Rules (decline categories 1 to 4, effective 17 April 2021)"
_VISA_URL: Final = "https://usa.visa.com/dam/VCOM/download/about-visa/visa-rules-public.pdf"
_MASTERCARD: Final = "Mastercard, Transaction Processing Excellence, excessive authorisation attempts"
_MASTERCARD_URL: Final = "https://www.mastercard.us/en-us/business/overview/support/rules.html"
_SEPA: Final = "EPC016-06, SEPA Direct Debit Core Rulebook, R-transactions"
_SEPA_URL: Final = "https://www.europeanpaymentscouncil.eu/document-library/rulebooks"
_NEVER: Final = frozenset({Decline.HARD})

LIMITS: Final = (
    RetryLimit(
        "cards/retries/visa-never",
        Scheme.VISA,
        "what the issuer will never approve is not tried again",
        0,
        30,
        _VISA,
        _VISA_URL,
        Confidence.MEDIUM,
        _NEVER,
    ),
    RetryLimit(
        "cards/retries/visa-15-in-30-days",
        Scheme.VISA,
        "a declined payment is tried again at most 15 times in 30 days",
        15,
        30,
        _VISA,
        _VISA_URL,
        Confidence.MEDIUM,
    ),
    RetryLimit(
        "cards/retries/mastercard-never",
        Scheme.MASTERCARD,
        "what comes with the advice not to try again is not tried again",
        0,
        30,
        _MASTERCARD,
        _MASTERCARD_URL,
        Confidence.MEDIUM,
        _NEVER,
    ),
    RetryLimit(
        "cards/retries/mastercard-10-in-24-hours",
        Scheme.MASTERCARD,
        "a declined payment is tried again at most 10 times in 24 hours",
        10,
        1,
        _MASTERCARD,
        _MASTERCARD_URL,
        Confidence.MEDIUM,
    ),
    RetryLimit(
        "cards/retries/mastercard-35-in-30-days",
        Scheme.MASTERCARD,
        "a declined payment is tried again at most 35 times in 30 days",
        35,
        30,
        _MASTERCARD,
        _MASTERCARD_URL,
        Confidence.LOW,
    ),
    RetryLimit(
        "cards/retries/sepa-never",
        Scheme.SEPA,
        "a direct debit is not presented again where the account or the mandate is gone (AC04, MD01, MD07)",
        0,
        30,
        _SEPA,
        _SEPA_URL,
        Confidence.MEDIUM,
        _NEVER,
    ),
    RetryLimit(
        "cards/retries/sepa-2-in-30-days",
        Scheme.SEPA,
        "a returned direct debit is presented again at most twice",
        2,
        30,
        _SEPA,
        _SEPA_URL,
        Confidence.LOW,
    ),
)
"""Read from public summaries of the schemes' rules, which are not public in full: see each limit's confidence."""

EXPIRED: Final = RetryLimit(
    "cards/retries/expired-card",
    Scheme.UNSAID,
    "a card that has expired is not tried again: the debtor has to name another",
    0,
    30,
    "",
    "",
    Confidence.HOUSE,
    frozenset({Decline.EXPIRED_CARD}),
)


def retried(action: ProposedAction, case: Case, now: Instant) -> Blocked | Deferred | None:
    """Why a payment is not tried again now: nothing failed, never, or too often; `None` where it may be."""
    if not case.declines:
        return Blocked(action, (Reason("cards/retries/nothing-failed", "no payment of this case has failed"),))
    last = case.declines[-1]
    waits: list[Reason] = []
    for limit in _binding(last.scheme):
        if limit.declines and last.decline not in limit.declines:
            continue
        tried = _tries(case, action.id, now - limit.days * DAY_SECONDS)
        if limit.times == 0:
            return Blocked(action, (_reason(limit, None),))
        if len(tried) >= limit.times:
            waits.append(_reason(limit, tried[-limit.times] + limit.days * DAY_SECONDS + 1))
    if not waits:
        return None
    return Deferred(action, max(reason.until or now for reason in waits), tuple(waits))


def _binding(scheme: Scheme) -> Iterator[RetryLimit]:
    """The limits of a scheme; of an unknown one all of them, so that the strictest counts."""
    yield EXPIRED
    yield from (limit for limit in LIMITS if scheme in (limit.scheme, Scheme.UNSAID))


def _tries(case: Case, besides: str, since: Instant) -> list[Instant]:
    """When a failed payment was tried again since an instant, the oldest first; whoever did it."""
    made = (d for d in case.deliveries.values() if d.do is Do.RETRY and d.id != besides)
    ours = [d.armed_at for d in made if d.armed_at is not None and d.state is not DeliveryState.CANCELLED]
    return sorted(at for at in (*ours, *_by_others(case, ours)) if at > since)


def _by_others(case: Case, ours: list[Instant]) -> Iterator[Instant]:
    """Declines of tries that the host made itself: no try of ours lies between one and the decline before it."""
    for before, later in itertools.pairwise(sorted(declined.at for declined in case.declines)):
        if not any(before < at <= later for at in ours):
            yield later


def _reason(limit: RetryLimit, until: Instant | None) -> Reason:
    return Reason(limit.id, limit.says, limit.citation, until, limit.confidence.value, "", limit.url)
