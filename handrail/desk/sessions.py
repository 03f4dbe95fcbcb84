"""Sessions: a cookie stands for a person who showed a key of their own, until it ends, or whom a provider vouched for."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from handrail.desk.services import DeskServices
from handrail.domain.access.principals import ApiScope, NotAuthenticated, Principal, ScopeMissing
from handrail.domain.errors import ApprovalRefused
from handrail.domain.team.desk import SESSION, DeskSession
from handrail.domain.team.membership import under_one_name
from handrail.pages.forms import texts

COOKIE = "handrail_desk"
PATH = "/desk"
LACKS = "This takes the scope {}, which your key lacks."
AT_DESK = frozenset({ApiScope.APPROVALS_DECIDE, ApiScope.CASES_HANDLE})


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who is signed in. `form_token` has to come with every form: no other site's page knows it."""

    person: str
    principal: Principal
    form_token: str

    def admit(self, form: Mapping[str, str], scope: ApiScope | None, outdated: str) -> None:
        """Let a form through that came from a page of this session, and does what the person may, if it takes a scope.

        Raises:
            ApprovalRefused: it is another session's; in the words of `outdated`.
            ScopeMissing: the key lacks the scope.
        """
        if not self.owns(form.get("form_token", "")):
            raise ApprovalRefused(outdated)
        if scope is not None and not self.principal.may(scope):
            raise ScopeMissing(LACKS.format(scope))

    def seal(self, *words: str) -> str:
        """Return what shows that an address of this session was made here."""
        return hmac.new(self.form_token.encode(), "\n".join(words).encode(), hashlib.sha256).hexdigest()[:16]

    def owns(self, form_token: str) -> bool:
        """Return whether a form came from a page of this session."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


def hashed(token: str) -> str:
    """Return the SHA-256 in hex, which is all that is kept of a token: it has 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


async def sign_in(services: DeskServices, key: str, host: str) -> tuple[str, str]:
    """Open a session for the key's person; return the token for the cookie, and the person.

    Raises:
        RateLimited: too many keys came from there.
        NotAuthenticated: the key does not count, is nobody's own, or may neither decide nor handle cases.
    """
    try:
        principal = await services.authenticate(key.strip())
    except NotAuthenticated:
        # Whoever has a key comes in, however many others try from behind the same address.
        await services.attempts.count(services.attempts.caller, host)
        raise
    if principal.person is None or principal.key_id is None:
        raise NotAuthenticated("This key is no person's. Make one with `handrail keys create --person NAME`.")
    return await open_session(services, principal), principal.person


async def open_session(services: DeskServices, principal: Principal) -> str:
    """Open a session for a person who was checked; return the token for the cookie.

    Raises:
        NotAuthenticated: they may neither decide nor handle cases.
    """
    if principal.person is None or not principal.scopes & AT_DESK:
        raise NotAuthenticated(
            f"{principal.person} may neither decide nor handle cases. It takes the scope approvals:decide or cases:handle."
        )
    token = secrets.token_urlsafe(32)
    of_key = {"key_id": principal.key_id} if principal.key_id else {"principal": principal}
    session = DeskSession(person=principal.person, expires_at=datetime.now(UTC) + SESSION, **of_key)
    await services.record.sign_in(hashed(token), session)
    return token


async def seat(services: DeskServices, request: Request) -> Seat | None:
    """Return who sits there; None where nobody signed in, or the key behind the session has ended."""
    token = request.cookies.get(COOKIE, "")
    session = await services.record.session(hashed(token)) if token else None
    principal = await _standing(services, session) if session else None
    if session is None or principal is None:
        return None
    return Seat(principal.person or "", principal, hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest())


async def _standing(services: DeskServices, session: DeskSession) -> Principal | None:
    """Return who the session stands for, under their one name; None where the key behind it has ended or is another's."""
    found, reviewers = session.principal, services.reviewers.now()
    if session.key_id is not None:
        key = await services.keys.find(session.key_id)
        found = key.principal() if key is not None and key.lives(datetime.now(UTC)) else None
    theirs = found is not None and reviewers.called(found.person or "") == reviewers.called(session.person)
    return under_one_name(found, reviewers) if found is not None and theirs else None


async def submitted(services: DeskServices, request: Request) -> tuple[Seat | None, Mapping[str, str]]:
    """Return who sent a form, as `seat` does, and its texts."""
    return await seat(services, request), await texts(request)


async def sign_out(services: DeskServices, request: Request) -> None:
    """End the session."""
    await services.record.sign_out(hashed(request.cookies.get(COOKIE, "")))


def remember(response: Response, token: str, *, secure: bool) -> None:
    """Hand out the cookie. Lax: links in mails lead to a page, and forms carry a token of their own."""
    response.set_cookie(
        COOKIE, token, max_age=int(SESSION.total_seconds()), path=PATH, httponly=True, secure=secure, samesite="lax"
    )
