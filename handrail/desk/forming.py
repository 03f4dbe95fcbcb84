"""Pages with forms: shown, done, and shown again with what was typed where nothing came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from handrail.desk.looking import Said, did, refused, to_sign_in, told
from handrail.desk.services import DeskServices
from handrail.desk.sessions import Seat, seat, submitted
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope
from handrail.domain.errors import HandrailError


class FormPage(ABC):
    """A page of the desk whose forms come back to it."""

    address: ClassVar[str]
    scope: ClassVar[ApiScope | None] = None
    """What a form takes beyond a session."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def page(self, request: Request) -> Response:
        """Show the page, or ask who is there."""
        who = await seat(self._services, request)
        if who is None:
            return to_sign_in(request)
        return await self._show(request, who, Said(did=did(request, who)))

    async def act(self, request: Request) -> Response:
        """Do what a form asks for; what is refused changes nothing and says why."""
        who, form = await submitted(self._services, request)
        if who is None:
            return to_sign_in(request)
        say = words_of(language_of(request))
        try:
            who.admit(form, self.scope, say("form_old"))
            done = await self._done(who, form)
        except HandrailError as error:
            return await self._show(request, who, refused(request, error, form))
        return told(self.address, who, done)

    @abstractmethod
    async def _show(self, request: Request, who: Seat, said: Said) -> Response: ...

    @abstractmethod
    async def _done(self, who: Seat, form: Mapping[str, str]) -> str:
        """Do it, and return the key of what was done. Raises: HandrailError."""
