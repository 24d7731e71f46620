"""Throw changed inputs at what reads untrusted ones, guided by the branches that they reach.

Whatever comes in, the answer is a value or one of our own errors, within a second. A corpus of what reached further is
kept in `tests/fuzz/<target>`; an input that broke its reader is written to `out/fuzz` and makes this end with 1.

    python tools/fuzz.py [--seconds 60] [policy template event signature]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
CORPUS: Final = ROOT / "tests/fuzz"
FOUND: Final = ROOT / "out/fuzz"


def policy(data: bytes) -> None:
    """A policy file: compiled, or told at its lines."""
    from dunning_engine.engine.loading import policy_of
    from dunning_engine.kernel.errors import PolicyInvalid

    try:
        policy_of(data.decode("utf-8", "surrogateescape"), file="fuzz.yaml")
    except PolicyInvalid:
        return


def template(data: bytes) -> None:
    """A template: read with what it asks for, or told at its lines."""
    from dunning_engine.engine.template_files import parse

    parse(data.decode("utf-8", "replace"), "fuzz.liquid")


def event(data: bytes) -> None:
    """A stored event: the type in the first line, its JSON below."""
    from dunning_engine.ports.codec import EVENTS, UnreadableEvent, decode_event, encode_event

    head, _, body = data.partition(b"\n")
    kinds = sorted(EVENTS)
    kind = kinds[sum(head) % len(kinds)]
    try:
        told = decode_event(kind, 1, body.decode("utf-8", "replace"))
    except UnreadableEvent:
        return
    encode_event(told)


def signature(data: bytes) -> None:
    """A signed message: its headers in the first lines, then its body."""
    from dunning_engine.engine.inbound import Unreadable, read
    from dunning_engine.ports.signatures import Forged, Secret, headers_of, verified

    first, _, body = data.partition(b"\n\n")
    lines = [line.partition(b": ") for line in first.split(b"\n")]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, _, value in lines}
    secret = Secret(b"k" * 32)
    try:
        verified(headers, body, [secret], 1_780_000_000)
    except Forged:
        headers = headers_of([secret], "m", 1_780_000_000, body)
    verified(headers, body, [secret], 1_780_000_000)
    try:
        read(body)
    except Unreadable:
        return


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "policy": policy,
    "template": template,
    "event": event,
    "signature": signature,
}


def hunt(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["dunning_engine"]):
        TARGETS[name](b"")  # its imports
    FOUND.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=2048", "-max_len=8192"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={FOUND}/{name}-", str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="all, without any")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.in_process:
        hunt(given.targets[0], given.seconds)
    broken = []
    for name in given.targets or TARGETS:
        command = [sys.executable, __file__, name, "--seconds", str(given.seconds), "--in-process"]
        told = subprocess.run(command, check=False)  # noqa: S603 - ourselves
        print(f"{name}: {'nothing broke it' if told.returncode == 0 else 'broken'}", flush=True)
        broken += [name] if told.returncode else []
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
