"""The prober connects to public addresses, and to the district's own networks where the settings allow them."""

import csv
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.probe.network.addresses import TABLE, Allowance, special_ranges

PUBLIC = ("8.8.8.8", "114.114.114.114", "223.255.255.254", "2001:4860:4860::8888", "2400:3200::1", "240e:ff::1")
OWN = Allowance.of(["10.8.0.0/16", "fd12:3456::/32"])
IPV4 = [network for network in special_ranges() if network.version == 4]
TRANSLATED = ("64:ff9b::/96", "::ffff:0:0/96")
"""Ranges whose addresses are as public as the IPv4 address that they embed."""

REGISTRIES = [
    "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32",
    "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.88.99.2/32",
    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
    "255.255.255.255/32", "::1/128", "::/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
    "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48",
    "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16",
    "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
]  # fmt: skip


def inside(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> st.SearchStrategy[str]:
    return st.integers(0, network.num_addresses - 1).map(lambda n: str(network[n]))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert Allowance().allows(address)


@given(st.sampled_from(IPV4).flatmap(inside))
def test_special_ipv4_addresses_are_refused_in_every_writing(address: str) -> None:
    number = int(ipaddress.IPv4Address(address))
    embedded = {
        "mapped": f"::ffff:{address}",
        "compatible": f"::{number >> 16:x}:{number & 0xFFFF:x}",
        "NAT64": f"64:ff9b::{address}",
        "6to4": f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
        "Teredo server": f"2001:0:{number >> 16:x}:{number & 0xFFFF:x}::1",
        "Teredo client": f"2001:0:808:808:0:0:{number >> 16 ^ 0xFFFF:x}:{number & 0xFFFF ^ 0xFFFF:x}",
        "ISATAP": f"2400:3200::5efe:{address}",
    }
    refused = {name: not Allowance().allows(text) for name, text in {"plain": address, **embedded}.items()}
    assert all(refused.values()), refused


@given(st.sampled_from([n for n in special_ranges() if str(n) not in TRANSLATED]).flatmap(inside))
def test_every_address_of_a_special_range_is_refused(address: str) -> None:
    assert not Allowance().allows(address)
    assert not Allowance().allows(f"{address}%eth0")


@given(st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address))
def test_only_delegated_ipv6_is_public(address: ipaddress.IPv6Address) -> None:
    translated = any(address in ipaddress.ip_network(network) for network in TRANSLATED)
    assert translated or not Allowance().allows(str(address)) or address in ipaddress.ip_network("2000::/3")


@pytest.mark.parametrize(
    "address", ["fec0::1", "3fff::1", "192.0.0.8", "192.0.0.9", "192.88.99.1", "5f00::1", "4000::1"]
)
def test_ranges_that_the_standard_library_does_not_refuse(address: str) -> None:
    assert not Allowance().allows(address)


@pytest.mark.parametrize("address", ["nonsense", "", "1.2.3", "0x7f000001", "127.1"])
def test_invalid_address_is_refused(address: str) -> None:
    assert not Allowance().allows(address)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.8.3.4", True), ("::ffff:10.8.3.4", True), ("64:ff9b::10.8.3.4", True), ("fd12:3456::7", True),
        ("10.9.0.1", False), ("::ffff:10.9.0.1", False), ("127.0.0.1", False), ("fd99::1", False),
        ("2002:a08:304::1", False), ("8.8.8.8", True), ("64:ff9b::8.8.8.8", True),
    ],
)  # fmt: skip
def test_networks_of_the_settings_are_allowed_and_no_others(address: str, allowed: bool) -> None:
    assert OWN.allows(address) is allowed


def test_every_range_of_the_registries_is_in_the_table() -> None:
    """The address blocks of IANA's two registries, from several published copies; the table has some more."""
    held = set(map(str, special_ranges()))
    assert set(REGISTRIES) - held == set()


def test_special_addresses_of_the_standard_library_are_in_the_table() -> None:
    """Its lists are the registries of the day of its release. What it excepts as global is special to us as well."""
    lists = ("_private_networks", "_private_networks_exceptions", "_linklocal_network", "_multicast_network",
             "_reserved_network", "_reserved_networks", "_sitelocal_network", "_loopback_network")  # fmt: skip
    for constants in (ipaddress.IPv4Address._constants, ipaddress.IPv6Address._constants):
        for name in lists:
            response = getattr(constants, name, [])
            for network in response if isinstance(response, list) else [response]:
                first, last = str(network[0]), str(network[-1])
                assert not Allowance().allows(first), f"{first} of {network}, {name}"
                assert not Allowance().allows(last), f"{last} of {network}, {name}"


def test_the_table_names_a_source_for_every_range() -> None:
    with TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert all(row["name"] and row["source"].startswith("RFC ") for row in rows)
    assert len({row["network"] for row in rows}) == len(rows)
