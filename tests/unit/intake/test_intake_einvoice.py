"""UBL and CII: number, parties, dates and the amount due, or the place where something is missing."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain.events import CreditNoteIssued
from dunning_engine.domain.parties import Party, PartyKind
from dunning_engine.domain.receivables import Invoice
from dunning_engine.intake import einvoice
from dunning_engine.intake.einvoice import read_einvoice
from dunning_engine.intake.gather import gather
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

REAL = Path(__file__).parents[4] / "shared/data/einvoices"

UBL = """\
<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>R-77</cbc:ID>
  <cbc:IssueDate>2026-02-01</cbc:IssueDate>
  <cbc:DueDate>2026-03-01</cbc:DueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>R-70</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>
  <cac:AccountingSupplierParty><cac:Party>
    <cac:PartyLegalEntity><cbc:RegistrationName>Lichtwerk Süd</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>
    <cbc:EndpointID schemeID="EM">rechnung@kontor.example</cbc:EndpointID>
    <cac:PartyIdentification><cbc:ID>K-12</cbc:ID></cac:PartyIdentification>
    <cac:PartyName><cbc:Name>Kontor</cbc:Name></cac:PartyName>
    <cac:PostalAddress>
      <cbc:StreetName>Am Markt 1</cbc:StreetName><cbc:CityName>Jena</cbc:CityName><cbc:PostalZone>07743</cbc:PostalZone>
      <cbc:CountrySubentity>DE-TH</cbc:CountrySubentity>
      <cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country>
    </cac:PostalAddress>
    <cac:PartyLegalEntity><cbc:RegistrationName>Kontor Saale GmbH</cbc:RegistrationName></cac:PartyLegalEntity>
    <cac:Contact><cbc:Telephone>+49 3641 000</cbc:Telephone></cac:Contact>
  </cac:Party></cac:AccountingCustomerParty>
  <cac:PaymentTerms><cbc:Note>Within 14 days</cbc:Note></cac:PaymentTerms>
  <cac:LegalMonetaryTotal>
    <cbc:TaxInclusiveAmount currencyID="EUR">500.00</cbc:TaxInclusiveAmount>
    <cbc:PrepaidAmount currencyID="EUR">100.00</cbc:PrepaidAmount>
    <cbc:PayableAmount currencyID="EUR">400.00</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
</Invoice>
"""

CII = """\
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
  xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocument>
    <ram:ID>F-9</ram:ID><ram:TypeCode>380</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="102">20260201</udt:DateTimeString></ram:IssueDateTime>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:ApplicableHeaderTradeAgreement>
      <ram:SellerTradeParty><ram:ID>S-1</ram:ID><ram:Name>Atelier Nord</ram:Name></ram:SellerTradeParty>
      <ram:BuyerTradeParty><ram:Name>Maison Étoile</ram:Name></ram:BuyerTradeParty>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradePaymentTerms>
        <ram:DueDateDateTime><udt:DateTimeString format="102">20260303</udt:DateTimeString></ram:DueDateDateTime>
      </ram:SpecifiedTradePaymentTerms>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        <ram:GrandTotalAmount>90</ram:GrandTotalAmount><ram:DuePayableAmount>80.5</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
      <ram:InvoiceReferencedDocument><ram:IssuerAssignedID>F-1</ram:IssuerAssignedID></ram:InvoiceReferencedDocument>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
"""
UBL_DUE = "  <cbc:DueDate>2026-03-01</cbc:DueDate>\n"
CII_DUE = '<ram:DueDateDateTime><udt:DateTimeString format="102">20260303</udt:DateTimeString></ram:DueDateDateTime>'


def read(text, *changes, **more):
    """The batch of a document after replacements, each of which has to be found."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_einvoice(text.encode(), file="a.xml", **more)


def due(*args):
    (row,) = read(*args).rows
    return row.incoming.invoice.due


def told(batch):
    return [str(finding) for finding in batch.findings]


