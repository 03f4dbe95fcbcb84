"""Settling: a person says what became of an effect of which nobody knows whether it was made."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from handrail.desk.entrance import ask_again
from handrail.desk.forms import NOT_WHOLE
from handrail.desk.looking import Looking, refused, told
from handrail.desk.services import DeskServices
from handrail.desk.sessions import PATH, Seat, submitted
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import Identity
from handrail.domain.actions.unsettled import EffectFound
from handrail.domain.case.messages import check_text
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.domain.team.commands import MAX_REASON, is_recused
from handrail.domain.team.reviewers import NotAdmitted

FOUND = {"made": True, "not_made": False}


class Settling:
    """Takes the word of whoever has looked in the other system."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services
        self._looking = Looking(services)

    async def act(self, request: Request) -> Response:
        """Write down what was found, and show the case again; what is refused changes nothing, and keeps the note."""
        who, form = await submitted(self._services, request)
        if who is None:
            return ask_again(self._services, request, form)
        case_id = request.path_params["case_id"]
        try:
            who.admit(form, ApiScope.EFFECTS_SETTLE, words_of(language_of(request))("form_old"))
        except HandrailError as error:
            return await self._looking.show(request, who, refused(request, error, {}))
        try:
            found = await self._found(case_id, who, form)
            await self._services.effects.settle(found)
        except HandrailError as error:
            typed = {"found_note": form.get("note", ""), "settles": form.get("effect_id", "")}
            return await self._looking.show(request, who, refused(request, error, typed))
        return told(f"{PATH}/cases/{case_id}", who, f"settled_{form['found']}", case_id)

    async def _found(self, case_id: str, who: Seat, form: Mapping[str, str]) -> EffectFound:
        """Raises: InvalidInput, UnknownCase, NotAdmitted: they said that they should not decide the case."""
        view = await self._services.stored.show(case_id)
        if is_recused(who.person, view.recused):
            raise NotAdmitted(
                f"{who.person} has said that they should not decide this case, and has no part in it. Somebody else has to."
            )
        if form.get("found") not in FOUND or not form.get("effect_id"):
            raise InvalidInput(NOT_WHOLE)
        about = {"case_id": case_id, "effect_id": form["effect_id"], "made": FOUND[form["found"]], "via": "desk"}
        reason = check_text("note", form.get("note", "").strip(), MAX_REASON)
        return EffectFound.model_validate({**about, "actor": who.person, "reason": reason, "identity": Identity.VERIFIED})
