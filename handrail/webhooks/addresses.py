"""Addresses that a webhook may reach: https, and nothing of the house's own network, whatever its name resolves to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from handrail.domain.errors import InvalidInput

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives every address of a name, as digits. Raises: OSError."""
LONGEST_URL = 2_000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Target(NamedTuple):
    """A place to connect to: the name that the certificate must have, and the address that was looked at."""

    scheme: str
    host: str
    port: int
    address: str


def check_url(url: str, *, loopback: bool = False) -> str:
    """Return the address itself. `loopback` allows http to this very machine, for development and tests.

    Raises:
        InvalidInput: it is no https address, holds a password or a fragment, or names a place of the house's own network.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("url: cannot be read. Write for example https://example.com/hooks.") from None
    if not host or len(url) > LONGEST_URL or not url.isprintable() or not url.isascii() or " " in url:
        raise InvalidInput("url: is no address. Write for example https://example.com/hooks, names in their xn-- form.")
    if parts.scheme != "https" and not (loopback and parts.scheme == "http" and _is_loopback(host)):
        raise InvalidInput(f"url: {parts.scheme or 'nothing'}:// is not taken. Events are sent over https alone.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidInput("url: holds a user, a password or a fragment. Leave it out; messages are signed.")
    literal = _literal(host)
    if literal is not None and (why := refusal(literal, loopback=loopback)):
        raise InvalidInput(f"url: {why}. Name a public address.")
    return url


async def target(url: str, resolve: Resolve, *, loopback: bool = False) -> Target:
    """Resolve the name and return where to connect, so that no second look-up says otherwise.

    Raises:
        InvalidInput: see `check_url`; one of the name's addresses is none that may be reached.
        OSError: the name cannot be resolved.
    """
    parts = urlsplit(check_url(url, loopback=loopback))
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = [host] if _literal(host) is not None else await resolve(host, port)
    if not found:
        raise OSError("the name has no address")
    for address in found:
        literal = _literal(address)
        why = "is no address" if literal is None else refusal(literal, loopback=loopback)
        if why:
            raise InvalidInput(f"url: {host} resolves to {address}: {why}. Nothing was sent.")
    return Target(parts.scheme, host, port, found[0])


async def look_up(host: str, port: int) -> list[str]:
    """Return every address of the name. Raises: OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def refusal(address: _Address, *, loopback: bool) -> str | None:
    """Return why an address may not be reached, None where it may."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return refusal(inner, loopback=loopback)
    if loopback and address.is_loopback:
        return None
    if address.is_loopback:
        return "that is this machine itself"
    if address.is_link_local:
        return "that is a link-local address, where clouds keep their metadata"
    if not address.is_global or address.is_multicast or address.is_reserved:
        return "that is no address of the public internet"
    return None


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    literal = _literal(host)
    return literal.is_loopback if literal is not None else host == "localhost"
