"""What an address of the network is: this machine's own, a private network's, the internet's, or nobody's."""

from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address

_METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
"""Where clouds tell a machine its own secrets: AWS, Azure, Google, Oracle and Alibaba, as their manuals have it."""
_PRIVATE = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""Prefixes in front of an IPv4 address: NAT64 (RFC 6052), and IPv4-compatible addresses (RFC 4291)."""


class Reach(Enum):
    """Who is behind an address."""

    OWN = auto()
    """This machine."""
    PRIVATE = auto()
    """A private network (RFC 1918, RFC 4193, RFC 6598)."""
    PUBLIC = auto()
    """The internet."""
    NOBODY = auto()
    """Link-local, multicast, reserved, unspecified, or where a cloud keeps a machine's secrets."""


def reach_of(address: IpAddress) -> Reach:
    """An IPv6 address that stands for an IPv4 one is judged as that."""
    address = _plain(address)
    if address.is_loopback:
        return Reach.OWN
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return Reach.NOBODY
    if any(address in network for network in _PRIVATE if network.version == address.version):
        return Reach.PRIVATE
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return Reach.PUBLIC if address.is_global and not site_local else Reach.NOBODY


def parsed_address(text: str) -> IpAddress | None:
    """The address that `text` writes, without its zone; None for a name or for nothing."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def unmapped(address: IpAddress) -> IpAddress:
    """An IPv4 address as such, where a socket for both kinds tells of it as an IPv6 one."""
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def household_of(address: IpAddress) -> str:
    """Addresses that are one customer's: an IPv4 address, or the IPv6 network of 64 bits that anybody gets at least
    (RFC 6177), who would else have a new address for each question."""
    address = unmapped(address)
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


def is_loopback(host: str) -> bool:
    """Whether a host, by name or address, is this machine for certain."""
    address = parsed_address(host.strip("[]"))
    return host == "localhost" or (address is not None and reach_of(address) is Reach.OWN)


def _plain(address: IpAddress) -> IpAddress:
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    if inner is None and not address.is_loopback and not address.is_unspecified:
        bits = int(address) & 0xFFFF_FFFF
        inner = IPv4Address(bits) if any(address in prefix for prefix in _TRANSLATED) else None
    return inner or address
