"""The documents port: where the papers come from that go along with a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case

ENCLOSED_MAX: Final = 5_000_000
"""Bytes of all documents that go with one action: they are kept with it, and mail servers refuse much more."""

_NAME = re.compile(r"[^/\\\"<>|:*?]{1,120}")
_MEDIA_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes along: its name as the debtor sees it, such as `INV-1042.pdf`, and what it holds; text is UTF-8."""

    name: str
    media_type: str
    data: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or not self.name.isprintable() or not self.name.strip(". "):
            raise UsageError(f"{self.name!r} is not the name of a file")
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            raise UsageError(f"{self.media_type!r} is not the media type of a file, as application/pdf is")


class Documents(Protocol):
    """Gives what `with invoice` sends. It is asked while the case is locked, so it should be quick."""

    def invoice(self, case: Case, number: str) -> Document | None:
        """The invoice of this number as a document; `None` where there is none."""


@runtime_checkable
class Contracts(Protocol):
    """What a source of documents may give besides: the agreement with a debtor, which bundles for courts take along."""

    def contract(self, case: Case) -> Document | None:
        """The agreement with the debtor of a case; `None` where there is none."""
