"""Intake from files: which reader reads which file, and everything that they say as one `Intake`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dunning_engine.engine.paths import file_bytes, shown
from dunning_engine.intake.csvfile import read_debtors, read_events, read_invoices
from dunning_engine.intake.einvoice import read_einvoice
from dunning_engine.intake.gather import gather
from dunning_engine.intake.mapping import Loaded, load_mapping
from dunning_engine.intake.model import Batch, Intake
from dunning_engine.intake.table import header_of
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.errors import PolicyInvalid, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where facts stand. `invoices` are tables, e-invoices or folders of e-invoices; `policy` is for what names none."""

    invoices: Sequence[Path]
    mapping: Path | None = None
    debtors: Path | None = None
    debtors_mapping: Path | None = None
    events: Path | None = None
    policy: str | None = None


def read_files(sources: Iterable[Sources]) -> Intake:
    """Everything that the files say; bad lines are findings.

    Raises:
        UsageError: a file is not there.
        PolicyInvalid: mappings have mistakes; all of them.
    """
    intake = gather(*(batch for one in sources for batch in _batches(one)))
    if wrong := tuple(d for d in intake.diagnostics if d.severity is Severity.ERROR):
        raise PolicyInvalid(wrong)
    return intake


def _batches(sources: Sources) -> Iterator[Batch]:
    for path in sources.invoices:
        if path.is_dir() or path.suffix.lower() == ".xml":
            yield from _einvoices(path, sources.policy)
        elif sources.mapping is None:
            raise UsageError(f"{shown(path)} is a table: a mapping has to say which column is what")
        else:
            data = file_bytes(path)
            loaded = _mapping(sources.mapping, data, of="invoices")
            if loaded.mapping is None:
                yield Batch(diagnostics=loaded.diagnostics)
            else:
                yield _under(sources.policy, read_invoices(data, loaded.mapping, file=shown(path)))
    if sources.debtors is not None:
        yield _debtors(sources.debtors, sources.debtors_mapping)
    if sources.events is not None:
        yield read_events(file_bytes(sources.events), file=shown(sources.events))


def _einvoices(path: Path, policy: str | None) -> Iterator[Batch]:
    documents = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    if not documents:
        raise UsageError(f"the folder {shown(path)} has no e-invoices (*.xml)")
    for document in documents:
        yield read_einvoice(file_bytes(document), file=shown(document), policy=policy)


def _debtors(path: Path, mapping: Path | None) -> Batch:
    data = file_bytes(path)
    if mapping is None:
        return read_debtors(data, file=shown(path))
    loaded = _mapping(mapping, data, of="debtors")
    if loaded.mapping is None:
        return Batch(diagnostics=loaded.diagnostics)
    return read_debtors(data, loaded.mapping, file=shown(path))


def _mapping(path: Path, table: bytes, *, of: str) -> Loaded:
    text = file_bytes(path).decode("utf-8-sig", "replace")
    return load_mapping(text, file=shown(path), header=header_of(table) or None, of=of)


def _under(policy: str | None, batch: Batch) -> Batch:
    """The batch with a policy for lines that name none."""
    if policy is None:
        return batch
    rows = (
        replace(row, incoming=replace(row.incoming, policy=row.incoming.policy or policy)) if row.incoming else row
        for row in batch.rows
    )
    return replace(batch, rows=tuple(rows))