def test_a_ubl_invoice_is_read():
    """The amount is what is left to pay, the buyer is a business, the line is that of the number."""
    batch = read(UBL, policy="eu-business")
    intake = gather(batch)
    assert batch.findings == ()
    (incoming,) = intake.receivables
    assert incoming.invoice == Invoice("R-77", Money("400.00", "EUR"), due="2026-03-01", issued="2026-02-01")
    assert (incoming.debtor, incoming.policy, incoming.file, incoming.line) == ("K-12", "eu-business", "a.xml", 5)
    assert incoming.creditor == Party.business("lichtwerk-süd", name="Lichtwerk Süd")
    assert intake.parties["K-12"] == Party.business(
        "K-12",
        name="Kontor Saale GmbH",
        email="rechnung@kontor.example",
        phone="+493641000",
        address=("Am Markt 1", "07743 Jena", "DE"),
        postal_code="07743",
        region="TH",
        country="DE",
    )


def test_a_cii_invoice_is_read():
    """The other syntax gives the same kind of batch; a buyer without a number is known by its name."""
    intake = gather(read(CII))
    (incoming,) = intake.receivables
    assert incoming.invoice == Invoice("F-9", Money("80.50", "EUR"), due="2026-03-03", issued="2026-02-01")
    assert (incoming.debtor, incoming.policy) == ("maison-étoile", None)
    assert incoming.creditor == Party.business("S-1", name="Atelier Nord")
    assert intake.parties["maison-étoile"].kind is PartyKind.BUSINESS


@pytest.mark.parametrize(
    ("text", "changes", "of"),
    [
        (UBL, [(">400.00<", ">-400.00<")], "R-70"),
        (
            UBL,
            [("Invoice xmlns", "CreditNote xmlns"), ("Invoice-2", "CreditNote-2"), ("</Invoice>", "</CreditNote>")],
            "R-70",
        ),
        (UBL, [(">380<", ">381<")], "R-70"),
        (CII, [(">380<", ">381<"), (">80.5<", ">400<")], "F-1"),
    ],
)
def test_credit_notes_and_negative_invoices_lower_what_is_owed(text, changes, of):
    """They are facts about the invoice that they name, on the day of their issue."""
    batch = read(text, *changes)
    (fact,) = gather(batch).facts
    assert gather(batch).receivables == ()
    event = fact.event("EUR")
    assert isinstance(event, CreditNoteIssued)
    assert (event.amount, event.invoice, fact.date) == (Money("400.00", "EUR"), of, date(2026, 2, 1))


def test_a_credit_note_of_several_invoices_is_about_none_of_them_alone():
    """What they share of the amount nobody knows, and a note says so."""
    reference = "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>R-71</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>"
    batch = read(UBL, (">380<", ">381<"), ("<cac:BillingReference>", reference + "<cac:BillingReference>"))
    assert batch.rows[0].facts[0].invoice is None
    assert told(batch) == ["a.xml:10: note: it credits several invoices (R-70, R-71): it is about none of them alone"]


def test_a_credit_note_that_names_no_invoice_is_about_the_debtor():
    """Nothing is invented."""
    batch = read(CII, (">380<", ">381<"), ("<ram:IssuerAssignedID>F-1</ram:IssuerAssignedID>", ""))
    assert batch.rows[0].facts[0].invoice is None


def test_a_negative_credit_note_is_left_to_a_person():
    """It could mean two things."""
    batch = read(UBL, (">380<", ">381<"), (">400.00<", ">-400.00<"))
    assert batch.rows == ()
    assert told(batch) == ["a.xml:4: error: a credit note over a negative amount: enter by hand what it means"]


def test_nothing_left_to_pay_is_left_out_with_a_note():
    """A prepaid invoice opens nothing."""
    batch = read(UBL, (">400.00<", ">0.00<"), (UBL_DUE, ""))
    assert gather(batch).receivables == ()
    assert told(batch) == ["a.xml:5: note: R-77 is over nothing: left out"]


PERIOD = "<cac:SettlementPeriod><cbc:DurationMeasure unitCode='{}'>{}</cbc:DurationMeasure></cac:SettlementPeriod></cac:PaymentTerms>"


@pytest.mark.parametrize(
    ("unit", "count", "day"),
    [("DAY", "14", date(2026, 2, 15)), ("WEE", "2", date(2026, 2, 15)), ("MON", "1", date(2026, 3, 1))],
)
def test_without_a_due_date_the_terms_count_where_a_machine_can_read_them(unit, count, day):
    """A period from the issue date."""
    assert due(UBL, (UBL_DUE, ""), ("</cac:PaymentTerms>", PERIOD.format(unit, count))) == day
    measure = f'<ram:SettlementPeriodMeasure unitCode="{unit}">{count}</ram:SettlementPeriodMeasure>'
    assert due(CII, (CII_DUE, measure)) == day


