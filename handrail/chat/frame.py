"""The frame that other sites show, the script that puts it there, and the transcript that a customer takes along."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from handrail.api.routes.looking import seen
from handrail.chat.pages import STATIC, WORDS, answers, disclosed, language_of, page
from handrail.chat.services import ChatServices
from handrail.chat.transcripts import mailed, taken_along
from handrail.chat.visiting import Visiting
from handrail.domain.case.messages import check_identifier

SPOKEN = "script_"
"""Words that begin so are said by the frame's script."""
FRESH_SECONDS = 3_600


class Frame:
    """The frame; it holds no data of anybody's, its script asks the API for it."""

    def __init__(self, services: ChatServices) -> None:
        self._services, self._visiting = services, Visiting(services)

    async def page(self, request: Request) -> Response:
        """Show the frame: what answers is disclosed before anybody can write."""
        language = language_of(request)
        words = {key.removeprefix(SPOKEN): one for key, one in WORDS.languages[language].items() if key.startswith(SPOKEN)}
        disclosure, spoken = disclosed(self._services.disclosure, language)
        return page(
            request,
            "frame.html",
            words={**words, "answers": answers()},
            visitors=self._services.visitors,
            disclosure=disclosure,
            spoken=spoken,
            mails=self._services.letters is not None,
            hours=await self._services.hours(language),
        )

    async def script(self, _request: Request) -> Response:
        """Send the script that a site includes."""
        return FileResponse(
            STATIC / "widget.js",
            media_type="text/javascript",
            headers={"cache-control": f"public, max-age={FRESH_SECONDS}", "access-control-allow-origin": "*"},
        )

    async def mail(self, request: Request) -> Response:
        """Have the transcript sent by mail, and say what comes of it. Raises: NotAuthenticated, UnknownCase, InvalidInput."""
        caller, case_id = await self._visiting.bearer(request), request.path_params["case_id"]
        await seen(self._services.api, caller, case_id)
        once = check_identifier("idempotency-key", request.headers.get("idempotency-key", ""))
        return JSONResponse({"words": await mailed(request, self._services, caller, case_id, once)})

    async def transcript(self, request: Request) -> Response:
        """Send what was said, as a file. Raises: NotAuthenticated, UnknownCase."""
        caller, case_id = await self._visiting.bearer(request), request.path_params["case_id"]
        await seen(self._services.api, caller, case_id)
        return await taken_along(request, self._services, case_id)
