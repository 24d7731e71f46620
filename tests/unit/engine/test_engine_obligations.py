"""What the law wants said in a message: which items, in whose words, and that nothing goes out without them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from engine_house import House
from templates_support import CALL, CREDITOR, LETTER, MAIL, NOW, SMS, action, case, place_of, policy, step, write

from dunning_engine.compliance.rulebook import rulebook_of
from dunning_engine.domain.actions import ClearedAction
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.events import ActionBlocked, FactRecorded
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.engine.config import parse_config
from dunning_engine.engine.loading import load_rulebooks, policy_of
from dunning_engine.engine.obligations import ITEMS, TEXTS, Obligation, may_oblige, obliged, text_of
from dunning_engine.engine.rendering import Renderer, TemplateError
from dunning_engine.engine.templates import CODES, check_templates
from dunning_engine.engine.variable_names import VARIABLES
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.errors import PolicyInvalid

OPT_OUT = Obligation("opt_out", "us/reg-f/opt-out", "12 CFR 1006.6(e)")
FIRST = Obligation("attempt_to_collect", "us/reg-f/first-disclosure", "12 CFR 1006.18(e)(1); 15 USC 1692e(11)")

REG_F = """policy: shop
version: 1
collector: third_party
law: [us/reg-f]
applies_to: [debtor is consumer]
time: {zone: Europe/Berlin}
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: text
    when: 3 days after reminder
    send: sms nudge
  - step: final
    when: 3 days after text
    send: letter final
    deadline: 40 days
  - step: agency
    when: 60 days after final
    hand_off: agency acme
"""


def collectors():
    return policy_of(REG_F, "shop.yaml")


# Words ----------------------------------------------------------------------------------------------------------------


def test_every_item_has_a_variable():
    """The docket's words, those of templates, and no other."""
    assert TERMS["carries"].words == ITEMS
    assert {name for name in VARIABLES if name.startswith("obligation.")} == {f"obligation.{item}" for item in ITEMS}
    for texts in TEXTS.values():
        assert {name.partition(".")[0] for name in texts} - {"or write to"} <= set(ITEMS)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_what_regulation_f_asks_has_words_in_every_language_of_ours(language):
    """Whatever the channel."""
    items = {item for s in REG_F_ITEMS for item in s}
    for channel in (Channel.EMAIL, Channel.SMS, Channel.LETTER, Channel.CALL, Channel.SOCIAL):
        assert all(text_of(item, language, channel, CREDITOR) for item in items)


REG_F_ITEMS = [("opt_out",), ("attempt_to_collect", "information_used_for_that_purpose"), ("from_debt_collector",)]


def test_an_opt_out_says_how():
    """By the way that the message took."""
    assert text_of("opt_out", "en", Channel.SMS, CREDITOR) == "Reply STOP to opt out."
    assert text_of("opt_out", "en-US", Channel.EMAIL, CREDITOR) == (
        "To stop e-mails to this address, reply with STOP in the subject, or write to billing@example.com."
    )
    assert text_of("opt_out", "en", Channel.EMAIL, Party.business("us")).endswith("STOP in the subject.")


def test_words_of_the_host_come_first():
    """Of the very language, then of the language without its country; what nobody has words for is empty."""
    own = {
        "de-at": {},
        "de": {"supervisory_authority": "Aufsicht über {creditor} ({phone})", "opt_out.sms": "STOP genügt."},
    }
    assert text_of("supervisory_authority", "de-AT", Channel.LETTER, CREDITOR, own) == (
        "Aufsicht über Larkfield Home (+1 555)"
    )
    assert text_of("opt_out", "de", Channel.SMS, CREDITOR, own) == "STOP genügt."
    assert "Antworten" not in text_of("opt_out", "de", Channel.SMS, CREDITOR, own)
    assert text_of("supervisory_authority", "en", Channel.LETTER, CREDITOR, own) == ""
    assert text_of("cost_breakdown", "tlh", Channel.LETTER, Party.business("us")) == ""


def test_an_obligation_names_its_rule():
    """So that its reader can follow it to the law."""
    assert str(OPT_OUT) == "opt_out (us/reg-f/opt-out, 12 CFR 1006.6(e))"
    assert str(Obligation("opt_out", "house")) == "opt_out (house)"


# Rules ----------------------------------------------------------------------------------------------------------------


def test_items_of_an_action_come_with_a_rule_that_asks():
    """The one that the gate names, with its citation; a rule that nobody knows any more has none."""
    books = load_rulebooks(["us/reg-f"])
    asked = cleared(opt_out=OPT_OUT.rule, attempt_to_collect=FIRST.rule)
    assert obliged(asked, collectors(), books) == (OPT_OUT, FIRST)
    assert obliged(cleared(opt_out="law/gone"), policy(), ()) == (Obligation("opt_out", "law/gone"),)
    assert obliged(cleared(), policy(), ()) == ()


