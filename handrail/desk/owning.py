"""The owner's page: what is in force over the agent, the switch, the dial of each topic, alarms that nobody has looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from handrail.desk.looking import did, to_sign_in, told
from handrail.desk.pages import OWNER_READS, page, status_of
from handrail.desk.services import DeskServices
from handrail.desk.sessions import PATH, Seat, seat, submitted
from handrail.desk.trends import trends
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope, ScopeMissing
from handrail.domain.autonomy.controls import ControlRequest, Scope
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.messages import check_text
from handrail.domain.errors import HandrailError, InvalidInput

ADDRESS = f"{PATH}/owner"
NUMBER = re.compile(r"[0-9]{1,9}")
LONGEST = 30 * 24 * 60
"""Minutes for which a control may be set; longer than that it is set for good."""


class Owning:
    """Shows the owner what holds, and lets who has the scope change it; a reason is always asked for."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def page(self, request: Request) -> Response:
        """Show what holds."""
        who = await seat(self._services, request)
        if who is None:
            return to_sign_in(request)
        return await self._show(request, who)

    async def act(self, request: Request) -> Response:
        """Set a control, lift what stands on a scope, or acknowledge an alarm."""
        who, form = await submitted(self._services, request)
        if who is None:
            return to_sign_in(request)
        try:
            who.admit(form, ApiScope.CONTROLS_SET, words_of(language_of(request))("form_old"))
            done = await self._done(who, form)
        except HandrailError as error:
            why = words_of(language_of(request))("not_done", why=str(error))
            return await self._show(request, who, problem=why, typed=form, status=status_of(error))
        return told(ADDRESS, who, done)

    async def _show(
        self, request: Request, who: Seat, *, problem: str = "", typed: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        """Raises: ScopeMissing: the person may not even look."""
        if not who.principal.scopes & OWNER_READS:
            raise ScopeMissing(f"This takes the scope {ApiScope.CONTROLS_READ}, which your key lacks.")
        alarms = await self._services.house.alarms()
        return page(
            request,
            "owner.html",
            who,
            status=status,
            controls=await self._services.controls.in_force(),
            topics=await self._services.house.topics(),
            alarms=alarms,
            trends=await trends(self._services.house, alarms, words_of(language_of(request))),
            counts=await self._services.record.counts(),
            levels=list(Autonomy),
            may=who.principal.may(ApiScope.CONTROLS_SET),
            problem=problem,
            typed=typed or {},
            did=did(request, who),
        )

    async def _done(self, who: Seat, form: Mapping[str, str]) -> str:
        """Raises: InvalidInput: no reason, or something that is none."""
        action = form.get("action", "")
        reason = check_text("reason", form.get("reason", ""), 500)
        match action:
            case "set":
                await self._services.controls.put(wanted(form, who.person, reason))
            case "lift":
                scope = Scope.parse(form.get("scope", ""))
                if not await self._services.controls.clear(scope, reason, who.person):
                    raise InvalidInput(f"scope: nothing is set on {scope} any more.")
            case "real" | "false":
                number = form.get("alarm", "")
                if not NUMBER.fullmatch(number):
                    raise InvalidInput(f"alarm: {number[:40]!r} is no number.")
                await self._services.house.acknowledge(int(number), who.person, real=action == "real", note=reason)
                return "acknowledged"
            case other:
                raise InvalidInput(f"action: {other[:40]!r} is none. There are set, lift, real, false.")
        return action


def wanted(form: Mapping[str, str], person: str, reason: str) -> ControlRequest:
    """Return the control that the form asks for. Raises: InvalidInput."""
    level, minutes = form.get("level", ""), form.get("minutes", "").strip()
    if level not in list(Autonomy):
        raise InvalidInput(f"level: {level[:40]!r} is none. There are {', '.join(Autonomy)}.")
    if minutes and not (NUMBER.fullmatch(minutes) and 1 <= int(minutes) <= LONGEST):
        raise InvalidInput(f"minutes: {minutes[:40]!r} cannot be. Write 1 to {LONGEST:,}, or nothing for good.")
    return ControlRequest(
        scope=Scope.parse(form.get("scope", "")),
        level=Autonomy(level),
        reason=reason,
        actor=person,
        lasting=timedelta(minutes=int(minutes)) if minutes else None,
    )
