"""A case as a bundle: its chain, what stands apart of it, the anchors that hold it, the policies and rulebooks it was under.

`audit_log_verify.py`, which goes along, checks it without this package and without our database.
"""

from __future__ import annotations

import io
import json
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dunning_engine.domain.events import CaseOpened
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.kernel.calendar import iso
from dunning_engine.ports.codec import encode_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import PolicyRef
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.store import Transaction

VERIFIER: Final = "audit_log_verify.py"

README: Final = """The audit log of one case.

bundle.json        the events as they were stored, each with its hash; what identifies the debtor beside them, and the
                   messages that went out
{verifier}  checks it with nothing but Python: python {verifier} bundle.json

Each hash is over the event and the hash before it. The anchors are what was written outside the database at the time:
compare their statements with the copies that you were given then. Nothing is proved about events after the last anchor.
"""

REDACTED: Final = ("", "")
"""What stands for a salt and value that were left out on purpose."""


def bundle_of(
    case: Case, tx: Transaction, anchors: Sequence[str], shelf: Shelf, *, redact: bool, now: Instant
) -> dict[str, Any]:
    """The content of a bundle, as JSON values."""
    links = tx.links(case.id)
    messages = {} if redact else {"outbox": list(_outbox(case, tx))}
    refs = list(_policies(case, tx))
    return {
        "bundle": 1,
        "made_at": iso(now),
        "tenant": tx.tenant,
        "case": case.id,
        "seq": case.seq,
        "head": links[-1].hash,
        "events": [[*link.event, link.hash] for link in links],
        "personal": {
            str(link.event.seq): REDACTED if redact else link.opening for link in links if link.opening is not None
        },
        **messages,
        "anchors": list(anchors),
        "policies": [_policy(ref, tx) for ref in refs],
        "rulebooks": [_source(name, text) for name, text in _rulebooks(refs, tx, shelf)],
    }


def _outbox(case: Case, tx: Transaction) -> Iterator[tuple[str, str, str | None]]:
    """Every action of the case, how far it has come, and the message that its arming was about."""
    for row in tx.outbox(case_id=case.id):
        yield row.id, row.state.value, None if row.message is None else encode_message(row.message)


def _policies(case: Case, tx: Transaction) -> Iterator[PolicyRef]:
    for recorded in tx.history(case.id):
        if isinstance(recorded.event, CaseOpened | PolicyAssigned):
            yield recorded.event.policy


def _policy(ref: PolicyRef, tx: Transaction) -> dict[str, Any]:
    stored = tx.policy(ref.hash)
    text = "" if stored is None else stored.source
    return {"version": ref.version, "hash": ref.hash, **_source(ref.name, text)}


def _rulebooks(refs: Sequence[PolicyRef], tx: Transaction, shelf: Shelf) -> Iterator[tuple[str, str]]:
    """The law as it ships with this version, as its compiled text; a host's own rulebooks are the host's to add."""
    names = {book.name for ref in refs for book in shelf.of(ref, tx)[1]}
    for name in sorted(names):
        file = files("dunning_engine.compliance").joinpath(f"rulebooks/{name}.json")
        if file.is_file():
            yield name, file.read_text("utf-8")


def _source(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "sha256": sha256(text.encode()).hexdigest(), "text": text}


def as_json(bundle: dict[str, Any]) -> bytes:
    """The bundle as a file of its own."""
    return json.dumps(bundle, ensure_ascii=False, indent=1).encode() + b"\n"


def as_zip(bundle: dict[str, Any]) -> bytes:
    """The bundle with the verifier beside it; the same case at the same time makes the same bytes."""
    parts = {
        "bundle.json": as_json(bundle),
        VERIFIER: files("dunning_engine").joinpath(VERIFIER).read_bytes(),
        "README.txt": README.format(verifier=VERIFIER).encode(),
    }
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return made.getvalue()
