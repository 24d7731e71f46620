"""Every mistake in a template, at its line and column, before a debtor could read it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from templates_support import AGENCY, CALL, LETTER, MAIL, SMS, place_of, policy, step, write

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.verbs import Do
from dunning_engine.engine.template_files import (
    FILTERS,
    LIQUID_LIMITS,
    MARKUP_MAX,
    TAGS,
    TEMPLATE_MAX,
    VARIABLES,
    Template,
    environment,
    load,
    parse,
    sms_segments,
)
from dunning_engine.engine.templates import CODES, check_templates, sample
from dunning_engine.engine.what_follows import CONSEQUENCES, consequence
from dunning_engine.kernel.diagnostics import Severity

ROOT = Path(__file__).parents[3]
DEADLINE = "{{ deadline.date }} {{ deadline.amount }} {{ deadline.consequence }}"


def check(folder, *steps, language="en"):
    return check_templates(policy(*steps), place_of, folder, language=language)


def shown(findings):
    """`line:column code message` of each finding."""
    return [f"{d.place.line}:{d.place.column} {d.code} {d.message}" for d in findings]


def mail(tmp_path, text, **more):
    """What the check says about one e-mail template."""
    return check(write(tmp_path, email_reminder=text), step("reminder", MAIL, **more))


# The policy and its folder ----------------------------------------------------------------------------------------------


def test_no_folder(tmp_path):
    """Without a folder there is one note, at the first action that would need it."""
    for folder in (None, tmp_path / "none"):
        (note,) = check(folder)
        assert note.severity is Severity.NOTE
        assert note.code == "DUN501"
        assert note.place.file == "p.yaml#reminder/email reminder"


def test_nothing_to_write():
    """A policy that only hands over needs no templates."""
    assert check(None, step("agency", AGENCY)) == ()


def test_a_missing_template(tmp_path):
    """A missing template is an error where the policy names it, with the file to write and what was meant."""
    write(tmp_path, email_remindr="Subject: a\n\nb", email_other__de="Subject: a\n\nb")
    (error,) = check(tmp_path, step("reminder", MAIL))
    assert str(error) == (
        f"p.yaml#reminder/email reminder:7:3 DUN502 the template {tmp_path}/email/reminder.liquid does not exist"
    )
    assert error.suggestion == "remindr"
    assert error.accepted == ("other", "remindr")


def test_a_template_in_some_languages_only(tmp_path):
    """One for German readers does not help the others."""
    write(tmp_path, email_reminder__de="Subject: a\n\nb", email_reminder__fr_CA="Subject: a\n\nb")
    (error,) = check(tmp_path, step("reminder", MAIL))
    assert error.code == "DUN502"
    assert error.message.endswith("there is one for de, fr-CA, but none for everybody else")


def test_fallbacks_are_checked_too(tmp_path):
    """The action after `or else` needs its template as well."""
    first = replace(step("reminder"), actions=((MAIL, LETTER),))
    codes = [d.place.file for d in check(tmp_path, first)]
    assert codes == ["p.yaml#reminder/certified letter final", "p.yaml#reminder/email reminder"]


def test_all_at_once(tmp_path):
    """Every template of every step is looked at, whatever the others hold."""
    write(tmp_path, email_reminder="{{ a }}", sms_nudge="{{ b", letter_final="{% c %}")
    assert sorted(d.code for d in check(tmp_path)) == ["DUN502", "DUN504", "DUN505", "DUN506", "DUN509"]


def test_a_good_folder(tmp_path):
    """A folder without mistakes has no findings."""
    write(tmp_path, email_reminder="Subject: a\n\nb", sms_nudge="c", call_script="d", letter_final=DEADLINE)
    assert check(tmp_path) == ()


# One file ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ invoce.number }}", ['1:4 DUN505 "invoce.number" does not exist']),
        ("a\n  {{ debtor.nam }}\n{{ now }}", ['2:6 DUN505 "debtor.nam" does not exist', '3:4 DUN505 "now" does not exist']),
        ("{{ invoice }}", ['1:4 DUN505 "invoice" is a group: name one of its fields']),
        ("{{ debtor.name.first }}", ['1:4 DUN505 "debtor.name.first" does not exist']),
        ("{{ invoices.number }}", ['1:4 DUN505 "invoices.number" does not exist']),
        ("{{ invoices[0].nmber }}", ['1:4 DUN505 "invoices[0].nmber" does not exist']),
        ("{{ enclosures.name }}", ['1:4 DUN505 "enclosures.name" does not exist']),
        ("{{ invoices.size.x }}", ['1:4 DUN505 "invoices.size.x" does not exist']),
        ("{{ invoice[debtor.id] }}", ['1:4 DUN505 "invoice[debtor.id]" does not exist']),
        ("{{ [debtor.id] }}", ['1:4 DUN505 "[debtor.id]" does not exist']),
        ("{% for i in invoices %}{{ i.nmber }}{% endfor %}", ['1:27 DUN505 "i.nmber" does not exist']),
        ("{% for i in invoices %}{{ forloop.nth }}{% endfor %}", ['1:27 DUN505 "forloop.nth" does not exist']),
        ("{% assign invoice = 1 %}", ['1:11 DUN505 "invoice" already has a meaning: choose another name']),
        ("{{ debtor.name | shout }}", ['1:18 DUN506 "shout" is not a filter here']),
        ("{% include 'x' %}", ['1:4 DUN506 "include" is not a tag here']),
        ("{% for i in (1..9) %}{% endfor %}", ["1:13 DUN506 ranges cannot be used here"]),
        ("a {{ b", ['1:3 DUN504 this is not closed by "}}" within 500 characters']),
        ("a {% if", ['1:3 DUN504 this is not closed by "%}" within 500 characters']),
        ("\n{% if debtor.id %}{% if debtor.id %}{% endif %}", ["2:1 DUN504 this block is never closed"]),
        ("{% endif %}", ["1:4 DUN504 unexpected tag 'endif'"]),
        ("{{ debtor.name name }}", ["1:16 DUN504 one word too many: texts stand in quotes, filters behind a |"]),
        ("{{ debtor.id }} {{ debtor.id | }}", ["1:17 DUN504 a name is missing here"]),
        ("\r\n{% if debtor.id > %}{% endif %}", ["2:1 DUN504 a value is missing here"]),
        ("{% if debtor.id %}" * 13 + "{% endif %}" * 13, ["1:238 DUN504 block nesting limit reached"]),
        ("{% raw %}{% endraw %}" * 21, ["1:421 DUN504 more than 20 blocks are raw or doc"]),
        ("{{ " + "a[" * 240 + "}}", ["1:1 DUN504 a name is missing here"]),
    ],
)  # fmt: skip
def test_mistakes(text, expected):
    """Each mistake is named where it is, and several at once."""
    found = parse(text, "email/x.liquid")
    assert not isinstance(found, Template)
    assert all(line.startswith(start) for line, start in zip(shown(found), expected, strict=True)), shown(found)


def test_suggestions():
    """A mistyped word comes with what was probably meant, and with what there is."""
    variable, word = parse("{{ invoce.number | upcas }}", "x.liquid")
    assert variable.suggestion == "invoice.number"
    assert set(variable.accepted) == set(VARIABLES)
    assert variable.place.end_column == 4 + len("invoce.number")
    assert word.suggestion == "upcase"
    assert word.accepted == FILTERS
    assert parse("{% fi %}", "x.liquid")[0].accepted == TAGS


def test_a_very_long_name():
    """What a message quotes is cut."""
    (error,) = parse("{{ " + "a." * 200 + "b }}", "x.liquid")
    assert len(error.message) < 100


@pytest.mark.parametrize(
    "text",
    [
        "{{ invoices.size }} {{ invoices.first.number }} {{ invoices[1].due }} {{ debtor.name.size }}",
        "{% for invoice in invoices %}{{ forloop.index }} {{ invoice.due }}{% endfor %}",
        "{% assign all = invoices | map: 'number' | join: ', ' %}{{ all }}",
        "{% assign one = invoices | first %}{{ one.number }}",
        "{% for e in enclosures %}{{ e }}{% endfor %}{{ enclosures.size }} {{ enclosures | join: ', ' }}",
        "{% for c in debtor.name %}{{ c.x }}{% endfor %}{% for c in invoices %}{% endfor %}",
        "{% if step.occurrence > 2 and invoice.days_overdue >= 10 %}a{% elsif debtor.id contains 'x' %}b{% else %}c{% endif %}",
        "{% case step.name %}{% when 'a', 'b' %}x{% else %}y{% endcase %}{% unless debtor.id %}{% endunless %}",
        "{% capture x %}{{ debtor.name }}{% endcapture %}{{ x | upcase | truncate: 3 }}{% echo x %}",
        "{% raw %}{{ anything }}{% endraw %}{% comment %}{{ nothing }}{% endcomment %}{% # note %}",
        "{%- if debtor.id -%} a {%- endif -%}\n{{- debtor.id -}}",
        "\ufeff{{ debtor.id }}",
        "no markup } } % } at all { {",
        "",
    ],
)
def test_what_templates_can_do(text):
    """The parts of Liquid that letters need."""
    template = parse(text, "email/x.liquid")
    assert isinstance(template, Template), shown(template)
    if "c.x" not in text:
        template.fill(sample())


def test_files_that_cannot_be_read(tmp_path):
    """Not text, too large, not there, a folder, a loop, or a way out of the folder: one finding, never a crash."""
    folder = write(tmp_path / "t", email_large="x" * (TEMPLATE_MAX + 1), email_good="ok")
    (folder / "email" / "latin.liquid").write_bytes(b"Gr\xfc\xdfe")
    (folder / "email" / "folder.liquid").mkdir()
    (tmp_path / "secret.liquid").write_text("secret")
    (folder / "email" / "out.liquid").symlink_to(tmp_path / "secret.liquid")
    (folder / "email" / "loop.liquid").symlink_to(folder / "email" / "loop.liquid")
    expected = {
        "large": "larger than 32,000 bytes",
        "latin": "not UTF-8",
        "folder": "not a file inside",
        "out": "not a file inside",
        "loop": "",
        "none": "No such file",
    }
    for name, message in expected.items():
        (error,) = load(folder / "email" / f"{name}.liquid", folder)
        assert error.code == "DUN503"
        assert message in error.message
    assert isinstance(load(folder / "email" / "good.liquid", folder), Template)


# What a step needs ------------------------------------------------------------------------------------------------------


def test_a_deadline_in_a_step_without_one(tmp_path):
    """Each place that speaks of a deadline is named, with the step that has none."""
    found = mail(tmp_path, "Subject: {{ deadline.date }}\n\n{{ deadline.amount }}")
    assert shown(found) == [
        '1:13 DUN507 "deadline.date" has no value here: step reminder has no deadline',
        '3:4 DUN507 "deadline.amount" has no value here: step reminder has no deadline',
    ]


def test_no_mistake_hides_another(tmp_path):
    """Names that do not exist, deadlines out of place and a missing subject are told together, each once."""
    found = mail(tmp_path, "Hello {{ debtr.name | upcas }}\n{{ deadline.dat }} {{ deadline.amount }}")
    assert [finding.partition(' "')[0] for finding in shown(found)] == [
        "1:1 DUN509 an e-mail begins with its subject:",
        "1:10 DUN505",
        "1:23 DUN506",
        "2:4 DUN505",
        "2:23 DUN507",
    ]


def test_a_range_hides_nothing_either(tmp_path):
    """What could not be filled in without end is still read."""
    found = mail(tmp_path, "{% for n in (1..9) %}{{ n }}{% endfor %}{{ deadline.date }}")
    assert [finding.code for finding in found] == ["DUN506", "DUN507"]


def test_a_misspelt_statement_is_one_mistake(tmp_path):
    """What an ultimatum has to state, and states under a wrong name, is not missing besides."""
    found = mail(tmp_path, "Subject: x\n\n" + DEADLINE.replace("amount", "amuont"), deadline=14)
    assert [(finding.code, finding.suggestion) for finding in found] == [("DUN505", "deadline.amount")]


@pytest.mark.parametrize(
    ("text", "unsaid"),
    [
        ("{{ deadline.date }}", ("deadline.amount", "deadline.consequence")),
        ("nothing", ("deadline.date", "deadline.amount", "deadline.consequence")),
        ("{% if deadline.date == 'x' %}" + DEADLINE + "{% endif %}", ("deadline.date", "deadline.amount", "deadline.consequence")),
        ("{% comment %}{{ deadline.date }}{% endcomment %}{{ deadline.amount }}{{ deadline.consequence }}", ("deadline.date",)),
        (DEADLINE.replace(" }}", " | upcase }}"), ()),
    ],
)  # fmt: skip
def test_an_ultimatum_says_what_it_must(tmp_path, text, unsaid):
    """Date, amount and consequence have to come out, not only to be written somewhere in the file."""
    found = check(write(tmp_path, letter_final=text), step("ultimatum", LETTER, deadline=14))
    if unsaid:
        message = f"step ultimatum sets a deadline, and this text does not state {', '.join(unsaid)}"
        assert shown(found) == [f"1:1 DUN508 {message}"]
        assert found[0].accepted == unsaid
    else:
        assert found == ()


def test_the_text_beside_an_ultimatum(tmp_path):
    """A text message beside the letter need not repeat it; alone it has to."""
    write(tmp_path, letter_final=DEADLINE, sms_nudge="see our letter", call_script="ask")
    assert check(tmp_path, step("ultimatum", LETTER, SMS, CALL, deadline=14)) == ()
    assert [d.code for d in check(tmp_path, step("ultimatum", SMS, deadline=14))] == ["DUN508"]


def test_an_email_without_subject(tmp_path):
    """An e-mail begins with its subject; a letter need not."""
    assert shown(mail(tmp_path, "Dear {{ debtor.name }}")) == [
        '1:1 DUN509 an e-mail begins with its subject: "Subject: …", then an empty line'
    ]
    assert mail(tmp_path, "{% assign a = 1 %}Subject: {{ debtor.name }}\n\nb") == ()
    assert check(write(tmp_path, letter_final="Dear"), step("last", LETTER)) == ()


def test_a_long_sms(tmp_path):
    """More than three parts of words alone are a warning."""
    write(tmp_path, sms_nudge="{{ debtor.name }}" + "x" * 460)
    (warning,) = check(tmp_path, step("reminder", SMS))
    assert warning.severity is Severity.WARNING
    assert warning.message == "4 SMS before anything is filled in: more than 3 cost a lot and are read by few"
    write(tmp_path, sms_nudge="{{ debtor.name }}" * 20 + "x" * 459)
    assert check(tmp_path, step("reminder", SMS)) == ()


@pytest.mark.parametrize(
    ("text", "parts"),
    [("", 1), ("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
     ("é" * 160, 1), ("ł" * 70, 1), ("ł" * 71, 2), ("ł" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2)],
)  # fmt: skip
def test_sms_parts(text, parts):
    """Parts are counted as networks do: 160 or 153, 70 or 67, some characters twice."""
    assert sms_segments(text) == parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% if invoice.open > 100 %}{% endif %}", "1:20 DUN511 cannot be filled in: a text and a number"),
        ("{% assign x = invoices | first %}{{ x.nmber }}", "1:37 DUN511 cannot be filled in: x.nmber is undefined"),
        ("{% break %}", "1:4 DUN511 cannot be filled in: unexpected 'break'"),
        ("{{ debtor.id | truncate: 'x' }}", "1:16 DUN511 cannot be filled in: truncate expected an integer"),
        ("{{ invoices }}", "1:1 DUN511 a whole item of invoices is written out"),
        ("{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 30, "1:393 DUN511 cannot be filled in: local"),
    ],
)  # fmt: skip
def test_what_fails_only_with_values(tmp_path, text, message):
    """Each template is filled in once with sample values: what fails then is found now."""
    found = check(write(tmp_path, call_script=text), step("reminder", CALL))
    assert [line[: len(message)] for line in shown(found)] == [message]


def test_languages_without_words(tmp_path):
    """The consequence is said in some languages; a template in another one cannot use it."""
    write(tmp_path, letter_final=DEADLINE, letter_final__pl=DEADLINE, letter_final__de_AT=DEADLINE)
    (error,) = check(tmp_path, step("ultimatum", LETTER, deadline=14))
    assert error.message == 'there are no words for "deadline.consequence" in the language "pl"'
    assert error.place.file.endswith("final.pl.liquid")
    assert error.accepted == tuple(CONSEQUENCES)
    assert len(check(tmp_path, step("ultimatum", LETTER, deadline=14), language="cs")) == 2


def test_consequences():
    """What the next step does is said in the words of each language, and the end is an end."""
    after = {
        "agency": AGENCY,
        "call": CALL,
        "write": LETTER,
        **{topic: ActionSpec(Do.PROPOSE, "text", Channel.EMAIL, topic=topic) for topic in ("mediation", "arbitration")},
        "restrict": ActionSpec(Do.RESTRICT, "service"),
        "report": ActionSpec(Do.REPORT, "experian"),
        **{
            topic: ActionSpec(Do.PREPARE, "bundle", topic=topic)
            for topic in ("small claim", "court order", "file for law firm")
        },
        "host": ActionSpec(Do.HOST, "cancel"),
    }
    for kind, spec in after.items():
        chain = policy(step("ultimatum", LETTER, deadline=14), step("next", spec))
        for language, words in CONSEQUENCES.items():
            assert consequence(chain, chain.steps[0], f"{language}-XX") == words[kind]
            assert consequence(chain, chain.steps[1], language) == words["end"]
    assert consequence(chain, chain.steps[0], "pl") == ""
    assert {frozenset(words) for words in CONSEQUENCES.values()} == {frozenset({*after, "end"})}


def test_what_the_debtor_does_not_feel_is_no_consequence():
    """Books and staff are nobody's business outside: the text speaks of what comes after them."""
    quiet = [ActionSpec(Do.CHARGE, "interest to date"), ActionSpec(Do.NOTIFY, "collections")]
    chain = policy(step("ultimatum", LETTER, deadline=14), step("desk", *quiet), step("agency", AGENCY))
    assert consequence(chain, chain.steps[0], "en") == CONSEQUENCES["en"]["agency"]
    alone = policy(step("ultimatum", LETTER, deadline=14), step("desk", *quiet))
    assert consequence(alone, alone.steps[0], "en") == CONSEQUENCES["en"]["end"]


