"""What travels between clients, workflows and activities: small dataclasses of plain JSON.

Fields come and go only with defaults, at the end: what an old version wrote is read by a new one, and the other way
round while a fleet is brought up to date.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from dunning_engine.integrations.temporal.image import Image


@dataclass(frozen=True, slots=True)
class Shown:
    """A clock of a rehearsal: it showed `shows` when the server's showed `since`, and goes `rate` times as fast.

    It shows whole multiples of `grain` seconds and is looked at in the middle of them, so that whoever tells something
    at such a moment is heard before anything is decided at it.
    """

    shows: int
    since: float
    rate: int = 1
    grain: int = 1

    def instant(self, server: float) -> int:
        """What it shows at a time of the server."""
        exact = int(self.shows + (server - self.since) * self.rate)
        return exact - exact % self.grain

    def seconds(self, server: float, until: int) -> float:
        """How long the server has to wait until it shows an instant."""
        if self.grain > 1:
            until = -(-until // self.grain) * self.grain + self.grain // 2
        return (until - self.shows) / self.rate + self.since - server


WALL: Final = Shown(0, 0.0)
"""The server's own clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What time it is at the server, and the `latest` instant by which something was decided for this debtor.

    `rehearsed`: somebody set the clock, and it is believed.
    """

    shows: int
    latest: int = 0
    rehearsed: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """What a run of a debtor's workflow begins with: `image` is what the run before it left, packed.

    A run hands over to the next one when its history holds `events_max` events, or when the server advises it.
    `deliver_seconds` is how long handing over may take, adapters' own 30 seconds and the way of their answer included;
    after that nobody knows whether it left. `refused` are signals that asked for something impossible: the word, and
    why not. `latest` is the last instant by which the run before decided something.
    """

    debtor: str
    image: str = ""
    events_max: int = 5_000
    clock: Shown = WALL
    refused: tuple[tuple[str, str], ...] = ()
    deliver_seconds: int = 45
    tenant: str = ""
    latest: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks of a debtor's workflow: a word of `desk.WORDS` and what goes with it, as plain JSON.

    With `settle` the answer waits until everything that is due has been decided and handed over.
    """

    word: str
    given: dict[str, Any] = field(default_factory=dict)
    settle: bool = False


@dataclass(frozen=True, slots=True)
class Armed:
    """An action that has to be handed over now: its identity, the fence of its arming, and what it is in words."""

    key: str
    fence: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Handing:
    """An armed message on its way to an adapter, under the identity of its action and the fence of its arming."""

    key: str
    message: dict[str, Any]
    fence: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of handing over: `kind` is the name of an outcome of `ports.adapter`, `body` its fields."""

    kind: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look or a command changes, and what there is to say about it.

    `armed` is an action that has to be handed over; `refused` the kind of error and its words where a command was
    refused, which changes nothing. `at` is the instant by which it was decided, `halted` why nothing is armed now, and
    `over` says that nothing of the debtor is left to carry on.
    """

    changes: Image = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    armed: Armed | None = None
    refused: tuple[str, str] | None = None
    at: int | None = None
    halted: str = ""
    over: bool = False
