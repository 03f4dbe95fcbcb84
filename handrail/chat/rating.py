"""Ratings by link, as a mail carries one: opening it shows a form and rates nothing, because scanners of mail open links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from handrail.api.access.links import linked
from handrail.chat.pages import RATINGS, WORDS, language_of, page
from handrail.chat.services import ChatServices
from handrail.domain.case.ratings import LinkedCase, RateCase, RatedCase
from handrail.domain.errors import InvalidInput


class Rating:
    """The page behind a link."""

    def __init__(self, services: ChatServices) -> None:
        self._services = services

    async def page(self, request: Request) -> Response:
        """Show the form; what stands already is filled in, else what the link preselects."""
        found = await self._found(request)
        if found is None:
            return self._gone(request)
        wanted = request.query_params.get("csat", "")
        chosen = found.csat or (int(wanted) if wanted in map(str, RATINGS) else None)
        return page(request, "rate.html", language=spoken(request, found), chosen=chosen, problem="", done=False)

    async def rate(self, request: Request) -> Response:
        """Take the rating; a later one takes its place."""
        found = await self._found(request)
        if found is None:
            return self._gone(request)
        form, language = await request.form(), spoken(request, found)
        try:
            rating = given(form)
        except InvalidInput:
            problem = WORDS.words_of(language)("choose_one")
            return page(request, "rate.html", status=422, language=language, chosen=None, problem=problem, done=False)
        await self._services.api.ratings.rate(RatedCase(case_id=found.case_id, rating=rating, at=datetime.now(UTC)))
        return page(request, "rate.html", language=language, chosen=rating.csat, problem="", done=True)

    async def _found(self, request: Request) -> LinkedCase | None:
        services = self._services
        await services.visits.count(services.visits.customer, request.client.host if request.client else "")
        return await linked(services.api.rating_links, request.path_params["link"])

    def _gone(self, request: Request) -> Response:
        return page(request, "trouble.html", status=404, words=WORDS.words_of(language_of(request))("link_gone"))


def spoken(request: Request, found: LinkedCase) -> str:
    """Return the language of the case, as far as the pages have it, else the browser's."""
    return found.language if found.language and found.language in WORDS.languages else language_of(request)


def given(form: Mapping[str, object]) -> RateCase:
    """Return the rating that a form holds. Raises: InvalidInput: it holds none."""
    csat, solved = str(form.get("csat", "")), str(form.get("solved", ""))
    comment = str(form.get("comment", "")).strip()
    try:
        return RateCase(
            csat=int(csat) if csat in map(str, RATINGS) else None,
            solved={"yes": True, "no": False}.get(solved),
            comment=comment or None,
        )
    except ValidationError as error:
        raise InvalidInput(f"csat: {error.errors()[0]['msg']}.") from error
