"""Scoring: people say of a case whether it meets a criterion, blind to what a judge said; the judge is calibrated by it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from handrail.desk.looking import did, to_sign_in, told
from handrail.desk.pages import page, status_of
from handrail.desk.services import DeskServices
from handrail.desk.sessions import PATH, Seat, seat, submitted
from handrail.desk.words import language_of, words_of
from handrail.domain.case.messages import check_identifier, check_text
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.domain.quality.labels import LONGEST_NOTE, LabelVerdict

ADDRESS = f"{PATH}/score"


class Scoring:
    """Hands out one case at a time, and takes what the person says of it."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def page(self, request: Request) -> Response:
        """Show the next case that waits for this person."""
        who = await seat(self._services, request)
        if who is None:
            return to_sign_in(request)
        return await self._show(request, who)

    async def act(self, request: Request) -> Response:
        """Keep the person's word, and show the next case."""
        who, form = await submitted(self._services, request)
        if who is None:
            return to_sign_in(request)
        try:
            who.admit(form, None, words_of(language_of(request))("form_old"))
            await self._keep(who, form)
        except HandrailError as error:
            why = words_of(language_of(request))("not_done", why=str(error))
            return await self._show(request, who, problem=why, typed=form, status=status_of(error))
        return told(ADDRESS, who, "scored")

    async def _keep(self, who: Seat, form: Mapping[str, str]) -> None:
        verdict, note = form.get("verdict", ""), form.get("note", "").strip()
        if verdict not in list(LabelVerdict):
            raise InvalidInput(f"verdict: {verdict[:40]!r} is none. There are {', '.join(LabelVerdict)}.")
        await self._services.labelling.give(
            check_identifier("case_id", form.get("case_id", "")),
            form.get("criterion", ""),
            who.person,
            LabelVerdict(verdict),
            check_text("note", note, LONGEST_NOTE) if note else "",
        )

    async def _show(
        self, request: Request, who: Seat, *, problem: str = "", typed: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        shown = {"problem": problem, "typed": typed or {}, "did": did(request, who)}
        found = await self._services.labelling.next(who.person)
        return page(request, "score.html", who, status=status, next=found, verdicts=list(LabelVerdict), **shown)
