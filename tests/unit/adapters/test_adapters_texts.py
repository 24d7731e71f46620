"""What others wrote cannot steer mail readers, terminals or printers."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from email import message_from_string, policy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dunning_engine.adapters.console import Console, box
from dunning_engine.adapters.letters import WIDTH, _country_names, address_block, page
from dunning_engine.adapters.mail import Unfit, addr_spec, compose
from dunning_engine.adapters.recipients import no_way, recipient
from dunning_engine.adapters.texts import one_line, plain_text, shortened, wrapped
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.ports.adapter import Retry, Sent, Uncertain
from dunning_engine.ports.documents import Document
from dunning_engine.testing.adapters import HOSTILE, sample_message

ANY = st.text(st.characters(), max_size=120) | st.sampled_from(sorted(HOSTILE.values())) | st.from_regex(
    r"[a-z\"<>@,; \r\n\t:.éß=?\\()]{0,60}", fullmatch=True
)  # fmt: skip


@settings(deadline=None)
@given(ANY)
def test_plain_text(text):
    """Only tabs and line feeds of the control characters remain, and cleaning twice changes nothing."""
    clean = plain_text(text)
    assert all(c in "\t\n" or c >= " " for c in clean)
    assert not set(clean) & set("\x7f\x85\u2028\u2029\u202e")
    assert plain_text(clean) == clean
    clean.encode()


@settings(deadline=None)
@given(ANY, st.integers(2, 40))
def test_one_line(text, width):
    """One line has no breaks, and a shortened one its width."""
    assert len(one_line(text).splitlines()) <= 1
    assert len(shortened(text, width)) <= width


SET_OFF = re.compile(r"[^:]{1,40}: {2,}(?=\S)| *")
"""What a line is set off by: a label and its spaces, or spaces alone."""


@settings(deadline=None)
@given(ANY, st.integers(10, 80))
@example("000:\t0000000000000", 10)
def test_wrapped(text, width):
    """No word is lost and no line is much longer than asked for: what is set off has twenty characters of its own."""
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(plain_text(text).split())
    assert all(len(line) <= max(width, SET_OFF.match(line).end() + 20) for line in lines)


def test_wrapped_tables():
    """What continues a value stands under it, and what continues an item under the item."""
    assert wrapped("  Amount:    one two three four five six seven\n  - alpha beta gamma delta epsilon", 30) == [
        "  Amount:    one two three four",
        "             five six seven",
        "  - alpha beta gamma delta",
        "  epsilon",
    ]


def content(mail):
    """The text of a mail; lines end in CRLF on their way."""
    return mail.get_content().replace("\r\n", "\n")


@settings(max_examples=150, deadline=None)
@given(name=ANY, subject=ANY, text=ANY, creditor=ANY, language=ANY)
def test_headers_are_the_intended_ones(name, subject, text, creditor, language):
    """T8: whatever the fields hold, a reader finds our headers, one recipient and our text."""
    message = replace(
        sample_message(Channel.EMAIL, name=name, text=text),
        subject=subject,
        sender=Party.business("us", name=creditor, email="billing@example.com"),
        language=language,
    )
    mail = compose(message, "dunning@example.com")
    assert mail.data.isascii()
    assert b"\n" not in mail.data.replace(b"\r\n", b"")
    parsed = message_from_string(mail.data.decode(), policy=policy.default)
    known = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    body = ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    assert list(parsed.keys()) in ([*known, *body], [*known, *body, "Content-Language"])
    assert [a.addr_spec for a in parsed["To"].addresses] == ["ann@example.com"]
    assert [a.addr_spec for a in parsed["From"].addresses] == ["dunning@example.com"]
    assert content(parsed) == plain_text(text).strip("\n") + "\n"
    assert compose(message, "dunning@example.com") == mail


@settings(deadline=None)
@given(ANY)
def test_an_address_is_one_address(text):
    """Whatever passes as an address is one for the standard library too."""
    try:
        spec = addr_spec(text)
    except Unfit:
        return
    parsed = message_from_string(f"To: {spec}\n\n", policy=policy.default)
    assert [address.addr_spec for address in parsed["To"].addresses] == [spec]


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "a.b+c@example.co.uk",
        "o'neil@example.com",
        "ann@localhost",
        "x@1.example",
        "jörg@example.com",
    ],
)
def test_good_addresses(address):
    """Ordinary addresses pass unchanged."""
    assert addr_spec(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@", "@b", "a@b@c", "a b@c", ".a@b", "a.@b", "a..b@c", "a@-b", "a@b-", "a@b..c", "a@b_c", '"a"@b',
     "a@[1.2.3.4]", "a@b, c@d", "a@b\n", "a\x00@b", "a\u200b@b", "\ud800@b", "x" * 65 + "@b", "a@" + "ü" * 63],
)  # fmt: skip
def test_bad_addresses(address):
    """What is no address, or more than one, or hides something, does not pass."""
    with pytest.raises(Unfit, match="is not one e-mail address"):
        addr_spec(address)


def test_a_mail_of_an_action_without_proper_identity():
    """An identity that would break the Message-ID is refused, as is a debtor without address."""
    message = sample_message(Channel.EMAIL)
    with pytest.raises(Unfit, match="Message-ID"):
        compose(replace(message, action_id="a> b"), "a@b.example")
    with pytest.raises(Unfit, match="no e-mail address"):
        compose(sample_message(Channel.EMAIL, email=None), "a@b.example")


def test_long_lines_are_encoded():
    """Lines beyond 998 octets go as quoted-printable and come back whole."""
    mail = compose(sample_message(Channel.EMAIL, text="x" * 3_000), "a@b.example")
    assert max(len(line) for line in mail.data.split(b"\r\n")) <= 78
    assert content(message_from_string(mail.data.decode(), policy=policy.default)) == "x" * 3_000 + "\n"


LETTER = """\
                                                                Larkfield Home

