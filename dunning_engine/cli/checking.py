"""`dunning check`: everything that is wrong with policies, templates, mappings, tests, configurations, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.findings import show, summary
from dunning_engine.cli.reading import CONFIGURATION, compiled, errors
from dunning_engine.cli.screen import counted, note, print_json
from dunning_engine.engine.paths import file_bytes
from dunning_engine.kernel.diagnostics import in_order
from dunning_engine.kernel.errors import PolicyInvalid, UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.config import Config
    from dunning_engine.engine.templates import PlaceOf
    from dunning_engine.kernel.diagnostics import Diagnostic, Place
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.source import Source

SUFFIXES: Final = (".yaml", ".yml")


class Kind(Enum):
    """What a file is: a configuration by its name, YAML by the keys that stand at its left margin."""

    POLICY = "policy"
    ROUTING = "routing"
    TESTS = "test file"
    INVOICES = "mapping"
    DEBTORS = "mapping of debtors"
    CONFIGURATION = "configuration"
    OTHER = "other"


def check(paths: Iterable[Path], *, as_json: bool, templates: Path | None) -> int:
    """Print what is wrong; 1 where something is an error."""
    if templates is not None and not templates.is_dir():
        raise UsageError(f"--templates: there is no folder {templates}")
    paths = list(paths)
    files = list(files_in(paths))
    if not files:
        raise UsageError(f"there is no policy, mapping or test file in {', '.join(map(str, paths))}")
    found = (finding for path, kind, data in files for finding in findings_in(path, kind, data, templates))
    findings = in_order(dict.fromkeys(found))
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        show(findings)
        note(f"{counted(len(files), 'file')}: {summary(findings) or 'fine'}")
    return 1 if errors(findings) else 0


def files_in(paths: Iterable[Path]) -> Iterator[tuple[Path, Kind, bytes]]:
    """Files as they were named, and the policies, mappings and test files in folders; each once."""
    seen: set[Path] = set()
    for path in paths:
        inside = path.is_dir()
        found = sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file()) if inside else [path]
        for file in found:
            data = file_bytes(file)
            kind = Kind.CONFIGURATION if file.suffix == CONFIGURATION else kind_of(data)
            if file.resolve() in seen or (inside and kind is Kind.OTHER):
                continue
            seen.add(file.resolve())
            yield file, kind if kind is not Kind.OTHER else Kind.POLICY, data


def kind_of(data: bytes) -> Kind:
    """What a file means to be, however broken it is."""
    keys = set(re.findall(rb"^([A-Za-z_]+)[ \t]*:", data.removeprefix(b"\xef\xbb\xbf"), re.MULTILINE))
    if b"steps" in keys:
        return Kind.POLICY
    if b"routes" in keys:
        return Kind.ROUTING
    if keys & {b"tests", b"contact_cases", b"computation_cases"}:
        return Kind.TESTS
    if b"invoice" in keys:
        return Kind.INVOICES
    if b"debtor" in keys:
        return Kind.DEBTORS
    return Kind.POLICY if b"policy" in keys else Kind.OTHER


def findings_in(path: Path, kind: Kind, data: bytes, templates: Path | None) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with one file."""
    match kind:
        case Kind.TESTS:
            from dunning_engine.testing.runner import load_file

            return load_file(path).diagnostics
        case Kind.INVOICES | Kind.DEBTORS:
            from dunning_engine.intake.mapping import load_mapping

            text = data.decode("utf-8-sig", "replace")
            return load_mapping(text, file=str(path), of="invoices" if kind is Kind.INVOICES else "debtors").diagnostics
        case Kind.CONFIGURATION:
            return _configuration(path, templates)
        case Kind.ROUTING:
            return _routing(path, data)
        case _:
            return _policy(path, data, templates)


def _configuration(path: Path, templates: Path | None) -> tuple[Diagnostic, ...]:
    from dunning_engine.engine.config import load_config
    from dunning_engine.engine.installation import policies_of, routing_of

    try:
        config = load_config(path)
        routing_of(config, policies_of(config))
    except PolicyInvalid as invalid:
        return invalid.diagnostics
    return tuple(dict.fromkeys(_named_by(config, templates)))


