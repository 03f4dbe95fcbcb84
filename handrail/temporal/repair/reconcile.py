"""The record held against Temporal, both ways, and what differs brought back: to a person, or into the record.

Nothing here repeats an effect: a fresh run reads the ledger, and the ledger refuses what it holds. Every step may be done
twice and beside live traffic: a run is started under the case's own id, a record is written under the case's own version.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.reconciling import (
    DifferenceKind,
    Reconciliation,
    RecordedCase,
    Recover,
    lost_effects,
    words_of_lost,
)
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.ports import Standings
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.executions import PREFIX, Execution, RunStatus, busy, execution, paused_cases
from handrail.temporal.cases.wanted import CASE_STATUS, CONTENT, WORKFLOW
from handrail.temporal.plain import plain_events
from handrail.temporal.repair.alike import AlikeCases
from handrail.temporal.repair.differences import DifferenceRepair, different
from handrail.temporal.repair.lost import value
from handrail.temporal.repair.promised import promised
from handrail.temporal.repair.remembered import rebuilt
from handrail.temporal.repair.serving import PATIENCE_SECONDS, QueueUnserved, ServedCases, arrives, in_order

GRACE = timedelta(seconds=20)
"""What changed since is no difference yet: lists lag behind, and a commit is on its way."""


class Reconciler:
    """Compares every case of one namespace; `task_queue` is where a fresh run is started."""

    def __init__(self, client: Client, record: Standings, task_queue: str, grace: timedelta = GRACE) -> None:
        self._client, self._record, self._queue, self._grace = client, record, task_queue, grace
        self._cases = CaseClient(client, task_queue=task_queue, patience=PATIENCE_SECONDS)
        self._served = ServedCases(client, self._cases)
        self._alike = AlikeCases(client, task_queue, grace)

    async def alone(self, since: datetime | None = None) -> Reconciliation | None:
        """Compare and mend, where no other process is doing so; None where one is."""
        async with self._record.alone() as mine:
            return await self.once(fix=True, since=since) if mine else None

    async def once(self, *, fix: bool, thorough: bool = False, since: datetime | None = None) -> Reconciliation:
        """Compare, and with `fix` mend what can be; `thorough` asks every open case for its version.

        `since`: of the runs that have ended, those that ended behind it. Of a case that the record holds open the server is
        asked in any case, so what ended before and was compared then need not be listed again.
        Where the record has lost something, every case is asked: a restored database says nothing of what it lost.

        Raises:
            RPCError, psycopg.OperationalError: a server does not answer.
        """
        recorded = {one.case_id: one for one in await self._record.recorded()}
        newest, rest = await self._alike.listed(recorded, since)
        elsewhere = await self._record.those_of([one for one in newest if one not in recorded])
        # What no record of ours holds and no queue of ours runs is another installation's, in the same namespace.
        known = recorded.keys() | elsewhere.keys()
        newest = {case: run for case, run in newest.items() if case in known or run.task_queue == self._queue}
        paused = await paused_cases(self._client)
        found = await self._compare(rest, newest, elsewhere, thorough=thorough)
        if not thorough and any(one.difference.kind in (DifferenceKind.UNRECORDED, DifferenceKind.BEHIND) for one in found):
            return await self.once(fix=fix, thorough=True)
        if not (found or self._served.unserved):
            self._alike.note(recorded, newest)
        found += await promised(self._client, self._record, newest, self._grace)
        differences = [await one.mended() if fix else one.difference for one in found]
        return Reconciliation(
            compared=len(recorded.keys() | newest.keys()),
            differences=differences,
            paused={case_id: str(pause) for case_id, pause in paused.items()},
            unserved=self._served.unserved,
        )

    async def _compare(
        self,
        recorded: dict[str, RecordedCase],
        newest: dict[str, Execution],
        elsewhere: dict[str, RecordedCase],
        *,
        thorough: bool,
    ) -> list[DifferenceRepair]:
        before = datetime.now(UTC) - self._grace
        self._served = ServedCases(self._client, self._cases)

        async def ask(case_id: str) -> list[DifferenceRepair]:
            row, run = recorded.get(case_id) or elsewhere.get(case_id), newest.get(case_id)
            if (row and row.updated_at > before) or (run and (run.closed or run.started) > before):
                return []
            try:
                return await self._one(case_id, row, run, thorough=thorough)
            except QueueUnserved:
                return []
            except HandrailError as error:
                words = f"It cannot be compared: {error}"
                return [DifferenceRepair(different(case_id, DifferenceKind.BEHIND, row, run, words))]

        return [one for each in await in_order(sorted(recorded.keys() | newest.keys()), ask) for one in each]

    async def _one(
        self, case_id: str, row: RecordedCase | None, run: Execution | None, *, thorough: bool
    ) -> list[DifferenceRepair]:
        if row is None and run is not None:
            return await self._without_record(case_id, run, thorough=thorough)
        assert row is not None  # noqa: S101 - a case is in one of the two
        # Whoever deletes a case deletes its newest run alone: an earlier one stays listed as if it went on.
        if run is None or not run.open or run.standing is RunStatus.CONTINUED_AS_NEW:
            return [] if row.status is CaseStatus.CLOSED else await self._lost(case_id, row)
        if run.standing is RunStatus.PAUSED or not (thorough or run.status != row.status):
            return []
        return await self._against(case_id, run)

    async def _without_record(self, case_id: str, run: Execution, *, thorough: bool) -> list[DifferenceRepair]:
        """A run whose case the record does not hold."""
        if run.standing is RunStatus.PAUSED:
            return []
        if run.open or (run.standing is RunStatus.COMPLETED and thorough):
            return await self._against(case_id, run)
        if (await execution(self._client, run.workflow_id)).run_id != run.run_id:
            return []
        if run.standing in (RunStatus.TERMINATED, RunStatus.TIMED_OUT, RunStatus.CANCELED):
            words = "Its run ended before anything was recorded: the customer's first message waits in its history alone."
            return [
                DifferenceRepair(different(case_id, DifferenceKind.NEVER_BEGUN, None, run, words), lambda: self._begin(run))
            ]
        return []

    async def _lost(self, case_id: str, row: RecordedCase) -> list[DifferenceRepair]:
        """The record holds the case open, the lists no open run of it: the server itself is asked."""
        try:
            run = await execution(self._client, f"{PREFIX}{case_id}")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            words = "Temporal holds no run of it any more."
            return [
                DifferenceRepair(
                    different(case_id, DifferenceKind.LOST, row, None, words), lambda: self.recover(case_id, row.status)
                )
            ]
        if run.open:
            return []
        if run.standing is RunStatus.COMPLETED:
            return await self._against(case_id, run)
        now = (await self._record.those_of([case_id])).get(case_id)
        if now is None or now.status is CaseStatus.CLOSED:
            return []
        words = f"Its run was {run.standing}; a person gets it in a fresh run."
        return [
            DifferenceRepair(
                different(case_id, DifferenceKind.LOST, row, run, words), lambda: self.recover(case_id, row.status)
            )
        ]

    async def _against(self, case_id: str, run: Execution) -> list[DifferenceRepair]:
        """Compare the case's own word with its row, as both stand now."""
        view = await self._served.status(case_id, run.task_queue)
        row = (await self._record.those_of([case_id])).get(case_id)
        found = await self._effects(view, row, run)
        if row is not None and row.version > view.version:
            if view.status is CaseStatus.WORKING or await busy(self._client, run.workflow_id):
                return found
            words = "The record is newer than the run, whose steps it would not take; a person gets it in a fresh run."
            again = DifferenceRepair(
                different(case_id, DifferenceKind.AHEAD, row, run, words), lambda: self._replace(case_id, row.status)
            )
            return [*found, again]
        if (row is not None and row.version == view.version) or await arrives(self._client, self._record, view):
            return found
        kind = DifferenceKind.UNRECORDED if row is None else DifferenceKind.BEHIND
        words = "The record lacks what the case says; it is rebuilt from the case and its history."
        return [DifferenceRepair(different(case_id, kind, row, run, words), lambda: self._restore(view)), *found]

    async def _effects(self, view: CaseView, row: RecordedCase | None, run: Execution) -> list[DifferenceRepair]:
        """Effects that the history says were applied and the ledger lacks. People get the case; nothing does them again."""
        lost = lost_effects(view.effects, await self._record.effects(view.case_id))
        people = view.status in (CaseStatus.WITH_HUMAN, CaseStatus.CLOSED)
        return [
            DifferenceRepair(
                different(view.case_id, DifferenceKind.EFFECT_MISSING, row, run, words_of_lost([one])),
                None if people else lambda: self._cases.give_to_person(view.case_id, words_of_lost(lost)),
            )
            for one in lost
        ]

    async def recover(self, case_id: str, status: CaseStatus) -> None:
        """Start a fresh run that reads the case out of its record. Nothing happens where a run of it goes on."""
        await self._start(case_id, status, WorkflowIDConflictPolicy.FAIL)

    async def strand(self, run: Execution) -> None:
        """End a run that its code no longer fits; a fresh one reads the case out of its record, for a person.

        Where nothing was recorded yet, the case begins again with what it was opened with, as the next comparison finds.
        """
        row = (await self._record.those_of([run.case_id])).get(run.case_id)
        if row is not None:
            await self._replace(run.case_id, row.status)
            return
        handle = self._client.get_workflow_handle(run.workflow_id, run_id=run.run_id)
        await handle.terminate("Its run no longer fits the code that is deployed.")

    async def _replace(self, case_id: str, status: CaseStatus) -> None:
        await self._start(case_id, status, WorkflowIDConflictPolicy.TERMINATE_EXISTING)

    async def _start(self, case_id: str, status: CaseStatus, conflict: WorkflowIDConflictPolicy) -> None:
        try:
            await self._client.start_workflow(
                WORKFLOW,
                {"recover": Recover(case_id=case_id).model_dump()},
                id=f"{PREFIX}{case_id}",
                task_queue=self._queue,
                id_conflict_policy=conflict,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=TypedSearchAttributes([SearchAttributePair(CASE_STATUS, status.value)]),
                static_summary=f"Case {case_id}, out of its record",
            )
        except WorkflowAlreadyStartedError:
            return

    async def _begin(self, run: Execution) -> None:
        """Start the case again with what it was opened with. Raises: InvalidInput: the history does not tell."""
        handle = self._client.get_workflow_handle(run.workflow_id, run_id=run.run_id)
        events = [event async for event in plain_events(self._client, handle)]
        given = value(events[0].workflow_execution_started_event_attributes.input.payloads) if events else None
        if not isinstance(given, dict) or "parked" in given or "recover" in given:
            raise InvalidInput("its history does not say what it was opened with.")
        content = (await execution(self._client, run.workflow_id, run.run_id)).content
        try:
            await self._client.start_workflow(
                WORKFLOW,
                given,
                id=run.workflow_id,
                task_queue=self._queue,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                memo={CONTENT: content} if content else None,
                search_attributes=TypedSearchAttributes([SearchAttributePair(CASE_STATUS, CaseStatus.WORKING.value)]),
                static_summary=f"Case {run.case_id}, begun again",
            )
        except WorkflowAlreadyStartedError:
            return

    async def _restore(self, view: CaseView) -> None:
        latest, handoff = await self._cases.transcript(view.case_id), await self._cases.handoff(view.case_id)
        await self._record.restore(await rebuilt(self._client, view, latest, handoff))
