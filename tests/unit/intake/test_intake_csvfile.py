"""Tables of invoices, debtors and facts: bad lines are told, good ones go in."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import CreditNoteIssued, HoldLifted, HoldPlaced, OptedOut, PaymentReceived
from dunning_engine.domain.facts import News, StepNews
from dunning_engine.domain.parties import Channel, PartyKind
from dunning_engine.domain.receivables import Invoice
from dunning_engine.intake.csvfile import read_debtors, read_events, read_invoices
from dunning_engine.intake.fields import INVOICE_FIELDS
from dunning_engine.intake.gather import gather
from dunning_engine.intake.mapping import load_mapping
from dunning_engine.intake.model import Finding
from dunning_engine.intake.table import header_of
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.money import Money

REAL = Path(__file__).parents[4] / "shared/data/accounts-receivable.csv"

KEYS = tuple(INVOICE_FIELDS)
EVERYTHING = "\n".join(f"{key}: {key}" for key in KEYS)
SHORT = "invoice: n\ndebtor: d\nissued: i\ndue: t\namount: a\ncurrency: {value: USD}\nkind: {value: business}\n"


def mapped(text):
    loaded = load_mapping(text, file="mapping.yaml")
    assert loaded.mapping is not None, loaded.diagnostics
    return loaded.mapping


def taken(table, mapping=SHORT):
    """The intake of one table of invoices."""
    return gather(read_invoices(table, mapped(mapping), file="a.csv"))


def told(table, mapping=SHORT):
    """The findings of one table of invoices as text."""
    return [str(finding) for finding in taken(table, mapping).findings]


ROW = {
    "policy": "us-consumer",
    "invoice": "INV-1",
    "debtor": "ann",
    "issued": "2026-02-01",
    "due": "2026-03-01",
    "amount": "240.00",
    "currency": "USD",
    "kind": "consumer",
}


def one(**cells):
    """The intake of one line with these cells, under a mapping that has every key."""
    row = {**ROW, **cells}
    return taken(",".join(KEYS) + "\n" + ",".join(row.get(key, "") for key in KEYS) + "\n", EVERYTHING)


def test_a_line_gives_an_invoice_and_a_debtor():
    """Every key of the mapping arrives where it belongs."""
    intake = one(
        kind="Consumer",
        email="ann@example.com",
        phone="+1 (212) 555-0123",
        zone="America/Denver",
        country="us",
        region="US-CO",
        postal_code="80202",
        name="Ann  Lee",
        language="en-US",
    )
    assert intake.findings == ()
    (incoming,) = intake.receivables
    assert incoming.invoice == Invoice("INV-1", Money("240.00", "USD"), due="2026-03-01", issued="2026-02-01")
    assert (incoming.debtor, incoming.policy, incoming.file, incoming.line) == ("ann", "us-consumer", "a.csv", 2)
    party = intake.parties["ann"]
    assert (party.kind, party.email, party.phone) == (PartyKind.CONSUMER, "ann@example.com", "+12125550123")
    assert (party.zone, party.country, party.region, party.postal_code) == ("America/Denver", "US", "CO", "80202")
    assert (party.name, party.language) == ("Ann Lee", "en-US")


def test_paid_on_without_an_amount_is_the_whole():
    """The payment has a date, the invoice and an identity that stays the same."""
    (fact,) = one(paid_on="2026-03-05").facts
    assert (fact.date, fact.invoice, fact.debtor) == (date(2026, 3, 5), "INV-1", "ann")
    assert fact.event_id == "invoice INV-1 paid 240.00 on 2026-03-05"
    assert fact.event("USD") == PaymentReceived(Money("240.00", "USD"), "INV-1", "intake", fact.event_id)


def test_a_part_may_be_paid_and_nothing_paid_is_no_fact():
    """The paid amount counts where it is given."""
    (fact,) = one(paid_on="2026-03-05", paid_amount="40").facts
    assert fact.event("USD").amount == Money("40.00", "USD")
    assert one(paid_amount="0.00").facts == ()
    assert one(paid_on="2026-03-05", paid_amount="0").facts == ()


def test_a_dispute_stands_from_the_issue_date_until_the_invoice_is_settled():
    """Both ends are facts; a part payment settles nothing."""
    opened, closed = [
        fact for fact in one(disputed="true", paid_on="2026-03-05").facts if fact.date and "disp" in fact.event_id
    ]
    assert (opened.date, opened.fact) == (date(2026, 2, 1), HoldPlaced(HoldReason.DISPUTE, "INV-1", "intake"))
    assert (closed.date, closed.fact) == (date(2026, 3, 5), HoldLifted(HoldReason.DISPUTE, "INV-1", "intake"))
    part = one(disputed="true", paid_on="2026-03-05", paid_amount="10").facts
    assert [type(fact.fact) for fact in part] == [PaymentReceived, HoldPlaced]
    assert [type(fact.fact) for fact in one(disputed="true").facts] == [HoldPlaced]
    assert one(disputed="false").facts == one(disputed="").facts == ()


def test_a_dispute_of_an_invoice_paid_before_it_was_issued_ends_on_the_same_day():
    """A hold never ends before it began."""
    dates = [fact.date for fact in one(disputed="true", paid_on="2026-01-05").facts]
    assert dates == [date(2026, 1, 5), date(2026, 2, 1), date(2026, 2, 1)]


def test_a_negative_amount_is_a_credit_note():
    """It lowers what the debtor owes on the day it was issued, and needs no due date."""
    intake = one(amount="-40.00", due="")
    (fact,) = intake.facts
    assert intake.receivables == ()
    assert (fact.date, fact.debtor, fact.event_id) == (date(2026, 2, 1), "ann", "credit note INV-1 of 40.00")
    assert fact.event("USD") == CreditNoteIssued(Money("40.00", "USD"), None, "intake", fact.event_id)
    assert one(amount="-40.00", issued="").facts[0].date == date(2026, 3, 1)


def test_nothing_owed_is_left_out_with_a_note():
    """A zero invoice opens nothing and is no mistake."""
    intake = one(amount="0.00")
    assert (intake.receivables, intake.facts, intake.errors) == ((), (), ())
    assert intake.findings[0].severity is Severity.NOTE


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"amount": '"1,234.50"'}, "amount: '1,234.50' is not an amount such as 1234.50"),
        ({"amount": "$5"}, "amount: '$5' is not an amount"),
        ({"amount": "1e3"}, "amount: '1e3' is not an amount"),
        ({"amount": "5.001"}, "amount: '5.001' has more than the 2 decimal places of USD"),
        ({"amount": ""}, "amount: empty, and nothing goes in without it"),
        ({"due": ""}, "the due date is empty"),
        ({"due": "2026-02-30"}, "due: '2026-02-30' is not a date of the form YYYY-MM-DD"),
        ({"due": "0026-02-03"}, "due: '0026-02-03' is a date in the year 26, which cannot be meant"),
        ({"currency": "DOL"}, "currency: 'DOL' is not an ISO 4217 currency code"),
        ({"paid_amount": "5.00"}, "5.00 was paid, but the day of the payment is empty"),
        ({"paid_amount": "-5.00", "paid_on": "2026-03-05"}, "the paid amount -5.00 is negative"),
        ({"disputed": "maybe"}, "disputed: 'maybe' is none of true, false"),
        ({"disputed": "true", "issued": ""}, "a disputed invoice needs its issue date"),
        ({"amount": "-5", "issued": "", "due": ""}, "a credit note needs the day on which it was issued"),
        ({"kind": "firm"}, "kind: 'firm' is none of consumer, business"),
        ({"email": "ann"}, "email: 'ann' is not an e-mail address"),
        ({"phone": "5550123"}, "phone: '5550123' is not an international phone number"),
        ({"zone": "Mars/Base"}, "zone: 'Mars/Base' is not an IANA time zone"),
        ({"country": "UK"}, "country: 'UK' is not an ISO 3166-1 country code"),
        ({"region": "Colorado"}, "region: 'Colorado' is not the suffix of an ISO 3166-2 region"),
        ({"language": "English language"}, "language: 'English language' is not a language tag"),
        ({"name": "a\u202eb"}, "name: 'a\\u202eb' holds a character that cannot be seen"),
        ({"name": "a" * 501}, "name: more than 500 characters"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_reason(cells, message):
    """It is left out; the finding says which column of which line."""
    intake = one(**cells)
    assert (intake.receivables, intake.facts) == ((), ())
    assert len(intake.errors) == 1
    assert str(intake.errors[0]).startswith(f"a.csv:2: error: {message}")


def test_international_numbers_may_begin_with_two_zeros():
    """Two zeros are how Europe dials the plus sign."""
    assert one(phone="0049 30 123456").parties["ann"].phone == "+4930123456"


def test_all_mistakes_of_a_line_are_told_and_the_good_lines_go_in():
    """One bad line costs one line."""
    table = "n,d,i,t,a\nA,x,2026-01-01,soon,1.0x\nB,x,2026-01-01,2026-02-01,5\n,x,,2026-02-01,5\n"
    intake = taken(table)
    assert [incoming.invoice.number for incoming in intake.receivables] == ["B"]
    assert [(finding.line, finding.column) for finding in intake.errors] == [(2, "t"), (2, "a"), (4, "")]


def test_values_translate_cells_and_an_unknown_one_is_an_error():
    """An empty cell is no fact, a cell that the mapping does not know is a bad line."""
    mapping = SHORT + 'disputed: {column: x, values: {Yes: true, No: false, "n/a": ""}}\n'
    lines = [f"{n},d,2026-01-01,2026-02-01,5,{cell}" for n, cell in enumerate(["Yes", "No", "", "n/a", "yes"])]
    intake = taken("n,d,i,t,a,x\n" + "\n".join(lines), mapping)
    assert [fact.invoice for fact in intake.facts] == ["0"]
    assert [str(finding) for finding in intake.errors] == [
        'a.csv:6: error: x: "yes" is not among the values of the mapping (Yes, No, n/a); did you mean "Yes"?'
    ]


def test_dates_are_read_by_the_format_of_the_mapping():
    """The tokens are Pendulum's."""
    mapping = SHORT.replace("due: t", 'due: {column: t, format: "D MMM YYYY"}')
    assert taken("n,d,i,t,a\nA,x,,3 Mar 2026,5\n", mapping).receivables[0].invoice.due == date(2026, 3, 3)
    assert told("n,d,i,t,a\nA,x,,Mar 3 2026,5\n", mapping) == [
        "a.csv:2: error: t: 'Mar 3 2026' is not a date of the form D MMM YYYY"
    ]


