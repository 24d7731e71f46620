"""From lines to cases: what belongs to none, and what its finding says to do."""

from __future__ import annotations

import pytest

from dunning_engine.engine.casework import casework
from dunning_engine.engine.loading import policy_of
from dunning_engine.intake.csvfile import read_events, read_invoices
from dunning_engine.intake.einvoice import read_einvoice
from dunning_engine.intake.gather import gather
from dunning_engine.intake.mapping import load_mapping

POLICY = """policy: {name}
version: 1
law: []
time: {{zone: Europe/Berlin}}
unit: {unit}
steps:
  - {{step: one, when: 3 days after due, send: email one}}
"""
MAPPING = load_mapping(
    "policy: p\ninvoice: n\ndebtor: d\nissued: i\ndue: i\namount: a\ncurrency: c\nkind: {value: business}\n",
    file="m.yaml",
).mapping
CREDIT = """<CreditNote xmlns="urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>CN-7</cbc:ID><cbc:IssueDate>2026-02-03</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>R-9</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>
<cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>Ann</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
<cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">40.00</cbc:PayableAmount></cac:LegalMonetaryTotal></CreditNote>
"""


def policies(*units):
    found = [policy_of(POLICY.format(name=f"by-{unit}", unit=unit), "p.yaml") for unit in units]
    return {policy.name: policy for policy in found}


def work(rows, *units):
    """The cases of a table; its policy is meant where there is only one."""
    known = policies(*units)
    intake = gather(read_invoices(f"p,n,d,i,a,c\n{rows}", MAPPING, file="a.csv"))
    return casework(intake, known, next(iter(known)) if len(known) == 1 else None)


def told(found):
    return [str(finding) for finding in found.findings]


ROWS = ",A,ann,2026-02-01,50,EUR\n,B,ann,2026-02-01,50,EUR\n,CN-1,ann,2026-02-02,-40,EUR\n"


def test_a_credit_that_names_no_invoice_is_not_spread():
    """Where each invoice has a case, nobody knows which of them it lowers; the finding says how to tell."""
    found = work(ROWS, "invoice")

    assert [plan.facts for plan in found.plans] == [[], []]
    (finding,) = told(found)
    assert finding == (
        "a.csv:4: warning: credit note CN-1 of 40.00 names no invoice, and no case holds all that ann owes in EUR: "
        'it lowers nothing until the table of facts says "credit note of 40.00" of an invoice'
    )


@pytest.mark.parametrize(("currency", "taken"), [("EUR", 1), ("USD", 0)])
def test_a_credit_of_a_debtor_lowers_the_case_of_its_currency(currency, taken):
    """A case of all invoices of a debtor takes what names none of them, in its currency."""
    found = work(ROWS.replace("-40,EUR", f"-40,{currency}"), "debtor")

    assert [len(plan.facts) for plan in found.plans] == [taken]
    assert len(found.findings) == 1 - taken


def test_a_credit_without_its_invoice_is_told_by_its_own_number():
    """Whoever reads it knows which document it is, and what to bring."""
    found = casework(gather(read_einvoice(CREDIT.encode(), file="c.xml")), policies("invoice"), "by-invoice")

    assert told(found) == [
        "c.xml:4: error: credit note CN-7 of 40.00 is about invoice R-9, which has not come in: bring in both together"
    ]


def test_invoices_without_a_policy_are_told_together():
    """A column that was forgotten is one finding; a name that is none another."""
    found = work(ROWS.replace("CN-1", "C").replace("-40", "40") + "x,D,ann,2026-02-02,40,EUR\n", "invoice", "debtor")

    forgotten, unknown = told(found)
    assert forgotten == (
        "a.csv:2: error: invoice A names no policy: map a column to it, or give the intake one; "
        "there are by-debtor, by-invoice; 2 more like this, in lines 3, 4"
    )
    assert unknown == "a.csv:5: error: invoice D names the policy 'x'; there are by-debtor, by-invoice"
    assert len(found.by_line) == 4


FACTS = ",A,ann,2026-02-01,50,EUR\n,B,ann,2026-02-01,50,EUR\n"


def with_facts(rows, *units):
    """The cases of two invoices of Ann with a table of facts."""
    known = policies(*units)
    told_facts = read_events(f"date,case,fact\n{rows}", file="facts.csv")
    intake = gather(read_invoices(f"p,n,d,i,a,c\n{FACTS}", MAPPING, file="a.csv"), told_facts)
    return casework(intake, known, next(iter(known)))


@pytest.mark.parametrize(
    "fact",
    [
        "payment of 5.00", "write-off of 5.00", "discount of 5.00", "unapplied payment of 5.00", "applied credit of 5.00",
        "cancelled credit note of 5.00", "fee late-1 of 5.00", "promise of 5.00 by 2026-02-20", "agency collected 5.00",
    ],
)  # fmt: skip
def test_money_that_names_only_the_debtor_counts_in_one_case(fact):
    """There are two cases of Ann, and the money came once."""
    found = with_facts(f"2026-02-10,ann,{fact}\n", "invoice")

    assert not found.findings
    assert [len(plan.facts) for plan in found.plans] == [1, 0]


@pytest.mark.parametrize("fact", ["write-off of 5.00 for B", "invoice B cancelled", "invoice B due 2026-04-01"])
def test_words_that_name_an_invoice_find_its_case(fact):
    found = with_facts(f"2026-02-10,ann,{fact}\n", "invoice")

    assert [len(plan.facts) for plan in found.plans] == [0, 1]


@pytest.mark.parametrize("fact", ["write-off of 5.00 for Z", "invoice Z cancelled", "discount of 1.00 for Z"])
def test_words_about_an_invoice_that_nobody_knows_are_told(fact):
    """They change nothing in another case of the debtor."""
    found = with_facts(f"2026-02-10,ann,{fact}\n", "debtor")

    assert told(found) == ["facts.csv:2: error: there is no invoice or case 'Z' for this fact"]
    assert [plan.facts for plan in found.plans] == [[]]
