"""The program of mutants: `python -m handrail.drills.chaos.work PART NAME…`, with the variables of the part it stands for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client

import worker
from handrail.business import Call
from handrail.domain.access.answers import ClaimedAnswer, ClaimState, GivenAnswer, PromisedAnswer
from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.autonomy.controls import ControlsInForce
from handrail.domain.case.cases import Commit
from handrail.domain.case.events import CaseEvent, EventKind
from handrail.domain.case.messages import Author
from handrail.domain.case.starts import CaseStart
from handrail.domain.channels import Departure
from handrail.domain.errors import BusinessRefused
from handrail.domain.quality.scores import CaseScore
from handrail.domain.webhooks import Answered, payload
from handrail.drills.chaos.mutants import Mutant
from handrail.drills.queries import QUERIES
from handrail.postgres.access.answers import PostgresAnswers
from handrail.postgres.autonomy import controls
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.business.tools import PostgresRecord, jsonable, validated
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.channels.record import PostgresChannels
from handrail.postgres.pool import Pool, alone, writing
from handrail.postgres.quality.scores import PostgresScores
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.settings import Settings
from handrail.temporal.cases.starting import CaseStarter
from handrail.webhooks.sealing import KeySeal
from handrail.webhooks.sending import HttpSender
from handrail.wiring import starting
from handrail.wiring.cases import dialling
from handrail.wiring.cases import worker as wiring
from handrail.wiring.days import daily
from handrail.wiring.front import api, mail, webhooks
from handrail.wiring.redacting import redaction_of

PINS = ("refund", "refunded_before")
"""Arguments by which the shop itself would notice a repetition."""


class RepeatingRecord(PostgresRecord):
    """Makes every effect again under another key, as a retry would that forgot the key of the first."""

    async def apply(self, effect: Effect) -> EffectResult:
        """See base class."""
        found = await super().apply(effect)
        await made(self, effect, uuid4().hex)
        return found


class UnruledRecord(PostgresRecord):
    """Makes every effect beside the ledger, whether or not it allows it."""

    async def apply(self, effect: Effect) -> EffectResult:
        """See base class."""
        await made(self, effect, effect.effect_id)
        raise BusinessRefused("mutant", "The ledger was passed by.")


class UnfencedRecord(PostgresRecord):
    """Makes every effect without asking whether its attempt at the turn still has the case."""

    async def apply(self, effect: Effect) -> EffectResult:
        """See base class."""
        return await super().apply(effect.model_copy(update={"turn": None}))


class BlindControls(PostgresControls):
    """Reads no control."""

    async def over(self, topic: str, customer_id: str) -> ControlsInForce:
        """See base class."""
        return ControlsInForce()


class ForgetfulCases(PostgresCases):
    """Keeps the first message of a customer, and leaves out those that come later."""

    async def commit(self, commit: Commit) -> None:
        """See base class."""
        kept = [one for one in commit.messages if one.author is not Author.CUSTOMER or one.turn == 1]
        await super().commit(commit.model_copy(update={"messages": kept}))


class ForgetfulAnswers(PostgresAnswers):
    """Keeps no answer: each request is done anew, whatever its key."""

    async def claim(self, caller: str, key: str, fingerprint: str, hold: timedelta) -> ClaimedAnswer:
        """See base class."""
        return ClaimedAnswer(state=ClaimState.OURS, claim="nobody's")

    async def accept(self, caller: str, key: str, fingerprint: str, wanted: PromisedAnswer) -> ClaimedAnswer:
        """See base class."""
        await PostgresCaseStarts(self._pool).keep(wanted.start)
        return ClaimedAnswer(state=ClaimState.OURS)

    async def keep(self, caller: str, key: str, claim: str, answer: GivenAnswer) -> None:
        """See base class."""


class HastyCases(PostgresCases):
    """Has webhooks sent of the agent's words before they are committed."""

    async def commit(self, commit: Commit) -> None:
        """See base class."""
        for one in commit.messages:
            if one.author is Author.ASSISTANT:
                await send_ahead(self._pool, commit.row.case_id, one.message_id)
        await super().commit(commit)


class RenamingSender(HttpSender):
    """Sends each attempt under an id of its own."""

    async def send(self, url: str, message_id: str, body: bytes, secrets: list[str], at: datetime) -> Answered:
        """See base class."""
        return await super().send(url, f"msg_{uuid4().hex}", body, secrets, at)


class ForgettingChannels(PostgresChannels):
    """Forgets that a mail has left, the first time."""

    async def sent(self, departure: Departure, words: str | None = None) -> None:
        """See base class."""
        if departure.attempts == 1:
            await self.postponed(departure, timedelta(0), "forgotten")
        else:
            await super().sent(departure, words)


