"""Who calls adapters: with a hard deadline, so that one that hangs costs its own action and nothing else.

A thread that hangs cannot be ended: it is left behind, and what it still brings is told as late. A process can: `Apart`
runs adapters in one, which may crash, hang or eat memory without taking the engine with it.
"""

from __future__ import annotations

import pickle  # nosec B403  # what our own process wrote
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from dunning_engine.ports.adapter import (
    AsksLast,
    Bounced,
    LooksUp,
    Outcome,
    Retry,
    Sent,
    Uncertain,
    Withheld,
    asks_last,
    is_at_once,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from dunning_engine.ports.adapter import Adapter, Message, WritesInside

GRACE_SECONDS: Final = 5.0
"""How long beyond its time an adapter is waited for."""

START_SECONDS: Final = 30.0
"""How long a process for adapters may take to start."""

AILING_SECONDS: Final = 3_600
"""Seconds after a fault that only a person can mend."""

NUL: Final = "\0"
"""What no text of PostgreSQL holds."""

MayGo: TypeAlias = Callable[[], bool]
Late: TypeAlias = Callable[["Outcome | Withheld"], None]


class Courier(Protocol):
    """Calls an adapter; what comes back is always an outcome."""

    def deliver(
        self, adapter: Adapter, message: Message, *, seconds: float, may_go: MayGo, late: Late
    ) -> Outcome | Withheld:
        """Hand a message over; `late` gets what comes after the deadline."""

    def lookup(self, adapter: Adapter, key: str, *, seconds: float) -> Outcome:
        """Ask what became of an action."""

    def close(self) -> None:
        """End what waits."""


def handed_over(adapter: Adapter, message: Message, seconds: float, may_go: MayGo) -> Outcome | Withheld:
    """What an adapter says; one that breaks its word, raises or says nothing that is an outcome, leaves doubt."""
    held_back = False

    def asked() -> bool:
        nonlocal held_back
        held_back = not may_go()
        return not held_back

    try:
        if asks_last(adapter):
            said = adapter.deliver_asking(message, seconds=seconds, may_go=asked)
            return said if isinstance(said, Withheld) and held_back else outcome_of(said, adapter)
        return outcome_of(adapter.deliver(message, seconds=seconds), adapter) if may_go() else Withheld()
    except Exception as error:  # noqa: BLE001 - an adapter that breaks its word must not stop the others; the note tells it
        return Uncertain(f"the adapter {adapter.name} failed: {type(error).__name__}: {error}")


def outcome_of(said: object, adapter: Adapter | AsksLast | LooksUp | WritesInside) -> Outcome:
    """What an adapter returned, where it is an outcome that can be kept; else doubt, told without what it says of people."""
    match said:
        case Sent(str(words), bool()) | Bounced(str(words)) | Uncertain(str(words)) | Retry(int(), str(words), bool()):
            return said if NUL not in words else _without_nul(said)
        case None:
            what = "None"
        case Sent() | Bounced() | Uncertain() | Retry():
            what = f"a {type(said).__name__} of other types than it says"
        case _:
            what = f"a {type(said).__name__}"
    name = getattr(adapter, "name", type(adapter).__name__)
    return Uncertain(f"the adapter {name} returned {what}, which is no outcome: nobody knows whether it left")


def _without_nul(said: Outcome) -> Outcome:
    """An outcome in words that every database keeps."""
    if isinstance(said, Sent):
        return replace(said, reference=said.reference.replace(NUL, ""))
    return replace(said, note=said.note.replace(NUL, ""))


def looked_up(adapter: Adapter, key: str, seconds: float) -> Outcome:
    """What an adapter says of an action; one that cannot be asked, or fails, knows nothing."""
    if not isinstance(adapter, LooksUp):
        return Uncertain(f"the adapter {adapter.name} cannot be asked")
    try:
        return outcome_of(adapter.lookup(key, seconds=seconds), adapter)
    except Exception as error:  # noqa: BLE001 - like one that fails at a hand-over
        return Uncertain(f"the adapter {adapter.name} failed: {type(error).__name__}: {error}")


def _told(answer: Outcome | Withheld) -> Outcome:
    assert not isinstance(answer, Withheld)  # nobody asked whether a question may go
    return answer


def overdue(adapter: Adapter, seconds: float) -> Uncertain:
    """What is said of an adapter that does not come back."""
    return Uncertain(f"the adapter {adapter.name} did not come back within {seconds:g} seconds")


class Direct:
    """Calls adapters in the caller's own thread: for adapters that keep to their time, and for simulations."""

    def deliver(
        self,
        adapter: Adapter,
        message: Message,
        *,
        seconds: float,
        may_go: MayGo,
        late: Late,  # noqa: ARG002 - never late
    ) -> Outcome | Withheld:
        return handed_over(adapter, message, seconds, may_go)

    def lookup(self, adapter: Adapter, key: str, *, seconds: float) -> Outcome:
        return looked_up(adapter, key, seconds)

    def close(self) -> None:
        """Nothing waits."""


# Threads --------------------------------------------------------------------------------------------------------------


class _Job:
    """One call; `back` is locked until it has come back, `left` says that nobody waits for it any more."""

    __slots__ = ("_late", "_lock", "_work", "back", "left", "outcome")

    def __init__(self, work: Callable[[], Outcome | Withheld], late: Late) -> None:
        self._work, self._late = work, late
        self._lock, self.back = threading.Lock(), threading.Lock()
        self.back.acquire()
        self.outcome: Outcome | Withheld | BaseException | None = None
        self.left = False

    def run(self) -> None:
        try:
            outcome: Outcome | Withheld | BaseException = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for it
            outcome = error
        with self._lock:
            self.outcome, left = outcome, self.left
        self.back.release()
        if left and not isinstance(outcome, BaseException):
            self._late(outcome)

    def leave(self) -> bool:
        """Wait no longer; `False` where it has just come back."""
        with self._lock:
            self.left = self.outcome is None
            return self.left


class Threads:
    """Calls adapters in threads of its own, one for each that calls at the same time; in the caller's where they never wait."""

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._idle: queue.SimpleQueue[queue.SimpleQueue[_Job | None]] = queue.SimpleQueue()
        self.stuck = 0
        """How many threads were left behind and have not come back."""

    def deliver(
        self, adapter: Adapter, message: Message, *, seconds: float, may_go: MayGo, late: Late
    ) -> Outcome | Withheld:
        if is_at_once(adapter):
            return handed_over(adapter, message, seconds, may_go)
        job: _Job

        def told_late(outcome: Outcome | Withheld) -> None:
            self.stuck -= 1
            late(outcome)

        job = _Job(lambda: handed_over(adapter, message, seconds, lambda: not job.left and may_go()), told_late)
        return self._done(job, adapter, seconds)

    def lookup(self, adapter: Adapter, key: str, *, seconds: float) -> Outcome:
        def told_late(_outcome: Outcome | Withheld) -> None:
            self.stuck -= 1

        return _told(self._done(_Job(lambda: looked_up(adapter, key, seconds), told_late), adapter, seconds))

    def _done(self, job: _Job, adapter: Adapter, seconds: float) -> Outcome | Withheld:
        desk = self._desk()
        desk.put(job)
        if not job.back.acquire(timeout=seconds + self._grace) and job.leave():
            self.stuck += 1
            desk.put(None)
            return overdue(adapter, seconds + self._grace)
        self._idle.put(desk)
        if isinstance(job.outcome, BaseException):
            raise job.outcome
        assert job.outcome is not None
        return job.outcome

    def _desk(self) -> queue.SimpleQueue[_Job | None]:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            desk: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
            threading.Thread(target=_works, args=(desk,), name="dunning courier", daemon=True).start()
            return desk

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait().put(None)
            except queue.Empty:
                return


def _works(desk: queue.SimpleQueue[_Job | None]) -> None:
    while (job := desk.get()) is not None:
        job.run()


# Processes ------------------------------------------------------------------------------------------------------------


class Apart:
    """Calls adapters in a process of their own, which is killed when it hangs and started anew when it died.

    Adapters and messages travel there by pickle. `memory` bounds the bytes that the process may take.
    """

    def __init__(self, *, grace: float = GRACE_SECONDS, memory: int | None = None) -> None:
        self._grace, self._memory = grace, memory
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._ours: Connection | None = None

    def deliver(
        self,
        adapter: Adapter,
        message: Message,
        *,
        seconds: float,
        may_go: MayGo,
        late: Late,  # noqa: ARG002 - dead, not late
    ) -> Outcome | Withheld:
        return self._sent(adapter, message, seconds, may_go)

    def lookup(self, adapter: Adapter, key: str, *, seconds: float) -> Outcome:
        return _told(self._sent(adapter, key, seconds, lambda: True))

    def _sent(self, adapter: Adapter, what: Message | str, seconds: float, may_go: MayGo) -> Outcome | Withheld:
        with self._lock:
            try:
                parcel = pickle.dumps((adapter, what, seconds))
                ours = self._line()
            except (OSError, pickle.PicklingError, TypeError, AttributeError) as error:
                return Retry(AILING_SECONDS, f"configuration: {adapter.name} cannot work in another process: {error}")
            try:
                ours.send_bytes(parcel)
                return self._answer(ours, adapter, seconds, may_go)
            except (EOFError, OSError) as error:
                code = self._ended()
                return Uncertain(f"the adapter {adapter.name} took its process down (exit code {code}): {error!r}")

    def _answer(self, ours: Connection, adapter: Adapter, seconds: float, may_go: MayGo) -> Outcome | Withheld:
        while ours.poll(seconds + self._grace):
            said: Any = ours.recv()
            if said is not _ASKS:
                outcome: Outcome | Withheld = said
                return outcome
            ours.send(may_go())
        self._ended()
        return overdue(adapter, seconds + self._grace)

    def _line(self) -> Connection:
        if self._process is None or self._ours is None or not self._process.is_alive():
            from multiprocessing import get_context

            self._ended()
            context = get_context("spawn")
            self._ours, theirs = context.Pipe()
            self._process = context.Process(target=_serves, args=(theirs, self._memory), daemon=True)
            self._process.start()
            theirs.close()
            if not self._ours.poll(START_SECONDS):
                raise OSError("the process for adapters did not start")
            self._ours.recv()
        return self._ours

    def _ended(self) -> int | None:
        process, self._process = self._process, None
        if self._ours is not None:
            self._ours.close()
            self._ours = None
        if process is None:
            return None
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
        return code

    def close(self) -> None:
        with self._lock:
            self._ended()


class _Asks:
    """Stands for the question of a process whether its message may go."""

    def __reduce__(self) -> str:
        return "_ASKS"


_ASKS: Final = _Asks()


def _serves(line: Connection, memory: int | None) -> None:
    """The life of a process for adapters: messages in, outcomes back, until the other side is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a worker that is told to stop finishes what is armed
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if memory is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    line.send(True)

    def may_go() -> bool:
        line.send(_ASKS)
        return bool(line.recv())

    while True:
        try:
            adapter, what, seconds = line.recv()
        except (EOFError, OSError):
            return
        asked = isinstance(what, str)
        line.send(looked_up(adapter, what, seconds) if asked else handed_over(adapter, what, seconds, may_go))
