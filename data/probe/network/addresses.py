"""Which addresses the prober may connect to: public unicast, and the district's own networks where the settings say so.

Checked after the name is resolved; that very address is then used.
"""

import csv
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TABLE = Path(__file__).with_name("special_ranges.csv")
"""Every range of IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), whether or not IANA calls it
globally reachable, and the multicast, reserved and deprecated ranges of the address architecture (RFC 4291)."""
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The only part of IPv6 that IANA has delegated for public unicast."""
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
IPV4_MASK = 0xFFFFFFFF
ISATAP = (0x00005EFE, 0x02005EFE)
"""Upper half of an interface identifier that holds an IPv4 address (RFC 5214)."""


@dataclass(frozen=True)
class Allowance:
    """Public addresses, and special ones inside the networks named."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, networks: Iterable[str]) -> "Allowance":
        """Parse networks such as `10.8.0.0/16`. ValueError names the invalid one."""
        return cls(tuple(ipaddress.ip_network(network) for network in networks))

    def allows(self, address: str) -> bool:
        """Whether the prober may connect to this address. Every IPv4 address that it embeds must be allowed as well."""
        try:
            parsed = ipaddress.ip_address(address.split("%")[0])
        except ValueError:
            return False
        embedded = _embedded(parsed)
        if not all(map(self._allows, embedded)):
            return False
        # The network translates these two into the IPv4 address itself, which has just been allowed.
        return parsed in MAPPED or parsed in NAT64 or self._allows(parsed)

    def _allows(self, address: Address) -> bool:
        return any(address in network for network in self.networks) or is_public(address)


def is_public(address: Address) -> bool:
    """Whether an address is public unicast: in no special-purpose range, and delegated if it is IPv6."""
    if address.version == 6 and address not in GLOBAL_UNICAST:
        return False
    return not any(address in network for network in special_ranges())


@cache
def special_ranges() -> tuple[Network, ...]:
    """The networks of `special_ranges.csv`."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(ipaddress.ip_network(row["network"]) for row in csv.DictReader(file))


def _embedded(address: Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses inside an IPv6 one: an intranet address does not become public by being written in another way."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    number = int(address)
    embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or (number >> 32 & IPV4_MASK) in ISATAP or (number >> 32 == 0 and number > 1):
        embedded.append(ipaddress.IPv4Address(number & IPV4_MASK))
    return [one for one in embedded if one is not None]
