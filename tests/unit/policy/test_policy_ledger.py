"""What a policy says of the ledger of its cases."""

from __future__ import annotations

from dunning_engine.domain.charges import DEFAULT_TERMS, ItemClass, LedgerTerms, OnPaid
from dunning_engine.policy.explain import explain


def test_without_a_word_fees_come_first_and_survive(part):
    """The order that most laws fall back on, and nothing lapses."""
    policy = part("grace: 2 days").policy
    assert policy.terms == DEFAULT_TERMS == LedgerTerms()
    assert "Money settles fees first, then interest, then principal;" in explain(policy)


def test_another_order_is_read_and_told():
    """Principal first, so that interest stops."""
    from dunning_engine.policy.ledger import terms_told

    principal_first = LedgerTerms((ItemClass.PRINCIPAL, ItemClass.INTEREST, ItemClass.FEES))
    assert terms_told(principal_first) == (
        "Money settles principal first, then interest, then fees; in each the oldest due comes first. "
        "Charges stay owed when their invoice is paid."
    )
    assert terms_told(LedgerTerms(on_paid=OnPaid.LAPSE)).endswith(
        "Charges that are open when their invoice is paid lapse."
    )


def test_an_order_names_each_class_once(part):
    """A class that stands twice or not at all is a mistake."""
    told = [finding.message for finding in part("allocation: [fees, fees]").diagnostics if finding.code[:5] == "DUN33"]
    assert told == ["the order lacks interest and principal", "the order names fees already"]
    broken = part("allocation: [fees, intrest, principal]").diagnostics
    assert "DUN331" not in {finding.code for finding in broken}
