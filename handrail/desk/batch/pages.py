"""The pages of several at once: choose, look at each in full, approve; each row is a decision of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handrail.api.access import vouched
from handrail.api.problems.table import code_of
from handrail.desk.batch.candidates import Candidates
from handrail.desk.forms import NOT_WHOLE
from handrail.desk.looking import Said, refused, to_sign_in
from handrail.desk.pages import page
from handrail.desk.reasons import reasons_of
from handrail.desk.refusing import why_not
from handrail.desk.services import DeskServices
from handrail.desk.sessions import PATH, Seat, seat, submitted
from handrail.desk.words import language_of, words_of
from handrail.domain.access.principals import ApiScope
from handrail.domain.access.vouching import update_id
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.base import digest
from handrail.domain.case.messages import IDENTIFIER
from handrail.domain.errors import ApprovalRefused, HandrailError, InvalidInput, UnknownCase
from handrail.domain.policy.batching import total_of
from handrail.domain.team.commands import is_recused
from handrail.domain.team.desk import BatchCandidate, BatchKept, BatchOutcome
from handrail.temporal.cases.client import made

ADDRESS = f"{PATH}/batch"
MOST = 50
NAME = re.compile(rf"{IDENTIFIER.pattern}/{IDENTIFIER.pattern}/[0-9]{{1,9}}")


class Batching:
    """Approves several proposals of one tool, which were shown in full, each by an update of its own."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services
        self._candidates = Candidates(services)

    async def page(self, request: Request) -> Response:
        """Show what may be chosen of a tool; of chosen ones everything, with the button that approves them."""
        who = await seat(self._services, request)
        if who is None:
            return to_sign_in(request)
        tool = request.query_params.get("tool", "")[:120]
        return await self._show(request, who, tool, request.query_params.getlist("row")[:MOST], Said())

    async def act(self, request: Request) -> Response:
        """Approve what was shown; where it may not be given together, nothing is decided."""
        who, form = await submitted(self._services, request)
        if who is None:
            return to_sign_in(request)
        names, tool = form.get("rows", "").split(), form.get("tool", "")[:120]
        try:
            who.admit(form, ApiScope.APPROVALS_DECIDE, words_of(language_of(request))("form_old"))
            batch = await self._decided(who, form, tool, names)
        except HandrailError as error:
            kept = [one for one in names if NAME.fullmatch(one)]
            return await self._show(request, who, tool, kept, refused(request, error, form))
        return RedirectResponse(f"{ADDRESS}/{batch}", status_code=303)

    async def outcome(self, request: Request) -> Response:
        """Show what became of each row."""
        who = await seat(self._services, request)
        if who is None:
            return to_sign_in(request)
        rows = await self._services.batches.outcome(request.path_params["batch_id"], who.person)
        if not rows:
            raise UnknownCase("There is no such batch of yours.")
        language = language_of(request)
        shown = [(one, why_not(one.refused, one.code, language) if one.refused else None) for one in rows]
        return page(request, "batch_done.html", who, rows=shown)

    async def _show(self, request: Request, who: Seat, tool: str, names: Sequence[str], said: Said) -> Response:
        if not all(NAME.fullmatch(one) for one in names):
            raise InvalidInput(NOT_WHOLE)
        language = language_of(request)
        named = await self._services.batches.named(names) if names else []
        chosen = [one for one in named if not is_recused(who.person, one.recused)]
        total, problem, detail = None, said.problem, said.detail
        if chosen and not problem:
            try:
                total = total_of([one.approval.request for one in chosen], self._services.ceilings())
            except ApprovalRefused as error:
                again = refused(request, error, {})
                problem, detail = again.problem, again.detail
        at = datetime.now(UTC).isoformat()
        shown_names = [one.name for one in chosen]
        return page(
            request,
            "batch.html",
            who,
            status=said.status,
            tool=tool,
            choices=await self._candidates.of(tool, who, language),
            chosen=chosen,
            reasons_of=partial(reasons_of, language, self._services.rules()),
            names=shown_names,
            total=total,
            at=at,
            shown_seal=who.seal("batch", at, tool, *shown_names),
            problem=problem,
            detail=detail,
            typed=said.typed,
        )

    async def _decided(self, who: Seat, form: Mapping[str, str], tool: str, names: Sequence[str]) -> str:
        """Decide each row; return the batch's id. Raises: InvalidInput, ApprovalRefused: then none was decided."""
        at, once = form.get("at", ""), form.get("once") or uuid4().hex
        if not names or form.get("shown_seal") != who.seal("batch", at, tool, *names):
            raise InvalidInput(NOT_WHOLE)
        found = {one.name: one for one in await self._services.batches.named(names)}
        rows = [found[one] for one in names if one in found]
        total = total_of([one.approval.request for one in rows], self._services.ceilings())
        if total.action != tool or len(rows) != len(names):
            raise InvalidInput(NOT_WHOLE)
        note = form.get("note", "").strip() or None
        about: dict[str, Any] = {"decision": DecisionKind.APPROVE, "note": note, "reviewer": who.person}
        decisions = [made(DecisionInput, **about, **seen(one)) for one in rows]
        outcomes = [await self._row(who, one, wanted, once) for one, wanted in zip(rows, decisions, strict=True)]
        batch_id = digest([who.person, once, *names])[:32]
        seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds())
        came_to = {"action": total.action, "amount": total.amount, "unit": total.unit}
        await self._services.batches.keep(
            BatchKept(batch_id=batch_id, person=who.person, seconds=seconds, rows=outcomes, **came_to)
        )
        return batch_id

    async def _row(self, who: Seat, row: BatchCandidate, wanted: DecisionInput, once: str) -> BatchOutcome:
        """Approve one row exactly as it was shown; a refusal is this row's alone."""
        kept = {"case_id": row.case_id, "title": row.approval.request.title, **seen(row)}
        try:
            update = update_id("desk", who.person, row.case_id, once, wanted.model_dump_json())
            settled = await vouched.decide(self._services, who.principal, row.case_id, wanted, update)
        except HandrailError as error:
            return BatchOutcome(**kept, refused=str(error), code=code_of(error))
        return BatchOutcome(**kept, status=settled.status)


def seen(row: BatchCandidate) -> dict[str, Any]:
    """Return the ids by which a decision names what was seen."""
    return {"approval_id": row.approval.approval_id, "revision": row.approval.revision}
