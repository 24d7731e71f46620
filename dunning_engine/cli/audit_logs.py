"""What the commands of `dunning audit-log` do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dunning_engine import audit_log_verify
from dunning_engine.cli.cases import found, opened, opened_to_read
from dunning_engine.cli.screen import counted
from dunning_engine.engine.bundle import as_json, as_zip
from dunning_engine.engine.config import load_config
from dunning_engine.engine.config_values import SECRET
from dunning_engine.engine.evidence import payload_hash
from dunning_engine.engine.installation import anchors_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.audit_log import DEFAULT_TENANT

if TYPE_CHECKING:
    from dunning_engine.engine.anchors import Anchors
    from dunning_engine.ports.audit_log import Head, Link
    from dunning_engine.stores.sql import SqlStore, SqlTransaction


@dataclass(frozen=True, slots=True)
class _Database:
    """What is verified; a file holds every tenant, of a server it is one, or everybody."""

    url: str
    tenant: str | None
    password: str | None = field(default=None, repr=False)


def verify(db: str | None, anchors: Path | None, key: str, *, tenant: str | None, config_file: Path) -> int:
    """0 where everything fits together, 1 where something does not, 2 where it could not be checked."""
    if db is not None:
        return _checked(_Database(db, tenant), anchors, _secret(key))
    config = load_config(config_file)
    store, log = config.store, config.audit_log
    kept = _Database(store.url, tenant or store.tenant or DEFAULT_TENANT, store.password)
    if log is None:
        return _checked(kept, anchors, _secret(key))
    return _checked(kept, anchors or log.anchors, _secret(key) if key else log.key or "")


def _secret(key: str) -> str:
    """The secret that `env:NAME` names."""
    if not key:
        return ""
    if not key.startswith(SECRET):
        raise UsageError("a secret does not stand on the command line: write --key env:NAME and set the variable NAME")
    name = key.removeprefix(SECRET)
    if not os.environ.get(name):
        raise UsageError(f"--key {key}: the environment has no variable {name}, or it is empty")
    return os.environ[name]


def _checked(kept: _Database, anchors: Path | None, secret: str) -> int:
    if kept.url.startswith("postgresql"):
        return _of_server(kept, anchors, secret)
    file = kept.url.partition(":///")[2] or kept.url
    return audit_log_verify.check(file, "" if anchors is None else str(anchors), secret.encode())


def _of_server(kept: _Database, anchors: Path | None, secret: str) -> int:
    """The same check of rows that a server gives, at one instant: of one tenant, or of all that it or the anchors name."""
    from dunning_engine.stores.sql import SqlStore

    with closing(SqlStore(kept.url, tenant=kept.tenant or DEFAULT_TENANT, password=kept.password)) as store:
        with store.transaction(write=False) as tx:
            shown = [kept.tenant] if kept.tenant else store.tenants(tx)
            counted = {case: seq for tenant in shown for case, seq in _counted(store, tx, tenant)} if anchors else {}
        lines = _lines(anchors)  # while somebody works, these are ahead of that, and behind what follows
        with store.transaction(write=False) as tx:
            tenants = shown if kept.tenant else sorted({*store.tenants(tx), *_named(lines)})
            heads = [head for tenant in tenants for head in _heads(store, tx, tenant)]
            cases = {(head.tenant, head.case_id): [head.seq, head.hash] for head in heads}
            rows = (row for tenant in tenants for row in _rows(store, tx, tenant, heads))
            sent = {case: of_case for tenant in tenants for case, of_case in _outbox(store, tx, tenant).items()}
            return audit_log_verify.report(rows, cases, lines, secret.encode(), kept.tenant, counted, sent)


def _lines(anchors: Path | None) -> list[str]:
    try:
        return [] if anchors is None else audit_log_verify.lines_of(str(anchors))
    except OSError as error:
        raise UsageError(f"this could not be checked: {error}") from error


def _named(lines: list[str]) -> set[str]:
    """The tenants that anchors name; what is wrong with those is told where they are checked."""
    return {tenant for tenant, _case in audit_log_verify.read_anchors(lines, b"", [])[0]}


def _heads(store: SqlStore, outer: SqlTransaction, tenant: str) -> list[Head]:
    with store.of(tenant).transaction(outer.connection, write=False) as tx:
        return sorted(tx.heads())


def _counted(store: SqlStore, outer: SqlTransaction, tenant: str) -> list[tuple[tuple[str, str], int]]:
    with store.of(tenant).transaction(outer.connection, write=False) as tx:
        return [((tenant, case_id), seq) for case_id, seq in tx.counted_on()]


def _rows(store: SqlStore, outer: SqlTransaction, tenant: str, heads: list[Head]) -> Iterator[tuple[Any, ...]]:
    with store.of(tenant).transaction(outer.connection, write=False) as tx:
        for head in heads:
            if head.tenant == tenant:
                for link in tx.links(head.case_id):
                    yield tenant, head.case_id, *link.event, link.hash, *_apart(link)


def _outbox(store: SqlStore, outer: SqlTransaction, tenant: str) -> dict[Any, dict[str, Any]]:
    """What `payloads` of the verifier finds of a tenant's messages."""
    with store.of(tenant).transaction(outer.connection, write=False) as tx:
        found: dict[Any, dict[str, Any]] = {}
        for row in tx.outbox():
            said = None if row.message is None else payload_hash(row.message)
            found.setdefault((tenant, row.action.case_id), {})[row.id] = (row.state.value, said)
        return found


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
    with opened_to_read(config_file) as engine:
        case = found(engine, name)
        bundle = engine.bundle(case.id, anchors=anchors_of(load_config(config_file)), redact=redact)
    output.write_bytes(as_zip(bundle) if output.suffix == ".zip" else as_json(bundle))
    events, anchors = counted(len(bundle["events"]), "event"), counted(len(bundle["anchors"]), "anchor")
    print(f"{output}: case {case.id}, {events}, {anchors}")