# Hostile templates ------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from([
    "{{", "}}", "{%", "%}", "-", " ", "if", "endif", "for", "i", "in", "endfor", "invoices", "invoice", ".", "number",
    "assign", "=", "x", "|", "append", ":", "'", '"', "1", "(", "..", ")", "[", "]", "contains", ">", "raw", "endraw",
    "comment", "endcomment", "case", "when", "endcase", "capture", "endcapture", "deadline", "debtor.name", "ü", "\n",
    "first", "size", "map", "join", "truncate", "default", ",", "or", "#", "echo", "break", "true", "nil", "\x00", "😀",
    "{% for i in invoices %}", "{{ i.number }}", "{% endfor %}", "{% if debtor.id %}", "{% endif %}", "limit", "-1",
    "{{ invoices | map: 'number' | join: ', ' }}", "{% assign x = x | append: x %}", "forloop.index", "\ud800", "99999",
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=80))
def test_random_text_gives_only_diagnostics(text):
    """Whatever stands in a template, parsing and filling in end in text or findings at a place in the file."""
    found = parse(text, "email/x.liquid")
    if isinstance(found, Template):
        try:
            text_length = len(found.fill(sample()))
        except Exception as error:  # noqa: BLE001 - that is what is tested
            found = (found.trouble(error),)
        else:
            assert text_length <= LIQUID_LIMITS["output_stream_limit"]
            return
    lines = re.split(r"\r\n|\r|\n", text)
    for finding in found:
        assert finding.code in CODES
        assert finding.message
        assert 1 <= finding.place.line <= len(lines)
        assert 1 <= finding.place.column <= len(lines[finding.place.line - 1]) + 1
        assert finding.place.end_column > finding.place.column


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in invoices %}" * 11 + "{% for b in invoices %}" + "x" * 400 + "{% endfor %}" * 12,
        "{% for a in (1..999999999) %}x{% endfor %}",
        "{{ 'x' | times: 999999999 }}",
        "{{ 'a' | replace: 'a', 'aaaaaaaaaa' }}",
        "{% include '../../../etc/passwd' %}{% render 'x' %}",
        "{{ 'now' | date: '%s' }}",
        "{{ debtor.__class__ }}{{ debtor.name.__class__.__mro__ }}",
        "{{ invoice._private }}{{ creditor.name.format }}",
        "{{" * 16_000,
        "{{ " + " " * MARKUP_MAX + " }}",
        ("{{" + " " * (MARKUP_MAX - 1) + "}}") * 60,
        "{% raw %}" * 3_000,
        "{{ a }}" * 4_500,
        "{% if a or " + "a or " * 90 + "a %}",
    ],
    ids=lambda text: text[:20],
)
def test_attacks_end_soon(tmp_path, text):
    """Loops, bombs, files, clocks, objects and slow text end in findings, within seconds."""
    start = time.process_time()
    found = check(write(tmp_path, call_script=text), step("reminder", CALL))
    assert any(d.severity is Severity.ERROR for d in found)
    assert time.process_time() - start < 5


