"""What the verifier that needs nothing but Python says of chains that tests have in their hands."""

from __future__ import annotations

import json
from typing import Any

from dunning_engine.audit_log_verify import breaks
from dunning_engine.integrations.temporal.image import Image


def verified(bundle: dict[str, Any]) -> list[str]:
    """What is wrong with the bundle of a case."""
    case = (bundle["tenant"], bundle["case"])
    bundle = json.loads(json.dumps(bundle))
    rows = [(*event, *bundle["personal"].get(str(event[0]), [None, None])) for event in bundle["events"]]
    return list(breaks(case, rows, [bundle["seq"], bundle["head"]], {}))


def broken(image: Image) -> list[str]:
    """What is wrong with the cases of an image."""
    found: list[str] = []
    for case_id, events in image["events"].items():
        rows = [(seq, row[2], row[3], row[0], row[1], row[5], row[4], *row[6:]) for seq, row in enumerate(events, 1)]
        found += breaks((image["tenant"] or "default", case_id), rows, [len(rows), events[-1][6]], {})
    return found