Certified mail, with proof of receipt

    Ann Example
    12 Mill Road
    Denver, CO 80202
    80203

Reminder: invoice INV-1042
==========================

Please pay 240.00 USD.

------------------------------------------------------------------------------
2026-03-06 · case case-17 · step reminder
action {id}
"""


def test_a_letter():
    """Letterhead, kind of mail, address, subject, text, and where it comes from."""
    message = sample_message(Channel.LETTER, postal_code="80203")
    certified = replace(message.action, spec=replace(message.action.spec, certified=True))
    assert page(replace(message, action=certified)) == LETTER.format(id=message.action_id)


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        ({"address": ("1 A St", "Milwaukee"), "postal_code": "53202", "region": "WI", "country": "US"},
         ["1 A St", "Milwaukee, WI 53202", "UNITED STATES"]),
        ({"address": ("1 A St", "Milwaukee"), "postal_code": "53202", "country": "US"},
         ["1 A St", "Milwaukee 53202", "UNITED STATES"]),
        ({"address": ("1 A St", "Milwaukee, WI 53202"), "postal_code": "53202", "region": "WI", "country": "US"},
         ["1 A St", "Milwaukee, WI 53202", "UNITED STATES"]),
        ({"address": ("Gasse 9", "München"), "postal_code": "80469", "region": "BY", "country": "DE"},
         ["Gasse 9", "80469 München", "GERMANY"]),
        ({"address": ("Gasse 9", "80469 München", "DE"), "postal_code": "80469", "country": "DE"},
         ["Gasse 9", "80469 München", "GERMANY"]),
        ({"address": ("Gasse 9", "80469 München", "Deutschland"), "postal_code": "80469", "country": "DE"},
         ["Gasse 9", "80469 München", "GERMANY"]),
        ({"address": ("8 rue X", "Paris"), "postal_code": "75011", "region": "75C", "country": "FR"},
         ["8 rue X", "75011 Paris", "FRANCE"]),
        ({"address": ("Via G 11", "Milano"), "postal_code": "20121", "region": "MI", "country": "IT"},
         ["Via G 11", "20121 Milano MI", "ITALY"]),
        ({"address": ("6 Tern Lane", "D08 X9F2 Dublin", "IE"), "postal_code": "D08 X9F2", "country": "IE"},
         ["6 Tern Lane", "Dublin D08 X9F2"]),
        ({"address": ("Only Street",), "postal_code": "123", "country": "QQ"}, ["Only Street", "123", "QQ"]),
        ({"address": ("1 A St", "Milwaukee")}, ["1 A St", "Milwaukee"]),
        ({"country": "US", "postal_code": "53202"}, ["UNITED STATES"]),
    ],
)  # fmt: skip
def test_addresses(facts, lines):
    """Code and city stand in the country's order, the country once and only on letters that leave the sender's."""
    assert address_block(Party.business("x", name="X", **facts), "IE") == ["X", *lines]


def test_an_address_without_babel(monkeypatch):
    """Where nobody knows the names of countries their code stands there, once."""
    _country_names.cache_clear()
    monkeypatch.setitem(sys.modules, "babel", None)
    party = Party.business("x", address=("Gasse 9", "München", "DE"), postal_code="80469", country="DE")

    assert address_block(party, "IE") == ["x", "Gasse 9", "80469 München", "DE"]
    _country_names.cache_clear()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de-AT", "Einschreiben mit Rückschein"),
        ("fr", "Lettre recommandée avec avis de réception"),
        ("es", "Correo certificado con acuse de recibo"),
        ("pl", "Certified mail, with proof of receipt"),
    ],
)
def test_certified_in_the_language_of_the_letter(language, words):
    """The kind of mail is told in the letter's language, else in English; the letterhead names its country as given."""
    message = sample_message(Channel.LETTER)
    action = replace(message.action, spec=replace(message.action.spec, certified=True))
    sender = Party.business("us", name="Larkfield", address=("1 Quay", "Dublin", "Ireland"), country="IE")
    head, kind, _ = page(replace(message, action=action, language=language, sender=sender)).split("\n\n", 2)

    assert kind == words
    assert [line.strip() for line in head.splitlines()] == ["Larkfield", "1 Quay", "Dublin", "Ireland"]


