"""The command `dunning worker` under chaos, as it is: its configuration, its adapters, its templates, its signals.

It runs by the clock of the machine, so that its leases are over only when everything has come to rest, and knows no
labelled points: it is killed wherever it is.
"""

from __future__ import annotations

import os
import signal
import threading
from base64 import b64encode
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Final

from chaos_host import Host
from chaos_house import POLICY, TENANTS, Fast, House
from chaos_process import opened, tell

from dunning_engine.cli.working import Settings, work
from dunning_engine.engine.config import load_config
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.installation import open_engine

CONFIG: Final = """policies = ["chaos.yaml"]
[store]
url = "env:CHAOS_STORE"
tenant = "{tenant}"
[creditor]
name = "{tenant}"
email = "billing@example.com"
[adapters.smtp]
host = "127.0.0.1"
port = {mail}
sender = "billing@example.com"
timeout = 5
[adapters.webhook]
url = "http://127.0.0.1:{hook}/"
internal = true
secret = "env:CHAOS_SECRET"
channels = ["sms"]
timeout = 5
[adapters.files]
folder = "letters"
"""

TEXT: Final = "About {{ case.id }}: whoever owes {{ creditor.name }} the sum of {{ case.balance }} may pay it now.\n"

POLL: Final = 0.05


def furnish(house: House) -> None:
    """Write what an installation has: a configuration for each tenant, the policy, its texts."""
    os.environ |= {"CHAOS_STORE": house.url, "CHAOS_SECRET": f"whsec_{b64encode(b'c' * 24).decode()}"}
    (house.folder / "chaos.yaml").write_text(POLICY)
    for channel, head in (("email", "Subject: About {{ case.id }}\n\n"), ("letter", ""), ("sms", "")):
        template = house.folder / "templates" / channel / "first.liquid"
        template.parent.mkdir(parents=True)
        template.write_text(head + TEXT)
    for tenant in TENANTS:
        config = CONFIG.format(tenant=tenant, mail=house.mail_port, hook=house.hook_port)
        _config(house, tenant).write_text(config)


def _config(house: House, tenant: str) -> Path:
    return house.folder / f"{tenant}.toml"


def configured(house: House, tenant: str) -> DunningEngine:
    """An engine with the ways out that workers have: what they leave in doubt goes once more with the same bytes."""
    return open_engine(load_config(_config(house, tenant)), Fast(house))


def live_as_worker(house: House, name: str, tenant: str, ready: Connection, quiet: Synchronized[int]) -> None:
    """Work until killed, with the hosts of all tenants beside; once it is to be quiet, be told to stop and drain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    ready.send("ready")
    going: Callable[[], bool] = lambda: not quiet.value  # noqa: E731
    host = threading.Thread(target=_hosts, args=(house, name, going))
    host.start()
    work(_config(house, tenant), Settings(POLL, None, None, isolate=False), 1)
    host.join()


def _hosts(house: House, name: str, going: Callable[[], bool]) -> None:
    """Tell facts as long as the worker works; then let it stop."""
    engines = {tenant: opened(house, tenant, None) for tenant in TENANTS}
    tell([Host(house, name, tenant, engine) for tenant, engine in engines.items()], going)
    for engine in engines.values():
        engine.close()
    os.kill(os.getpid(), signal.SIGTERM)