def test_an_invoice_due_before_it_was_issued_goes_in_with_a_warning():
    """It may be right; somebody should look."""
    (finding,) = one(due="2026-01-01").findings
    assert finding.severity is Severity.WARNING
    assert "due on 2026-01-01, before it was issued on 2026-02-01" in finding.message


def test_a_debtors_later_line_fills_gaps_and_a_different_value_is_a_warning():
    """What was told first stays; both lines are named."""
    mapping = SHORT + "email: e\nname: m\n"
    table = "n,d,i,t,a,e,m\nA,x,,2026-02-01,5,,Ann\nB,x,,2026-02-01,5,a@example.com,Anna\nC,x,,2026-02-01,5,a@example.com,\n"
    intake = taken(table, mapping)
    assert (intake.parties["x"].email, intake.parties["x"].name) == ("a@example.com", "Ann")
    assert [str(finding) for finding in intake.findings] == [
        "a.csv:3: warning: x has the name Anna here and Ann in line 2, which is kept"
    ]


def test_the_same_invoice_again_is_nothing_new_and_another_under_its_number_is_an_error():
    """The first is kept; the error names both lines."""
    table = "n,d,i,t,a\nA,x,,2026-02-01,5\nA,x,,2026-02-01,5.00\nA,x,,2026-02-01,6\nA,x,,2026-02-01,-5\n"
    intake = taken(table)
    assert len(intake.receivables) == 1
    assert [str(finding) for finding in intake.errors] == [
        "a.csv:4: error: A has come already, with other content, in line 2; 1 more like this, in line 5",
    ]
    assert intake.facts == ()


