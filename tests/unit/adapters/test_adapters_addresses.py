"""Which addresses a webhook may reach."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from dunning_engine.adapters.addresses import NotPublic, is_public, public_address, resolved

INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "2002:5db8:d822::1"]


@pytest.mark.parametrize("text", INSIDE)
def test_doors_inside_stay_shut(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_the_outside_world_is_reached(text):
    assert is_public(ip_address(text))


def test_one_address_inside_is_enough_to_refuse_a_host():
    with pytest.raises(NotPublic, match=r"10\.0\.0\.1"):
        public_address("example.com", 443, lambda *_: ["93.184.216.34", "10.0.0.1"])


def test_a_host_without_an_address_is_none():
    with pytest.raises(NotPublic, match="no address"):
        public_address("example.com", 443, lambda *_: [])


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost"])
def test_other_spellings_of_inside_are_inside(host):
    with pytest.raises(NotPublic):
        public_address(host, 443, resolved)
