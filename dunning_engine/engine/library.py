"""The policies that ship: what there is, and the files that one of them needs in a folder of its own.

In a wheel they lie beside the package as `dunning_engine/library`, in a checkout in `policies/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dunning_engine
from dunning_engine.engine.loading import load_policy
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import NotFound, UsageError

SCHEMA: Final = "dunning-policy.schema.json"
CONFIGURATION: Final = Path("dunning.toml")
SETTINGS: Final = Path(".vscode/settings.json")
LIST: Final = re.compile(r"^policies = \[(.*)\]$", re.MULTILINE)
ROUTING: Final = "routing"
"""The name under which the whole library goes: routing with all its policies."""
SENTENCE: Final = re.compile(r"(.+?[.;])(?= [A-Z]|$)")

CONFIG: Final = """\
# What `dunning run` works with. Paths count from the folder of this file.
policies = [{policies}]
{routing}
[store]
url = "sqlite:///out/dunning.db"         # or "env:DUNNING_STORE", to keep it out of the file

[creditor]                               # in whose name letters are written: replace all of it
name = "{creditor}"
email = "billing@example.com"
address = ["1 Our Street", "Our Town"]

# Where invoices come from; `docs/how-to/import-invoices.md` says what a mapping is.
# [[intake]]
# kind = "csv"
# file = "invoices.csv"
# mapping = "mapping.yaml"
# policy = "{name}"

[adapters.files]                         # everything into a folder, until [adapters.smtp] has your mail server
folder = "out"
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A policy of the library: its name, what it is for in a sentence, and its file."""

    name: str
    summary: str
    file: Path


def library_folder() -> Path:
    """Where the policies of this installation lie."""
    package = Path(dunning_engine.__file__).parent
    found = next((folder for folder in (package / "library", package.parent / "policies") if folder.is_dir()), None)
    if found is None:
        raise NotFound(f"this installation has no library of policies: {package / 'library'} is missing")
    return found


def entries() -> tuple[Entry, ...]:
    """What there is, by name."""
    found = []
    for file in sorted(library_folder().glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        if not file.name.endswith(".test.yaml") and re.search(r"^steps:", text, re.MULTILINE):
            found.append(Entry(file.stem, _summary(text), file))
    return tuple(found)


def _summary(text: str) -> str:
    """The first sentence of the comment at the head of a file."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    found = SENTENCE.match(" ".join(lines))
    return found[1] if found else " ".join(lines)


def entry(name: str) -> Entry:
    """A policy by its name."""
    known = entries()
    found = next((one for one in known if one.name == name), None)
    if found is None:
        names = tuple(one.name for one in known)
        near = suggest(name, names)
        hint = f"; did you mean {near!r}?" if near else ""
        raise NotFound(f"the library has no policy {name!r}{hint}; it has {', '.join(names)}")
    return found


def files_of(name: str) -> Mapping[Path, bytes]:
    """Everything that a house needs to work with a policy, by the path below its own folder."""
    if name == ROUTING:
        return _routed_files()
    one = entry(name)
    policy = Path("policies") / f"{name}.yaml"
    files = {policy: _with_schema(one.file).encode()}
    test = one.file.with_suffix(".test.yaml")
    if test.is_file():
        files[policy.with_suffix(".test.yaml")] = test.read_bytes()
    files.update((Path("policies/templates") / at, text) for at, text in _templates(one.file))
    files[CONFIGURATION] = _config([policy], name)
    files[Path(SCHEMA)] = _json(_schema())
    files[SETTINGS] = _settings([policy.as_posix()])
    return files


def _routed_files() -> Mapping[Path, bytes]:
    """The routing that ships, with every policy that it chooses among and all that they need."""
    from dunning_engine.engine.routing_files import load_routing

    folder, below = library_folder(), Path("policies")
    names = load_routing(folder / f"{ROUTING}.yaml").policies
    files = {path: data for name in names for path, data in files_of(name).items()}
    for file in sorted(folder.glob(f"{ROUTING}*.yaml")):
        files[below / file.name] = file.read_bytes()
    policies = [below / f"{name}.yaml" for name in names]
    files[CONFIGURATION] = _config(policies, names[0], f'routing = "policies/{ROUTING}.yaml"\n')
    files[SETTINGS] = _settings([policy.as_posix() for policy in policies])
    return files


def _config(policies: Sequence[Path], name: str, routing: str = "") -> bytes:
    listed = ", ".join(f'"{policy.as_posix()}"' for policy in policies)
    return CONFIG.format(policies=listed, routing=routing, name=name, creditor="Our House").encode()


def _settings(policies: Sequence[str]) -> bytes:
    return _json({"yaml.schemas": {f"./{SCHEMA}": list(policies)}})


def _together(folder: Path, files: Mapping[Path, bytes]) -> Iterator[tuple[Path, bytes]]:
    """The configuration and the settings of a folder with one more policy, where they are as `copy` wrote them."""
    config, settings = folder / CONFIGURATION, folder / SETTINGS
    listed = _listed(config.read_text("utf-8")) if config.is_file() else ()
    added = [one for one in _listed(files[config].decode()) if one not in listed]
    if listed:
        text = ", ".join(f'"{one}"' for one in (*listed, *added))
        yield config, LIST.sub(f"policies = [{text}]", config.read_text("utf-8"), count=1).encode()
        if settings.is_file() and settings.read_bytes() == _settings(listed):
            yield settings, _settings([*listed, *added])


def _listed(config: str) -> tuple[str, ...]:
    """The policies of a configuration that lists nothing else than such as `copy` writes."""
    found = LIST.search(config)
    listed = tuple(re.findall(r'"([^"]*)"', found[1])) if found else ()
    return listed if all(one.startswith("policies/") for one in listed) else ()


def _with_schema(file: Path) -> str:
    """The policy with the comment by which editors find its schema."""
    return f"# yaml-language-server: $schema=../{SCHEMA}\n{file.read_text(encoding='utf-8')}"


def _schema() -> object:
    from dunning_engine.policy.schema import json_schema

    return json_schema()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _templates(file: Path) -> Iterator[tuple[Path, bytes]]:
    """The templates that a policy names, in every language that ships."""
    policy, folder = load_policy(file), file.parent / "templates"
    named = {
        (spec.channel.value, spec.name)
        for step in policy.steps
        for choice in step.actions
        for spec in choice
        if spec.channel is not None
    }
    for channel, name in sorted(named):
        for path in sorted((folder / channel).glob(f"{name}.*liquid")):
            yield path.relative_to(folder), path.read_bytes()


def copy(name: str, folder: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write the files of a policy into a folder, beside those of others that were written there before.

    Raises `UsageError` where some are there already and say something else, and writes none then.
    """
    files = {folder / path: data for path, data in files_of(name).items()}
    together = {} if force else dict(_together(folder, files))
    there = [
        path
        for path, data in files.items()
        if path not in together and path.exists() and not (path.is_file() and path.read_bytes() == data)
    ]
    if there and not force:
        raise UsageError(
            f"these are there already and were left alone: {', '.join(map(str, there))}; --force replaces them"
        )
    for path, data in {**files, **together}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tuple(files)