def test_two_files_are_one_intake():
    """What differs between files names the other file."""
    first = read_invoices("n,d,i,t,a\nA,x,,2026-02-01,5\n", mapped(SHORT), file="a.csv")
    second = read_invoices("n,d,i,t,a\nA,x,,2026-02-01,6\n", mapped(SHORT), file="b.csv")
    assert [str(finding) for finding in gather(first, second).findings] == [
        "b.csv:2: error: A has come already, with other content, in a.csv:2"
    ]
    assert gather(first, first) == gather(first)


def test_debtors_of_no_known_kind_are_consumers_with_one_warning():
    """The law protects consumers more, so nobody is treated as a business by accident."""
    mapping = SHORT.replace("kind: {value: business}\n", "")
    intake = taken("n,d,i,t,a\nA,x,,2026-02-01,5\nB,y,,2026-02-01,5\n", mapping)
    assert {party.kind for party in intake.parties.values()} == {PartyKind.CONSUMER}
    assert [str(finding) for finding in intake.findings] == [
        "a.csv:2: warning: nothing tells whether x and 1 more are consumers or businesses: treated as consumers"
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_delimiters_and_line_ends_are_seen(delimiter, newline):
    """Commas, semicolons and tabs; a byte order mark is no part of the first column."""
    lines = ["n,d,i,t,a", "A,x,,2026-02-01,5", ""]
    data = newline.join(lines).replace(",", delimiter).encode("utf-8-sig")
    intake = taken(data)
    assert intake.findings == ()
    assert len(intake.receivables) == 1


def test_quoted_cells_hold_delimiters_and_line_breaks_and_lines_keep_their_numbers():
    """The number of a line is where it begins in the file."""
    table = 'n,d,i,t,a\n"A,1","x\ny",,2026-02-01,5\n\n,,,,\nB,x,,never,5\n'
    intake = taken(table)
    assert intake.receivables[0].invoice.number == "A,1"
    assert intake.receivables[0].debtor == "x y"
    assert [(finding.line, finding.column) for finding in intake.errors] == [(6, "t")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A,x,,2026-02-01", "4 cells where the header has 5"),
        ("A,x,,2026-02-01,5,6", "6 cells where the header has 5"),
        ('"A,x,,2026-02-01,5', "a quote that begins here is never closed"),
        ('"A"A,x,,2026-02-01,5', "a quote stands inside of a quoted text"),
    ],
)
def test_a_line_of_the_wrong_shape_costs_only_itself(line, message):
    """Reading goes on in the next line."""
    intake = taken(f"n,d,i,t,a\n{line}\nB,x,,2026-02-01,5\n")
    assert [incoming.invoice.number for incoming in intake.receivables] == ["B"]
    assert [(finding.line, message in finding.message) for finding in intake.errors] == [(2, True)]