def test_the_environment_is_closed():
    """Only the listed tags and filters exist, and there is one environment."""
    env = environment()
    assert set(env.filters) == set(FILTERS)
    assert not {"include", "render", "cycle", "increment", "tablerow", "liquid"} & set(env.tags)
    assert env is environment()
    assert not env.autoescape


def test_codes():
    """Every code has its words and is used by some check above."""
    assert list(CODES) == [f"DUN5{number:02d}" for number in range(1, len(CODES) + 1)]
    sources = [
        (ROOT / "dunning_engine" / "engine" / name).read_text()
        for name in ("templates.py", "template_files.py", "announcements.py")
    ]
    assert all(any(f'"{code}",' in source for source in sources) for code in CODES)


def test_the_templates_that_ship():
    """Every template in `policies/templates` is fine in every language that it has."""
    folder = ROOT / "policies" / "templates"
    for channel in Channel:
        for path in sorted((folder / channel.value).glob("*.liquid")):
            found = load(path, folder, path.stem.partition(".")[2] or None)
            assert isinstance(found, Template), shown(found)
            text = found.fill(sample())
            assert channel is not Channel.EMAIL or text.startswith("Subject: ")


def test_what_the_creditor_does_not_give(tmp_path):
    """A text that writes out a fact of the creditor which is missing is found; one that asks first is not."""
    write(
        tmp_path,
        email_reminder="Subject: x\n\nCall {{ creditor.phone }} or write to {{ creditor.email }}, {{ creditor.name }}",
        sms_nudge='{% if creditor.phone != "" %}Call {{ creditor.phone }}{% endif %}',
        call_script="x",
    )
    nobody = Party.business("us", email="us@example.com")
    found = check_templates(policy(step("reminder", MAIL, SMS, CALL)), place_of, tmp_path, creditor=nobody)
    assert [line[:40] for line in shown(found)] == ['3:9 DUN515 "creditor.phone" is empty: gi']
    assert not check_templates(policy(step("reminder", MAIL)), place_of, tmp_path)


def test_shipped_texts_need_no_phone_number():
    """Whoever gives no number gets no sentence that ends in the middle."""
    for file in (Path(__file__).parents[3] / "policies" / "templates").rglob("*.liquid"):
        found = parse(file.read_text("utf-8"), str(file))
        assert isinstance(found, Template)
        assert "creditor.phone" not in dict(found.creditor), file