def cleared(**asked_by):
    return SimpleNamespace(obligations=tuple(asked_by), asked_by=tuple(asked_by.values()))


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("reminder", {"opt_out", "attempt_to_collect", "information_used_for_that_purpose", "from_debt_collector"}),
        ("final", {"attempt_to_collect", "information_used_for_that_purpose", "from_debt_collector"}),
    ],
)
def test_what_a_step_may_have_to_carry(name, items):
    """Whatever was said before: electronic messages tell how to opt out, letters need not."""
    made = collectors()
    found = made.steps[made.index[name]]
    owed = may_oblige(found, found.actions[0][0], made, load_rulebooks(["us/reg-f"]))
    assert {one.item for one in owed} == items


@pytest.mark.parametrize(
    ("change", "asks"),
    [
        ({}, True),
        ({"binds": {"channels": ["sms"]}}, False),
        ({"binds": {"collectors": ["third_party"]}}, False),
        ({"binds": {"collectors": ["first_party_in_default"]}}, True),
        ({"binds": {"debtors": ["business"]}}, False),
        ({"binds": {"regulators": ["fca"]}}, False),
        ({"binds": {"regulators": ["rbi"]}}, True),
        ({"offstage": True}, False),
        ({"when": [{"op": "is", "fact": "purpose", "words": ["ultimatum", "collect"]}]}, True),
        ({"when": [{"op": "is", "fact": "purpose", "words": ["furnish"]}]}, False),
        ({"when": [{"op": "is not", "fact": "purpose", "words": ["collect"]}]}, False),
        ({"when": [{"op": "is", "fact": "first_communication", "words": ["yes"]}]}, True),
        ({"unless": [{"op": "is", "fact": "purpose", "words": ["collect"]}]}, False),
        ({"unless": [{"op": "is", "fact": "purpose", "words": ["furnish"]}]}, True),
        ({"unless": [{"op": "known", "fact": "purpose"}]}, True),
        ({"since": {"2021-11-30": {"blocked_channels": []}}}, False),
    ],
)
def test_which_rules_may_ask(change, asks):
    """What is known of a step beforehand silences a rule; what is not known may set it in motion."""
    rule = {
        "rule": "say",
        "kind": "requirement",
        "says": "It is said",
        "binds": {},
        "since": {"2021-11-30": {"carries": ["opt_out"]}},
        "citation": {"text": "§ 1"},
        "confidence": "high",
    }
    book = rulebook_of({"rulebook": "xx/t", "title": "T", "state_of": "2026-01-01", "rules": [{**rule, **change}]})
    made = policy_of(
        "policy: p\nversion: 1\nregulated_as: rbi\napplies_to: debtor is consumer\nsteps:\n"
        "  - {step: a, when: 1 day after due, send: email b}\n",
        "p.yaml",
    )
    (only,) = made.steps
    assert bool(may_oblige(only, only.actions[0][0], made, [book])) is asks


@pytest.mark.parametrize(
    ("countries", "asks"), [("country is DE", False), ("country is US", True), ("debtor is consumer", True)]
)
def test_the_law_of_a_city_asks_nothing_of_a_policy_for_another_country(countries, asks):
    """The text of a German reminder need not say what New York City wants said."""
    made = policy_of(REG_F.replace("debtor is consumer", countries).replace("[us/reg-f]", "[us/nyc]"), "shop.yaml")
    owed = [
        rule.rule
        for step in made.steps[:3]
        for rule in may_oblige(step, step.actions[0][0], made, load_rulebooks(["us/nyc"]))
    ]
    assert ("us/nyc/opt-out" in owed) is asks


def test_the_purpose_of_a_step():
    """As the gate will be told."""
    made = collectors()
    purposes = [one.actions[0][0].purpose(ultimatum=one.deadline is not None) for one in made.steps]
    assert purposes == ["collect", "collect", "ultimatum", "place_with_agency"]


# Texts ----------------------------------------------------------------------------------------------------------------


def rendered(folder, spec=MAIL, *owed, wordings=None, **more):
    renderer = Renderer({"p": folder}, wordings=wordings or {})
    return renderer.render(action(spec, **more), case(), policy(), CREDITOR, NOW, obligations=owed)