def test_a_cell_longer_than_any_text_is_told():
    """A limit of the reader, not a crash."""
    assert "a cell is longer than any text" in told(f"n,d,i,t,a\n{'A' * 140_000},x,,2026-02-01,5\n")[0]


def test_a_file_full_of_open_quotes_is_given_up():
    """Each would be looked for to the end of the file."""
    findings = told("n,d,i,t,a\n" + '"A\n' * 301)
    assert findings == [
        'a.csv:2: error: a quote stands inside of a quoted text: write it twice (""); 99 more like this, in lines 3, 4, 5 …',
        "a.csv:102: error: too many quotes that are never closed: the rest of the file is left out",
    ]


def test_lines_that_are_not_utf8_are_told_and_the_others_go_in():
    """A table from an old program costs its bad lines."""
    data = "n,d,i,t,a\nA,Müller,,2026-02-01,5\nB,x,,2026-02-01,5\n".encode("latin-1")
    intake = taken(data)
    assert [str(finding) for finding in intake.findings] == [
        "a.csv:2: error: byte 4 is not UTF-8: save the table in UTF-8"
    ]
    assert [incoming.invoice.number for incoming in intake.receivables] == ["B"]


def test_a_mapping_that_does_not_fit_the_table_reads_nothing():
    """The diagnostics are about the mapping file; no line is blamed."""
    intake = taken("n,d,i,t\nA,x,,2026-02-01\n")
    assert [str(diagnostic) for diagnostic in intake.diagnostics] == [
        'mapping.yaml:5:9 DUN259 the table has no column "a"'
    ]
    assert (intake.receivables, intake.findings) == ((), ())


