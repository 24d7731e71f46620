"""What pydantic says about a configuration, in words that name the key, its line and what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.kernel.diagnostics import Diagnostic, in_order, suggest

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from dunning_engine.engine.toml_places import KeyPath, Places

CODES: Mapping[str, str] = MappingProxyType({
    "DUN191": "A configuration that is no TOML",
    "DUN291": "A key that configurations do not have",
    "DUN292": "A key that a configuration needs",
    "DUN293": "A value that does not fit its key",
    "DUN294": "A file that is not there",
    "DUN295": "A secret that is not in the environment",
})  # fmt: skip


class Misfit(ValueError):
    """Why a value does not fit, with the code of the finding."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


_KINDS: Final = ("csv", "einvoice")
_NO_KIND: Final = ("union_tag_invalid", "union_tag_not_found")

_WORDS: Final[Mapping[str, str]] = MappingProxyType({
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list in brackets",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "date_type": "a date such as 2026-02-02",
    "is_instance_of": "text in quotes",
    "too_short": "at least one",
})  # fmt: skip


def findings(
    error: ValidationError,
    content: Mapping[str, Any],
    places: Places,
    tables: Mapping[KeyPath, type[BaseModel]],
) -> tuple[Diagnostic, ...]:
    """Every mistake once, in reading order; `tables` are the models of the tables by their path."""
    details = error.errors(include_url=False)
    found = [_finding(detail, content, places, tables) for detail in details]
    found += [
        one for detail in details if detail["type"] in _NO_KIND for one in _beside(detail, content, places, tables)
    ]
    return in_order(_without_follow_ups(found))


def _finding(
    detail: ErrorDetails, content: Mapping[str, Any], places: Places, tables: Mapping[KeyPath, type[BaseModel]]
) -> Diagnostic:
    """A finding about one key. What was written there is not repeated but where it is a word or a path: it may be secret."""
    loc = detail["loc"]
    of_intake = loc[0] == "intake" and len(loc) > 2
    path = (*loc[:2], *loc[3:]) if of_intake else loc
    table = tables[("intake", loc[2]) if of_intake else loc[:-1] if loc[:-1] in tables else ()]
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    cause = detail.get("ctx", {}).get("error")
    text = _text(content, path)
    match detail["type"]:
        case "extra_forbidden":
            keys = tuple(field.alias or key for key, field in table.model_fields.items())
            return _stranger(path, keys, places)
        case "missing":
            return Diagnostic("DUN292", f'"{name}" is missing {_where(path[:-1])}', places.of(path[:-1]))
        case "union_tag_not_found":
            return Diagnostic("DUN292", '"kind" is missing in [[intake]]', places.of(path), accepted=_KINDS)
        case "union_tag_invalid":
            return _choice("kind", _KINDS, _text(content, (*path, "kind")), places, (*path, "kind"))
        case "literal_error":
            words = tuple(detail["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", "))
            return _choice(name, words, text, places, path)
        case "value_error" if isinstance(cause, Misfit):
            return Diagnostic(cause.code, f'"{name}": {cause}', places.value(path, text))
        case kind:
            said = f"takes {_WORDS[kind]}" if kind in _WORDS else f"does not fit: {cause or detail['msg']}"
            return Diagnostic("DUN293", f'"{name}" {said}', places.of(path))


def _beside(
    detail: ErrorDetails, content: Mapping[str, Any], places: Places, tables: Mapping[KeyPath, type[BaseModel]]
) -> Iterator[Diagnostic]:
    """Keys beside a kind that is none: those that no kind has are mistakes of their own."""
    path = detail["loc"]
    known = tuple(dict.fromkeys(key for kind in _KINDS for key in tables[("intake", kind)].model_fields))
    return (_stranger((*path, key), known, places) for key in content["intake"][path[1]] if key not in known)


def _stranger(path: KeyPath, keys: tuple[str, ...], places: Places) -> Diagnostic:
    """A key that its table does not have."""
    name = str(path[-1])
    message = f'there is no key "{name}" {_where(path[:-1])}'
    return Diagnostic("DUN291", message, places.of(path), suggestion=suggest(name, keys), accepted=keys)


def _without_follow_ups(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """A key that is missing because its name has a typing error is one mistake, not two."""
    meant = {f'"{finding.suggestion}" is missing' for finding in found if finding.code == "DUN291"}
    return (finding for finding in found if finding.message.partition(" in ")[0].partition(" at ")[0] not in meant)


def _choice(name: str, words: tuple[str, ...], text: str, places: Places, path: KeyPath) -> Diagnostic:
    """A word that is none of those that a key takes."""
    message = f'"{name}" takes one of {", ".join(words)}'
    return Diagnostic("DUN293", message, places.value(path, text), suggestion=suggest(text, words), accepted=words)


def _text(content: Any, path: KeyPath) -> str:
    """The text at a path, empty where there is none."""
    for part in path:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return content if isinstance(content, str) else ""


def _where(table: KeyPath) -> str:
    if not table:
        return "at the top of the file"
    name = ".".join(str(part) for part in table if isinstance(part, str))
    return f"in [[{name}]]" if isinstance(table[-1], int) else f"in [{name}]"
