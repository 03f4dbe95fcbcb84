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
from handrail.desk.forms import NOT_WHOLE, PREFIX, changed, fields
from handrail.desk.looking import Looking, refused, told
from handrail.desk.services import DeskServices
from handrail.desk.sessions import PATH, Seat, submitted
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope
from handrail.domain.access.vouching import update_id
from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput, DecisionKind
from handrail.domain.base import Model, digest
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.messages import MAX_CHARACTERS, check_text
from handrail.domain.errors import ApprovalRefused, HandrailError, IllegalTransition, InvalidInput
from handrail.domain.team.commands import HandBack, Receipt, Recuse, ResolveCase, is_recused, same_name
from handrail.domain.team.desk import DraftKind, HeldReply
from handrail.temporal.cases.client import TimedOut, made
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.connect import Unreachable

TYPED = ("text", "note", "answer", "topic", "reason")
SAYS = ("reply", "reply_and_resolve")
ACTIONS = ("claim", "release", "recuse", *SAYS, "take_back", "hand_back", "resolve", "draft")
UNDERWAY = "A reply is about to leave. Take it back, or wait until it has left."
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
        for kind in (DraftKind.NOTE, DraftKind.ANSWER):
            await self._services.record.keep(settled.case_id, who.person, kind, "")
        return told(f"{PATH}/", who, DONE.get(settled.status, "partly"), settled.case_id)

    async def act(self, request: Request) -> Response:
        """Claim, release, reply, hand back, resolve, or keep a draft."""
        who, form = await submitted(self._services, request)
        if who is None:
            return ask_again(self._services, request, form)
        case_id, action = request.path_params["case_id"], form.get("action", "")
        try:
            who.admit(form, scope_of(action, who), words_of(language_of(request))("form_old"))
        except HandrailError as error:
            return await self._refused(request, who, {}, error)
        try:
            await self._services.stored.show(case_id)
            await self._keep(case_id, who, form)
            if action != "draft":
                await self._done(self._services.cases(who.principal), case_id, who, form)
        except HandrailError as error:
            return await self._refused(request, who, form, error)
        here = f"{PATH}/cases/{case_id}"
        if self._services.undo and action in SAYS:
            return told(here, who, "held", case_id)
        leads_away = action in ("release", "recuse", "hand_back", "resolve", "reply_and_resolve")
        return told(f"{PATH}/" if leads_away else here, who, "resolve" if action == "reply_and_resolve" else action, case_id)

    async def _decided(self, case_id: str, who: Seat, form: Mapping[str, str]) -> Approval:
        """Raises: InvalidInput, ApprovalRefused, UnknownCase, Unreachable."""
        revision, kind = form.get("revision", ""), form.get("decision", "")
        if not REVISION.fullmatch(revision) or kind not in list(DecisionKind):
            raise InvalidInput(NOT_WHOLE)
        note = form.get("note", "").strip() or None
        given = {"approval_id": form.get("approval_id", ""), "revision": int(revision), "reviewer": who.person, "note": note}
        if kind == DecisionKind.EDIT:
            given["arguments"] = await self._edited(case_id, int(revision), form)
        if kind == DecisionKind.ANSWER:
            given["answer"] = form.get("answer", "")
        wanted = made(DecisionInput, decision=kind, **given)
        return await vouched.decide(self._services, who.principal, case_id, wanted, once(who, case_id, form, wanted))

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
        action, note = form.get("action", ""), form.get("note", "").strip()
        held = await self._services.replies.of(case_id) if self._services.undo else None
        if held and held.state != "refused" and held.person == who.person and action not in ("take_back", *SAYS):
            raise IllegalTransition(UNDERWAY)
        match action:
            case "claim":
                await cases.claim(case_id, who.person, instead_of=form.get("instead_of") or None)
                await self._recorded(case_id, who.person, held=True)
            case "release":
                await cases.release(case_id, who.person)
                await self._recorded(case_id, who.person, held=False)
            case "recuse":
                await self._recused(case_id, who, form)
            case "reply" | "reply_and_resolve":
                await self._said(cases, case_id, who, form)
            case "take_back":
                if not await self._services.replies.take_back(case_id, who.person):
                    raise IllegalTransition("take_back: the reply has left, or is leaving just now. Write another one.")
            case "hand_back":
                back = made(HandBack, reviewer=who.person, note=note, topic=form.get("topic") or None)
                await vouched.hand_back(self._services, who.principal, case_id, back, once(who, case_id, form, back))
                await self._services.record.keep(case_id, who.person, DraftKind.NOTE, "")
            case "resolve":
                end = made(ResolveCase, reviewer=who.person, note=note or None)
                await cases.send(case_id, "resolve", end, Receipt, once(who, case_id, form, end))
                await self._services.record.keep(case_id, who.person, DraftKind.NOTE, "")
            case other:
                raise InvalidInput(f"action: {other[:40]!r} is none. There are {', '.join(ACTIONS)}.")

    async def _recused(self, case_id: str, who: Seat, form: Mapping[str, str]) -> None:
        """Take the person out of the case, with what they began to write. Raises: Refused, UnknownCase, Unreachable."""
        reason = self._services.redaction.words(form.get("reason", "").strip())
        wanted = made(Recuse, reviewer=who.person, reason=reason)
        await vouched.recuse(self._services, who.principal, case_id, wanted, once(who, case_id, form, wanted))
        for kind in DraftKind:
            await self._services.record.keep(case_id, who.person, kind, "")

    async def _said(self, cases: DoorwayClient, case_id: str, who: Seat, form: Mapping[str, str]) -> None:
        """Hold the reply for as long as it can be taken back, or send it. Raises: Refused, UnknownCase, Unreachable."""
        resolves, record = form.get("action") == "reply_and_resolve", self._services.record
        clean = self._services.redaction
        text = clean.reply(check_text("text", form.get("text", "")))
        note = clean.words(form.get("note", "").strip()) if resolves else ""
        message_id = f"desk-{digest([who.person, case_id, form.get('once') or uuid4().hex, text])[:32]}"
        about = {"case_id": case_id, "message_id": message_id, "person": who.person, "principal": who.principal}
        reply = HeldReply.model_validate({**about, "text": text, "note": note, "resolves": resolves})
        if self._services.undo:
            await self._theirs(case_id, who)
            if not await self._services.replies.hold(reply, self._services.undo):
                raise IllegalTransition(UNDERWAY)
        elif resolves:
            end = made(ResolveCase, reviewer=who.person, note=note or None, reply=text)
            await cases.send(case_id, "resolve", end, Receipt, once(who, case_id, form, end))
        else:
            await cases.reply(case_id, who.person, text, message_id=message_id)
        for kind in (DraftKind.REPLY, DraftKind.NOTE) if resolves else (DraftKind.REPLY,):
            await record.keep(case_id, who.person, kind, "")

    async def _theirs(self, case_id: str, who: Seat) -> None:
        """Raises: IllegalTransition: the case would refuse the reply by now; better said at once than behind the pause."""
        view = await self._services.stored.show(case_id)
        if view.status is not CaseStatus.WITH_HUMAN:
            raise IllegalTransition(f"reply: the case is {view.status}, not WithHuman. Look at it again.")
        if view.assignee is not None and not same_name(view.assignee, who.person):
            raise IllegalTransition(f"reply: {view.assignee} has this case. Take it first.")

    async def _recorded(self, case_id: str, person: str, *, held: bool) -> None:
        """Wait a moment for the record, which the page shows; it comes with the case's next commit."""
        end = time.monotonic() + RECORDED_SECONDS
        while time.monotonic() < end:
            assignee = (await self._services.stored.show(case_id)).assignee
            if (assignee is not None and same_name(assignee, person)) == held:
                return
            await asyncio.sleep(0.05)

    async def _keep(self, case_id: str, who: Seat, form: Mapping[str, str]) -> None:
        if is_recused(who.person, (await self._services.stored.show(case_id)).recused):
            return
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


def once(who: Seat, case_id: str, form: Mapping[str, str], wanted: Model) -> str:
    """Return the id of the form's update. With other words it is another one: what came first counts, and this is told so."""
    return update_id("desk", who.person, case_id, form.get("once") or uuid4().hex, wanted.model_dump_json())


def scope_of(action: str, who: Seat) -> ApiScope:
    """Return the scope that the action takes; whoever decides or answers may say that they should not."""
    decides = action == "recuse" and who.principal.may(ApiScope.APPROVALS_DECIDE)
    return ApiScope.APPROVALS_DECIDE if decides else ApiScope.CASES_HANDLE
