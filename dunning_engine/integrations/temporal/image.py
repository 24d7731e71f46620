"""One debtor's store as plain JSON: what a workflow carries from look to look, and what each look adds.

An image holds texts and numbers only, so that a workflow can keep it without knowing what they mean: whatever a later
version of this library makes of an event, the history of the workflow reads as before.

An event is a row as a database keeps it: `at`, `recorded_at`, type, version, body, who wrote it, its hash in the chain
of the case, and salt and value of what identifies a person. Rows of form 1 end with the body, which is JSON there; the
first change of their case gives them all the rest.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Final, TypeAlias

from dunning_engine.ports.personal import MARK, put_together

Image: TypeAlias = dict[str, Any]
"""`tenant`; `events` by case, oldest first; `looks` by case; `kept` snapshots; `contacts`; `outbox` and `messages`; `inbox`, `orders`; `words`."""

FORM: Final = 2
"""The form of images that this version writes; it reads this and all older ones."""

GROWING: Final = "events"
"""The part of an image that is only ever added to; in all others a newer row takes the place of the one of its key."""

REWRITTEN: Final = "rewritten"
"""Among changes: all events of a case, where they got their hashes or lost what identifies a person."""

PARTS: Final = ("looks", "kept", "contacts", "outbox", "messages", "inbox", "orders", "words")

BARE: Final = 5
"""Columns of an event of form 1."""


def empty(tenant: str = "") -> Image:
    return {"form": FORM, "tenant": tenant, GROWING: {}, **{part: {} for part in PARTS}}


def merge(image: Image, changes: Image) -> None:
    """Add to an image what a look or a command changed."""
    for case_id, events in changes.get(GROWING, {}).items():
        image[GROWING].setdefault(case_id, []).extend(events)
    image[GROWING].update(changes.get(REWRITTEN, {}))
    for part in PARTS:
        image[part].update(changes.get(part, {}))


def wake_of(image: Image) -> int | None:
    """When the earliest case wants to be looked at, or an action of the outbox to be seen to."""
    times = [*image["looks"].values(), *(row["next_at"] for row in image["outbox"].values())]
    return min((time for time in times if time is not None), default=None)


def plain(row: list[Any]) -> list[Any]:
    """An event for whoever asks: when it happened, when it became known, type, version, and the whole body as JSON."""
    body = row[BARE - 1]
    if isinstance(body, str):
        value = row[-1]
        body = json.loads(body) if value is None else put_together(body, value)
        body.pop(MARK, None)
    return [*row[: BARE - 1], body]


def heads_of(image: Image) -> list[list[Any]]:
    """Tenant, case, number and hash of the last event of each case that has a chain."""
    cases = image[GROWING].items()
    return [[image["tenant"], case, len(rows), rows[-1][BARE + 1]] for case, rows in cases if len(rows[-1]) > BARE]


def packed(image: Image) -> str:
    """An image as one short text, for the next run of its workflow."""
    text = json.dumps({**image, "form": max(FORM, image["form"])}, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode())).decode()


def unpacked(text: str) -> Image:
    """The image that was packed; a new one where there is none. Raises `ValueError` where a newer version wrote it."""
    if not text:
        return empty()
    image: Image = json.loads(zlib.decompress(base64.b64decode(text)))
    if image["form"] > FORM:
        raise ValueError(f"this debtor was last carried on by a newer version of dunning_engine (form {image['form']})")
    return {**empty(), **image}
