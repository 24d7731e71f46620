"""One debtor's store as plain JSON: what a workflow carries from look to look, and what each look adds.

An image holds texts and numbers only, so that a workflow can keep it without knowing what they mean: whatever a later
version of this library makes of an event, the history of the workflow reads as before.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Final, TypeAlias

Image: TypeAlias = dict[str, Any]
"""`events` by case, oldest first; `looks` by case; `kept` snapshots; `contacts`; `outbox` and `messages`; `inbox`, `orders`; `words`."""

FORM: Final = 1
"""The form of images that this version writes; it reads this and all older ones."""

GROWING: Final = "events"
"""The part of an image that is only ever added to; in all others a newer row takes the place of the one of its key."""

PARTS: Final = ("looks", "kept", "contacts", "outbox", "messages", "inbox", "orders", "words")


def empty() -> Image:
    return {"form": FORM, GROWING: {}, **{part: {} for part in PARTS}}


def merge(image: Image, changes: Image) -> None:
    """Add to an image what a look or a command changed."""
    for case_id, events in changes.get(GROWING, {}).items():
        image[GROWING].setdefault(case_id, []).extend(events)
    for part in PARTS:
        image[part].update(changes.get(part, {}))


def wake_of(image: Image) -> int | None:
    """When the earliest case wants to be looked at, or an action of the outbox to be seen to."""
    times = [*image["looks"].values(), *(row["next_at"] for row in image["outbox"].values())]
    return min((time for time in times if time is not None), default=None)


def packed(image: Image) -> str:
    """An image as one short text, for the next run of its workflow."""
    return base64.b64encode(zlib.compress(json.dumps(image, separators=(",", ":")).encode())).decode()


def unpacked(text: str) -> Image:
    """The image that was packed; a new one where there is none. Raises `ValueError` where a newer version wrote it."""
    if not text:
        return empty()
    image: Image = json.loads(zlib.decompress(base64.b64decode(text)))
    if image["form"] > FORM:
        raise ValueError(f"this debtor was last carried on by a newer version of dunning_engine (form {image['form']})")
    return {**empty(), **image}
