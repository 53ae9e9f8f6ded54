"""Which addresses may be connected to. Looked at after the name is resolved, and then that very address is used."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Allowance:
    """Public addresses, and private ones of the networks named."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, networks: Iterable[str]) -> "Allowance":
        """From texts such as `10.8.0.0/16`. ValueError names the one that is none."""
        return cls(tuple(ipaddress.ip_network(network) for network in networks))

    def allows(self, address: str) -> bool:
        """Whether this address may be connected to, and every IPv4 address that it wraps."""
        try:
            found = ipaddress.ip_address(address.split("%")[0])
        except ValueError:
            return False
        return all(self._allows(one) for one in (found, *_wrapped(found)))

    def _allows(self, address: Address) -> bool:
        if any(address.version == network.version and address in network for network in self.networks):
            return True
        if address.version == 6 and list(_wrapped(address)):
            return True  # what it wraps decides
        return address.is_global and not (address.is_multicast or address.is_reserved)


def _wrapped(address: Address) -> Iterable[Address]:
    """IPv4 addresses inside of an IPv6 one: a private address does not become public by its writing."""
    if address.version == 4:
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0 and int(address) > 1:
        yield ipaddress.IPv4Address(int(address))
