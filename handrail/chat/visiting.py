"""Callers of the chat: customers by a token of their own, and visitors whom nobody knows, each under an id of theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from secrets import token_hex

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handrail.api.access.customers import mint_token
from handrail.api.access.gate import NO_BEARER
from handrail.chat.services import ChatServices
from handrail.domain.access.principals import NotAuthenticated, Principal, ScopeMissing

COOKIE = "handrail_chat"
PATH = "/chat"
VISITOR = "visitor-"
"""Customers' ids that begin so are nobody's that a business knows: nothing is looked up for them, nothing is done."""
HOURS = timedelta(hours=24)
"""A visitor who stays away longer begins anew."""


class Visiting:
    """Tells who chats, and lets visitors in where the house allows them."""

    def __init__(self, services: ChatServices) -> None:
        self._services = services

    async def visit(self, request: Request) -> Response:
        """Give a visitor a token; whoever brings one of a visitor gets a fresh one for the same visitor."""
        known = await self.bearer(request) if "authorization" in request.headers else None
        token = await self.token(request, known)
        return JSONResponse({"token": token}, 201)

    async def token(self, request: Request, known: Principal | None = None) -> str:
        """Mint a visitor's token.

        Raises:
            ScopeMissing: the house knows no visitors, or somebody else asks.
            RateLimited: too many came from there.
        """
        services = self._services
        if not services.visitors:
            raise ScopeMissing("Visitors whom nobody knows may not chat here. Sign in, or set HANDRAIL_CHAT_VISITORS=true.")
        if known is not None and not (known.customer_id or "").startswith(VISITOR):
            raise ScopeMissing("A customer's token stays with that customer; their backend mints another.")
        await services.visits.count(services.visits.caller, request.client.host if request.client else "")
        visitor = (known.customer_id if known else None) or f"{VISITOR}{token_hex(16)}"
        token, hashed = mint_token()
        now = datetime.now(UTC)
        await services.api.tokens.add(hashed, visitor, "chat", now, now + HOURS)
        return token

    async def bearer(self, request: Request) -> Principal:
        """Return the customer whose token stands in the header. Raises: NotAuthenticated, RateLimited."""
        word, _, token = request.headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer":
            raise NotAuthenticated(NO_BEARER)
        return await self.customer(token.strip())

    async def customer(self, token: str) -> Principal:
        """Return the customer whose token it is. Raises: NotAuthenticated: nobody's, or no customer's; RateLimited."""
        api = self._services.api
        found = await api.authenticate(token)
        if found.customer_id is None:
            raise NotAuthenticated("The chat is for customers: bring a token of theirs, POST /v1/tokens.")
        await api.limits.count(api.limits.of(found), found.limited)
        return found

    async def seated(self, request: Request) -> Principal | None:
        """Return the customer whom the cookie stands for; None where it stands for nobody, or no longer."""
        token = request.cookies.get(COOKIE, "")
        try:
            return await self.customer(token) if token else None
        except NotAuthenticated:
            return None


def remember(request: Request, response: Response, token: str) -> None:
    """Hand out the cookie, for as long as the browser is open at most; its token ends by itself."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, path=PATH, httponly=True, secure=secure, samesite="lax")
