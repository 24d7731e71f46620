"""From a case to the words that people read, with nothing of the machine in reach of a template."""

from __future__ import annotations

import builtins
import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from templates_support import AGENCY, CALL, CREDITOR, LETTER, MAIL, NOW, SMS, action, case, policy, write

from dunning_engine.domain.actions import ActionKey
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.events import (
    ActionCleared,
    DeliveryArmed,
    HoldPlaced,
    PaymentReceived,
    ReceiptKind,
    ReceiptRecorded,
)
from dunning_engine.domain.offers import Offer, OfferKind
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine import localised, rendering
from dunning_engine.engine.rendering import Rendered, Renderer, TemplateError, amount_text, context, day_text
from dunning_engine.engine.template_files import parse
from dunning_engine.engine.variable_names import COUNTS, ITEM_FIELDS, VARIABLES
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Lead

LISTS = (*ITEM_FIELDS, "enclosures")


def rendered(folder, spec=MAIL, name="reminder", *, of=None, **more):
    renderer = Renderer({"p": folder})
    return renderer.render(action(spec, name, **more), of or case(), policy(), CREDITOR, NOW)


def values(of=None, *, language="en", **more):
    return context(action(**more), of or case(), policy(), CREDITOR, NOW, language=language)


def flat(group, prefix=""):
    for key, value in group.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def test_every_variable_is_there_and_no_other():
    """The documented variables, and the context of an ultimatum, are the same set."""
    found = dict(flat(values(spec=LETTER, name="ultimatum", deadline="2026-04-03")))
    assert set(found) == set(VARIABLES)
    assert all(type(value) is (int if name in COUNTS else str) for name, value in found.items() if name not in LISTS)
    assert [set(item) for item in found["invoices"]] == [{n[8:] for n in VARIABLES if n.startswith("invoice.")}] * 2


def test_the_values():
    """Amounts with currency, dates in words, counts as numbers; the lead is the oldest overdue invoice."""
    assert values() == {
        "debtor": {"name": "Ann Example", "id": "cust-17"},
        "recipient": {"name": "Ann Example"},
        "creditor": {
            "name": "Larkfield Home",
            "email": "billing@example.com",
            "phone": "+1 555",
            "address": "400 Canal Street\nNew York",
            "payment_methods": "Card: https://pay.example.com/INV-1",
        },
        "case": {
            "id": "case-17",
            "balance": "1,259.50 USD",
            "overdue": "1,254.50 USD",
            "credit": "0.00 USD",
            "creditor": "Larkfield Home",
            "currency": "USD",
        },
        "invoice": {
            "number": "INV-1",
            "amount": "1,234.50 USD",
            "open": "1,234.50 USD",
            "disputed": "0.00 USD",
            "charges": "0.00 USD",
            "issued": "1 February 2026",
            "due": "2 March 2026",
            "days_overdue": 18,
            "level": "reminder",
            "reminder": 1,
        },
        "invoices": [
            values()["invoice"],
            {
                "number": "INV-2",
                "amount": "20.00 USD",
                "open": "20.00 USD",
                "disputed": "0.00 USD",
                "charges": "0.00 USD",
                "issued": "8 February 2026",
                "due": "9 March 2026",
                "days_overdue": 11,
                "level": "reminder",
                "reminder": 1,
            },
        ],
        "not_due": values()["not_due"],
        "held": [],
        "charges": {**dict.fromkeys(("fees", "interest", "total", "added"), "0.00 USD"), "lines": ""},
        "offer": {"amount": "", "until": "", "words": ""},
        "enclosures": [],
        "step": {"name": "reminder", "occurrence": 1},
        "action": {"amount": "1,254.50 USD", "reminder": 1, "date": "20 March 2026"},
        "plan": {"parts": 0, "every": "", "least": "", "each": "", "words": ""},
        "obligations": "",
        "obligation": dict.fromkeys(TERMS["carries"].words, ""),
    }


def test_a_plan_that_is_offered():
    """The most parts, the least that one may be, and equal parts that pay all of it: the last cent is rounded up."""
    offer = Offer(
        id="1", kind=OfferKind.PLAN, rule="plan of up to 3 monthly instalments", amount=10_000, until=1, parts=3,
        every="month", least=1,
    )  # fmt: skip
    found = context(replace(action(), offers=(offer,)), case(), policy(), CREDITOR, NOW)
    assert found["plan"] == {
        "parts": 3, "every": "month", "least": "0.01 USD", "each": "33.34 USD", "words": offer.rule,
    }  # fmt: skip
    assert found["offer"]["words"] == ""


def test_a_deadline():
    """An ultimatum states the last day, what is overdue, and what the policy does next."""
    assert values(spec=LETTER, name="ultimatum", deadline="2026-04-03")["deadline"] == {
        "date": "3 April 2026",
        "amount": "1,254.50 USD",
        "consequence": "the account is placed with a collection agency",
    }