@pytest.mark.parametrize(("unit", "count"), [("ANN", "1"), ("DAY", "ten"), ("DAY", "-3")])
def test_terms_that_nobody_can_read_mean_due_on_issue(unit, count):
    """With a note that quotes the terms."""
    batch = read(UBL, (UBL_DUE, ""), ("</cac:PaymentTerms>", PERIOD.format(unit, count)))
    assert batch.rows[0].incoming.invoice.due == date(2026, 2, 1)
    assert told(batch) == ["a.xml:4: note: no due date: due when issued, on 2026-02-01; its terms say 'Within 14 days'"]


def test_no_terms_at_all_mean_due_on_issue():
    """The note has nothing to quote."""
    assert told(read(CII, (CII_DUE, ""))) == ["a.xml:3: note: no due date: due when issued, on 2026-02-01"]


def test_of_several_due_dates_the_last_counts():
    """Nobody is dunned for the whole before its last instalment is due."""
    batch = read(
        UBL, ("</cac:PaymentTerms>", "<cbc:InstallmentDueDate>2026-04-01</cbc:InstallmentDueDate></cac:PaymentTerms>")
    )
    assert batch.rows[0].incoming.invoice.due == date(2026, 4, 1)
    assert "several due dates" in told(batch)[0]


def test_a_date_may_carry_a_zone_or_a_time():
    """Both are forms of the same day in XML."""
    assert due(UBL, ("2026-03-01", "2026-03-01Z")) == date(2026, 3, 1)
    assert due(CII, ('format="102">20260303', ">2026-03-03T00:00:00")) == date(2026, 3, 3)


def test_what_cannot_be_read_of_a_buyer_is_left_out_and_told():
    """An e-mail address that is none stops no invoice; a region in free text is no region."""
    batch = read(UBL, ("+49 3641 000", "3641 000"), (">DE-TH<", ">Thuringia<"), (">DE<", ">Germany<"))
    (debtor,) = batch.debtors
    assert not {"phone", "region", "country"} & set(debtor.values)
    assert [(finding.line, finding.severity) for finding in batch.findings] == [
        (21, Severity.NOTE),
        (24, Severity.NOTE),
    ]


