"""Routing from its file, and what it may be asked: the policies that it chooses among have to be there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.engine.paths import file_bytes, shown
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.errors import PolicyInvalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing import Routing
    from dunning_engine.policy.routing_compiler import CompiledRouting


def load_routing(path: str | Path, *, policies: Iterable[Policy] | None = None) -> Routing:
    """The routing of a file. Raises `PolicyInvalid` with everything that is wrong with it, as far as `policies` tell."""
    found = compiled_routing(Path(path), file_bytes(Path(path)), policies)
    if found.routing is None:
        raise PolicyInvalid(tuple(d for d in found.diagnostics if d.severity is Severity.ERROR))
    return found.routing


def compiled_routing(path: Path, data: bytes, policies: Iterable[Policy] | None) -> CompiledRouting:
    """A routing file with all findings about it."""
    from dunning_engine.kernel.yamltext import POLICY, parse_bytes
    from dunning_engine.policy.routing_compiler import CompiledRouting, compile_routing

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return CompiledRouting(None, parse_bytes(data, file=str(path), limits=POLICY).diagnostics)
    known = None if policies is None else {policy.name: policy for policy in policies}
    return compile_routing(text, file=str(path), policies=known)


def check_routing(routing: object, names: Collection[str]) -> None:
    """Refuse what is no routing, and one that chooses policies which the engine does not have."""
    from dunning_engine.policy.routing import Routing

    if not isinstance(routing, Routing):
        raise UsageError(f"routing is {routing!r}: pass load_routing('policies/routing.yaml')")
    missing = [name for name in routing.policies if name not in names]
    if missing:
        raise UsageError(
            f"routing {routing.name} chooses {', '.join(missing)}: open the engine with "
            f"{'that policy' if len(missing) == 1 else 'those policies'} as well, or change its routes"
        )


def policies_beside(path: Path) -> tuple[Policy, ...]:
    """The policies of a routing file's folder; raises `PolicyInvalid` where one that the file mentions has mistakes."""
    from dunning_engine.engine.loading import load_policy

    text = file_bytes(path).decode("utf-8", "replace")
    found: list[Policy] = []
    for file in sorted(path.parent.glob("*.yaml")):
        if file.resolve() == path.resolve() or not _is_policy(file_bytes(file)):
            continue
        try:
            found.append(load_policy(shown(file)))
        except PolicyInvalid:
            if file.stem in text:
                raise
    return tuple(found)


def is_routing(data: bytes) -> bool:
    """Whether a file is meant as routing: its routes stand at the left margin."""
    return bool(re.search(rb"^routes[ \t]*:", data, re.MULTILINE))


def _is_policy(data: bytes) -> bool:
    return bool(re.search(rb"^policy[ \t]*:", data, re.MULTILINE) and re.search(rb"^steps[ \t]*:", data, re.MULTILINE))
