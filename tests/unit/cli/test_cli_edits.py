"""What is typed after `--set` gets the type that the tool wants; lists and labels say what is so now."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handrail.cli.case.edits import typed
from handrail.cli.common.options import changes
from handrail.cli.common.tables import title
from handrail.cli.main import app
from handrail.domain.actions.approvals import Approval, ApprovalStatus, Decision, DecisionInput, DecisionKind, HumanRequest
from handrail.domain.case.cases import CaseView
from handrail.shop import business
from tests.postgres.build import NOON

SCHEMAS = {name: tool.arguments.model_json_schema() for name, tool in business.by_name.items()}


def approval(action: str, revision: int, status: str, **arguments: Any) -> Approval:
    request = HumanRequest(request_id=f"a{revision}", action=action, title="Do it", headline="do", arguments=arguments)
    return Approval(
        approval_id=f"a{revision}",
        case_id="c-1",
        revision=revision,
        request=request,
        status=ApprovalStatus(status),
        opened_at=NOON,
        due_at=NOON + timedelta(hours=1),
    )


def view(*approvals: Approval) -> CaseView:
    return CaseView(case_id="c-1", customer_id="C-1", opened_at=NOON, updated_at=NOON, approvals=list(approvals))


def edited(action: str, *pairs: str) -> dict[str, Any]:
    wanted = DecisionInput(
        decision=DecisionKind.EDIT, approval_id="a1", revision=1, arguments=changes(list(pairs)), reviewer="ann"
    )
    written = dict(pair.partition("=")[::2] for pair in pairs)
    found = typed(wanted, written, view(approval(action, 1, "open")), SCHEMAS)
    return found.arguments or {}


@pytest.mark.parametrize("written", ["12345", "00501", "1e3", "true", '"5"', "NaN", "-3"])
def test_a_text_field_takes_what_was_typed(written: str) -> None:
    assert edited("change_shipping_address", f"postal_code={written}") == {"postal_code": written}
    assert edited("send_reply", f"text={written}") == {"text": written}


def test_a_field_of_another_kind_keeps_its_type() -> None:
    schema = {
        "properties": {
            "count": {"type": "integer"},
            "tags": {"type": "array"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        }
    }
    wanted = DecisionInput(
        decision=DecisionKind.EDIT,
        approval_id="a1",
        revision=1,
        arguments=changes(["count=2", 'tags=["a"]', "note=null", "other=7"]),
        reviewer="ann",
    )
    written = {"count": "2", "tags": '["a"]', "note": "null", "other": "7"}
    found = typed(wanted, written, view(approval("tool", 1, "open")), {"tool": schema})
    assert found.arguments == {"count": 2, "tags": ["a"], "note": None, "other": 7}


def test_open_approvals_stand_first_and_the_newest_of_each() -> None:
    given = [approval("x", 1, "withdrawn"), approval("x", 2, "open"), approval("x", 3, "withdrawn"), approval("x", 4, "open")]
    assert [one.revision for one in view(*given).approvals] == [4, 2, 3, 1]
    assert [one["revision"] for one in view(*given).model_dump(mode="json")["approvals"]] == [4, 2, 3, 1]


def test_an_edited_approval_says_what_it_was_changed_to() -> None:
    asked = approval("refund_order", 1, "open", order_id="O-1", amount="175.00")
    assert title(asked) == "Do it"
    decision = Decision(
        approval_id="a1",
        revision=1,
        decision=DecisionKind.EDIT,
        arguments={"order_id": "O-1", "amount": "80.00"},
        reviewer="ann",
        decided_at=NOON,
    )
    assert title(asked.model_copy(update={"status": ApprovalStatus.EDITED, "decision": decision})) == (
        "Do it, changed to amount=80.00"
    )


def test_a_case_may_be_called_like_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "postgresql://postgres@127.0.0.1:1/none")
    asked = CliRunner().invoke(app, ["policy", "explain", "order.json"])
    assert "No PostgreSQL answers" in str(asked.exception or asked.stderr) + asked.stderr
    (tmp_path / "order.json").write_text("no JSON")
    read = CliRunner().invoke(app, ["policy", "explain", "order.json"])
    assert "No PostgreSQL answers" not in str(read.exception or read.stderr) + read.stderr