def test_only_what_the_action_claims_is_asked_for():
    """The invoices are those of the action, with what is open of them at the moment; totals leave out what is disputed."""
    owed = case(PaymentReceived(Money("1000.00", "USD"), "INV-1"), HoldPlaced(HoldReason.DISPUTE, "INV-2"))
    told = values(owed, invoices=("INV-1",))
    assert told["case"]["balance"] == "239.50 USD"
    assert told["case"]["overdue"] == "234.50 USD"
    assert [item["open"] for item in told["invoices"]] == ["234.50 USD"]
    assert told["invoice"]["amount"] == "1,234.50 USD"


def test_what_is_not_asked_for_yet_is_listed_apart():
    """Whoever pays early may want to know what comes; it stands on no level."""
    told = values(invoices=("INV-1",))
    assert "INV-1" not in [item["number"] for item in told["not_due"]]
    assert {item["level"] for item in told["not_due"]} == {""}


def test_what_is_disputed_is_told_and_not_asked():
    """Of an invoice that is disputed in part the rest is open; one that is disputed altogether is listed apart."""
    owed = case(
        HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=Money("34.50", "USD")), HoldPlaced(HoldReason.DISPUTE, "INV-2")
    )
    told = values(owed, invoices=("INV-1",))
    assert (told["invoice"]["open"], told["invoice"]["disputed"]) == ("1,200.00 USD", "34.50 USD")
    assert [(item["number"], item["open"], item["disputed"]) for item in told["held"]] == [
        ("INV-2", "20.00 USD", "20.00 USD")
    ]


def test_a_fee_per_invoice_stands_on_its_invoice_and_credit_on_the_case():
    """Charges that the message adds count on their invoices before they are booked; unapplied money is credit."""
    fee = Charge(
        id="f-1", kind=ChargeKind.FEE, amount=2_00, invoice="INV-1", rule="fee of 2.00 per invoice", currency="USD"
    )
    owed = case(PaymentReceived(Money("7.00", "USD"), unapplied=True))
    told = context(replace(action(), charges=(fee,)), owed, policy(), CREDITOR, NOW)
    assert [item["charges"] for item in told["invoices"]] == ["2.00 USD", "0.00 USD"]
    assert told["case"]["credit"] == "7.00 USD"


def test_whose_debt_it_is():
    """Who collects for others says for whom."""
    theirs = case(
        owed=[Invoice("INV-1", Money("5.00", "USD"), due="2026-03-02", issued="2026-02-01", creditor="North")]
    )
    assert values(theirs, invoices=("INV-1",))["case"]["creditor"] == "North"


def test_a_joint_letter_is_about_its_own_invoice():
    """Under `lead: each` the invoice of the ultimatum stands first, and the deadline asks only for what is on its level."""
    each = replace(policy(), lead=Lead.EACH)
    key = ActionKey("INV-2", "ultimatum", 1, "0")
    letter = replace(
        action(LETTER, "ultimatum", deadline="2026-04-03"),
        key=key,
        levels=(key, ActionKey("INV-1", "reminder", 1, "0")),
    )
    told = context(letter, case(), each, CREDITOR, NOW)
    assert told["invoice"]["number"] == "INV-2"
    assert (told["deadline"]["amount"], told["action"]["amount"]) == ("20.00 USD", "1,254.50 USD")
    assert [item["level"] for item in told["invoices"]] == ["reminder", "ultimatum"]


def test_before_anything_is_overdue():
    """Until something is overdue the next to fall due leads."""
    early = context(action(invoices=("INV-1",)), case(), policy(), CREDITOR, NOW - 40 * 86_400)
    assert [item["number"] for item in early["invoices"]] == ["INV-1"]
    assert early["invoice"]["days_overdue"] == 0
    assert early["case"]["overdue"] == "0.00 USD"


def test_nothing_owed():
    """There is nothing to write about a case without debt."""
    with pytest.raises(UsageError, match="nothing is owed in case case-17"):
        values(case(PaymentReceived(Money("1259.50", "USD"))))


def test_names_that_are_missing():
    """The identity stands for a name, and empty text for what a creditor has not said."""
    told = context(action(), case(name=None), policy(), Party.business("acme"), NOW)
    assert told["debtor"]["name"] == "cust-17"
    assert told["creditor"] == {"name": "acme", "email": "", "phone": "", "address": "", "payment_methods": ""}


class _Canary(str):
    """Text that fails the test when anything of it is used but its letters."""

    __slots__ = ()

    def __html__(self):
        raise AssertionError("a template reached an object")

    __liquid__ = __str__ = __format__ = upper = lower = __html__


