"""Payloads are pydantic JSON; a refusal travels as its message alone."""

from __future__ import annotations

from dataclasses import replace

from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DefaultFailureConverter, PayloadConverter

from handrail.domain.errors import ApprovalRefused, CaseConflict, IllegalTransition, InvalidInput, Refused, UnknownCase

REFUSALS: dict[str, type[Refused]] = {
    kind.__name__: kind for kind in (Refused, InvalidInput, ApprovalRefused, CaseConflict, UnknownCase, IllegalTransition)
}
"""Wire name to error: what a case says when the sender must change something."""


class QuietFailureConverter(DefaultFailureConverter):
    """Shows a refusal without its stack trace: a reviewer reads it in a dialog of the Temporal Web UI."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """See base class."""
        super().to_failure(exception, payload_converter, failure)
        if failure.application_failure_info.type in REFUSALS:
            failure.stack_trace = ""
            failure.ClearField("cause")


data_converter = replace(pydantic_data_converter, failure_converter_class=QuietFailureConverter)
