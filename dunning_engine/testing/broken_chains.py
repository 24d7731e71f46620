"""What the standalone verifier of the audit log has against a database that is open."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from dunning_engine.audit_log_verify import EVENTS, MESSAGES, breaks, payloads

HEADS: Final = "SELECT tenant, id, seq, head FROM dunning_cases"
"""What each case of a database says of its last event."""


def broken_links(connection: Any) -> Iterator[tuple[str, str]]:
    """What the standalone verifier has against the events of a database, case by case."""
    heads = {(tenant, case): [*head] for tenant, case, *head in connection.exec_driver_sql(HEADS)}
    outbox = payloads(connection.exec_driver_sql(MESSAGES))
    for case, rows in groupby(connection.exec_driver_sql(EVENTS), key=lambda row: (row[0], row[1])):
        for words in breaks(case, [row[2:] for row in rows], heads.get(case), {}, outbox.get(case, {})):
            yield case[1], words
