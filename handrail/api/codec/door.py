"""The door of the codec server: which page may ask, who asks, and where nobody has to sign in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from handrail.api.services import Authenticate
from handrail.domain.access.principals import ApiScope, CallerKind, NotAuthenticated, Principal, ScopeMissing
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.loopback import is_loopback

LOCAL = Principal(
    kind=CallerKind.KEY,
    caller="this-machine",
    scopes=frozenset({ApiScope.PLAIN_READ, ApiScope.CASES_HANDLE}),
    person="somebody at this machine",
)
"""Whoever sits at the machine of an embedded stack: nothing there asks who they are."""
WRITERS = frozenset({ApiScope.CASES_HANDLE, ApiScope.APPROVALS_DECIDE})
PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
NO_BEARER = (
    "No token came with the request. Have the Web UI pass its access token on (TEMPORAL_CODEC_PASS_ACCESS_TOKEN=true, "
    "which it does over https alone), or give the command line --codec-auth "
    "'Bearer hr_…' with a key that has the scope plain:read."
)


class NotOurPage(HandrailError):
    """A page asks that is not the Web UI's, or under a name that is not ours."""


@dataclass(frozen=True, slots=True)
class CodecDoor:
    """A check of who may have payloads decrypted or encrypted.

    `origins` are the Web UI's. Where `hosts` are named, whoever calls from this machine under one of these names, not through
    a proxy, needs no token.
    """

    authenticate: Authenticate
    origins: Collection[str]
    hosts: Collection[str] = field(default=())

    def check_page(self, request: Request) -> None:
        """Raises: NotOurPage: a page of another site asks."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self.origins:
            raise NotOurPage(f"origin: {origin[:80]!r} is not the Temporal Web UI. HANDRAIL_TEMPORAL_UI says where that is.")

    async def reader(self, request: Request) -> Principal:
        """Return who wants to read. Raises: NotAuthenticated, ScopeMissing, NotOurPage."""
        found = await self._caller(request)
        if not found.may(ApiScope.PLAIN_READ):
            raise ScopeMissing(f"{ApiScope.PLAIN_READ}: is missing, so nothing is decrypted for this caller.")
        return found

    async def writer(self, request: Request) -> Principal:
        """Return who wants to send something to cases. Raises: NotAuthenticated, ScopeMissing, NotOurPage."""
        found = await self._caller(request)
        if not found.scopes & WRITERS:
            raise ScopeMissing(f"{' or '.join(sorted(WRITERS))}: is missing, so nothing is encrypted for this caller.")
        return found

    async def _caller(self, request: Request) -> Principal:
        self.check_page(request)
        word, _, token = request.headers.get("authorization", "").partition(" ")
        if word.lower() == "bearer" and token.strip():
            return await self.authenticate(token.strip())
        if self._beside_us(request):
            return LOCAL
        raise NotAuthenticated(NO_BEARER)

    def _beside_us(self, request: Request) -> bool:
        """Return whether the caller is on this machine and named us as what we are: no other name that leads here."""
        if not self.hosts or any(name in request.headers for name in PASSED_ON):
            return False
        if request.headers.get("host", "") not in self.hosts:
            raise NotOurPage(f"host: nothing is decrypted under this name. Use {next(iter(self.hosts))}.")
        return request.client is not None and ip_address(request.client.host).is_loopback


def door_of(authenticate: Authenticate, ui: str, address: str, *, unguarded: bool) -> CodecDoor:
    """Return the door for the Web UI at `ui`; `unguarded` asks nobody on this machine who they are.

    Raises:
        InvalidInput: unguarded, and `address`, where we listen, or the Web UI is not on this machine alone.
    """
    parts = urlsplit(ui)
    origins = _names(parts.scheme, parts.hostname or "", parts.port)
    if not unguarded:
        return CodecDoor(authenticate, origins)
    host, _, port = address.rpartition(":")
    if not is_loopback(host.strip("[]")) or not is_loopback(parts.hostname or ""):
        raise InvalidInput(
            "HANDRAIL_CODEC_UNGUARDED: is for a stack on one machine, and HANDRAIL_API_ADDRESS or HANDRAIL_TEMPORAL_UI is "
            "elsewhere. Unset it: keys with the scope plain:read, or your identity provider, say who may read."
        )
    hosts = [one.partition("://")[2] for one in _names("http", host.strip("[]"), int(port))]
    return CodecDoor(authenticate, origins, hosts)


def _names(scheme: str, host: str, port: int | None) -> list[str]:
    """The origin; on this machine under each of the names that a person may have typed."""
    end = f":{port}" if port else ""
    names = dict.fromkeys((host, "127.0.0.1", "localhost")) if is_loopback(host) else (host,)
    return [f"{scheme}://{name}{end}" for name in names]
