"""What every adapter has to keep: a suite for pytest that an adapter's own test subclasses.

class TestMyAdapter(AdapterContract):
    @pytest.fixture
    def adapter(self, server):
        return MyAdapter(server.url, token="s3cret")

    def evidence(self, adapter):
        return [Arrival(to=(m.to,), text=m.text, raw=m.body) for m in server.received]

    secrets = ("s3cret",)
"""

from __future__ import annotations

import pickle  # nosec B403  # what our own process wrote
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.verbs import VERBS, WAYS_BESIDES
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import (
    Adapter,
    AsksLast,
    Bounced,
    Capability,
    KeysExpire,
    LooksUp,
    Message,
    Outcome,
    Retry,
    Sent,
    Withheld,
)

SECONDS: Final = 10.0
"""Time that the suite gives a hand-over which should succeed."""

SLACK: Final = 1.5
"""Seconds by which a hand-over may overrun its limit on a busy machine."""

HOSTILE: Final = {
    "a new header": "Ann\r\nBcc: evil@example.com\r\n\r\nbody",
    "a list of addresses": 'Ann" <evil@example.com>, "Bob',
    "commas": "evil@example.com, more@example.com, " * 5,
    "umlauts and commas": "Müller, Jörg <evil@example.com>, " * 6,
    "control characters": "Ann\x00\x07\x1b[2J\x1b]0;owned\x07\x85\u2028",
    "half a character": "Ann \ud800",
    "the other direction": "Ann \u202egnp.exe",
    "a path": "../../../etc/passwd",
    "a dot alone": "\r\n.\r\nMAIL FROM:<evil@example.com>\r\n",
    "markup": "<script>alert(1)</script>{{ debtor.name }}{% raw %}",
    "a formula": "=HYPERLINK(1)",
    "very much": "x" * 5_000,
}  # fmt: skip
"""Texts that a debtor could be named."""

HOSTILE_ADDRESSES: Final = (
    "a@example.com, evil@example.com",
    "a@example.com\r\nBcc: evil@example.com",
    "a@example.com>\r\nRCPT TO:<evil@example.com",
    "Ann <a@example.com>",
    "a@example.com SIZE=1",
    "@example.com",
    "a@",
    "a b@example.com",
    "a@exa\x00mple.com",
    "a" * 300 + "@example.com",
    "",
)
"""E-mail addresses that are not exactly one."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing that the far side received: its receivers, all it says once decoded, and the bytes."""

    to: tuple[str, ...]
    text: str
    raw: bytes


def sample_message(channel: Channel | str, *, text: str = "Please pay 240.00 USD.", **debtor: Any) -> Message:
    """A rendered action for a channel (or another way, as `"agency"`) to a debtor who can be reached by all of them."""
    known = None if channel in WAYS_BESIDES else Channel(channel)
    do = Do.CALL if known is Channel.CALL else Do.SEND if known is not None else _verb(str(channel))
    key = ActionKey("INV-1042", "reminder", 1, f"{do.value} {known.value if known else channel}")
    particulars: dict[str, Any] = {
        "name": "Ann Example",
        "email": "ann@example.com",
        "phone": "+12125550123",
        "address": ("12 Mill Road", "Denver, CO 80202"),
        "push": "device-17",
    }
    action = ProposedAction(
        id=key.action_id("case-17"),
        key=key,
        case_id="case-17",
        debtor_id="cust-17",
        spec=ActionSpec(do, "acme" if known is None else "reminder", known),
        planned_at=1_772_809_200,
        invoices=("INV-1042",),
        amount=24_000,
        currency="USD",
    )
    return Message(
        action_id=action.id,
        action=action,
        debtor=Party.consumer("cust-17", **(particulars | debtor)),
        sender=Party.business("us", name="Larkfield Home", email="billing@example.com", zone="America/New_York"),
        at=1_772_809_200,
        text=text,
        subject="Reminder: invoice INV-1042" if known in (Channel.EMAIL, Channel.LETTER) else "",
    )


def _verb(way: str) -> Do:
    """The plainest verb that leaves by a way."""
    return Do.HAND_OFF if way == "agency" else next(do for do, verb in VERBS.items() if verb.way == way)


