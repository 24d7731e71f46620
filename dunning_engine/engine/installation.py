"""From a configuration to a running engine: policies, store, adapters and texts, composed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dunning_engine.engine.defaults import file_of, journal_of, store_of
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.intake_files import Sources, read_files
from dunning_engine.engine.loading import FOLDER, load_policy
from dunning_engine.engine.paths import shown
from dunning_engine.engine.rendering import Renderer
from dunning_engine.engine.routing_files import load_routing
from dunning_engine.kernel.errors import PolicyInvalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dunning_engine.adapters.email import SmtpEmail
    from dunning_engine.engine.anchors import Anchors
    from dunning_engine.engine.config import Config
    from dunning_engine.engine.couriers import Courier
    from dunning_engine.intake.model import Intake
    from dunning_engine.kernel.diagnostics import Diagnostic
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing import Routing
    from dunning_engine.ports.adapter import Adapter
    from dunning_engine.ports.sources import Clock


def policies_of(config: Config) -> tuple[Policy, ...]:
    """The policies that a configuration names; raises `PolicyInvalid` with the mistakes of all of them."""
    policies: list[Policy] = []
    wrong: list[Diagnostic] = []
    for path in config.policies:
        try:
            policies.append(load_policy(shown(path)))
        except PolicyInvalid as invalid:
            wrong += invalid.diagnostics
    if wrong:
        raise PolicyInvalid(tuple(wrong))
    return tuple(policies)


def routing_of(config: Config, policies: Iterable[Policy]) -> Routing | None:
    """The routing that a configuration names, over its policies; raises `PolicyInvalid` with its mistakes."""
    return None if config.routing is None else load_routing(shown(config.routing), policies=policies)


def open_engine(
    config: Config, clock: Clock | None = None, *, courier: Courier | None = None, write: bool = True
) -> DunningEngine:
    """The engine of a configuration; the folder of a SQLite file is made. Without `write` it only reads."""
    policies = policies_of(config)
    folder = store_file(config)
    if folder is not None and write:
        folder.parent.mkdir(parents=True, exist_ok=True)
    kept = config.store
    return DunningEngine.open(
        kept.url if write else store_of(kept.url, tenant=kept.tenant, password=kept.password, write=False),
        tenant=kept.tenant,
        password=kept.password,
        policies=policies,
        adapters=adapters_of(config),
        allow_missing=config.allow_missing,
        creditor=config.creditor.party(),
        clock=clock,
        renderer=_renderer(config, policies),
        routing=routing_of(config, policies),
        journal=kept.journal if write else journal_of(kept.journal, kept.url),
        documents=config.documents.source() if config.documents is not None else None,
        courier=courier,
    )


def anchors_of(config: Config) -> Anchors | None:
    """Where the anchors of a configuration go."""
    if config.audit_log is None:
        return None
    from dunning_engine.engine.anchors import Anchors

    return Anchors(config.audit_log.anchors, config.audit_log.key or "")


def store_file(config: Config) -> Path | None:
    """The file of a SQLite store."""
    return file_of(config.store.url)


def adapters_of(config: Config) -> list[Adapter]:
    """Adapters by what they are for: where two serve the same channel, a mail server comes before files and screen."""
    found: list[Adapter] = []
    if (mail := _mail(config)) is not None:
        found.append(mail)
    found += _besides(config)
    if config.adapters.files is not None:
        from dunning_engine.adapters.files import Files

        found.append(Files(config.adapters.files.folder, receipt=config.adapters.files.receipt))
    if config.adapters.console is not None:
        from dunning_engine.adapters.console import Console

        found.append(Console())
    return found


def _mail(config: Config) -> SmtpEmail | None:
    if config.adapters.smtp is None:
        return None
    from dunning_engine.adapters.email import SmtpEmail

    smtp = config.adapters.smtp
    settings = smtp.model_dump(exclude={"host", "cafile"})
    return SmtpEmail(smtp.host, cafile=str(smtp.cafile) if smtp.cafile else None, **settings)


def _besides(config: Config) -> Iterator[Adapter]:
    """The adapters of what reaches no debtor, and the one that hands over to another system."""
    ways = config.adapters
    if ways.staff is not None:
        from dunning_engine.adapters.staff import StaffMail

        mail = _mail(config)
        if mail is None:
            raise UsageError("[adapters.staff] sends e-mail: it needs [adapters.smtp]")
        yield StaffMail(mail, ways.staff.desks, ways.staff.email)
    if ways.bureau is not None:
        from dunning_engine.adapters.bureau import BureauFile

        yield BureauFile(ways.bureau.folder)
    if ways.legal is not None:
        from dunning_engine.adapters.legal import LegalBundle

        yield LegalBundle(ways.legal.folder)
    if ways.webhook is not None:
        yield ways.webhook.adapter()
    if ways.host is not None:
        from dunning_engine.adapters.host_actions import HostActions

        yield HostActions({name: _function(name, path) for name, path in ways.host.functions.items()})


def _function(name: str, path: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module, _, attribute = path.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"[adapters.host] {name}: {path} cannot be imported: {error}") from error
    if not callable(found):
        raise UsageError(f"[adapters.host] {name}: {path} is no function")
    function: Callable[..., Any] = found
    return function


def intake_of(config: Config) -> Intake:
    """Everything that the intake of a configuration says."""
    return read_files(
        Sources(invoices=block.files, policy=block.policy)
        if block.kind == "einvoice"
        else Sources(
            invoices=[block.file],
            mapping=block.mapping,
            debtors=block.debtors,
            debtors_mapping=block.debtors_mapping,
            events=block.events,
            policy=block.policy,
        )
        for block in config.intake
    )


def _renderer(config: Config, policies: tuple[Policy, ...]) -> Renderer:
    folders = {policy.name: config.templates or Path(str(policy.memo[FOLDER])) / "templates" for policy in policies}
    return Renderer({name: folder for name, folder in folders.items() if folder.is_dir()}, wordings=config.obligations)