def test_a_letter_without_the_optional_parts():
    """No letterhead, no subject and no name are fine too."""
    text = page(replace(sample_message(Channel.LETTER, name=None), sender=None, subject=""))
    assert text.startswith("    cust-17\n    12 Mill Road\n")
    assert all(len(line) <= WIDTH for line in text.splitlines())


BOX = """\
╭─ 2026-03-06 10:00 EST · email reminder → Ann Example <ann@example.com>
│
│ Subject: Reminder: invoice INV-1042
│
│ Please pay 240.00 USD.
│
╰─ case case-17 · step reminder · action {id}

"""


def test_a_box():
    """When, what, to whom, the text, and where it comes from."""
    message = sample_message(Channel.EMAIL)
    assert box(message) == BOX.format(id=message.action_id)


def test_a_box_names_what_goes_along():
    """A screen shows no files, so it names them."""
    papers = (Document("INV-1.pdf", "application/pdf", b"x"),)

    assert "│ Enclosed: INV-1.pdf\n" in box(replace(sample_message(Channel.EMAIL), attachments=papers))


def test_receivers_in_words():
    """Each way names its own address."""
    words = {channel: recipient(sample_message(channel, social="@ann")) for channel in (*Channel, "agency")}
    assert words == {
        Channel.EMAIL: "Ann Example <ann@example.com>",
        Channel.SMS: "Ann Example (+12125550123)",
        Channel.CALL: "Ann Example (+12125550123)",
        Channel.LETTER: "Ann Example, 12 Mill Road, Denver, CO 80202",
        Channel.VISIT: "Ann Example, 12 Mill Road, Denver, CO 80202",
        Channel.SOCIAL: "Ann Example (@ann)",
        Channel.PORTAL: "Ann Example (in the portal)",
        Channel.PUSH: "Ann Example (on device-17)",
        "agency": "acme (about Ann Example)",
    }


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (Channel.EMAIL, "no e-mail address is known"),
        (Channel.SMS, "no phone number is known"),
        (Channel.LETTER, "no postal address is known"),
        (Channel.SOCIAL, "no account on a social network is known"),
        (Channel.PUSH, "no device is known on which the app may show messages"),
        (Channel.PORTAL, None),
        ("agency", None),
    ],
)
def test_what_is_missing_is_named(channel, words):
    """A portal and an agency need no address of the debtor."""
    assert no_way(sample_message(channel, email=None, phone=None, address=(), push=None)) == words


class _Gone(io.StringIO):
    def write(self, _text):
        raise BrokenPipeError("gone")


def test_the_console_of_the_process(capsys):
    """Without a stream it is standard output, and that is what it shows as."""
    assert isinstance(Console().deliver(sample_message(Channel.SMS), seconds=1), Sent)
    assert "sms reminder" in capsys.readouterr().out
    assert repr(Console()) == "Console()"
    assert repr(Console(io.StringIO())) == "Console(StringIO)"


def test_a_console_that_is_gone():
    """A closed stream has shown nothing; one that breaks may have."""
    closed = io.StringIO()
    closed.close()
    assert isinstance(Console(closed).deliver(sample_message(Channel.SMS), seconds=1), Retry)
    assert isinstance(Console(_Gone()).deliver(sample_message(Channel.SMS), seconds=1), Uncertain)


def test_a_console_that_knows_few_letters():
    """What the terminal cannot show is a question mark, not a crash."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    assert isinstance(Console(stream).deliver(sample_message(Channel.SMS, text="ü"), seconds=1), Sent)
    assert b"? ?\n" in raw.getvalue()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Müller, Jörg", "Müller, Jörg"),
        ("=?utf-8?q?a=2Cb?=ü", "= ?utf-8?q?a=2Cb?=ü"),
        (
            'axxxxxxxxxxxxxxxxxxxx,xxxxxxxxxxxxxxxxxxxxb c ,xxxxxxxxxxxxxxxxxxxx>)";\\\\;a: \\)',
            "axxxxxxxxxxxxxxxxxxxx xxxxxxxxxxxxxxxxx…",
        ),
    ],
)
def test_names_that_the_library_would_break(name, shown):
    """Encoded words in a name are defused; a long name that loses its quotes goes without punctuation."""
    mail = compose(sample_message(Channel.EMAIL, name=name), "a@b.example")
    (address,) = message_from_string(mail.data.decode(), policy=policy.default)["To"].addresses
    assert (address.display_name, address.addr_spec) == (shown, "ann@example.com")


def test_headers_that_do_not_survive(monkeypatch):
    """Should nothing help, the mail is not sent."""
    monkeypatch.setattr("dunning_engine.adapters.mail._faithful", lambda *_: False)
    with pytest.raises(Unfit, match="do not survive"):
        compose(sample_message(Channel.EMAIL), "a@b.example")


def _crash(*_, **__):
    raise IndexError("list index out of range")


def test_a_reader_that_fails(monkeypatch):
    """A parser that crashes on our headers is a reader who does not find them."""
    monkeypatch.setattr("dunning_engine.adapters.mail.message_from_string", _crash)
    with pytest.raises(Unfit, match="do not survive"):
        compose(sample_message(Channel.EMAIL), "a@b.example")