def test_all_of_them_as_a_paragraph(tmp_path):
    """In the order of the rules, in the language of the template."""
    write(tmp_path, email_reminder="Subject: a\n\nb\n\n{{ obligations }}")
    assert rendered(tmp_path, MAIL, FIRST, OPT_OUT).text == (
        "b\n\nThis is an attempt to collect a debt. To stop e-mails to this address, reply with STOP in the subject, "
        "or write to billing@example.com."
    )
    assert rendered(tmp_path).text == "b"


@pytest.mark.parametrize("spec", [SMS, CALL, LETTER])
def test_one_by_one(tmp_path, spec):
    """Where each belongs; what is not asked for is empty."""
    folder = {"sms": "nudge", "call": "script", "letter": "final"}[spec.channel.value]
    text = "a {{ obligation.attempt_to_collect | upcase }}{{ obligation.from_debt_collector }} b"
    write(tmp_path, **{f"{spec.channel.value}_{folder}": text})
    assert rendered(tmp_path, spec, FIRST).text == "a THIS IS AN ATTEMPT TO COLLECT A DEBT. b"


def test_a_text_without_them_is_not_made(tmp_path):
    """The reason names the template, the items and the rules, and what to write; a mended one is read anew."""
    write(tmp_path, email_reminder="Subject: a\n\n{{ obligation.opt_out }}")
    with pytest.raises(TemplateError) as refused:
        rendered(tmp_path, MAIL, OPT_OUT, FIRST)
    words = str(refused.value)
    assert words.startswith(f"{tmp_path / 'email' / 'reminder.liquid'}: this text does not carry attempt_to_collect")
    assert (
        "(us/reg-f/first-disclosure, 12 CFR 1006.18(e)(1); 15 USC 1692e(11)): write {{ obligations }} into it" in words
    )


def test_an_item_that_nobody_has_words_for(tmp_path):
    """Only the host knows who supervises it."""
    write(tmp_path, letter_final__de="{{ obligations }}", letter_final="{{ obligations }}")
    owed = Obligation("supervisory_authority", "de/rdg/information", "§ 13a RDG")
    with pytest.raises(TemplateError, match=r"nobody has words for supervisory_authority .* in en: give them in \[obl"):
        rendered(tmp_path, LETTER, owed)
    own = {"en": {"supervisory_authority": "Supervised by Bundesamt für Justiz."}}
    assert rendered(tmp_path, LETTER, owed, wordings=own).text == "Supervised by Bundesamt für Justiz."


# `dunning check` ------------------------------------------------------------------------------------------------------


def checked(folder, made, **more):
    return check_templates(made, place_of, folder, rulebooks=load_rulebooks(made.law), **more)


def test_check_says_it_before_anything_is_sent(tmp_path):
    """Once per text, with what is missing; a letter needs no opt-out."""
    write(tmp_path, email_reminder="Subject: a\n\nb", sms_nudge="{{ obligations }}")
    write(
        tmp_path,
        letter_final="{{ deadline.date }} {{ deadline.amount }} {{ deadline.consequence }} {{ obligation.opt_out }}",
    )
    mail, letter = checked(tmp_path, collectors())
    assert (mail.code, letter.code) == ("DUN513", "DUN513")
    assert mail.message.startswith("step reminder may have to carry opt_out (us/reg-f/opt-out, 12 CFR 1006.6(e)), att")
    assert mail.message.endswith("and this text does not: write {{ obligations }}")
    assert mail.accepted[0] == "obligations"
    assert "obligation.opt_out" in mail.accepted
    assert letter.message.startswith("step final may have to carry attempt_to_collect")


def test_items_one_by_one_are_enough(tmp_path):
    """Every item that may come has its place; what was only misspelt is not said twice."""
    every = "{{ obligation.opt_out }} {{ obligation.attempt_to_collect }} {{ obligation.from_debt_collector }}"
    last = "{{ obligation.information_used_for_that_purpose }}"
    final = "{{ deadline.date }} {{ deadline.amount }} {{ deadline.consequence }}"
    write(tmp_path, email_reminder=f"Subject: a\n\n{every} {last}", sms_nudge=f"{every} {last}")
    write(tmp_path, letter_final=f"{final} {{{{ obligatons }}}}")
    assert [(d.code, d.suggestion) for d in checked(tmp_path, collectors())] == [("DUN505", "obligations")]
    write(tmp_path, letter_final=f"{final} {every} {{{{ obligation.information_used_for_that_purpos }}}}")
    assert [d.code for d in checked(tmp_path, collectors())] == ["DUN505"]


def test_parts_of_a_paragraph_do_not_exist(tmp_path):
    """It is a text."""
    write(tmp_path, email_reminder="Subject: a\n\n{{ obligations.opt_out }}{{ obligation }}{{ obligations }}")
    found = check_templates(policy(step("reminder", MAIL)), place_of, tmp_path)
    assert [d.code for d in found] == ["DUN505", "DUN505"]