class AdapterContract:
    """Subclass with a fixture `adapter` and the hook `evidence`; `stalled`, `broken` and `secrets` where they apply."""

    secrets: tuple[str, ...] = ()
    """Passwords and keys that the fixture's adapter was given."""

    def evidence(self, adapter: Any) -> Sequence[Arrival]:  # noqa: ARG002 - for those who override it
        """What the far side has received so far, in order."""
        raise UsageError("your suite needs a method `evidence` that tells what the far side has received")

    def stalled(self) -> Adapter | None:
        """An adapter whose far side never answers, if that can happen."""
        return None

    def broken(self) -> Adapter | None:
        """An adapter whose far side is not there, if that can happen."""
        return None

    def test_what_it_handles_arrives(self, adapter: Adapter) -> None:
        """Every declared channel takes a message, whose text arrives at its one receiver."""
        assert adapter.name
        assert adapter.handles
        for number, channel in enumerate(_channels(adapter), 1):
            outcome = adapter.deliver(sample_message(channel), seconds=SECONDS)
            assert isinstance(outcome, Sent), outcome
            arrivals = self.evidence(adapter)
            assert len(arrivals) == number
            assert any("Please pay 240.00 USD." in arrival.text for arrival in arrivals)
            assert all(len(arrival.to) == 1 for arrival in arrivals)

    def test_other_channels_are_the_hosts_mistake(self, adapter: Adapter) -> None:
        """An action of a channel that it does not handle is a usage error, not a bounce of the debtor's."""
        for channel in {*Channel, *WAYS_BESIDES} - set(adapter.handles):
            with pytest.raises(UsageError):
                adapter.deliver(sample_message(channel), seconds=SECONDS)
        assert not self.evidence(adapter)

    def test_a_second_hand_over(self, adapter: Adapter) -> None:
        """Handing over again repeats the same bytes, and changes nothing where the capability says dedupe."""
        for channel in _channels(adapter):
            before = len(self.evidence(adapter))
            message = sample_message(channel)
            outcomes = [adapter.deliver(message, seconds=SECONDS) for _ in range(2)]
            assert all(isinstance(outcome, Sent) for outcome in outcomes), outcomes
            new = self.evidence(adapter)[before:] if adapter.capability is not Capability.DEDUPE else None
            if new is None:
                assert len(self.evidence(adapter)) == before + 1
                assert outcomes[0] == outcomes[1]
            else:
                assert len({arrival.raw for arrival in new}) == 1

    def test_a_second_hand_over_with_a_later_time(self, adapter: Adapter) -> None:
        """The identity decides what is the same, not the moment of the attempt."""
        if adapter.capability is not Capability.DEDUPE:
            pytest.skip("recognises nothing")
        for number, channel in enumerate(_channels(adapter), 1):
            message = sample_message(channel)
            adapter.deliver(message, seconds=SECONDS)
            adapter.deliver(replace(message, at=message.at + 86_400), seconds=SECONDS)
            assert len(self.evidence(adapter)) == number

    def test_what_can_be_asked_about_is_told(self, adapter: Adapter) -> None:
        """Whoever says LOOKUP has nothing before a hand-over, and the action after it."""
        if adapter.capability is not Capability.LOOKUP:
            pytest.skip("cannot be asked")
        assert isinstance(adapter, LooksUp)
        for channel in _channels(adapter):
            message = sample_message(channel)
            assert isinstance(adapter.lookup(message.key, seconds=SECONDS), Retry)
            adapter.deliver(message, seconds=SECONDS)
            assert isinstance(adapter.lookup(message.key, seconds=SECONDS), Sent)

    def test_a_lifetime_of_keys_is_that_of_recognising(self, adapter: Adapter) -> None:
        """Only who recognises an action can forget it."""
        if not isinstance(adapter, KeysExpire):
            pytest.skip("forgets nothing")
        assert adapter.capability is Capability.DEDUPE
        assert adapter.key_ttl > 0

    def test_what_may_not_go_does_not(self, adapter: Adapter) -> None:
        """Whoever asks last does so once for each message, and nothing arrives where the answer is no."""
        if not isinstance(adapter, AsksLast):
            pytest.skip("does not ask")
        for channel in _channels(adapter):
            asked: list[bool] = []

            def may_go(asked: list[bool] = asked) -> bool:
                asked.append(len(asked) > 0)
                return asked[-1]

            before = len(self.evidence(adapter))
            outcome = adapter.deliver_asking(sample_message(channel), seconds=SECONDS, may_go=may_go)
            assert (outcome, asked, len(self.evidence(adapter))) == (Withheld(), [False], before)
            outcome = adapter.deliver_asking(sample_message(channel), seconds=SECONDS, may_go=may_go)
            assert isinstance(outcome, Sent)

    def test_every_script_of_the_world(self, adapter: Adapter) -> None:
        """Text beyond ASCII arrives as it was written."""
        text = "Grüße, Zażółć, 你好, שלום, 😀, 1 234,50 €"
        for channel in _channels(adapter):
            message = sample_message(channel, text=text, name="Žofia Łęcka 你好")
            assert isinstance(adapter.deliver(message, seconds=SECONDS), Sent)
        assert all(text in arrival.text for arrival in self.evidence(adapter))

    @pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
    def test_hostile_names(self, adapter: Adapter, name: str) -> None:
        """A name cannot add a receiver, a header, a file elsewhere or a control sequence."""
        self._harmless(adapter, lambda channel: sample_message(channel, name=name, address=(name, "Denver")))

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_hostile_texts(self, adapter: Adapter, text: str) -> None:
        """Text and subject cannot either."""
        self._harmless(adapter, lambda channel: replace(sample_message(channel, text=text), subject=text))

    @pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
    def test_hostile_addresses(self, adapter: Adapter, address: str) -> None:
        """What is not exactly one e-mail address gets no mail."""
        if Channel.EMAIL in adapter.handles:
            outcome = adapter.deliver(sample_message(Channel.EMAIL, email=address), seconds=SECONDS)
            if isinstance(outcome, Sent):  # a screen shows it to whoever sits there
                self._check_harmless(adapter)
            else:
                assert isinstance(outcome, Bounced), outcome
                assert not self.evidence(adapter)

    def test_no_address(self, adapter: Adapter) -> None:
        """A debtor without an address for the channel is a bounce, so that the policy's fallback has its turn."""
        for channel in _channels(adapter):
            if isinstance(channel, Channel):
                if channel is Channel.PORTAL:
                    continue  # whoever has an account can be shown something in it
                message = sample_message(channel, email=None, phone=None, address=(), push=None)
                assert isinstance(adapter.deliver(message, seconds=SECONDS), Bounced)
        assert not self.evidence(adapter)

    def test_time_limit(self) -> None:
        """A far side that never answers costs no more than the time given, and is no success."""
        adapter = self.stalled()
        if adapter is None:
            pytest.skip("cannot stall")
        for channel in _channels(adapter):
            start = time.monotonic()
            outcome = adapter.deliver(sample_message(channel), seconds=0.3)
            assert time.monotonic() - start < 0.3 + SLACK
            assert isinstance(outcome, Outcome)
            assert not isinstance(outcome, Sent)
            self._check_secrets(adapter, outcome)

    def test_trouble_is_an_outcome(self) -> None:
        """A far side that is not there is an outcome, never an exception and never a success."""
        adapter = self.broken()
        if adapter is None:
            pytest.skip("cannot break")
        for channel in _channels(adapter):
            outcome = adapter.deliver(sample_message(channel), seconds=1.0)
            assert isinstance(outcome, Outcome)
            assert not isinstance(outcome, Sent)
            self._check_secrets(adapter, outcome)

    def test_travels_to_another_process(self, adapter: Adapter) -> None:
        """Pickled and restored it works as before."""
        restored = pickle.loads(pickle.dumps(adapter))  # noqa: S301 - our own bytes  # nosec B301
        assert repr(restored) == repr(adapter)
        channel = _channels(adapter)[0]
        assert isinstance(restored.deliver(sample_message(channel), seconds=SECONDS), Sent)
        assert len(self.evidence(restored)) == 1

    def test_keeps_its_secrets(self, adapter: Adapter, caplog: pytest.LogCaptureFixture) -> None:
        """Passwords stand in no representation, outcome or log."""
        caplog.set_level(0)
        outcome = adapter.deliver(sample_message(_channels(adapter)[0]), seconds=SECONDS)
        self._check_secrets(adapter, outcome, caplog.text)

    def _harmless(self, adapter: Adapter, message: Callable[[Channel | str], Message]) -> None:
        for channel in _channels(adapter):
            outcome = adapter.deliver(message(channel), seconds=SECONDS)
            assert isinstance(outcome, Outcome)
        self._check_harmless(adapter)

    def _check_harmless(self, adapter: Adapter) -> None:
        for arrival in self.evidence(adapter):
            assert len(arrival.to) == 1
            assert not arrival.to[0].startswith("evil@")
            assert not _CONTROL.search(arrival.text), arrival.text

    def _check_secrets(self, adapter: Adapter, *others: object) -> None:
        for secret in self.secrets:
            for thing in (adapter, *others):
                assert secret not in f"{thing!r} {thing!s}"


def _channels(adapter: Adapter) -> list[Channel | str]:
    return sorted(adapter.handles, key=str)
