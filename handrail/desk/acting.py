"""Acting: decisions, replies, claims. What is refused changes nothing, says why, and keeps what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handrail.desk.forms import PREFIX, changed, fields
from handrail.desk.looking import Looking, Said, to_sign_in
from handrail.desk.pages import status_of
from handrail.desk.services import DeskServices
from handrail.desk.sessions import PATH, Seat, seat
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope, ScopeMissing
from handrail.domain.access.vouching import about, update_id
from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput, DecisionKind
from handrail.domain.errors import ApprovalRefused, HandrailError, InvalidInput
from handrail.domain.team.commands import HandBack, Receipt
from handrail.domain.team.desk import DraftKind
from handrail.temporal.client import made
from handrail.temporal.connect import Unreachable
from handrail.temporal.doorway import DoorwayClient

DRAFTS: Mapping[DraftKind, str] = {DraftKind.REPLY: "text", DraftKind.NOTE: "note"}
TYPED = ("text", "note", "answer", "topic")
ACTIONS = ("claim", "release", "reply", "hand_back", "resolve", "draft")


class Acting:
    """Does what the forms on the page of a case ask for."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services
        self._looking = Looking(services)

    async def decide(self, request: Request) -> Response:
        """Decide an approval exactly as it was shown, then go on with what waits next."""
        who, form = await self._whose(request)
        if who is None:
            return to_sign_in(request)
        try:
            self._check(request, who, form, ApiScope.APPROVALS_DECIDE)
            settled = await self._decided(request.path_params["case_id"], who, form)
        except HandrailError as error:
            return await self._refused(request, who, form, error)
        await self._services.record.keep(settled.case_id, who.person, DraftKind.NOTE, "")
        done = "partly" if settled.status is ApprovalStatus.OPEN else str(form.get("decision", ""))
        return RedirectResponse(f"{PATH}/?did={done}&of={settled.case_id}", status_code=303)

    async def act(self, request: Request) -> Response:
        """Claim, release, reply, hand back, resolve, or keep a draft."""
        who, form = await self._whose(request)
        if who is None:
            return to_sign_in(request)
        case_id, action = request.path_params["case_id"], form.get("action", "")
        try:
            self._check(request, who, form, ApiScope.CASES_HANDLE)
            await self._keep(case_id, who, form)
            if action != "draft":
                await self._done(self._services.cases(who.principal), case_id, who, form)
        except HandrailError as error:
            return await self._refused(request, who, form, error)
        if action in ("release", "hand_back", "resolve"):
            return RedirectResponse(f"{PATH}/?did={action}&of={case_id}", status_code=303)
        return RedirectResponse(f"{PATH}/cases/{case_id}?did={action}", status_code=303)

    async def _whose(self, request: Request) -> tuple[Seat | None, Mapping[str, str]]:
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        return await seat(self._services, request), form

    def _check(self, request: Request, who: Seat, form: Mapping[str, str], scope: ApiScope) -> None:
        if not who.owns(form.get("form_token", "")):
            raise ApprovalRefused(words_of(language_of(request))("form_old"))
        if not who.principal.may(scope):
            raise ScopeMissing(f"This takes the scope {scope}, which your key lacks.")

    async def _decided(self, case_id: str, who: Seat, form: Mapping[str, str]) -> Approval:
        """Raises: InvalidInput, ApprovalRefused, UnknownCase, Unreachable."""
        revision, kind = form.get("revision", ""), form.get("decision", "")
        if not revision.isdecimal() or kind not in list(DecisionKind):
            raise InvalidInput("This form is not whole. Look at the page again, then send it.")
        note = form.get("note", "").strip() or None
        given = {"approval_id": form.get("approval_id", ""), "revision": int(revision), "reviewer": who.person, "note": note}
        if kind == DecisionKind.EDIT:
            given["arguments"] = await self._edited(case_id, int(revision), form)
        if kind == DecisionKind.ANSWER:
            given["answer"] = form.get("answer", "")
        wanted = made(DecisionInput, decision=kind, **given)
        update = update_id("desk", who.person, case_id, form.get("once") or uuid4().hex)
        await self._services.vouchers.vouch(case_id, update, who.person, who.principal.caller, about(wanted))
        return await self._services.cases(who.principal).send(case_id, "decide", wanted, Approval, update)

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
            case "release":
                await cases.release(case_id, who.person)
            case "reply":
                await cases.reply(case_id, who.person, text, message_id=form.get("message_id") or f"desk-{uuid4().hex}")
                await self._services.record.keep(case_id, who.person, DraftKind.REPLY, "")
            case "hand_back":
                back = made(HandBack, reviewer=who.person, note=note, topic=form.get("topic") or None)
                update = update_id("desk", who.person, case_id, form.get("once") or uuid4().hex)
                await self._services.vouchers.vouch(case_id, update, who.person, who.principal.caller, about(None))
                await cases.send(case_id, "hand_back", back, Receipt, update)
                await self._services.record.keep(case_id, who.person, DraftKind.NOTE, "")
            case "resolve":
                await cases.resolve(case_id, who.person, note=note or None)
                await self._services.record.keep(case_id, who.person, DraftKind.NOTE, "")
            case other:
                raise InvalidInput(f"action: {other[:40]!r} is none. There are {', '.join(ACTIONS)}.")

    async def _keep(self, case_id: str, who: Seat, form: Mapping[str, str]) -> None:
        for kind, name in DRAFTS.items():
            if form.get(name, "").strip() or (name in form and form.get("action") == "draft"):
                await self._services.record.keep(case_id, who.person, kind, form[name].strip())

    async def _refused(self, request: Request, who: Seat, form: Mapping[str, str], error: HandrailError) -> Response:
        """Show the page again with why nothing was done; what was typed is kept, here and on the server."""
        say = words_of(language_of(request))
        why = say("away") if isinstance(error, Unreachable) else str(error)
        await self._keep(request.path_params["case_id"], who, form)
        typed = {name: value for name, value in form.items() if name in TYPED or name.startswith(PREFIX)}
        said = Said(problem=say("not_done", why=why), typed=typed, status=status_of(error))
        return await self._looking.show(request, who, said)