def test_languages_without_words_are_told(tmp_path):
    """A warning, because the host may have its own."""
    write(tmp_path, email_reminder="Subject: a\n\n{{ obligations }}", sms_nudge="{{ obligations }}")
    write(tmp_path, email_reminder__tlh="Subject: a\n\n{{ obligations }}")
    write(
        tmp_path, letter_final="{{ deadline.date }} {{ deadline.amount }} {{ deadline.consequence }} {{ obligations }}"
    )
    found = checked(tmp_path, collectors())
    assert {(d.code, d.severity) for d in found} == {("DUN514", Severity.WARNING)}
    assert len(found) == 4
    own = {"tlh": dict.fromkeys(ITEMS, "nuqneH")}
    assert checked(tmp_path, collectors(), wordings=own) == ()
    assert {"DUN513", "DUN514"} <= set(CODES)


def test_policies_whose_law_asks_for_nothing_are_left_alone(tmp_path):
    """Nobody has to write what is always empty."""
    write(tmp_path, email_reminder="Subject: a\n\nb")
    assert check_templates(policy(step("reminder", MAIL)), place_of, tmp_path) == ()


# The engine -----------------------------------------------------------------------------------------------------------


def test_adapters_get_what_the_text_carries(house: House, tmp_path: Path) -> None:
    """A text that lacks it is blocked once, and goes out when somebody has mended it."""
    write(tmp_path, email_reminder="Subject: a\n\nb")
    house.policies = [policy_of(REG_F.replace("version: 1", "version: 2"), "shop.yaml")]
    house.reopen(renderer=Renderer({"shop": tmp_path}), allow_missing=["letter", "call"])
    case_id = house.opens()
    house.engine.record(case_id, FactRecorded("email_basis", "direct_consent"))

    assert house.moves("2026-03-05T10:00:00+01:00") == ["email reminder: blocked"]
    for time in ("2026-03-05T11:00:00+01:00", "2026-03-05T12:00:00+01:00"):
        assert house.moves(time) == []
    (event,) = [r.event for r in house.engine.history(case_id) if isinstance(r.event, ActionBlocked)]
    assert event.rules == ("template/email/reminder",)
    assert "does not carry opt_out (us/reg-f/opt-out, 12 CFR 1006.6(e)) and attempt_to_collect" in event.why[0]

    write(tmp_path, email_reminder="Subject: a\n\nb\n{{ obligations }}")
    assert house.moves("2026-03-05T13:00:00+01:00") == ["email reminder: sent"]
    (message,) = house.sink.got
    assert message.obligations == ("opt_out", "attempt_to_collect", "information_used_for_that_purpose")
    assert "This is an attempt to collect a debt." in message.text


def test_an_action_without_obligations_says_so(house: House) -> None:
    """Most messages carry nothing."""
    house.opens()
    house.moves("2026-03-05T10:00:00+01:00")
    assert house.sink.got[0].obligations == ()
    assert ClearedAction(house.sink.got[0].action, 0).obligations == ()


# dunning.toml ---------------------------------------------------------------------------------------------------------

TOML = """policies = ["shop.yaml"]
[store]
url = "memory:"
[creditor]
name = "Kestrel"
"""


def configured(folder: Path, text: str):
    (folder / "shop.yaml").write_text(REG_F)
    return parse_config(TOML + text, file=folder / "dunning.toml", environment={}).obligations


def test_a_configuration_gives_words(tmp_path: Path) -> None:
    """By language and item, also for one channel."""
    text = '[obligations.DE]\nsupervisory_authority = "BfJ"\nopt_out.sms = "STOP"\n[obligations.en]\n'
    assert configured(tmp_path, text) == {"de": {"supervisory_authority": "BfJ", "opt_out.sms": "STOP"}, "en": {}}
    assert configured(tmp_path, "") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[obligations]\nopt_out = "STOP"', "texts stand by language"),
        ('[obligations.de]\nopt_ot = "STOP"', "opt_ot is nothing that the law wants said: did you mean opt_out?"),
        ('[obligations.de]\nx = "STOP"', "there are opt_out, "),
        ('[obligations.de]\nopt_out.fax = "STOP"', "opt_out.fax is nothing that the law wants said"),
        ("[obligations.de]\nopt_out = 3", "opt_out is a text"),
        ('[obligations.de]\nopt_out = " "', "opt_out is a text"),
    ],
)
def test_mistakes_in_words(tmp_path: Path, text: str, words: str) -> None:
    """Each says what is there to be said."""
    with pytest.raises(PolicyInvalid) as refused:
        configured(tmp_path, text)
    assert words in str(refused.value)
