"""
Where a webhook may go: an address that a client gave, which must not lead to what only this machine can reach.

A client is known, and what it gives may still come from a model or a stranger. So inside addresses (loopback, private,
link-local, where clouds keep their metadata) are refused unless the operator allows them for that client, by the
address that a name stands for at the moment of connecting, and not only by how it looks.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LONGEST = 2_000  # characters of an address
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address stands in its last 32 bits


def check(url: str, *, inside: bool) -> None:
    """
    Refuse an address to which no webhook goes.

    Args:
        inside: Inside addresses are allowed, and plain http.

    Raises:
        ValueError: It says what to write.
    """
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"it has to be an ASCII URL of up to {LONGEST} characters")
    parts = urlsplit(url)
    host = parts.hostname
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in (("http", "https") if inside else ("https",)) or not host or port == 0:
        raise ValueError("it has to be an https:// URL")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("it has to be a URL without a name, a password or a fragment; the signature says who sends")
    if not inside and (host == "localhost" or host.endswith(".localhost") or is_inside(host)):
        raise ValueError("it leads inside; only an operator can allow that, by `inside` in [[clients]]")


def is_inside(host: str) -> bool:
    """Tell whether a host is written as an inside address; a name is none."""
    try:
        return not is_public(ip_address(host.partition("%")[0]))
    except ValueError:
        return False


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one that everybody can reach; those that wrap another one are what they wrap."""
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in NAT64:
            wrapped = IPv4Address(address.packed[-4:])
        if wrapped is not None:
            return is_public(wrapped)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