class ForgetfulScores(PostgresScores):
    """Keeps what was said of the first case of a batch, and leaves out the rest."""

    async def keep(self, day: date, scores: Sequence[CaseScore]) -> None:
        """See base class."""
        await super().keep(day, [one for one in scores if one.case_id == scores[0].case_id])


class LosingStarter(CaseStarter):
    """Begins nothing of what was answered, and leaves it so that nobody else does: neither a sweep nor the reconciler."""

    def __init__(self, pool: Pool, client: Client, settings: Settings) -> None:
        super().__init__(PostgresCaseStarts(pool), starting.clients(client, settings.task_queue, redaction_of(settings)))
        self._pool = pool

    async def _begin(self, start: CaseStart) -> None:
        await alone(self._pool, "withdraw_case_starts", customer_ids=[start.case.customer_id])


def losing_starter_of(client: Client, settings: Settings, pool: Pool) -> CaseStarter:
    """Return what loses the cases that are kept."""
    return LosingStarter(pool, client, settings)


async def send_ahead(pool: Pool, case_id: str, message_id: str) -> None:
    """Tell every endpoint of a reply, under the number that its event may get."""
    settings, now, endpoints = Settings(), datetime.now(UTC), PostgresWebhooks(pool)
    seal = KeySeal(settings.webhook_key.get_secret_value())
    (last,) = await alone(pool, "chaos_last_event", queries=QUERIES, case_id=case_id)
    numbers = {"sequence": last["sequence"] + 1, "position": last["position"] + 1}
    event = CaseEvent(case_id=case_id, kind=EventKind.REPLY, at=now, body={"message_id": message_id}, **numbers)
    for one in await endpoints.all():
        secrets = [seal.open(sealed) for sealed in await endpoints.secrets(one.endpoint_id)]
        body = json.dumps(payload(event)).encode()
        await HttpSender(loopback=True).send(one.url, f"msg_{uuid4().hex}", body, secrets, now)


async def made(record: Any, effect: Effect, key: str) -> None:
    """Make the effect in the business and nowhere else; what the business refuses is left."""
    tool = record._tool(effect.action)
    valid = validated(tool, {name: value for name, value in effect.arguments.items() if name not in PINS})
    try:
        async with writing(record._pool) as connection:
            call = Call(effect.case_id, effect.customer_id, connection, record._clock.now(), key)
            jsonable(await tool.run(call, valid))
    except BusinessRefused:
        return


async def open_gate(*_: object, **__: object) -> None:
    """Let everything out."""


async def all_cleared(pool: Pool, *_: object, **__: object) -> list[int]:
    """Call every control cleared, whatever it says."""
    return [int(row["control_id"]) for row in await alone(pool, "controls_in_force")]


def break_it(mutant: Mutant) -> None:
    """Take the protection out of this process."""
    match mutant:
        case Mutant.REPEATED_EFFECTS:
            setattr(dialling, "PostgresRecord", RepeatingRecord)  # noqa: B010
        case Mutant.UNRULED_EFFECTS:
            setattr(dialling, "PostgresRecord", UnruledRecord)  # noqa: B010
        case Mutant.UNFENCED_EFFECTS:
            setattr(dialling, "PostgresRecord", UnfencedRecord)  # noqa: B010
        case Mutant.UNREAD_SWITCH:
            setattr(wiring, "PostgresControls", BlindControls)  # noqa: B010
            setattr(controls, "gate", open_gate)  # noqa: B010
            setattr(controls, "cleared", all_cleared)  # noqa: B010
        case Mutant.LOST_MESSAGES:
            setattr(wiring, "PostgresCases", ForgetfulCases)  # noqa: B010
        case Mutant.FORGOTTEN_KEYS:
            setattr(api, "PostgresAnswers", ForgetfulAnswers)  # noqa: B010
        case Mutant.LOST_STARTS:
            setattr(api, "starter_of", losing_starter_of)  # noqa: B010
            setattr(starting, "starter_of", losing_starter_of)  # noqa: B010
        case Mutant.HASTY_WEBHOOKS:
            setattr(wiring, "PostgresCases", HastyCases)  # noqa: B010
        case Mutant.RENAMED_WEBHOOKS:
            setattr(webhooks, "HttpSender", RenamingSender)  # noqa: B010
        case Mutant.RESENT_MAIL:
            setattr(mail, "PostgresChannels", ForgettingChannels)  # noqa: B010
        case Mutant.FORGOTTEN_SCORES:
            setattr(daily, "PostgresScores", ForgetfulScores)  # noqa: B010


def main(part: str, *mutants: str) -> None:
    """Run the part without the protections that these mutants lack."""
    for one in mutants:
        break_it(Mutant(one))
    serve = {"api": api.serve, "mail": mail.serve}.get(part)
    if serve is None:
        worker.main()
    else:
        asyncio.run(serve(Settings()))


if __name__ == "__main__":
    main(*sys.argv[1:])
