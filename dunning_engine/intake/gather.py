"""All batches of a run as one: each invoice once, each debtor in one piece, each fact once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dunning_engine.domain.parties import Party, PartyKind
from dunning_engine.intake.findings import folded
from dunning_engine.intake.model import Batch, DatedFact, DebtorFacts, Finding, Intake, Row
from dunning_engine.kernel.diagnostics import Severity


def gather(*batches: Batch) -> Intake:
    """Everything that the batches say. Where they differ about a debtor, the earlier batch is believed."""
    findings = [finding for batch in batches for finding in batch.findings]
    rows = tuple(_distinct((row for batch in batches for row in batch.rows), findings))
    parties = _parties((told for batch in batches for told in batch.debtors), findings)
    facts: dict[str, DatedFact] = {}
    for fact in _facts(rows, batches):
        facts.setdefault(fact.event_id, fact)
    return Intake(
        receivables=tuple(row.incoming for row in rows if row.incoming is not None),
        parties=parties,
        facts=tuple(facts.values()),
        findings=folded(findings),
        diagnostics=tuple(diagnostic for batch in batches for diagnostic in batch.diagnostics),
    )


def _facts(rows: Iterable[Row], batches: Iterable[Batch]) -> Iterator[DatedFact]:
    for row in rows:
        yield from row.facts
    for batch in batches:
        yield from batch.facts


def _distinct(rows: Iterable[Row], findings: list[Finding]) -> Iterator[Row]:
    """The first row of each number; the same again is nothing new, something else under its number is an error."""
    known: dict[str, Row] = {}
    for row in rows:
        first = known.get(row.number)
        if first is None:
            known[row.number] = row
            yield row
        elif first != row:
            message = f"{row.number} has come already, with other content, in {_where(first, row.file)}"
            findings.append(Finding(row.file, row.line, message))


def _parties(told: Iterable[DebtorFacts], findings: list[Finding]) -> dict[str, Party]:
    first: dict[str, DebtorFacts] = {}
    known: dict[str, dict[str, tuple[Any, DebtorFacts]]] = {}
    for line in told:
        first.setdefault(line.id, line)
        debtor = known.setdefault(line.id, {})
        for key, value in line.values.items():
            earlier, source = debtor.setdefault(key, (value, line))
            if earlier != value:
                findings.append(_contradiction(line, key, (value, earlier), source))
    kindless = [first[identity] for identity, values in known.items() if "kind" not in values]
    if kindless:
        findings.append(_without_kind(kindless))
    return {identity: _party(identity, values) for identity, values in known.items()}


def _without_kind(kindless: list[DebtorFacts]) -> Finding:
    """The law protects consumers more: whoever may be one is treated as one."""
    line = kindless[0]
    others = f" and {len(kindless) - 1} more" if kindless[1:] else ""
    message = f"nothing tells whether {line.id}{others} are consumers or businesses: treated as consumers"
    return Finding(line.file, line.line, message, Severity.WARNING)


def _contradiction(line: DebtorFacts, key: str, values: tuple[Any, Any], source: DebtorFacts) -> Finding:
    new, old = (_shown(value) for value in values)
    message = f"{line.id} has the {key} {new} here and {old} in {_where(source, line.file)}, which is kept"
    return Finding(line.file, line.line, message, Severity.WARNING)


def _party(identity: str, values: dict[str, tuple[Any, DebtorFacts]]) -> Party:
    facts = {key: value for key, (value, _) in values.items()}
    return Party(id=identity, kind=facts.pop("kind", PartyKind.CONSUMER), **facts)


def _where(source: Row | DebtorFacts, file: str) -> str:
    return f"line {source.line}" if source.file == file else f"{source.file}:{source.line}"


def _shown(value: Any) -> str:
    return (
        value.value
        if isinstance(value, PartyKind)
        else " | ".join(map(str, value))
        if isinstance(value, tuple)
        else str(value)
    )
