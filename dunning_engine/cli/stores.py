"""`dunning store`: how the store stands, its backups, its tables, and the word of an operator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dunning_engine.cli.cases import opened_to_read
from dunning_engine.cli.screen import counted
from dunning_engine.engine.config import load_config
from dunning_engine.engine.installation import open_engine, store_file
from dunning_engine.kernel.calendar import DAY_SECONDS, iso
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.guarding import StoreState
    from dunning_engine.ports.guards import Left


def status(config_file: Path, *, as_json: bool) -> int:
    config = load_config(config_file)
    file = store_file(config)
    begins = file is not None and not file.is_file()
    with open_engine(config) if begins else opened_to_read(config_file) as engine:
        state, damage = engine.store_state(), engine.journal_damage()
    if as_json:
        print(json.dumps({**_as_json(state), "journal_damage": damage}, indent=2, ensure_ascii=False))
    else:
        print(*_told(state), *([f"  journal       {damage}"] if damage else []), sep="\n")
    return 1 if state.halted else 0


def _told(state: StoreState) -> Iterator[str]:
    guard = state.guard
    yield "actions are handed over" if not state.halted else f"nothing is handed over: {state.halted}"
    yield f"  epoch         {guard.epoch}{f' ({guard.why})' if guard.why and guard.restored_at is None else ''}"
    yield f"  zone rules    tzdata {guard.zones}"
    if guard.last is not None:
        yield f"  decided until {iso(guard.last)}"
    if guard.restored_at is None:
        return
    yield f"  restored      noticed at {iso(guard.restored_at)}"
    yield f"  sent          {counted(len(state.sent), 'action')} of which the store knows nothing, never sent again"
    yield from map(_line, state.sent)
    yield f"  in doubt      {counted(len(state.in_doubt), 'action')} that may have left"
    yield from map(_line, state.in_doubt)
    if not state.whole:
        yield "                and whatever is due by now: the send journal does not tell all that left"
    yield f"  waiting       {counted(len(state.frozen), 'action')} of the outbox that were due by then"
    yield f"go on with: dunning store resume --epoch {state.next_epoch} --decide hold|resend --by NAME"


def _line(left: Left) -> str:
    return f"    {iso(left.at)}  {left.case_id}  {left.way}  {left.outcome}  {left.action_id}"


def _as_json(state: StoreState) -> dict[str, Any]:
    return {
        "halted": state.halted,
        **asdict(state.guard),
        "next_epoch": state.next_epoch,
        "sent": [asdict(left) for left in state.sent],
        "in_doubt": [asdict(left) for left in state.in_doubt],
        "waiting": [row.id for row in state.frozen],
        "whole": state.whole,
    }


def backup(config_file: Path, to: Path) -> None:
    from dunning_engine.stores.backups import back_up

    back_up(_file(config_file, "pg_dump makes one of a PostgreSQL"), to)
    print(f"{to}: {to.stat().st_size:,} bytes")


def restore(config_file: Path, backup: Path) -> None:
    from dunning_engine.stores.backups import put_back

    put_back(backup, _file(config_file, "pg_restore puts one of PostgreSQL back"))
    print("put back; `dunning store status` tells what was sent since")


def _file(config_file: Path, otherwise: str) -> Path:
    file = store_file(load_config(config_file))
    if file is None:
        raise UsageError(f"this store is no file: {otherwise}")
    return file


def resume(config_file: Path, *, epoch: int, decide: str, by: str) -> None:
    with open_engine(load_config(config_file)) as engine:
        state = engine.resume_store(epoch=epoch, decide=decide, by=by)
    print(*_told(state), sep="\n")


def trim(config_file: Path, keep_days: int) -> None:
    with open_engine(load_config(config_file)) as engine:
        before = engine.clock.now() - keep_days * DAY_SECONDS
        print(f"{engine.trim_journal(before=before):,} bytes of the send journal from before {iso(before)} are gone")


def trust_clock(config_file: Path, by: str) -> None:
    with open_engine(load_config(config_file)) as engine:
        print(f"it is {iso(engine.trust_clock(by=by))}")


def upgrade(config_file: Path) -> None:
    from dunning_engine.stores.tables import HEAD

    with open_engine(load_config(config_file)):
        print(f"the tables are at version {HEAD}")


def downgrade(config_file: Path, version: str) -> None:
    from dunning_engine.engine.defaults import store_of
    from dunning_engine.stores import schema

    kept = load_config(config_file).store
    if kept.url == "memory:":
        raise UsageError("a store in memory has no tables")
    store = store_of(kept.url, tenant=kept.tenant, password=kept.password)
    try:
        with store.transaction() as tx:
            schema.downgrade(tx.connection, version)
    finally:
        store.close()
    print(f"the tables are at version {version}: open them with the dunning_engine that made it")
