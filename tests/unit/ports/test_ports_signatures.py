"""Signed messages: only whoever holds the secret makes one, and only for now."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.signatures import Forged, Secret, headers_of, sign, verified

KEY, OTHER = Secret(b"k" * 32), Secret(b"o" * 24)
NOW = 1_780_000_000
BODY = b'{"fact":"payment of 40.00"}'


def test_the_signature_is_the_one_of_the_published_library():
    theirs = Webhook(KEY.key).sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    assert sign(KEY, "msg_1", NOW, BODY) == theirs


def test_a_signed_message_is_taken_under_any_of_its_secrets():
    headers = headers_of([OTHER, KEY], "msg_1", NOW, BODY)
    assert verified(headers, BODY, [KEY], NOW) == "msg_1"
    assert verified({name.title(): value for name, value in headers.items()}, BODY, [KEY], NOW + 300) == "msg_1"


@given(st.integers(0, 8 * len(BODY) - 1))
def test_one_bit_of_the_body_is_enough(bit):
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forged):
        verified(headers_of([KEY], "msg_1", NOW, BODY), bytes(changed), [KEY], NOW)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"webhook-id": "msg_2"}, "no secret"),
        ({"webhook-timestamp": str(NOW + 1)}, "no secret"),
        ({"webhook-timestamp": "soon"}, "has the headers"),
        ({"webhook-timestamp": "١٧٨٠٠٠٠٠٠٠"}, "has the headers"),
        ({"webhook-timestamp": "9" * 40}, "has the headers"),
        ({"webhook-signature": ""}, "has the headers"),
        ({"webhook-signature": "v1,"}, "no secret"),
        ({"webhook-signature": "v1,ü\udce4"}, "no secret"),
        ({"webhook-signature": "v0 v1 " * 99}, "no secret"),
    ],
)
def test_whatever_else_changes_is_noticed(change, why):
    with pytest.raises(Forged, match=why):
        verified({**headers_of([KEY], "msg_1", NOW, BODY), **change}, BODY, [KEY], NOW)


@pytest.mark.parametrize("late", [-301, 301])
def test_an_old_message_or_one_of_tomorrow_is_refused(late):
    with pytest.raises(Forged, match="301 seconds away"):
        verified(headers_of([KEY], "msg_1", NOW, BODY), BODY, [KEY], NOW + late)


def test_nobody_signs_without_secrets():
    with pytest.raises(Forged):
        verified(headers_of([KEY], "msg_1", NOW, BODY), BODY, [], NOW)


def test_a_secret_is_long_enough_and_never_shown():
    assert Secret.of("whsec_" + "a2tr" * 8) == Secret(b"kkk" * 8)
    assert "k" * 8 not in repr(KEY)
    for text in ("whsec_c2hvcnQ=", "whsec_???"):
        with pytest.raises(UsageError, match="secret"):
            Secret.of(text)
