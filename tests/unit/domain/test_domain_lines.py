"""Which kind of number a contact uses."""

from __future__ import annotations

import pytest

from dunning_engine.domain.docket import line_of
from dunning_engine.domain.parties import Channel


@pytest.mark.parametrize(
    ("channel", "docket", "line"),
    [
        (Channel.SMS, {}, "mobile"),
        (Channel.SMS, {"phone_line": "home"}, "mobile"),
        (Channel.SMS, {"phone_line": "work"}, "work"),
        (Channel.CALL, {"phone_line": "work"}, "work"),
        (Channel.CALL, {}, ""),
        (Channel.EMAIL, {"phone_line": "work"}, ""),
        (None, {}, ""),
    ],
)
def test_texts_reach_mobiles_and_calls_the_number_that_somebody_told_of(channel, docket, line):
    """What nobody told stays unknown."""
    assert line_of(channel, docket) == line