def test_debtors_bring_addresses_consents_and_holds():
    """Facts without a date stand from the beginning."""
    table = (
        "debtor,kind,name,address,opted_out,holds\n"
        'ann,consumer,Ann,"1 High St\n80202 Denver | US",email; sms,attorney named; cease requested\n'
    )
    intake = gather(read_debtors(table, file="d.csv"))
    assert intake.parties["ann"].address == ("1 High St", "80202 Denver", "US")
    assert [(fact.date, fact.fact) for fact in intake.facts] == [
        (None, OptedOut(Channel.EMAIL)),
        (None, OptedOut(Channel.SMS)),
        (None, HoldPlaced(HoldReason.ATTORNEY)),
        (None, HoldPlaced(HoldReason.CEASE)),
    ]
    assert intake.facts[2].event_id == "debtor ann: attorney named"
    assert intake.facts[2].event("USD") == HoldPlaced(HoldReason.ATTORNEY)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("opted_out", "fax", "'fax' is none of email, sms, call, letter"),
        ("holds", "payment of 5.00", "is no hold such as bankrupt"),
        ("holds", "bankrup", 'did you mean "bankrupt"?'),
        ("holds", "on holiday", "accepted: payment of"),
    ],
)
def test_a_consent_or_hold_that_means_nothing_is_told(column, cell, message):
    """The line is left out, for a hold that is lost would be a contact that must not be."""
    batch = read_debtors(f"debtor,{column}\nann,{cell}\n", file="d.csv")
    assert batch.debtors == ()
    assert message in batch.findings[0].message


def test_debtors_may_have_a_mapping():
    """Addresses are put together from columns."""
    loaded = load_mapping("debtor: id\naddress: {columns: [street, city]}\n", file="m.yaml", of="debtors")
    table = "id,street,city\nann,1 High St,Denver\nbob,,\n"
    intake = gather(read_debtors(table, loaded.mapping, file="d.csv"))
    assert intake.parties["ann"].address == ("1 High St", "Denver")
    assert intake.parties["bob"].address == ()
    assert read_debtors("id\nann\n", loaded.mapping, file="d.csv").diagnostics[0].code == "DUN259"


def test_columns_of_debtors_that_mean_nothing_are_told():
    """A misspelt column would lose what it holds."""
    findings = read_debtors("debtor,e-mail,note\nann,a@example.com,x\n", file="d.csv").findings
    assert [(finding.severity, finding.message) for finding in findings] == [
        (Severity.WARNING, 'the column "e-mail" is not used; did you mean "email"?'),
        (Severity.NOTE, 'the column "note" is not used'),
    ]
    missing = read_debtors("debtr\nann\n", file="d.csv").findings
    assert missing[0] == Finding("d.csv", 1, 'the table has no column "debtor"; did you mean "debtr"?')
    assert read_debtors("", file="d.csv").findings == (Finding("d.csv", 1, "the table is empty"),)


def test_debtors_and_invoices_are_one_debtor():
    """The file of debtors, given first, is believed."""
    debtors = read_debtors("debtor,kind\nx,consumer\n", file="d.csv")
    invoices = read_invoices("n,d,i,t,a\nA,x,,2026-02-01,5\n", mapped(SHORT), file="a.csv")
    intake = gather(debtors, invoices)
    assert intake.parties["x"].kind is PartyKind.CONSUMER
    assert str(intake.findings[0]).endswith("x has the kind business here and consumer in d.csv:2, which is kept")


def test_events_are_facts_in_the_words_of_the_test_format():
    """A fact is about a case or an invoice, and takes the invoice where it can be about one."""
    table = (
        "date,case,invoice,fact\n"
        "2026-03-16,,INV-1,payment of 40.00\n"
        "2026-03-17,case-9,,bankrupt\n"
        "2026-03-18,,INV-1,ultimatum delivered\n"
    )
    batch = read_events(table, file="e.csv")
    assert batch.findings == ()
    paid, bankrupt, news = batch.facts
    assert paid.event("EUR") == PaymentReceived(Money("40.00", "EUR"), "INV-1", "intake", paid.event_id)
    assert (bankrupt.case, bankrupt.fact) == ("case-9", HoldPlaced(HoldReason.BANKRUPTCY))
    assert news.event("EUR") == StepNews("ultimatum", News.DELIVERED)


