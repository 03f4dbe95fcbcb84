"""Cases in PostgreSQL: one transaction per step, idempotent on the ids within."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import DatabaseError
from psycopg.types.json import Jsonb

from handrail.business import Business
from handrail.domain.actions.approvals import Approval
from handrail.domain.actions.asked import AskedEffect, excerpted
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import EffectResult
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseStatus, CaseView, Commit
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Author, Message
from handrail.domain.errors import CaseConflict, UnknownCase
from handrail.postgres.autonomy import controls
from handrail.postgres.business.asking import look
from handrail.postgres.case import steps
from handrail.postgres.pool import Connection, Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES

WORDS_READ = 60
CHARACTERS_READ = 60_000


class PostgresCases:
    """The port `Cases`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool, business: Business) -> None:
        self._pool = pool
        self._business = business

    async def known_customer(self, customer_id: str) -> bool:
        """Return whether the business knows the customer. Raises: BusinessFailed."""
        known = self._business.known_customer
        return await look(self._pool, "The business's list of customers", lambda connection: known(connection, customer_id))

    async def open(self, case: CaseOpen, at: datetime, content_digest: str = "") -> bool:
        """Record the case and its first message; true where it stood before `at`, and the same content changes nothing.

        `content_digest` is of the whole content, where the message was cut.

        Raises:
            CaseConflict: the case id stands with other content, or the case is closed.
        """
        digest = content_digest or case.content_digest()
        first = Message(message_id=case.message.message_id, author=Author.CUSTOMER, text=case.message.text, at=at, turn=1)
        row = {**case.model_dump(include={"case_id", "customer_id", "channel"}), "content_digest": digest}
        if await alone(self._pool, "open_case", **row, **first.model_dump(mode="json", exclude={"language", "by"})):
            return False
        async with writing(self._pool) as connection:
            status, opened_at = await _refuse_other(connection, case.case_id, case.customer_id, digest)
            if status == CaseStatus.CLOSED:
                words = f"case_id: {case.case_id[:120]!r} was closed. Open the new case under an id of its own."
                raise CaseConflict(words)
            await steps.save_messages(connection, case.case_id, [first])
        return opened_at < at

    async def commit(self, commit: Commit) -> None:
        """Record one step of a case in one transaction. Repeated or late commits end in the same rows.

        Raises:
            CaseConflict: the case id stands for another customer or other content.
            EffectConflict: a ruling that is not about its proposal, or a proposal's id that another case uses.
            SwitchedOff: it holds words of the assistant's, and a live control says no; nothing was written.
        """
        step, cleared = steps.step_of(commit), list[int]()
        while not await self._written(commit, step, cleared):
            cleared = await self._cleared(commit)

    async def _written(self, commit: Commit, step: str, cleared: list[int]) -> bool:
        """Write the step; return False, unwritten, if the assistant would speak under a control that is not `cleared`."""
        try:
            (found,) = await alone(self._pool, "commit_step", step=step, hold=controls.ADVISORY_LOCK, cleared=cleared)
        except DatabaseError as error:
            if refused := steps.refusal(error, commit.row.case_id):
                raise refused from error
            if any(one.author is Author.ASSISTANT for one in commit.messages):
                await self._cleared(commit)  # the controls may be what cannot be read
            raise
        return bool(found["written"])

    async def _cleared(self, commit: Commit) -> list[int]:
        about = (commit.row.topic or "", commit.row.customer_id)
        return await controls.cleared(self._pool, self._business, *about, approved=commit.reply_approved)

    async def transcript(self, case_id: str) -> list[Message]:
        """The messages in order; none for an unknown case."""
        return [Message.model_validate(row) for row in await self._all("transcript", case_id=case_id)]

    async def spoken(self, case_id: str) -> list[Message]:
        """Read the last words of the customer and of people, newest first.

        These are messages, notes with which people handed the case back, and replies that people approved. At most 60 of them
        and 60,000 characters.
        """
        found = [Message.model_validate(row) for row in await self._all("spoken", case_id=case_id, most=WORDS_READ)]
        return within(found, CHARACTERS_READ)

    async def transcript_ends(self, case_id: str, first: int, newest: int) -> list[Message]:
        """The first and the newest messages, in order."""
        found = await self._all("transcript_ends", case_id=case_id, first=first, newest=newest)
        return [Message.model_validate(row) for row in found]

    async def effects(self, case_id: str) -> list[EffectResult]:
        """Read the effects that the ledger holds as applied or refused, oldest first."""
        return [EffectResult.model_validate(row) for row in await self._all("effects_of_case", case_id=case_id)]

    async def earlier(self, case_id: str) -> list[EarlierEffect]:
        """Read every effect that the case proposed and what became of it, the one known last at the end."""
        return [EarlierEffect.model_validate(row) for row in await self._all("earlier_effects", case_id=case_id)]

    async def asked(self, case_id: str) -> list[AskedEffect]:
        """Read what the customer was asked before effects, with their answers, oldest first."""
        return [excerpted(AskedEffect.model_validate(row)) for row in await self._all("asked_of_case", case_id=case_id)]

    async def take_back(self, case_id: str, effect_ids: Sequence[str], at: datetime, entry: AuditEntry) -> list[str]:
        """The customer undid their yes: none of these effects is begun any more. Return those that are made by now."""
        noted = Jsonb(entry.model_dump(mode="json"))
        found = await alone(self._pool, "take_back", case_id=case_id, effect_ids=list(effect_ids), at=at, entry=noted)
        return [str(one) for row in found for one in row["done"]]

    async def halt(self, case_id: str, token: str) -> None:
        """The customer edited or withdrew words that this turn goes by: it begins no effect any more."""
        await alone(self._pool, "halt_turn", case_id=case_id, token=token)

    async def show(self, case_id: str) -> CaseView:
        """The case with its approvals, effects, questions to the customer and newest classification.

        Raises:
            UnknownCase: there is no such case.
        """
        found = await self._all("show_case", case_id=case_id)
        if not found:
            raise UnknownCase(f"case_id: there is no case {case_id[:120]!r}. List them with `handrail case list`.")
        return CaseView.model_validate({**found[0], "asked": await self.asked(case_id)})

    async def handoff(self, case_id: str) -> Handoff | None:
        """The newest packet."""
        found = await self._all("newest_handoff", case_id=case_id)
        return Handoff.model_validate(found[0]["body"]) if found else None

    async def search(self, *, status: str | None, topic: str | None, reason: str | None, limit: int) -> list[CaseView]:
        """Cases that match every given filter, the last changed first, at most `limit`."""
        # Never prepared: an optional filter must be planned with its value, or no index is used.
        given: dict[str, Any] = {"status": status, "topic": topic, "reason": reason, "limit": limit}
        found = await alone(self._pool, "search_cases", prepare=False, **given)
        return [CaseView.model_validate(row) for row in found]

    async def open_approvals(self) -> list[tuple[CaseView, Approval]]:
        """Every open approval with its case, the first due first."""
        found = await self._all("open_approvals")
        return [(CaseView.model_validate(row["overview"]), Approval.model_validate(row["approval"])) for row in found]

    async def _all(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return await alone(self._pool, query, **parameters)


def within(newest: list[Message], characters: int) -> list[Message]:
    """The first messages that together hold no more than `characters`."""
    kept = []
    for message in newest:
        characters -= len(message.text)
        if characters < 0:
            break
        kept.append(message)
    return kept


async def _refuse_other(connection: Connection, case_id: str, customer_id: str, digest: str) -> tuple[str, datetime]:
    """Lock the case, give its status and when it was opened.

    A digest is compared where both sides have one, kept where only this side has it.
    """
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["lock_case"], {"case_id": case_id})
        stands = await cursor.fetchone()
        if stands is None or stands["customer_id"] != customer_id or (digest and stands["content_digest"] not in ("", digest)):
            raise steps.other_content(case_id)
        if digest and not stands["content_digest"]:
            await cursor.execute(QUERIES["save_digest"], {"case_id": case_id, "content_digest": digest})
        return str(stands["status"]), stands["opened_at"]
