"""Ratings by link, as a mail carries one: opening it shows a form and rates nothing, because scanners of mail open links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from handrail.api.access.links import linked
from handrail.chat.pages import RATINGS, WORDS, language_of, page
from handrail.chat.services import ChatServices
from handrail.domain.case.messages import without_controls
from handrail.domain.case.ratings import MAX_COMMENT, LinkedCase, RateCase, RatedCase
from handrail.pages.forms import texts

SOLVED: Mapping[str, bool] = {"yes": True, "no": False}


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
        chosen, language = found.csat or number(wanted), spoken(request, found)
        return page(
            request, "rate.html", language=language, problem="", done=False, chosen=chosen, comment=found.comment or ""
        )

    async def rate(self, request: Request) -> Response:
        """Take the rating; a later one takes its place. What cannot be taken stays in the form, with what is wrong."""
        found = await self._found(request)
        if found is None:
            return self._gone(request)
        form, language = await texts(request), spoken(request, found)
        if wrong := lacking(form):
            problem = WORDS.words_of(language)(wrong)
            return page(request, "rate.html", status=422, language=language, problem=problem, done=False, **typed(form))
        rating = given(form)
        await self._services.api.ratings.rate(RatedCase(case_id=found.case_id, rating=rating, at=datetime.now(UTC)))
        return page(request, "rate.html", language=language, problem="", done=True, **typed(form))

    async def _found(self, request: Request) -> LinkedCase | None:
        services = self._services
        await services.visits.count(services.visits.customer, request.client.host if request.client else "")
        return await linked(services.api.rating_links, request.path_params["link"])

    def _gone(self, request: Request) -> Response:
        return page(request, "trouble.html", status=404, words=WORDS.words_of(language_of(request))("link_gone"))


def spoken(request: Request, found: LinkedCase) -> str:
    """Return the language of the case, as far as the pages have it, else the browser's."""
    return found.language if found.language and found.language in WORDS.languages else language_of(request)


def number(csat: str) -> int | None:
    """Return the number that was chosen; None where it is none."""
    return int(csat) if csat in map(str, RATINGS) else None


def comment_of(form: Mapping[str, str]) -> str:
    """Return the words beside the number."""
    return without_controls(form.get("comment", "")).strip()


def typed(form: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what stands in the form that is shown again."""
    return {"chosen": number(form.get("csat", "")), "comment": form.get("comment", "")}


def lacking(form: Mapping[str, str]) -> str:
    """Return the key of the words that say why the form holds no rating; nothing where it holds one."""
    if number(form.get("csat", "")) is None and form.get("solved") not in SOLVED:
        return "choose_one"
    return "comment_long" if len(comment_of(form)) > MAX_COMMENT else ""


def given(form: Mapping[str, str]) -> RateCase:
    """Return the rating of a form that lacks nothing."""
    solved = SOLVED.get(form.get("solved", ""))
    return RateCase(csat=number(form.get("csat", "")), solved=solved, comment=comment_of(form) or None)
