"""Plays one correction: its case in a throw-away record, its turn through the real graph, its systems as they were."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from graphs.state import CaseState, HandBackNote
from handrail.business import Business
from handrail.domain.actions.proposals import ProposalKind
from handrail.domain.case.cases import CaseOpen, CaseRow, Commit
from handrail.domain.case.messages import Author, IncomingMessage, Message
from handrail.domain.errors import ModelFailed, ModelUnavailable
from handrail.domain.quality.evaluation.corrections import Correction, SaidBefore
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.quality.corrections.making import HAND_BACK
from handrail.quality.evaluation.recorded import RecordedHistory, RecordedSystems
from handrail.quality.playing.course import TurnCourse, follow, newest
from handrail.quality.playing.definitions import Build
from handrail.wiring.cases.worker import Adapters, case_nodes

TRIES = 3
PAUSE_SECONDS = 1.0
CHANNEL = "rehearsal"
CUSTOMER = "C-9001"


@dataclass(frozen=True, slots=True)
class Player:
    """Plays corrections over the adapters of one variant; `business` knows every customer."""

    adapters: Adapters
    business: Business
    pool: Pool
    build: Build
    approval_minutes: int

    async def play(self, correction: Correction, case_id: str) -> TurnCourse:
        """Play it once. A model that does not answer is asked again, and then the run has failed."""
        for attempt in range(TRIES):
            played, began = TurnCourse(), time.monotonic()
            try:
                await self._play(correction, f"{case_id}-{attempt}", played)
            except ModelUnavailable as error:
                played.failed = f"The model did not answer ({error})."
                await asyncio.sleep(error.wait if error.wait is not None else PAUSE_SECONDS * (attempt + 1))
                continue
            except ModelFailed as error:
                played.failed = f"The model's answer could not be used ({error})."
            played.seconds = time.monotonic() - began
            return played
        return played

    async def _play(self, correction: Correction, case_id: str, played: TurnCourse) -> None:
        cases = PostgresCases(self.pool, self.business)
        systems = RecordedSystems(self.business, correction, self.adapters.clock)
        world = replace(
            self.adapters,
            business=self.business,
            cases=cases,
            record=systems,
            customers=systems,
            history=RecordedHistory(self.adapters.history, correction),
        )
        graph = self.build(case_nodes(world, self.approval_minutes))
        state = await self._opened(cases, correction, case_id)
        try:
            await follow(graph, state, played, lambda: decisive(correction, played))
        finally:
            played.unrecorded = systems.unrecorded

    async def _opened(self, cases: PostgresCases, correction: Correction, case_id: str) -> CaseState:
        """Write what was said before into the record; return the state in which the turn begins."""
        now = self.adapters.clock.now()
        said, turn = list[Message](), 0
        for place, words in enumerate(correction.said, start=1):
            turn += words.author is Author.CUSTOMER and (not said or said[-1].author is not Author.CUSTOMER)
            at = now - timedelta(minutes=len(correction.said) - place + 1)
            said.append(message(words, f"m-{place}", place, max(turn, 1)).model_copy(update={"at": at}))
        first = next((spoken for spoken in said if spoken.author is Author.CUSTOMER), None) or message(
            SaidBefore(author=Author.CUSTOMER, text="…"), "m-0", 0, 1
        ).model_copy(update={"at": now})
        opening = CaseOpen(
            case_id=case_id,
            customer_id=CUSTOMER,
            message=IncomingMessage(message_id=first.message_id, text=first.text),
            channel=CHANNEL,
        )
        await cases.open(opening, first.at)
        given_back = correction.action == HAND_BACK
        row = CaseRow(
            case_id=case_id,
            customer_id=CUSTOMER,
            channel=CHANNEL,
            topic=correction.topic if turn > 1 or given_back else None,
            language=correction.language,
            turn=max(turn, 1),
            opened_at=first.at,
            updated_at=now,
            version=1,
            content_digest=opening.content_digest(),
        )
        await cases.commit(Commit(row=row, messages=said))
        return CaseState(
            row=row,
            turn=row.turn,
            sequence=len(said),
            incoming=newest(said),
            person=HandBackNote(name="a colleague", note=str((correction.done or {}).get("note", ""))) if given_back else None,
            disclosed=any(spoken.author is Author.ASSISTANT for spoken in said),
        )


def message(words: SaidBefore, message_id: str, place: int, turn: int) -> Message:
    """A message of the case."""
    text = words.text or "…"
    return Message.model_validate(
        {"message_id": message_id, "author": words.author, "text": text, "at": "2000-01-01T00:00:00Z", "turn": turn}
        | {"sequence": place}
    )


def decisive(correction: Correction, played: TurnCourse) -> bool:
    """Return whether what the correction is about was ruled on: nothing behind it counts."""
    if correction.action == HAND_BACK:
        return False
    about = played.of(correction.action)
    return bool(about) and about[0].proposal.kind is ProposalKind.EFFECT
