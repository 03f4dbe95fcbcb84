"""Scoring: people say of a case whether it meets a criterion, blind to what a judge said; the judge is calibrated by it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from handrail.desk.forming import FormPage
from handrail.desk.looking import Said
from handrail.desk.pages import page
from handrail.desk.sessions import PATH, Seat
from handrail.domain.case.messages import check_identifier, check_text
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.judge.labels import LONGEST_NOTE, LabelVerdict


class Scoring(FormPage):
    """Hands out one case at a time, and takes what the person says of it."""

    address = f"{PATH}/score"

    async def _show(self, request: Request, who: Seat, said: Said) -> Response:
        shown = {"problem": said.problem, "detail": said.detail, "typed": said.typed, "did": said.did}
        found = await self._services.labelling.next(who.person)
        return page(request, "score.html", who, status=said.status, next=found, verdicts=list(LabelVerdict), **shown)

    async def _done(self, who: Seat, form: Mapping[str, str]) -> str:
        """Keep the person's word. Raises: InvalidInput: it is none, or the case is not theirs to say it of."""
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
        return "scored"
