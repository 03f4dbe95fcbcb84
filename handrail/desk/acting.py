"""Acting: decisions, replies, claims. What is refused changes nothing, says why, and keeps what was typed."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from handrail.api.access import vouched
from handrail.desk.entrance import DRAFTS, ask_again
from handrail.desk.forms import PREFIX, changed, fields
from handrail.desk.looking import Looking, refused, told
from handrail.desk.services import DeskServices
from handrail.desk.sessions import PATH, Seat, submitted
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope
from handrail.domain.access.vouching import update_id
from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput, DecisionKind
from handrail.domain.base import digest
from handrail.domain.case.messages import MAX_CHARACTERS
from handrail.domain.errors import ApprovalRefused, HandrailError, InvalidInput
from handrail.domain.team.commands import HandBack, same_name
from handrail.domain.team.desk import DraftKind
from handrail.temporal.cases.client import TimedOut, made
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.connect import Unreachable

TYPED = ("text", "note", "answer", "topic")
ACTIONS = ("claim", "release", "reply", "reply_and_resolve", "hand_back", "resolve", "draft")
DONE: Mapping[ApprovalStatus, str] = {
    ApprovalStatus.OPEN: "partly",
    ApprovalStatus.APPROVED: "approve",
    ApprovalStatus.EDITED: "edit",
    ApprovalStatus.REVISED: "revised",
    ApprovalStatus.REJECTED: "reject",
    ApprovalStatus.ANSWERED: "answer",
}
REVISION = re.compile(r"[0-9]{1,9}")
RECORDED_SECONDS = 2.0


class Acting:
    """Does what the forms on the page of a case ask for."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services
        self._looking = Looking(services)

    async def decide(self, request: Request) -> Response:
        """Decide an approval exactly as it was shown, then go on with what waits next."""
        who, form = await submitted(self._services, request)
        if who is None:
            return ask_again(self._services, request, form)
        case_id = request.path_params["case_id"]
        try:
            who.admit(form, ApiScope.APPROVALS_DECIDE, words_of(language_of(request))("form_old"))
        except HandrailError as error:
            return await self._refused(request, who, {}, error)
        try:
            settled = await self._decided(case_id, who, form)
        except HandrailError as error:
            await self._keep(case_id, who, form)
            return await self._refused(request, who, form, error)
        await self._services.record.keep(settled.case_id, who.person, DraftKind.NOTE, "")
        return told(f"{PATH}/", who, DONE.get(settled.status, "partly"), settled.case_id)

    async def act(self, request: Request) -> Response:
        """Claim, release, reply, hand back, resolve, or keep a draft."""
        who, form = await submitted(self._services, request)
        if who is None:
            return ask_again(self._services, request, form)
        case_id, action = request.path_params["case_id"], form.get("action", "")
        try:
            who.admit(form, ApiScope.CASES_HANDLE, words_of(language_of(request))("form_old"))
        except HandrailError as error:
            return await self._refused(request, who, {}, error)
        try:
            await self._services.stored.show(case_id)
            await self._keep(case_id, who, form)
            if action != "draft":
                await self._done(self._services.cases(who.principal), case_id, who, form)
        except HandrailError as error:
            return await self._refused(request, who, form, error)
        here = f"{PATH}/" if action in ("release", "hand_back", "resolve", "reply_and_resolve") else f"{PATH}/cases/{case_id}"
        return told(here, who, "resolve" if action == "reply_and_resolve" else action, case_id)

    async def _decided(self, case_id: str, who: Seat, form: Mapping[str, str]) -> Approval:
        """Raises: InvalidInput, ApprovalRefused, UnknownCase, Unreachable."""
        revision, kind = form.get("revision", ""), form.get("decision", "")
        if not REVISION.fullmatch(revision) or kind not in list(DecisionKind):
            raise InvalidInput("This form is not whole. Look at the page again, then send it.")
        note = form.get("note", "").strip() or None
        given = {"approval_id": form.get("approval_id", ""), "revision": int(revision), "reviewer": who.person, "note": note}
        if kind == DecisionKind.EDIT:
            given["arguments"] = await self._edited(case_id, int(revision), form)
        if kind == DecisionKind.ANSWER:
            given["answer"] = form.get("answer", "")
        wanted = made(DecisionInput, decision=kind, **given)
        # The same form with other words is another decision: what came first counts, and this one is told so.
        update = update_id("desk", who.person, case_id, form.get("once") or uuid4().hex, wanted.model_dump_json())
        return await vouched.decide(self._services, who.principal, case_id, wanted, update)

    async def _edited(self, case_id: str, revision: int, form: Mapping[str, str]) -> dict[str, object]:
        """Return the arguments that the person changed. Raises: InvalidInput, ApprovalRefused, UnknownCase."""
        view = await self._services.stored.show(case_id)
        shown = next((one for one in view.approvals if one.revision == revision), None)
        schema = self._services.schema(shown.request.action) if shown else None
        if shown is None or schema is None:
            raise ApprovalRefused("This is not what is open now. Look at it again, then decide.")
        found = changed(fields(schema, shown.request.arguments), form)
        if not found:
            raise InvalidInput("Nothing is changed. Change a field, or approve it as it is.")
        return found

    async def _done(self, cases: DoorwayClient, case_id: str, who: Seat, form: Mapping[str, str]) -> None:
        """Raises: Refused, UnknownCase, Unreachable."""
        text, note = form.get("text", "").strip(), form.get("note", "").strip()
        match form.get("action", ""):
            case "claim":
                await cases.claim(case_id, who.person, instead_of=form.get("instead_of") or None)
                await self._recorded(case_id, who.person, held=True)
            case "release":
                await cases.release(case_id, who.person)
                await self._recorded(case_id, who.person, held=False)
            case "reply":
                message_id = f"desk-{digest([who.person, case_id, form.get('once') or uuid4().hex, text])[:32]}"
                await cases.reply(case_id, who.person, text, message_id=message_id)
                await self._services.record.keep(case_id, who.person, DraftKind.REPLY, "")
            case "reply_and_resolve":
                await cases.resolve(case_id, who.person, note=note or None, reply=text)
                await self._services.record.keep(case_id, who.person, DraftKind.REPLY, "")
                await self._services.record.keep(case_id, who.person, DraftKind.NOTE, "")
            case "hand_back":
                back = made(HandBack, reviewer=who.person, note=note, topic=form.get("topic") or None)
                update = update_id("desk", who.person, case_id, form.get("once") or uuid4().hex, back.model_dump_json())
                await vouched.hand_back(self._services, who.principal, case_id, back, update)
                await self._services.record.keep(case_id, who.person, DraftKind.NOTE, "")
            case "resolve":
                await cases.resolve(case_id, who.person, note=note or None)
                await self._services.record.keep(case_id, who.person, DraftKind.NOTE, "")
            case other:
                raise InvalidInput(f"action: {other[:40]!r} is none. There are {', '.join(ACTIONS)}.")

    async def _recorded(self, case_id: str, person: str, *, held: bool) -> None:
        """Wait a moment for the record, which the page shows; it comes with the case's next commit."""
        end = time.monotonic() + RECORDED_SECONDS
        while time.monotonic() < end:
            assignee = (await self._services.stored.show(case_id)).assignee
            if (assignee is not None and same_name(assignee, person)) == held:
                return
            await asyncio.sleep(0.05)

    async def _keep(self, case_id: str, who: Seat, form: Mapping[str, str]) -> None:
        for name, kind in DRAFTS.items():
            words = form.get(name, "").strip()[:MAX_CHARACTERS]
            if words or (name in form and form.get("action") == "draft"):
                clean = self._services.redaction.reply if kind is DraftKind.REPLY else self._services.redaction.words
                await self._services.record.keep(case_id, who.person, kind, clean(words))

    async def _refused(self, request: Request, who: Seat, form: Mapping[str, str], error: HandrailError) -> Response:
        """Show the page again with why nothing was done, and what was typed."""
        late = isinstance(error, Unreachable | TimedOut)
        typed = {name: value for name, value in form.items() if name in TYPED or name.startswith(PREFIX)}
        # What may still be taken is sent again under the same ids, so that it counts once.
        typed |= {"once": form["once"]} if late and "once" in form else {}
        return await self._looking.show(request, who, refused(request, error, typed))
