"""Addresses that the outside world has: what a webhook may reach, so that nobody makes it knock at doors inside.

`ipaddress` alone does not say: it takes addresses that translate to private ones (NAT64, 6to4, mapped) for public.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], list[str]]

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")


class NotPublic(ValueError):
    """A host whose addresses are not all the outside world's."""


def resolved(host: str, port: int) -> list[str]:
    """Every address of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(told[4][0]) for told in found})


def public_address(host: str, port: int, resolve: Resolve = resolved) -> str:
    """The address to connect to; raises `NotPublic` where any address of the host is not public.

    It is looked up once: whoever connects takes this address and not the name, which may answer otherwise a moment later.
    """
    found = resolve(host, port)
    for text in found:
        if not is_public(ipaddress.ip_address(text.partition("%")[0])):
            raise NotPublic(f"{host} has the address {text}, which is not public")
    if not found:
        raise NotPublic(f"{host} has no address")
    return found[0]


def is_public(address: Address) -> bool:
    """Whether an address, and whatever it stands for, is one of the outside world."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address in _LOCAL_NAT64 or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
