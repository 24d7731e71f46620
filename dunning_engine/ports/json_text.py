"""JSON values as text: by `orjson` where it is installed, and to the letter the same by the standard library.

It takes a tenth of the time. What is hashed is written here, so whatever the two could write differently goes by the
standard library: integers beyond 64 bits, half characters, floats that tables never make. Reading stays with the
standard library, for `orjson` reads such integers as floats. Identifiers, words of an enum and numbers that are none
(NaN) never come here, for `orjson` has its own idea of them and cannot be told otherwise: hosts are refused them
(`engine.given`), and what the engine makes itself is written by its shape (`ports.shapes`).
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_SLOW: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_SLOW_SORTED: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode


def as_text(value: Any) -> str:
    """Without spaces, in the order of the value's keys."""
    return _writers()[0](value)


def as_sorted_text(value: Any) -> str:
    """Without spaces, keys in the order of their characters."""
    return _writers()[1](value)


@cache
def _writers() -> tuple[Callable[[Any], str], Callable[[Any], str]]:
    """Both ways of writing, found when something is written for the first time."""
    try:
        import orjson
    except ImportError:
        return _SLOW, _SLOW_SORTED
    strict = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
    return (
        _quick(orjson.dumps, strict, orjson.JSONEncodeError, _SLOW),
        _quick(orjson.dumps, strict | orjson.OPT_SORT_KEYS, orjson.JSONEncodeError, _SLOW_SORTED),
    )


def _quick(
    dumps: Callable[..., bytes], option: int, refusal: type[Exception], slow: Callable[[Any], str]
) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        try:
            return dumps(value, None, option).decode()
        except refusal:
            return slow(value)

    return write
