"""Cases that were answered for and that the record lacks, held against Temporal: it may have lost one, or never had it."""

from __future__ import annotations

from collections.abc import Container
from datetime import timedelta
from functools import partial

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.case.reconciling import DifferenceKind
from handrail.ports import Standings
from handrail.temporal.cases.executions import execution
from handrail.temporal.cases.updates import workflow_id
from handrail.temporal.repair.differences import DifferenceRepair, different

LOST = "It was answered, and had begun; Temporal has lost it. It begins again with the customer's own words."
WAITING = "It was answered, and has not begun; an API or a worker begins it by itself."


async def promised(client: Client, record: Standings, listed: Container[str], grace: timedelta) -> list[DifferenceRepair]:
    """Return what should have begun: cases that Temporal does not have, but for those that it `listed`.

    Raises:
        RPCError, psycopg.OperationalError: a server does not answer.
    """
    found: list[DifferenceRepair] = []
    for case_id, begun in (await record.promised(grace)).items():
        if case_id not in listed and not (begun and await _there(client, case_id)):
            difference = different(case_id, DifferenceKind.PROMISED, None, None, LOST if begun else WAITING)
            found.append(DifferenceRepair(difference, partial(record.begin_again, case_id)))
    return found


async def _there(client: Client, case_id: str) -> bool:
    try:
        await execution(client, workflow_id(case_id))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