@settings(deadline=None)
@given(st.text(max_size=60) | st.sampled_from(["{{ creditor.email }}", "{% if %}", "a\nSubject: b", "\x1b[2J"]))
def test_what_debtors_write_is_never_liquid(name):
    """A name is a value on one line: Liquid in it stays text, and objects of the host do not get through."""
    template = parse("Subject: x\n\n<{{ debtor.name }}>", "email/x.liquid")
    told = context(action(), case(name=_Canary(name) if name else None), policy(), CREDITOR, NOW)
    text = template.fill(told)
    assert all(type(value) in (str, int, list) for _, value in flat(told))
    shown = text.removeprefix("Subject: x\n\n<").removesuffix(">")
    assert "\n" not in shown
    assert shown == (rendering.one_line(name) if name else "cust-17")


def test_subject_and_body(tmp_path):
    """The first line is the subject, the rest after an empty line the text."""
    write(
        tmp_path, email_reminder="Subject: About {{ invoice.number }}\n\nDear {{ debtor.name }},\r\n\r\nplease pay.\n\n"
    )
    assert rendered(tmp_path) == Rendered("About INV-1", "Dear Ann Example,\n\nplease pay.", "en")


def test_channels_without_subject(tmp_path):
    """SMS and calls have none; letters may have one."""
    write(tmp_path, sms_nudge="Subject: {{ invoice.open }}", call_script="ask", letter_final="Pay {{ deadline.date }}")
    assert rendered(tmp_path, SMS) == Rendered("", "Subject: 1,234.50 USD", "en")
    assert rendered(tmp_path, CALL) == Rendered("", "ask", "en")
    letter = rendered(tmp_path, LETTER, "ultimatum", deadline="2026-04-03")
    assert letter == Rendered("", "Pay 3 April 2026", "en")


def test_an_email_without_subject(tmp_path):
    """An e-mail without subject is not sent."""
    write(tmp_path, email_reminder="hello")
    with pytest.raises(TemplateError, match=r"reminder.liquid: this e-mail has no subject"):
        rendered(tmp_path)


def test_what_is_enclosed_is_named(tmp_path):
    """A text names the files that go along, and says nothing of them where there are none."""
    write(
        tmp_path, email_reminder="Subject: s\n\nb{% if enclosures.size > 0 %}: {{ enclosures | join: ', ' }}{% endif %}"
    )
    renderer = Renderer({"p": tmp_path})

    def text(*names):
        return renderer.render(action(), case(), policy(), CREDITOR, NOW, enclosures=names).text

    assert (text(), text("INV-1.pdf"), text("a.pdf", "b\n.pdf")) == ("b", "b: INV-1.pdf", "b: a.pdf, b .pdf")


@pytest.mark.parametrize(
    ("language", "month", "expected"),
    [("fr", 4, "1er avril 2026"), ("fr-CA", 12, "1er décembre 2026"), ("de", 4, "1. April 2026")],
)
def test_the_first_of_a_month(language, month, expected):
    """French counts the first day of a month, and only that."""
    assert day_text(date(2026, month, 1).toordinal(), language) == expected
    assert day_text(date(2026, month, 11).toordinal(), language).startswith("11")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de-AT", ("at", "de-AT", "2. März 2026", "1.234,50 USD")),
        ("de-CH", ("de", "de", "2. März 2026", "1’234.50 USD")),
        ("de", ("de", "de", "2. März 2026", "1.234,50 USD")),
        ("fr", ("fr", "fr", "2 mars 2026", "1\u202f234,50 USD")),
        ("es", ("es", "es", "2 de marzo de 2026", "1234,50 USD")),
        ("pl", ("none", "en", "2 March 2026", "1,234.50 USD")),
        ("en-US", ("none", "en", "March 2, 2026", "1,234.50 USD")),
        ("../../etc", ("none", "en", "2 March 2026", "1,234.50 USD")),
        (None, ("none", "en", "2 March 2026", "1,234.50 USD")),
    ],
)
def test_languages(tmp_path, language, expected):
    """The closest language is taken, and days and amounts follow the language of the text, not of the debtor."""
    body = "\n\n{{ invoice.due }}|{{ invoice.open }}"
    write(
        tmp_path,
        email_reminder="Subject: none" + body,
        email_reminder__de="Subject: de" + body,
        email_reminder__de_AT="Subject: at" + body,
        email_reminder__fr="Subject: fr" + body,
        email_reminder__es="Subject: es" + body,
    )
    text = rendered(tmp_path, of=case(language=language))
    due, _, amount = text.text.partition("|")
    found = text.subject, text.language, due, amount
    assert found == expected or (language == "es" and amount == "1.234,50 USD")