def test_an_address_needs_a_street():
    """A town alone reaches nobody."""
    batch = read(UBL, ("<cbc:StreetName>Am Markt 1</cbc:StreetName>", ""))
    assert "address" not in batch.debtors[0].values


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        (UBL, [("<cbc:ID>R-77</cbc:ID>", "")], "a.xml:4: error: the invoice number is missing (cbc:ID)"),
        (UBL, [(">R-77<", "> <")], "a.xml:5: error: the invoice number is missing (cbc:ID)"),
        (UBL, [("<cbc:IssueDate>2026-02-01", "<cbc:IssueDate>soon")], "a.xml:6: error: 'soon' is not a date"),
        (UBL, [("<cbc:DueDate>2026", "<cbc:DueDate>20x6")], "a.xml:7: error: '20x6-03-01' is not a date"),
        (UBL, [(">EUR<", ">EURO<")], "a.xml:9: error: 'EURO' is not an ISO 4217 currency code"),
        (UBL, [("PayableAmount", "PaidAmount")], "a.xml:4: error: the amount due for payment is missing"),
        (UBL, [(">400.00<", ">4,00<")], "a.xml:30: error: '4,00' is not an amount"),
        (UBL, [(">400.00<", ">4.001<")], "a.xml:5: error: '4.001' has more than the 2 decimal places"),
        (
            UBL,
            [('<cbc:PayableAmount currencyID="EUR"', '<cbc:PayableAmount currencyID="USD"')],
            "a.xml:30: error: the amount is in USD, the invoice in EUR",
        ),
        (
            UBL,
            [("AccountingCustomerParty", "BuyerCustomerParty")],
            "a.xml:4: error: the buyer has no name and no number",
        ),
        (CII, [("<ram:Name>Maison Étoile</ram:Name>", "")], "a.xml:11: error: the buyer has no name and no number"),
        (CII, [('"102">20260201', '"610">202602')], "a.xml:6: error: the date has the format 610"),
        (UBL, [("Invoice-2", "Order-2")], "a.xml:4: error: '{urn:oasis:names:specification:ubl:schema:xsd:Order-2}"),
        (UBL, [("</Invoice>", "")], "a.xml:33: error: this is no XML: "),
        (UBL, [("<Invoice", "<!DOCTYPE Invoice>\n<Invoice")], "a.xml:1: error: the file has a document type"),
        (
            UBL,
            [("<Invoice", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n<Invoice'), ("R-77", "&a;")],
            "a.xml:1: error: the file has a document type",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_told_at_its_line(text, changes, reason):
    """Nothing goes in, and the first finding is the reason."""
    batch = read(text, *changes)
    assert batch.rows == batch.debtors == ()
    assert any(finding.startswith(reason) for finding in told(batch)), told(batch)


def test_a_seller_without_a_name_is_a_note():
    """Who is owed is known without it."""
    batch = read(CII, ("<ram:ID>S-1</ram:ID><ram:Name>Atelier Nord</ram:Name>", ""))
    assert batch.rows[0].incoming.creditor is None
    assert told(batch) == ["a.xml:10: note: the seller has no name and no number"]


def test_entities_are_never_expanded():
    """A file that would grow a billionfold is refused, at once."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "lol">{lol}]>\n<Invoice'
    assert read(UBL, ("<Invoice", bomb), ("R-77", "&l9;")).rows == ()
    assert read(UBL, ("<Invoice", bomb), ('currencyID="EUR">400', 'currencyID="&l9;">400')).rows == ()


def test_an_unusually_large_file_is_refused(monkeypatch):
    """Nobody's invoice has that many bytes."""
    monkeypatch.setattr(einvoice, "BYTES_MAX", 100)
    assert told(read(UBL)) == ["a.xml:1: error: the file has more than 100 bytes"]


def test_without_lxml_the_extra_is_named(monkeypatch):
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(UsageError, match=r"dunning-engine\[einvoice\]"):
        read(UBL)


def test_comments_do_not_cut_values():
    """A value around a comment is one value."""
    assert read(UBL, (">R-77<", ">R-<!-- seventy -->77<")).rows[0].number == "R-77"


def test_the_same_file_twice_is_one_invoice():
    """Running the intake again changes nothing."""
    assert gather(read(UBL), read(UBL)) == gather(read(UBL))


@given(st.binary(max_size=200))
def test_any_bytes_give_findings(data):
    """What is no invoice is told, whatever it is."""
    assert read_einvoice(data, file="a.xml").findings


@given(st.sampled_from([UBL, CII]), st.integers(0, 3000), st.integers(0, 40), st.text(max_size=10))
def test_any_damage_gives_a_batch(text, start, length, inserted):
    """A document with a hole is read or told about."""
    damaged = text[:start] + inserted + text[start + length :]
    gather(read_einvoice(damaged.encode("utf-8", "replace"), file="a.xml"))


OFFICIAL = {
    "BIS3_Invoice_negativ.XML": "12345 DK12345678>DK87654321 2019-01-25 -782179.43 DKK",
    "BIS3_Invoice_positive.XML": "12345 DK12345678>DK87654321 2019-01-25 2019-02-24 782179.43 DKK",
    "CII_business_example_01.xml": "TOSL108 1238764941386>3456789012098 2013-06-30 2013-07-20 801.78 NOK",
    "CII_business_example_02.xml": "INV000013 111111111>1111111111 2013-08-25 2013-05-10 11.90 EUR",
    "CII_business_example_Z.xml": "2016166 57151520>10202 2015-01-09 2015-01-09 11693.87 EUR",
    "CII_example1.xml": "12115118 57151520>10202 2015-01-09 2015-01-09 250.33 EUR",
    "CII_example2.xml": "TOSL108 1238764941386>3456789012098 2013-06-30 2013-07-20 801.78 NOK",
    "CII_example3.xml": "TOSL108 DK16356706>5790000435975 2013-04-10 2013-05-10 1125.00 DKK",
    "CII_example4.xml": "TOSL110 5790000436101>5790000436057 2013-04-10 2013-05-10 4675.00 DKK",
    "CII_example5.xml": "TOSL110 5790000436101>5790000436057 2013-04-10 2013-05-10 2337.50 DKK",
    "CII_example6.xml": "TOSL110 DK123456789MVA>buyercompany-ltd 2013-04-10 2013-05-10 4675.00 DKK",
    "CII_example7.xml": "INVOICE_test_7 5532331183>the-buyercompany 2013-05-13 2013-05-13 3200.00 SEK",
    "CII_example8.xml": "1100512149 17131139>1081119 2014-11-10 2014-11-24 1099.78 EUR",
    "CII_example9.xml": "20150483 32081330 Amersfoort>provide-verzekeringen 2015-04-01 2015-04-15 177.87 EUR",
    "XRechnung-O.xml": "150377292 XX>xx 2021-01-14 2021-01-01 385544.60 EUR",
    "guide-example1.xml": "12115118 57151520>10202 2015-01-09 2015-01-09 250.33 EUR",
    "guide-example2.xml": "TOSL108 1238764941386>3456789012098 2013-06-30 2013-07-20 801.78 NOK",
    "guide-example3.xml": "TOSL108 1238764941386>5790000435975 2013-04-10 2013-05-10 1125.00 DKK",
    "ubl-tc434-creditnote1.xml": "018304 / 28865 ?>0000000295 2019-09-23 -100.11 EUR",
    "ubl-tc434-example1.xml": "12115118 57151520>10202 2015-01-09 2015-01-09 250.33 EUR",
    "ubl-tc434-example10.xml": "12115118 57151520>10202 2015-01-09 2015-01-09 250.33 EUR",
    "ubl-tc434-example2.xml": "TOSL108 1238764941386>3456789012098 2013-06-30 2013-07-20 801.78 NOK",
    "ubl-tc434-example3.xml": "TOSL108 1238764941386>5790000435975 2013-04-10 2013-05-10 2005.00 DKK",
    "ubl-tc434-example4.xml": "TOSL110 5790000436101>5790000436057 2013-04-10 2013-05-10 4675.00 DKK",
    "ubl-tc434-example5.xml": "TOSL110 5790000436101>5790000436057 2013-04-10 2013-05-10 2337.50 DKK",
    "ubl-tc434-example6.xml": "TOSL110 DK123456789MVA>buyercompany-ltd 2013-04-10 2013-05-10 4675.00 DKK",
    "ubl-tc434-example7.xml": "INVOICE_test_7 5532331183>the-buyercompany 2013-03-11 2013-03-11 3200.00 SEK",
    "ubl-tc434-example8.xml": "1100512149 17131139>1081119 2014-11-10 2014-11-24 1099.78 EUR",
    "ubl-tc434-example9.xml": "20150483 32081330 Amersfoort>provide-verzekeringen 2015-04-01 2015-04-14 177.87 EUR",
}
"""Number, seller, buyer, dates and amount due, read from each file by eye; credits are negative and have no due date."""


@pytest.mark.skipif(not REAL.exists(), reason="the official examples are not here")
@pytest.mark.parametrize("name", OFFICIAL)
def test_the_official_examples_go_in(name):
    """Each of the 29 files gives what a person reads in it."""
    batch = read_einvoice((REAL / name).read_bytes(), file=name)
    (row,) = batch.rows
    debtor = batch.debtors[0].id
    if row.incoming is None:
        (fact,) = row.facts
        seller = OFFICIAL[name].partition(">")[0].rpartition(" ")[2]
        shown = f"{row.number} {seller}>{debtor} {fact.date} -{fact.fact.amount.amount} {fact.fact.amount.currency}"
    else:
        invoice, seller = row.incoming.invoice, row.incoming.creditor.id
        shown = f"{row.number} {seller}>{debtor} {invoice.issued} {invoice.due} {invoice.amount.amount} {invoice.amount.currency}"
    assert shown == OFFICIAL[name]


@pytest.mark.skipif(not REAL.exists(), reason="the official examples are not here")
def test_no_official_example_is_forgotten():
    """All files of the folder are in the table."""
    assert {path.name for path in REAL.iterdir()} == set(OFFICIAL)
