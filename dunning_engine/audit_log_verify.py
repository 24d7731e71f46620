"""Check the audit log of dunning-engine with nothing but Python: a SQLite database, or the exported bundle of a case.

    python audit_log_verify.py dunning.db --anchors anchors.jsonl --key env:ANCHOR_KEY

Exit status: 0 everything fits together, 1 something does not, 2 the check could not be made.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import re
import sqlite3
import sys
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from time import gmtime, strftime
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

EVENTS = """SELECT e.tenant, e.case_id, e.seq, e.type, e.type_version, e.at, e.recorded_at, e.written_by, e.body, e.hash,
 p.salt, p.value FROM dunning_events e LEFT JOIN dunning_personal p USING (tenant, case_id, seq) ORDER BY 1, 2, 3"""

MESSAGES = "SELECT tenant, case_id, action_id, state, message FROM dunning_outbox"

UNSENT = ("pending", "cancelled")

NEWS = ("DeliveryArmed", "DeliveryRequeued", "NotLeft", "ReceiptRecorded")

WRONG = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


def digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def chained(tenant: str, case: str, previous: str, event: Iterable[Any]) -> str:
    seq, kind, version, at, recorded_at, by, body = event
    words = f"\0{len(tenant)}:{tenant}{len(case)}:{case}{seq}:{previous}:{len(kind)}:{kind}"
    return digest(f"{words}{version}:{at}:{recorded_at}:{len(by)}:{by}{body}")


def payload(message: Any) -> str:
    """The hash of what a message of the outbox says, and to whom."""
    whom = message.get("recipient") or message["debtor"]
    told = [whom[name] for name in ("name", "language", "email", "phone", "social", "push")]
    place = [whom[name] for name in ("address", "postal_code", "region", "country")]
    along = [[d["name"], d["media_type"], sha256(b64decode(d["data"])).hexdigest()] for d in message["attachments"]]
    key = message["action_id"] + (f".{message['rendering']}" if message["rendering"] > 1 else "")
    words = [message.get("seal", ""), key, [*told, *place], message["subject"], message["text"], along]
    return digest(json.dumps(words, ensure_ascii=False, separators=(",", ":")))


def payloads(rows: Iterable[Any]) -> dict[Any, dict[str, Any]]:
    """By case and action how far it has come, and the hash of its message; `None` where there is none."""
    found: dict[Any, dict[str, Any]] = {}
    for tenant, case, action, state, text in rows:
        try:
            said = text and payload(json.loads(text))
        except WRONG:
            said = "unreadable"
        found.setdefault((tenant, case), {})[action] = (state, said)
    return found


def root(leaves: list[str]) -> str:
    """The root of a Merkle tree as in RFC 9162."""
    if len(leaves) < 2:
        return leaves[0] if leaves else digest("")
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return digest("\1" + root(leaves[:half]) + root(leaves[half:]))


def read_anchors(lines: Iterable[str], key: bytes, wrong: list[str]) -> tuple[dict[Any, dict[int, Any]], int | None]:
    """Anchored heads by case, and the time of the last anchor; what is wrong with the anchors goes into `wrong`."""
    heads: dict[Any, dict[int, Any]] = {}
    before, last, number = ("", 0), None, 0
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            data = json.loads(line)
            said, name = json.loads(data["statement"]), f"anchor {json.loads(data['statement'])['anchor']}"
            leaves = ["\0" + json.dumps(head, ensure_ascii=False, separators=(",", ":")) for head in data["heads"]]
            top = root(list(map(digest, leaves)))
            for side, other in data.get("proof", ()):
                top = digest("\1" + (other + top if side == "left" else top + other))
            if top != said["root"]:
                wrong.append(f"{name}: its heads are not those that were written")
            if "proof" not in data and (said["previous"], said["anchor"]) != (before[0], before[1] + 1):
                wrong.append(f"{name}: does not follow anchor {before[1]}")
            if said.get("lost"):
                wrong.append(
                    f"{name}: anchors of {said['lost']} cases from before it were lost; it proves nothing older"
                )
            if key and data.get("signature") != hmac.new(key, data["statement"].encode(), "sha256").hexdigest():
                wrong.append(f"{name}: is not signed with this key")
            for tenant, case, seq, head in data["heads"]:
                heads.setdefault((tenant, case), {})[seq] = (head, said["anchor"])
            before, last = (digest(data["statement"]), said["anchor"]), said["at"]
        except WRONG as error:
            wrong.append(f"line {number} of the anchors: is none ({error!r})")
    if number and last is None and not wrong:
        wrong.append("the file of anchors holds none")
    return heads, last


def breaks(
    case: tuple[str, str],
    rows: Iterable[Any],
    held: Any,
    anchored: dict[int, Any],
    outbox: dict[str, Any] | None = None,
) -> Iterator[str]:
    """What does not fit in one case, with sequence numbers; `held` is what the case itself says of its last event.

    `outbox` has what `payloads` found of its actions, where that is known.
    """
    previous, last, bare, hashes, erased = "", 0, [], {}, False
    armed: dict[str, tuple[int, str]] = {}
    left: set[str] = set()
    for seq, *event, stored, salt, value in rows:
        if seq != last + 1:
            yield f"event {last + 1}: is gone; event {seq} comes after event {last}"
        if stored is None:
            yield f"event {seq}: was never sealed (dunning audit-log seal)"
        elif chained(*case, previous, (seq, *event)) != stored:
            yield f"event {seq}: is not what was recorded, or not in its place"
        last, previous, hashes[seq], erased = seq, stored or "", stored, erased or event[0] == "Erased"
        commitment = (re.findall('"personal":"([0-9a-f]{64})"', event[-1]) or [None])[-1]
        if commitment and value is None:
            bare.append(seq)
        elif value and digest(f"{salt}{value}") != commitment:
            yield f"event {seq}: its personal data is not what was recorded"
        if event[0] in NEWS and outbox is not None:
            follow(event[0], event[-1], left)
        if event[0] == "DeliveryArmed" and outbox is not None:
            armed.update(arming(seq, event[-1]))
    if bare and not erased:
        yield f"event {bare[0]}: its personal data is gone, and no event says that it was erased"
    if held != [last, previous or None]:
        yield f"event {last + 1}: is gone, or event {last} is not the last one that the case itself knows"
    for seq, (head, number) in sorted(anchored.items()):
        if hashes.get(seq) != head:
            yield f"event {seq}: is not the one that anchor {number} saw"
    for action, (seq, said) in armed.items():
        state, found = (outbox or {}).get(action, ("gone", None))
        if found != said and (found or not (erased or (state in UNSENT and action not in left))):
            yield f"event {seq}: the message of action {action} is {'not what was armed' if found else 'gone'}"


def follow(kind: str, body: str, left: set[str]) -> None:
    """Note in `left` whether an action has left, as far as news of it can be read."""
    try:
        told = json.loads(body)
        action, receipt = str(told["action_id"]), kind == "ReceiptRecorded" and told["kind"]
    except WRONG:
        return
    if not receipt:
        left.discard(action)
    elif receipt in ("sent", "delivered"):
        left.add(action)


def arming(seq: int, body: str) -> dict[str, tuple[int, str]]:
    """The action that an event armed, with the hash of its message; nothing where none was taken or it cannot be read."""
    try:
        told = json.loads(body)
        return {told["action_id"]: (seq, told["payload_hash"])} if told.get("payload_hash") else {}
    except WRONG:
        return {}


def report(
    rows: Iterable[Any],
    cases: dict[Any, Any],
    lines: Iterable[str],
    key: bytes,
    only: Any = None,
    counted: Any = None,
    outbox: dict[Any, dict[str, Any]] | None = None,
) -> int:
    """Print every break and what cannot be seen; `only` is the case or tenant that these rows are all of.

    `counted` has the events of cases that the database takes for anchored, `outbox` what `payloads` found.
    """
    wrong: list[str] = []
    everybody, at = read_anchors(lines, key, wrong)
    anchored = {case: heads for case, heads in everybody.items() if only in (None, case, case[0])}
    other = len(everybody) - len(anchored)
    lost = sorted(case for case, seq in (counted or {}).items() if seq > max(anchored.get(case, {}), default=0))
    if lost:
        wrong.append(
            f"anchors of {len(lost)} cases are missing that the database counts on, as of {'/'.join(lost[0])} (is this the newest file?)"
        )
    events, tail, left = 0, 0, dict(cases)
    for case, of_case in groupby(rows, lambda row: (row[0], row[1])):
        listed, heads = [row[2:] for row in of_case], anchored.pop(case, {})
        sent = None if outbox is None else outbox.get(case, {})
        wrong += [f"case {'/'.join(case)}, {what}" for what in breaks(case, listed, left.pop(case, None), heads, sent)]
        events, tail = events + len(listed), tail + len(listed) - min(max(heads, default=0), len(listed))
    wrong += [f"case {'/'.join(case)}, event 1: is gone, with the whole case" for case in {**left, **anchored}]
    if other and not events:
        wrong.append(f"nothing is here of {only}, and the anchors hold {other} cases of {tenants(everybody)}")
    print(*wrong, f"{events} events of {len(cases)} cases, {len(wrong) or 'no'} breaks", sep="\n")
    last = "in no anchor" if at is None else f"after the last anchor ({strftime('%Y-%m-%d %H:%M:%S UTC', gmtime(at))})"
    who = "" if key or at is None else "; nor who wrote the anchors (--key tells)"
    rest = f"; nor {other} cases of others that the anchors hold" if other else ""
    print(f"not seen: whether the {tail} events {last} are all that came, and as they came{who}{rest}")
    return 1 if wrong else 0


def tenants(cases: Iterable[Any]) -> str:
    return ", ".join(sorted({str(tenant) for tenant, _case in cases}))


def lines_of(file: str) -> list[str]:
    """The lines of a file of anchors."""
    lines = []
    for number, line in enumerate(Path(file).read_bytes().split(b"\n"), 1):
        try:
            lines.append(line.decode())
        except UnicodeDecodeError:
            raise OSError(f"{file}, line {number}: is no text in UTF-8") from None
    return lines


def opened(path: Path) -> sqlite3.Connection:
    """A database, to be read; as it lies there, where SQLite cannot put its own files beside it."""
    place, log = f"{path.absolute().as_uri()}?mode=ro", path.with_name(f"{path.name}-wal")
    connection = sqlite3.connect(place, uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        connection.close()
        if os.access(path.parent, os.W_OK):
            raise
        if log.exists() and log.stat().st_size:
            raise OSError(f"{log} belongs to it: copy both to a folder that can be written to ({error})") from error
        connection = sqlite3.connect(f"{place}&immutable=1", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


def check(file: str, anchors: str, key: bytes) -> int:
    try:
        path = Path(file)
        with path.open("rb") as content:
            if content.read(15) == b"SQLite format 3":
                with closing(opened(path)) as connection:
                    rows = connection.execute("SELECT tenant, id, anchored FROM dunning_cases WHERE anchored > 0")
                    counted = {(tenant, case): seq for tenant, case, seq in rows} if anchors else {}
                    lines = lines_of(anchors) if anchors else []  # while somebody works, these are ahead of that
                    connection.execute("BEGIN")  # all that follows as it was at one instant
                    rows = connection.execute("SELECT tenant, id, seq, head FROM dunning_cases")
                    cases = {(tenant, case): held for tenant, case, *held in rows}
                    outbox = payloads(connection.execute(MESSAGES))
                    return report(connection.execute(EVENTS), cases, lines, key, counted=counted, outbox=outbox)
            bundle = json.loads(ZipFile(content).read("bundle.json") if is_zipfile(content) else path.read_bytes())
        case = (bundle["tenant"], bundle["case"])
        told = [(*case, *event, *bundle["personal"].get(str(event[0]), [None, None])) for event in bundle["events"]]
        lines = lines_of(anchors) if anchors else bundle["anchors"]
        sent = payloads((*case, *row) for row in bundle["outbox"]) if "outbox" in bundle else None
        return report(told, {case: [bundle["seq"], bundle["head"]]}, lines, key, case, outbox=sent)
    except (*WRONG, OSError, RuntimeError, EOFError, sqlite3.Error, BadZipFile, zlib.error) as error:
        print(
            f"this could not be checked: {error if isinstance(error, OSError) else f'{file}: {error!r}'}",
            file=sys.stderr,
        )
        return 2


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check the audit log of dunning-engine.")
    parser.add_argument("file", help="a SQLite database, or the bundle of a case (.json, .zip)")
    parser.add_argument("--anchors", default="", help="the file of anchors")
    parser.add_argument("--key", default="", help="env:NAME of the secret with which the anchors were signed")
    given = parser.parse_args(words)
    key = os.environ.get(given.key.removeprefix("env:"), "")
    if given.key and not key:
        parser.error(f"the environment has no variable {given.key.removeprefix('env:')}")
    return check(given.file, given.anchors, key.encode())


if __name__ == "__main__":
    sys.exit(main())
