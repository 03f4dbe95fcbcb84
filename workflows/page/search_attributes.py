"""Search attributes, for lists and filters. Plain text on the server: no personal data."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from handrail.domain.case.cases import CaseRow

STATUS = SearchAttributeKey.for_keyword("CaseStatus")
TOPIC = SearchAttributeKey.for_keyword("CaseTopic")
TIER = SearchAttributeKey.for_keyword("CaseTier")
QUEUE = SearchAttributeKey.for_keyword("CaseQueue")
RISK = SearchAttributeKey.for_keyword("CaseRisk")
REASON = SearchAttributeKey.for_keyword("CaseReason")
DUE_BY = SearchAttributeKey.for_datetime("CaseDueBy")
REFUSED = "Refused"
"""The status of a start that could not become a case."""


def publish(row: CaseRow) -> None:
    """Bring the search attributes up to date, where they differ."""
    wanted: list[tuple[SearchAttributeKey[Any], Any]] = [
        (STATUS, row.status.value),
        (TOPIC, row.topic),
        (TIER, str(int(row.tier))),
        (QUEUE, row.queue),
        (RISK, row.risk),
        (REASON, row.reason),
        (DUE_BY, row.due_at),
    ]
    now = workflow.info().typed_search_attributes
    updates = [key.value_unset() if value is None else key.value_set(value) for key, value in wanted if now.get(key) != value]
    if updates:
        workflow.upsert_search_attributes(updates)


def publish_refused() -> None:
    """Let lists find a start that could not become a case."""
    workflow.upsert_search_attributes([STATUS.value_set(REFUSED)])
