"""Signing in at the desk through an identity provider: there with a state that the browser keeps, and back with a code."""

from __future__ import annotations

import hashlib
import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handrail.desk import sessions
from handrail.desk.entrance import within
from handrail.desk.pages import page, status_of
from handrail.desk.refusing import why
from handrail.desk.services import DeskServices
from handrail.desk.words import language_of
from handrail.domain.access.principals import NotAuthenticated
from handrail.domain.errors import HandrailError
from handrail.domain.team.membership import member
from handrail.domain.team.reviewers import FILE

COOKIE = "handrail_desk_way_"
PATH = f"{sessions.PATH}/oidc"
SECONDS = 600
PARTS = 3


class Federation:
    """Lets people in whom the identity provider vouches for."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider; what came of it is held against the cookie when it is back."""
        client = self._services.federated
        if client is None:
            return RedirectResponse(request.url_for("sign_in").path, status_code=303)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        response = RedirectResponse(await client.begin(state, nonce, verifier), status_code=303)
        response.set_cookie(
            cookie_of(state),
            " ".join((nonce, verifier, within(request.query_params.get("to", "")))),
            max_age=SECONDS,
            path=PATH,
            httponly=True,
            secure=request.url.scheme == "https",
            samesite="lax",
        )
        return response

    async def back(self, request: Request) -> Response:
        """Open a session for whom the provider names, and go on to where the person wanted to go."""
        name = cookie_of(request.query_params.get("state", ""))
        way = request.cookies.get(name, "").split(" ", PARTS - 1)
        to = within(way[-1])
        try:
            token = await self._session(request, way)
        except HandrailError as error:
            problem, detail = why(error, language_of(request))
            shown = {"problem": problem, "detail": detail, "to": to, "kept": {}, "federated": True}
            response: Response = page(request, "sign_in.html", None, status=status_of(error), **shown)
        else:
            response = RedirectResponse(to, status_code=303)
            sessions.remember(response, token, secure=request.url.scheme == "https")
        response.delete_cookie(name, path=PATH)
        return response

    async def _session(self, request: Request, way: list[str]) -> str:
        client, given = self._services.federated, request.query_params
        if client is None or len(way) != PARTS:
            raise NotAuthenticated("This sign-in did not begin in this browser, or it took too long. Begin again.")
        if "code" not in given:
            said = given.get("error", "no code")[:60]
            raise NotAuthenticated(f"The identity provider let nobody in ({said}). Begin again.")
        who = await client.finish(given["code"], way[0], way[1])
        person = who.person or ""
        name = member(person, self._services.reviewers.now(), await self._services.roster())
        if name is None:
            # Whoever has a work account is not yet one of the people who decide, whatever `anyone` may do under any name.
            raise NotAuthenticated(f"{person} stands neither in {FILE} nor in people.yaml, so the desk lets them do nothing.")
        return await sessions.open_session(self._services, who.model_copy(update={"person": name}))


def cookie_of(state: str) -> str:
    """Return the name of the cookie that a sign-in began with: each tab has a way of its own."""
    return COOKIE + hashlib.sha256(state.encode()).hexdigest()[:16]
