"""The address guard: to which network addresses the hub connects on behalf of a listener."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Written out because `ipaddress` calls several of these global (6to4, NAT64, site-local, SRv6 among them).
_CLOSED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarks"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::1/128", "loopback"),
    ("::/8", "reserved, or an IPv4 address in disguise"),
    ("64:ff9b:1::/48", "local NAT64"),
    ("100::/64", "discarded"),
    ("2001::/23", "protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
CLOSED: tuple[tuple[Network, str], ...] = tuple((ip_network(text), why) for text, why in _CLOSED)

# The parts of 2001::/23 that the IANA registry marks as globally reachable.
OPEN_ASSIGNMENTS = tuple(
    IPv6Network(text)
    for text in (
        "2001:1::1/128",
        "2001:1::2/128",
        "2001:1::3/128",
        "2001:3::/32",
        "2001:4:112::/48",
        "2001:20::/28",
        "2001:30::/28",
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""The first half of an interface identifier whose second half is the IPv4 address of a host behind a tunnel."""


def destination_of(address: Address) -> Address:
    """Where a packet ends: the IPv4 address inside a mapped or NAT64 one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def why_closed(address: Address) -> str | None:
    """Why an address is not a public one, or None when it is."""
    if any(address in network for network in OPEN_ASSIGNMENTS):
        return None
    for network, why in CLOSED:
        if address in network:
            return f"in {network} ({why})"
    if isinstance(address, IPv4Address):
        return None
    if address not in GLOBAL_UNICAST:
        return f"outside {GLOBAL_UNICAST} (not assigned to public use)"
    inner = tunnelled(address)
    why_inner = None if inner is None else why_closed(inner)
    return None if why_inner is None else f"a tunnel (ISATAP) to {inner}, {why_inner}"


def tunnelled(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 host behind an ISATAP tunnel, whatever the network in front of it; None for another address."""
    identifier = int(address) & 0xFFFF_FFFF_FFFF_FFFF
    return IPv4Address(identifier & 0xFFFF_FFFF) if identifier >> 32 in ISATAP else None


class AddressGuard:
    """Refuses every address that is not public, except those in the networks that the operator named.

    `ports` are the only ones that may be connected to, `schemes` the only ones that may be spoken; None: any.
    """

    def __init__(
        self,
        allowed_networks: Iterable[Network] = (),
        *,
        schemes: Iterable[str] | None = None,
        ports: Iterable[int] | None = None,
    ) -> None:
        self._allowed = tuple(allowed_networks)
        self._schemes = None if schemes is None else tuple(schemes)
        self._ports = None if ports is None else tuple(ports)

    def objections(self, scheme: str, port: int) -> list[str]:
        """What is wrong with a scheme and a port, whatever the address."""
        objections = []
        if self._schemes is not None and scheme not in self._schemes:
            objections.append(f"uses {scheme}; accepted: {', '.join(self._schemes)}")
        if self._ports is not None and port not in self._ports:
            objections.append(f"uses port {port}; accepted: {', '.join(map(str, sorted(self._ports)))}")
        return objections

    def refusal(self, address: str) -> str | None:
        """Why the hub does not connect to `address`, or None when it may."""
        try:
            asked = ip_address(address)
        except ValueError:
            return f"{address!r} is not an IP address"
        reached = destination_of(asked)
        if any(asked in network or reached in network for network in self._allowed):
            return None
        why = why_closed(reached)
        return why and f"{address} is not a public address: it is {why}"

    def refusal_of_any(self, addresses: Iterable[str]) -> str | None:
        """The first refusal among several addresses: one bad answer spoils the name."""
        return next((why for why in map(self.refusal, addresses) if why), None)
