"""What a model that loops, floods or changes its mind cannot do to a case."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from graphs.engine.retries import TIMEOUTS
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.errors import PERMANENT, ApprovalRefused, InvalidInput
from handrail.llm.chat import ATTEMPTS
from handrail.settings import Settings
from tests.support.house import House, first_task, wait_for
from tests.workflows.test_paths import HELD, SMALL
from workflows.options import DEFECTS, STEP, TURN


def test_the_slowest_model_fits_into_the_agents_step() -> None:
    (most,) = [bound.le for bound in Settings.model_fields["model_timeout_seconds"].metadata if hasattr(bound, "le")]
    assert TIMEOUTS["agent"] - most * ATTEMPTS >= 60
    assert timedelta(seconds=TIMEOUTS["agent"]) < TURN["start_to_close_timeout"]
    with pytest.raises(ValidationError, match="model_timeout_seconds"):
        Settings(model_timeout_seconds=most + 1)


@pytest.mark.parametrize("options", [STEP, TURN])
def test_no_step_is_repeated_for_ever(options: dict[str, object]) -> None:
    retry = options["retry_policy"]
    assert 0 < retry.maximum_attempts <= 300  # type: ignore[attr-defined]
    assert {*PERMANENT, *DEFECTS} <= set(retry.non_retryable_error_types)  # type: ignore[attr-defined]


async def test_thousands_of_calls_in_one_answer_go_to_a_person(home: House) -> None:
    order = await home.order(**SMALL)
    flood = [{"tool": "list_orders", "arguments": {"limit": 1 + n % 50}} for n in range(6_000)]
    await home.model.script(order.order_id, {"calls": flood}, None)
    case = await home.open(order.customer_id, f"Please refund 12.50 USD for order {order.order_id}.")
    assert (case.status, case.reason) == ("WithHuman", "bounds")


async def test_an_edit_does_not_bind_to_what_its_reviewer_never_saw(home: House) -> None:
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    approval = case.approvals[0]
    other = await home.rows(
        "insert into shop.refunds (payment_id, order_id, amount, origin, reason, created_at)"
        " select payment_id, order_id, 20, 'refund', 'test', now() from shop.payments where order_id = %(o)s"
        " returning refund_id",
        o=order.order_id,
    )
    assert other
    wanted = DecisionInput(
        decision=DecisionKind.EDIT,
        approval_id=approval.approval_id,
        revision=approval.revision,
        reviewer="ann",
        arguments={"amount": "80.00"},
    )
    with pytest.raises(ApprovalRefused, match=r"^refunded_before: was "):
        await home.cases.decide(case.case_id, wanted)
    with pytest.raises(InvalidInput, match="refunded_before is worked out"):
        await home.cases.decide(case.case_id, wanted.model_copy(update={"arguments": {"refunded_before": 20}}))
    case = await home.cases.status(case.case_id)
    assert (case.status, case.approvals[0].status, case.effects) == ("AwaitingApproval", "open", [])


async def test_a_model_that_is_asked_again_does_not_do_something_else_besides(home: House) -> None:
    order = await home.order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"

    def refund(amount: str) -> dict[str, object]:
        arguments = {"order_id": order.order_id, "amount": amount, "reason": "broken"}
        return {"calls": [{"tool": "refund_order", "arguments": arguments}]}

    await home.model.script(order.order_id, refund("12.50"))
    await home.model.script(order.order_id, {"latency_seconds": 60})
    await home.model.script(order.order_id, refund("14.00"))
    case_id = (await home.open(order.customer_id, text, wait=False)).case_id

    async def waits() -> bool:
        return len(await home.model.requests(case_id)) > 1

    await wait_for(waits)
    handle = home.temporal.get_workflow_handle(f"case-{case_id}")
    run_id = (await handle.describe()).run_id
    history = await home.temporal.get_workflow_handle(f"case-{case_id}", run_id=run_id).fetch_history()
    await home.temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=home.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=f"case-{case_id}", run_id=run_id),
            reason="a test",
            workflow_task_finish_event_id=first_task(history.events),
            request_id=f"test-{run_id}",
        )
    )
    case = await home.until(case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "action_failed"
    refunded = await home.rows("select amount from shop.refunds where order_id = %(o)s", o=order.order_id)
    assert refunded == [(Decimal("12.50"),)]