def test_spaces_in_an_sms(tmp_path):
    """Spaces that do not break would double its price."""
    write(tmp_path, sms_nudge__fr="{{ invoice.open }}", sms_nudge="x")
    assert rendered(tmp_path, SMS, of=case(language="fr")).text == "1 234,50 USD"


def test_days_and_amounts():
    """Currencies keep their digits; unknown languages show ISO 8601 and points."""
    day = date(2026, 1, 6).toordinal()
    assert amount_text(Money("1234567", "JPY"), "de") == "1.234.567 JPY"
    assert amount_text(Money("1.5", "KWD"), "en") == "1.500 KWD"
    assert amount_text(Money("-3", "USD"), "xx") == "-3.00 USD"
    assert [day_text(day, tag) for tag in ("de-AT", "en-GB", "en-XX", "xx", "")] == [
        "6. Jänner 2026", "6 January 2026", "6 January 2026", "2026-01-06", "2026-01-06",
    ]  # fmt: skip


def test_without_babel(monkeypatch):
    """Babel is an extra: without it days are ISO 8601 and amounts have points."""
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("babel"):
            raise ImportError(name)
        return real(name, *rest)

    localised._locale.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    assert day_text(date(2026, 1, 6).toordinal(), "de") == "2026-01-06"
    assert amount_text(Money("1234.5", "EUR"), "de") == "1,234.50 EUR"
    localised._locale.cache_clear()


def test_a_hand_off(tmp_path):
    """An agency gets structure, not prose: who, what, how much, what was done and paid."""
    mail = action()
    facts = [
        PaymentReceived(Money("34.50", "USD"), "INV-1"),
        ActionCleared(mail),
        DeliveryArmed(mail.id, "d"),
        ReceiptRecorded(mail.id, ReceiptKind.SENT),
        ActionCleared(action(SMS, "other")),
    ]
    text = rendered(tmp_path, AGENCY, "agency", of=case(*facts), amount=122_000)
    told = json.loads(text.text)
    assert text.subject == ""
    assert told["agency"] == "acme"
    assert told["amounts"] == {"claimed": "1220.00", "balance": "1225.00", "overdue": "1220.00"}
    assert told["debtor"] == {"id": "cust-17", "kind": "consumer", "name": "Ann Example", "email": "ann@example.com"}
    assert told["creditor"]["address"] == ["400 Canal Street", "New York"]
    assert [invoice["number"] for invoice in told["invoices"]] == ["INV-1", "INV-2"]
    assert told["invoices"][0] == {
        "number": "INV-1",
        "amount": "1234.50",
        "open": "1200.00",
        "issued": "2026-02-01",
        "due": "2026-03-02",
        "days_overdue": 18,
    }
    assert told["payments"] == [{"at": "2026-01-31T19:00:04-05:00", "amount": "34.50", "invoice": "INV-1"}]
    assert told["history"] == [{"at": "2026-01-31T19:00:07-05:00", "action": "email reminder", "state": "sent"}]


def test_templates_that_are_not_there(tmp_path):
    """What is missing is named, and `dunning check` recommended."""
    with pytest.raises(TemplateError, match=r"no template 'reminder' for email in .*dunning check"):
        rendered(tmp_path)
    with pytest.raises(TemplateError, match="policy p has no folder of templates"):
        Renderer({}).render(action(), case(), policy(), CREDITOR, NOW)


def test_names_that_are_paths(tmp_path):
    """A name that leads out of the folder finds nothing there."""
    write(tmp_path, email_reminder="Subject: a\n\nb")
    spec = replace(MAIL, name="../email/reminder")
    with pytest.raises(TemplateError, match="no template"):
        rendered(tmp_path, spec)


def test_templates_with_mistakes(tmp_path):
    """A template with mistakes is never sent: the same findings as in the check."""
    write(tmp_path, email_reminder="Subject: a\n\n{{ debtor.nam }}{{ now }}")
    with pytest.raises(TemplateError, match=r"reminder.liquid:3:4 DUN505 .*\n.*reminder.liquid:3:20 DUN505"):
        rendered(tmp_path)


def test_templates_that_do_not_fit(tmp_path):
    """What fails only with values says where."""
    write(tmp_path, email_reminder="Subject: a\n\n{{ deadline.date }}")
    with pytest.raises(TemplateError, match=r"reminder.liquid:3:4 DUN511 cannot be filled in: 'deadline' is undefined"):
        rendered(tmp_path)


def test_files_are_read_once(tmp_path):
    """A running engine does not change its words halfway."""
    write(tmp_path, email_reminder="Subject: a\n\nb")
    renderer = Renderer({"p": tmp_path})
    texts = []
    for _ in range(2):
        texts.append(renderer.render(action(), case(), policy(), CREDITOR, NOW))
        write(tmp_path, email_reminder="Subject: other\n\nc")
    assert texts[0] == texts[1]
