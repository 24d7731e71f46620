"""The tables of a configuration that name its adapters: what goes out, and by which way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.engine.config_findings import Misfit
from dunning_engine.engine.config_values import (
    AnyPath,
    ExistingFile,
    Secret,
    Table,
    as_in_tables,
    from_environment,
    way,
)
from dunning_engine.intake.fields import email_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports import signatures

if TYPE_CHECKING:
    from dunning_engine.adapters import webhook as adapters

_CHANNELS: Final[Mapping[str, Channel]] = MappingProxyType({channel.value: channel for channel in OFFERED})

_FUNCTION: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _importable(value: Any) -> Any:
    """Functions of the host by name, each as `module:function`."""
    for name, path in value.items() if isinstance(value, dict) else ():
        if not isinstance(path, str) or not _FUNCTION.fullmatch(path):
            raise Misfit("DUN293", f'{name} is a function of yours, written as "module:function"')
    return value


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Files(Table):
    """Deliver into a folder; `receipt` is what a written file proves."""

    folder: AnyPath
    receipt: Literal["sent", "delivered"] = "sent"


class Smtp(Table):
    """Deliver e-mail by a mail server."""

    host: str
    port: int = 25
    sender: str
    username: Annotated[str | None, BeforeValidator(from_environment)] = None
    password: Secret | None = Field(default=None, repr=False)
    starttls: bool | None = None
    ssl: bool = False
    timeout: float = Field(default=30.0, gt=0, le=600)
    cafile: ExistingFile | None = None
    hostname: str | None = None


class Staff(Table):
    """Tell staff by e-mail, through the mail server of `smtp`."""

    email: Annotated[str | None, as_in_tables(email_of)] = None
    """Where notices go whose desk has no address of its own."""
    desks: dict[str, Annotated[str, as_in_tables(email_of)]] = Field(default_factory=dict)


class Bureau(Table):
    """Write reports to bureaus into a folder, a CSV file each."""

    folder: AnyPath


class Legal(Table):
    """Write bundles for courts and law firms, a folder each."""

    folder: AnyPath


class Host(Table):
    """Call functions of the host by the names that policies use: `cancel-subscription = "shop.billing:cancel"`."""

    functions: Annotated[dict[str, str], BeforeValidator(_importable)]


class Webhook(Table):
    """Post actions to an endpoint, signed."""

    url: str
    secret: Annotated[list[Secret], BeforeValidator(_several)] = Field(repr=False, min_length=1, max_length=4)
    """What requests are signed with; several while one takes the place of another."""
    channels: list[Annotated[str, AfterValidator(way)]] = Field(min_length=1)
    """The ways that it takes."""
    internal: bool = False
    """The endpoint is the host's own: it may have a private address, and plain HTTP."""
    ports: list[int] = Field(default=[443])
    timeout: float = Field(default=30.0, gt=0, le=30)
    key_ttl: int | None = Field(default=None, gt=0)
    """For how many seconds the receiver knows the key of an action."""
    proxy: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Webhook:
        try:
            self.adapter()
        except UsageError as error:
            raise Misfit("DUN293", str(error)) from None
        return self

    def adapter(self) -> adapters.Webhook:
        """The adapter of these values; raises `UsageError` where they make none."""
        from dunning_engine.adapters import webhook

        return webhook.Webhook(
            self.url,
            [signatures.Secret.of(secret) for secret in self.secret],
            [_CHANNELS.get(name, name) for name in self.channels],
            internal=self.internal,
            ports=self.ports,
            timeout=self.timeout,
            key_ttl=self.key_ttl or webhook.KEY_SECONDS,
            proxy=self.proxy,
        )


class Console(Table):
    """Print what would go out."""


class Adapters(Table):
    files: Files | None = None
    smtp: Smtp | None = None
    console: Console | None = None
    staff: Staff | None = None
    bureau: Bureau | None = None
    legal: Legal | None = None
    host: Host | None = None
    webhook: Webhook | None = None
