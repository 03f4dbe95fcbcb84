"""Addresses that a webhook may reach: https, and nothing of the house's own network, whatever its name resolves to."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from handrail.domain.errors import InvalidInput

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives every address of a name, as digits. Raises: OSError."""
LONGEST_URL = 2_000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
THIS_MACHINE = ipaddress.IPv4Address("127.0.0.1")
PUBLIC = "Name a public address."
_HOST = re.compile(r"\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*\.?", re.ASCII)
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", re.ASCII | re.IGNORECASE)
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
    readable = len(url) <= LONGEST_URL and url.isprintable() and url.isascii() and " " not in url
    if not host or not readable or not (_HOST.fullmatch(host) or _literal(host)):
        raise InvalidInput("url: is no address. Write for example https://example.com/hooks, names in their xn-- form.")
    if parts.scheme != "https" and not (loopback and parts.scheme == "http" and _is_loopback(host)):
        raise InvalidInput(f"url: {parts.scheme or 'nothing'}:// is not taken. Events are sent over https alone.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidInput("url: holds a user, a password or a fragment. Leave it out; messages are signed.")
    written = THIS_MACHINE if _is_localhost(host) else _literal(host)
    if written is not None and (why := refusal(written, loopback=loopback)):
        raise InvalidInput(f"url: {host}: {why}. {PUBLIC}")
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
    written = _literal(host)
    found = [str(written)] if written is not None else await resolve(host, port)
    if not found:
        raise OSError("the name has no address")
    for address in found:
        literal = _literal(address)
        why = "is no address" if literal is None else refusal(literal, loopback=loopback)
        if why:
            raise InvalidInput(f"url: {host} resolves to {address}: {why}. {PUBLIC}")
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
    """The address that the host is written as, also in the fewer, hexadecimal or octal numbers that resolvers take."""
    bare = host.partition("%")[0].rstrip(".")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare)) if _NUMBERS.fullmatch(bare) else None
    except OSError:
        return None


def _is_localhost(host: str) -> bool:
    """Return whether the name stands for the machine itself, whatever resolves it (RFC 6761)."""
    bare = host.rstrip(".").lower()
    return bare == "localhost" or bare.endswith(".localhost")


def _is_loopback(host: str) -> bool:
    literal = _literal(host)
    return literal.is_loopback if literal is not None else _is_localhost(host)
