"""Runners of workflow code: plain, or in a strict sandbox."""

from __future__ import annotations

from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from handrail.settings import Settings

PASSED_THROUGH = ("graphs", "handrail", "langchain_core", "langgraph", "pydantic", "pydantic_core", "typing_extensions")


def sandbox() -> SandboxedWorkflowRunner:
    """Make a strict sandbox: it loads every module of `workflows` anew for each run, behind Temporal's restrictions.

    What `workflows` imports is passed through: activities use the same code.
    """
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def workflow_runner(settings: Settings) -> WorkflowRunner:
    """Choose where workflow code runs: plainly, or in the sandbox where the settings ask for it."""
    return sandbox() if settings.sandbox else UnsandboxedWorkflowRunner()
