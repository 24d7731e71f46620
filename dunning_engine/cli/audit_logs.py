"""What the commands of `dunning audit-log` do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dunning_engine import audit_log_verify
from dunning_engine.cli.cases import found, opened
from dunning_engine.cli.screen import counted
from dunning_engine.engine.bundle import as_json, as_zip
from dunning_engine.engine.config import load_config
from dunning_engine.engine.config_values import SECRET
from dunning_engine.engine.installation import anchors_of
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.anchors import Anchors
    from dunning_engine.ports.audit_log import Link
    from dunning_engine.ports.store import Transaction


def verify(db: str | None, anchors: Path | None, key: str, *, tenant: str, config_file: Path) -> int:
    """0 where everything fits together, 1 where something does not, 2 where it could not be checked."""
    if db is None:
        config = load_config(config_file)
        db, log = config.store.url, config.audit_log
        if log is not None:
            anchors = anchors or log.anchors
            secret = log.key or "" if not key else _secret(key)
            return _checked(db, anchors, secret, tenant)
    return _checked(db, anchors, _secret(key), tenant)


def _secret(key: str) -> str:
    """The secret that `env:NAME` names."""
    if not key:
        return ""
    secret = os.environ.get(key.removeprefix(SECRET), "") if key.startswith(SECRET) else ""
    if not secret:
        raise UsageError("a secret does not stand on the command line: write --key env:NAME and set the variable NAME")
    return secret


def _checked(db: str, anchors: Path | None, secret: str, tenant: str) -> int:
    if db.startswith("postgresql"):
        return _of_server(db, anchors, secret, tenant)
    file = db.partition(":///")[2] or db
    return audit_log_verify.check(file, "" if anchors is None else str(anchors), secret.encode())


def _of_server(url: str, anchors: Path | None, secret: str, tenant: str) -> int:
    """The same check of rows that a server gives, of one tenant."""
    from dunning_engine.stores.sql import SqlStore

    lines = [] if anchors is None else [line for line in anchors.read_text("utf-8").split("\n") if line]
    with closing(SqlStore(url, tenant=tenant)) as store, store.transaction(write=False) as tx:
        heads = sorted(tx.heads())
        cases = {(head.tenant, head.case_id): [head.seq, head.hash] for head in heads}
        rows = (row for head in heads for row in _rows(tx, head.case_id))
        return audit_log_verify.report(rows, cases, lines, secret.encode(), tenant)


def _rows(tx: Transaction, case_id: str) -> Iterator[tuple[Any, ...]]:
    for link in tx.links(case_id):
        yield tx.tenant, case_id, *link.event, link.hash, *_apart(link)


def _apart(link: Link) -> tuple[str | None, str | None]:
    return (None, None) if link.opening is None else (link.opening.salt, link.opening.value)


def _anchors(config_file: Path) -> Anchors:
    anchors = anchors_of(load_config(config_file))
    if anchors is None:
        raise UsageError(f'{config_file} has no place for anchors: write [audit_log] and anchors = "FILE"')
    return anchors


def anchor(config_file: Path, now: str | None) -> None:
    """One more anchor."""
    anchors = _anchors(config_file)
    with opened(config_file, now) as engine:
        count = engine.anchor(anchors)
    print(f"anchored {counted(count, 'case')} in {anchors.path}")


def seal(config_file: Path) -> None:
    """Seal what is not."""
    with opened(config_file) as engine:
        print(f"sealed {counted(engine.seal(), 'case')}")


def erase(config_file: Path, debtors: list[str], *, by: str, reason: str, now: str | None) -> int:
    """Erase some debtors, each or not; 1 where one has to stay."""
    log = load_config(config_file).audit_log
    refused = 0
    with opened(config_file, now) as engine:
        years = {} if log is None else {"years": log.keep_years}
        for debtor in debtors:
            try:
                cases = engine.erase(debtor, by=by, reason=reason, **years)
            except UsageError as error:
                print(f"dunning: {error}", file=sys.stderr)
                refused += 1
            else:
                print(f"erased {debtor}: {', '.join(cases)}")
        if refused < len(debtors):
            engine.compact()
    return 1 if refused else 0


def export(config_file: Path, name: str, output: Path, *, redact: bool) -> None:
    """Write the bundle of a case."""
    with opened(config_file) as engine:
        case = found(engine, name)
        bundle = engine.bundle(case.id, anchors=anchors_of(load_config(config_file)), redact=redact)
    output.write_bytes(as_zip(bundle) if output.suffix == ".zip" else as_json(bundle))
    events, anchors = counted(len(bundle["events"]), "event"), counted(len(bundle["anchors"]), "anchor")
    print(f"{output}: case {case.id}, {events}, {anchors}")
