"""Texts before a restriction, before a report and of a proposal: what they leave out is found at their file."""

from __future__ import annotations

import pytest
from templates_support import CALL, LETTER, MAIL, SMS, place_of, policy, step, write

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import Do
from dunning_engine.engine.templates import CODES, check_templates
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.spans import Span, Unit

RESTRICT = ActionSpec(Do.RESTRICT, "service", after="notice", wait=Span(10))
REPORT = ActionSpec(Do.REPORT, "experian", after="notice", wait=Span(3, Unit.WEEK))
PROPOSAL = ActionSpec(Do.PROPOSE, "proposal", Channel.LETTER, topic="mediation")
WHOLE = "{{ invoice.number }} {{ case.overdue }} within 10 days, {{ creditor.email }}"
DEADLINE = "{{ deadline.date }} {{ deadline.amount }} {{ deadline.consequence }}"


def found(folder, *steps):
    return [(d.code, d.message) for d in check_templates(policy(*steps), place_of, folder)]


def before(folder, text, what=RESTRICT, **more):
    return found(write(folder, letter_final=text), step("notice", LETTER, **more), step("last", what))


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        (WHOLE, ""),
        (WHOLE.replace("invoice.number", "case.id"), "which debt it is about"),
        ("{% for item in invoices %}{{ item.number }} {{ item.open }}{% endfor %} 10 {{ creditor.phone }}", ""),
        ("10 {{ invoice.number }} {{ creditor.address }}", "the amount"),
        ("{{ invoice.open }} 10", "which debt it is about and how to pay or answer"),
        ("10", "which debt it is about, the amount and how to pay or answer"),
    ],
)
def test_a_notice_before_a_restriction(tmp_path, text, lacks):
    """Debt, amount, time and a way to answer have to come out of the text."""
    message = f"step notice gives notice of a restriction, and this text does not say {lacks}"
    assert before(tmp_path, text) == ([("DUN516", message)] if lacks else [])


@pytest.mark.parametrize("text", [WHOLE.replace("10", "{{ case.id }}"), WHOLE.replace("10", "100")])
def test_the_wait_has_to_be_said(tmp_path, text):
    """By its number, so that any language will do; a date that the step does not have cannot be asked for."""
    ((code, message),) = before(tmp_path, text)
    assert code == "DUN516"
    assert message.endswith(
        "does not say the date: write how long it waits (10 days), or give the step a deadline and write "
        "{{ deadline.date }}"
    )


def test_a_notice_without_wait_needs_a_deadline(tmp_path):
    """Nothing else says from when on it counts."""
    ((code, message),) = before(tmp_path, WHOLE, ActionSpec(Do.RESTRICT, "service", after="notice"))
    assert code == "DUN516"
    assert message.endswith("the date: give the step a deadline and write {{ deadline.date }}")


def test_a_notice_with_a_deadline(tmp_path):
    """Date and amount are asked for as in any ultimatum; debt and answer as in any notice."""
    assert [code for code, _ in before(tmp_path, DEADLINE, deadline=14)] == ["DUN516"]
    assert [code for code, _ in before(tmp_path, "10", deadline=14)] == ["DUN508", "DUN516"]
    assert before(tmp_path, DEADLINE + "{{ invoice.number }}{{ creditor.phone }}", deadline=14) == []


def test_a_notice_of_two_things(tmp_path):
    """A text that is the notice of both is asked for both, and says how long each waits."""
    write(tmp_path, letter_final=WHOLE)
    steps = (step("notice", LETTER), step("last", RESTRICT), step("again", RESTRICT), step("report", REPORT))
    assert [code for code, _ in found(tmp_path, *steps)] == ["DUN517"]
    write(tmp_path, letter_final=WHOLE + " or 3 weeks")
    assert found(tmp_path, *steps) == []


def test_a_proposal(tmp_path):
    """A proposal is no notice of anything, and still has to say what it is about and how to answer."""
    write(tmp_path, letter_proposal="Let us talk.")
    ((code, message),) = found(tmp_path, step("offer", PROPOSAL))
    assert code == "DUN518"
    assert message.startswith("step offer proposes mediation, and this text does not say which debt it is about")
    write(tmp_path, letter_proposal=DEADLINE + "{{ invoice.number }}{{ creditor.email }}")
    assert found(tmp_path, step("offer", PROPOSAL, deadline=14)) == []


def test_what_goes_beside_a_notice(tmp_path):
    """A text message or a call beside the letter need not repeat it; alone it has to."""
    write(tmp_path, letter_final=WHOLE, sms_nudge="see our letter", call_script="ask")
    assert found(tmp_path, step("notice", LETTER, SMS, CALL), step("last", RESTRICT)) == []
    assert [code for code, _ in found(tmp_path, step("notice", SMS), step("last", RESTRICT))] == ["DUN516"]


def test_a_misspelt_name_is_found_once(tmp_path):
    """What was only misspelt is not said to be missing."""
    assert [code for code, _ in before(tmp_path, WHOLE.replace("creditor.email", "creditor.emial"))] == ["DUN505"]


TRANSLATED = {
    "email_reminder__de": "Subject: x\n\ny",
    "email_reminder": "Subject: x\n\ny",
    "sms_nudge": "a",
    "sms_nudge__de": "b",
}


def test_the_one_text_that_nobody_translated(tmp_path):
    """Every other one is there in German too: that one was forgotten."""
    write(tmp_path, **TRANSLATED, call_script="ask")
    steps = step("reminder", MAIL, SMS), step("call", CALL), step("again", CALL)
    message = "call script is there in one language only, and every other text of this policy also in de"
    (note,) = check_templates(policy(*steps), place_of, tmp_path)
    assert (note.code, note.message, note.severity) == ("DUN519", message, Severity.NOTE)
    assert note.place == place_of("call", "call script")


@pytest.mark.parametrize(
    "texts",
    [
        TRANSLATED | {"call_script": "ask", "call_script__fr": "demander"},
        {k: v for k, v in TRANSLATED.items() if k != "sms_nudge__de"} | {"call_script": "ask"},
        {k.replace("sms_nudge__de", "sms_nudge__fr"): v for k, v in TRANSLATED.items()} | {"call_script": "ask"},
    ],
)
def test_texts_whose_languages_may_be_meant(tmp_path, texts):
    """Another language, several texts without any, or no language that the others share: nothing is said."""
    write(tmp_path, **texts)
    assert found(tmp_path, step("reminder", MAIL, SMS), step("call", CALL)) == []


def test_codes_are_named():
    """Each has a title."""
    assert {"DUN516", "DUN517", "DUN518", "DUN519"} <= set(CODES)