def test_the_same_event_twice_is_two_facts_with_identities_that_stay():
    """Two calls on one day are two; reading the file again tells nothing new."""
    table = "date,invoice,fact\n" + "2026-03-16,INV-1,conversation by call\n" * 2
    first, second = (fact.event_id for fact in read_events(table, file="e.csv").facts)
    assert first != second
    assert [fact.event_id for fact in read_events(table, file="other.csv").facts] == [first, second]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-03-16,,,bankrupt", "nothing tells whom it is about"),
        ("2026-03-16,,INV-1,payment of 4 for INV-2", "the fact is about invoice INV-2"),
        ("2026-03-16,,INV-1,bankrup", 'did you mean "bankrupt"?'),
        (",,INV-1,bankrupt", "date: empty"),
    ],
)
def test_an_event_that_cannot_be_told_is_a_finding(line, message):
    """Line and reason, as everywhere."""
    batch = read_events(f"date,case,invoice,fact\n{line}\n", file="e.csv")
    assert batch.facts == ()
    assert message in str(batch.findings[0])


def test_events_need_their_columns():
    """A table without facts is refused once, not line by line."""
    batch = read_events("day,invoice,fact\n2026-03-16,INV-1,bankrupt\n", file="e.csv")
    assert [finding.message for finding in batch.findings] == [
        'the table has no column "date"',
        'the column "day" is not used',
    ]
    assert read_events("date,date,fact\n1,2,3\n", file="e.csv").diagnostics[0].code == "DUN262"


def test_the_header_is_there_to_check_a_mapping_against():
    """Names of columns, without the byte order mark and outer spaces."""
    assert header_of(b"\xef\xbb\xbfa; b ;c\n1;2;3\n") == ("a", "b", "c")


def test_reading_twice_gives_the_same():
    """The same bytes give the same intake."""
    table = "n,d,i,t,a\nA,x,,2026-02-01,5\nB,x,,never,5\n"
    assert taken(table) == taken(table)


CELLS = st.sampled_from(["", "A", "2026-02-01", "5", "-5.00", "1e9", "USD", "true", "x@y.z", "+12125550123", '"', "é;"])


@settings(deadline=None)
@given(st.lists(st.lists(CELLS | st.text(max_size=8), min_size=5, max_size=19)))
def test_any_cells_are_rows_or_findings(lines):
    """Reading never raises, and each good line comes from one line of the file."""
    table = ",".join(KEYS) + "\n" + "\n".join(",".join(line) for line in lines)
    intake = taken(table, EVERYTHING)
    assert len(intake.receivables) <= len(table)
    read_events("date,invoice,fact\n" + table, file="e.csv")
    read_debtors("debtor,kind,holds\n" + table, file="d.csv")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_findings(data):
    """A file that is no table is told about, whatever it is."""
    taken(b"n,d,i,t,a\n" + data)
    for read in (read_events, read_debtors):
        gather(read(data, file="x.csv"))
    gather(read_invoices(data, mapped(SHORT), file="x.csv"))


@pytest.mark.skipif(not REAL.exists(), reason="the real receivables are not here")
def test_the_real_receivables_go_in():
    """2,466 invoices, 561 of them disputed, all settled."""
    mapping = mapped("""\
invoice: invoiceNumber
debtor: customerID
issued: {column: InvoiceDate, format: M/D/YYYY}
due: {column: DueDate, format: M/D/YYYY}
amount: InvoiceAmount
currency: {value: USD}
paid_on: {column: SettledDate, format: M/D/YYYY}
disputed: {column: Disputed, values: {Yes: true, No: false}}
kind: {value: business}
""")
    started = time.perf_counter()
    intake = gather(read_invoices(REAL.read_bytes(), mapping, file="accounts-receivable.csv"))
    assert time.perf_counter() - started < 3
    assert (len(intake.receivables), len(intake.parties), intake.findings) == (2466, 100, ())
    kinds = [type(fact.fact) for fact in intake.facts]
    assert [kinds.count(kind) for kind in (PaymentReceived, HoldPlaced, HoldLifted)] == [2466, 561, 561]