def _named_by(config: Config, templates: Path | None) -> Iterator[Diagnostic]:
    """What is wrong with the files that a configuration names: policies with their texts, and mappings."""
    from dunning_engine.engine.config import CsvIntake
    from dunning_engine.engine.paths import shown

    for path in (Path(shown(one)) for one in config.policies):
        yield from _policy(path, file_bytes(path), templates or config.templates, config)
    for mapping in dict.fromkeys(Path(shown(one.mapping)) for one in config.intake if isinstance(one, CsvIntake)):
        yield from findings_in(mapping, Kind.INVOICES, file_bytes(mapping), None)


def _routing(path: Path, data: bytes) -> tuple[Diagnostic, ...]:
    from dunning_engine.engine.routing_files import compiled_routing, policies_beside

    try:
        return compiled_routing(path, data, policies_beside(path)).diagnostics
    except PolicyInvalid as invalid:
        return (*compiled_routing(path, data, None).diagnostics, *invalid.diagnostics)


def _policy(path: Path, data: bytes, templates: Path | None, config: Config | None = None) -> tuple[Diagnostic, ...]:
    found = compiled(path, data)
    if found.policy is None:
        return found.diagnostics
    source = _source(path, data)
    texts = _templates(found.policy, source, templates or path.parent / "templates", config)
    return (*found.diagnostics, *_namesakes(path, found.policy, source), *texts)


def _source(path: Path, data: bytes) -> Source:
    """Where the parts of a policy stand that has been compiled."""
    from dunning_engine.kernel.yamltext import Mapping, parse_bytes
    from dunning_engine.policy.source import Source

    root = parse_bytes(data, file=str(path)).node
    assert isinstance(root, Mapping)
    return Source(root)


def _namesakes(path: Path, policy: Policy, source: Source) -> Iterator[Diagnostic]:
    """Files beside a policy that cannot be told from it, by tests or by a configuration."""
    from dunning_engine.engine.namesakes import namesakes
    from dunning_engine.policy.reading import warning

    if others := namesakes(path):
        files = " and ".join(map(str, others))
        message = (
            f"{files} holds version {policy.version} of {policy.name} too: give one another policy name or version"
        )
        yield warning("DUN282", message, source.place(("policy",)))


def _templates(policy: Policy, source: Source, folder: Path, config: Config | None) -> tuple[Diagnostic, ...]:
    from dunning_engine.engine.loading import load_rulebooks
    from dunning_engine.engine.templates import check_templates

    rulebooks, places = load_rulebooks(policy.books), _places(source, policy)
    if config is None:
        return check_templates(policy, places, folder, rulebooks=rulebooks)
    creditor, wordings = config.creditor.party(), config.obligations
    return check_templates(policy, places, folder, rulebooks=rulebooks, wordings=wordings, creditor=creditor)


def _places(source: Source, policy: Policy) -> PlaceOf:
    """Where the file asks for an action of a step."""
    return lambda step, words: _place(source, policy.index[step], words)


def _place(source: Source, number: int, words: str) -> Place:
    from dunning_engine.kernel.yamltext import Scalar, Sequence
    from dunning_engine.policy.reading import ACTION_KEYS

    bare = words.removeprefix("call ")
    wanted = re.compile(rf"(?<!certified )(?<![\w-]){re.escape(bare)}(?![\w-])")
    for key in ACTION_KEYS:
        node = source.node(("steps", number, key))
        items = node.items if isinstance(node, Sequence) else () if node is None else (node,)
        for at, item in enumerate(items):
            found = wanted.search(item.text) if isinstance(item, Scalar) else None
            if found:
                path = ("steps", number, key, at) if isinstance(node, Sequence) else ("steps", number, key)
                return source.stretch(path, *found.span())
    return source.place(("steps", number))
