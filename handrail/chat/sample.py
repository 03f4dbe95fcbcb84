"""A page of a made-up site with the chat on it, for one test customer: on the stack of one's own machine alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handrail.api.access.customers import mint_token
from handrail.chat.pages import foreign, page
from handrail.chat.services import ChatServices

SHORT = timedelta(minutes=15)


class Sample:
    """The page, and what a company's backend does behind it: it mints the token of whoever is signed in."""

    def __init__(self, services: ChatServices, customer_id: str) -> None:
        self._services, self._customer = services, customer_id

    async def page(self, request: Request) -> Response:
        """Show the site."""
        return page(request, "sample.html", customer=self._customer)

    async def token(self, request: Request) -> Response:
        """Mint a token for the customer, as a backend does with POST /v1/tokens."""
        if foreign(request):
            raise HTTPException(403)
        token, hashed = mint_token()
        now = datetime.now(UTC)
        await self._services.api.tokens.add(hashed, self._customer, "sample", now, now + SHORT)
        return JSONResponse({"token": token}, 201)
