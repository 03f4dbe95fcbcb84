"""Documents that `--json` prints: the domain models under their own names, an approval flat."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from handrail.domain.actions.approvals import Approval
    from handrail.domain.case.cases import CaseView


def approval_document(approval: Approval) -> dict[str, Any]:
    """approval_id, case_id, revision, status, kind, action, title, arguments, arguments_hash, reasons, role, due_at, ..."""
    outer = approval.model_dump(mode="json", exclude={"request"})
    request = approval.request.model_dump(mode="json", exclude={"request_id", "expires_in_minutes"})
    first = {name: outer.pop(name) for name in ("approval_id", "case_id", "revision", "status")}
    return {**first, **request, **outer}


def case_document(view: CaseView) -> dict[str, Any]:
    """The view's own fields, with flat approvals."""
    fields = view.model_dump(mode="json", exclude={"approvals"})
    return {**fields, "approvals": [approval_document(one) for one in view.approvals]}


def print_document(value: Any) -> None:
    """One JSON document on standard out."""
    sys.stdout.write(json.dumps(ready(value), ensure_ascii=False, indent=2) + "\n")


def ready(value: Any) -> Any:
    """Models as JSON-ready data."""
    match value:
        case BaseModel():
            return document(value)
        case list() | tuple():
            return [ready(one) for one in value]
        case _:
            return value


def document(value: BaseModel) -> dict[str, Any]:
    """Return the model's document. A receipt is known by its own kind alone: a case's many models need not be loaded."""
    from handrail.domain.case.requests import Receipt

    if isinstance(value, Receipt):
        return value.model_dump(mode="json")
    from handrail.domain.actions.approvals import Approval
    from handrail.domain.case.cases import CaseView

    match value:
        case CaseView():
            return case_document(value)
        case Approval():
            return approval_document(value)
        case _:
            return value.model_dump(mode="json")
