"""What a server answers that can do nothing just now is nobody's fault: it is said as such, and worth another try."""

from __future__ import annotations

import pytest
from temporalio.service import RPCError, RPCStatusCode

from handrail.api.problems.table import PROBLEMS, code_of
from handrail.temporal.cases.translating import translated


@pytest.mark.parametrize("status", ["RESOURCE_EXHAUSTED", "UNAVAILABLE", "ABORTED", "INTERNAL", "DATA_LOSS", "UNKNOWN"])
def test_a_server_that_is_unwell_is_asked_again(status: str) -> None:
    found = translated(RPCError("something went wrong, please retry", RPCStatusCode[status], b""), "c-1")
    code = code_of(found)
    assert (code, PROBLEMS[code].status, PROBLEMS[code].later) == ("Unreachable", 503, True)
    assert "something went wrong, please retry" in str(found)


@pytest.mark.parametrize(("status", "code"), [("NOT_FOUND", "UnknownCase"), ("PERMISSION_DENIED", "Refused")])
def test_a_no_stays_a_no(status: str, code: str) -> None:
    assert code_of(translated(RPCError("no", RPCStatusCode[status], b""), "c-1")) == code
