"""Values of a configuration that more than one of its tables has: paths, secrets by reference, ways out of the house."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from dunning_engine.engine.channels import WAYS
from dunning_engine.engine.config_findings import Misfit
from dunning_engine.engine.paths import shown
from dunning_engine.kernel.diagnostics import suggest

SECRET: Final = "env:"  # noqa: S105 - the word before the name of a variable

SECRET_FILE: Final = "file:"  # noqa: S105 - likewise before a path


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a configuration may point at."""

    folder: Path
    environment: Mapping[str, str]


def context_of(info: ValidationInfo) -> Surroundings:
    """What the configuration may point at."""
    surroundings: Surroundings = info.context  # type: ignore[assignment]  # `parse_config` is the only way in
    return surroundings


def below(value: Any, info: ValidationInfo) -> Any:
    """A path that counts from the folder of the configuration."""
    return Path(os.path.normpath(context_of(info).folder / value)) if isinstance(value, str) else value


def existing(value: Any, info: ValidationInfo) -> Any:
    """The same, of a file that is there."""
    path = below(value, info)
    if isinstance(path, Path) and not path.is_file():
        raise Misfit("DUN294", f"there is no file {shown(path)}")
    return path


def globbed(value: Any, info: ValidationInfo) -> Any:
    """Every file that a path or pattern means, in the order of names."""
    if not isinstance(value, str):
        return value
    found = tuple(sorted(path for path in context_of(info).folder.glob(value) if path.is_file()))
    if not found:
        raise Misfit("DUN294", f"no file fits {shown(context_of(info).folder / value)}")
    return found


def from_environment(value: Any, info: ValidationInfo) -> Any:
    """What a variable holds, where one is named."""
    if not isinstance(value, str) or not value.startswith(SECRET):
        return value
    name = value.removeprefix(SECRET)
    if not context_of(info).environment.get(name):
        raise Misfit("DUN295", f"the environment has no variable {name}" if name else 'write "env:" and a name')
    return context_of(info).environment[name]


def by_reference(value: Any, info: ValidationInfo) -> Any:
    """A secret: what a variable holds, or the first line of a file that holds nothing else, as containers mount them."""
    if not isinstance(value, str):
        return value
    if value.startswith(SECRET_FILE):
        return _first_line(existing(value.removeprefix(SECRET_FILE), info))
    if not value.startswith(SECRET):
        raise Misfit("DUN295", 'a secret does not stand in a file: write "env:NAME" and set the variable NAME')
    return from_environment(value, info)


def _first_line(path: Path) -> str:
    try:
        line = path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misfit("DUN294", f"{shown(path)} cannot be read: {type(error).__name__}") from None
    if not line:
        raise Misfit("DUN295", f"{shown(path)} holds no secret: its first line is empty")
    return line


def way(value: str) -> str:
    """A way out of the house that there is."""
    if value not in WAYS:
        near = suggest(value, WAYS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(WAYS)}"
        raise Misfit("DUN293", f"{value} is no way to send anything: {hint}")
    return value


def as_in_tables(read: Callable[[str], Any]) -> BeforeValidator:
    """A value that is read like the same key of a table of debtors."""

    def validate(value: Any) -> Any:
        try:
            return read(value) if isinstance(value, str) else value
        except ValueError as error:
            raise Misfit("DUN293", str(error)) from None

    return BeforeValidator(validate)


ExistingFile: TypeAlias = Annotated[Path, BeforeValidator(existing)]
AnyPath: TypeAlias = Annotated[Path, BeforeValidator(below)]
Pattern: TypeAlias = Annotated[tuple[Path, ...], BeforeValidator(globbed)]
Secret: TypeAlias = Annotated[str, BeforeValidator(by_reference)]


class Table(BaseModel):
    """A table of a configuration: no keys but its own, values as they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
