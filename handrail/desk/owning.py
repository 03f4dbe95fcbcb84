"""The owner's page: what is in force over the agent, the switch, the dial of each topic, alarms that nobody has looked at."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from handrail.desk.forming import FormPage
from handrail.desk.looking import Said
from handrail.desk.pages import OWNER_READS, page
from handrail.desk.sessions import LACKS, PATH, Seat
from handrail.desk.trends import trends
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope, ScopeMissing
from handrail.domain.autonomy.controls import ControlRequest, Scope
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.messages import check_text
from handrail.domain.errors import InvalidInput

NUMBER = re.compile(r"[0-9]{1,9}")
LONGEST = 30 * 24 * 60
"""Minutes for which a control may be set; longer than that it is set for good."""


class Owning(FormPage):
    """Shows the owner what holds, and lets who has the scope change it; a reason is always asked for."""

    address = f"{PATH}/owner"
    scope = ApiScope.CONTROLS_SET

    async def _show(self, request: Request, who: Seat, said: Said) -> Response:
        """Raises: ScopeMissing: the person may not even look."""
        if not who.principal.scopes & OWNER_READS:
            raise ScopeMissing(LACKS.format(ApiScope.CONTROLS_READ))
        house = self._services.house
        alarms, controls, topics, counts, vigilance = await asyncio.gather(
            house.alarms(),
            self._services.controls.in_force(),
            house.topics(),
            self._services.record.counts(),
            self._services.batches.vigilance(),
        )
        return page(
            request,
            "owner.html",
            who,
            status=said.status,
            controls=controls,
            topics=topics,
            alarms=alarms,
            trends=await trends(house, alarms, words_of(language_of(request))),
            counts=counts,
            vigilance=vigilance,
            levels=list(Autonomy),
            may=who.principal.may(ApiScope.CONTROLS_SET),
            problem=said.problem,
            detail=said.detail,
            typed=said.typed,
            did=said.did,
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
