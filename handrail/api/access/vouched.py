"""Updates of which the house knows beyond doubt who sends them: vouched for first, and only then sent."""

from __future__ import annotations

from typing import Protocol

from handrail.domain.access.principals import Principal
from handrail.domain.access.vouching import about
from handrail.domain.actions.approvals import Approval, DecisionInput
from handrail.domain.team.commands import HandBack, Receipt, Recuse
from handrail.domain.team.reviewers import Reviewers
from handrail.domain.team.speaking import refuse_speaker
from handrail.ports.front.access import Vouchers
from handrail.temporal.cases.doorway import DoorwayClient


class Sending(Protocol):
    """Services through which a caller's updates go."""

    @property
    def vouchers(self) -> Vouchers: ...

    def cases(self, caller: Principal, /) -> DoorwayClient: ...


async def decide(services: Sending, caller: Principal, case_id: str, wanted: DecisionInput, update_id: str) -> Approval:
    """Decide as the person that `wanted` names, who has to be the caller's.

    Raises:
        NotAdmitted: they spoke for this case as an agent.
        ApprovalRefused, UnknownCase, Unreachable: see `CaseClient.decide`.
    """
    # Both are known by their one name here; parts that were noted under another name are refused by the case.
    refuse_speaker(await services.vouchers.speakers(case_id), wanted.reviewer, Reviewers(), caller.caller)
    await services.vouchers.vouch(case_id, update_id, wanted.reviewer, caller.caller, about(wanted))
    return await services.cases(caller).send(case_id, "decide", wanted, Approval, update_id)


async def hand_back(services: Sending, caller: Principal, case_id: str, wanted: HandBack, update_id: str) -> Receipt:
    """Hand the case back as the person that `wanted` names, who has to be the caller's. Raises: see `CaseClient.hand_back`."""
    await services.vouchers.vouch(case_id, update_id, wanted.reviewer, caller.caller, about(wanted))
    return await services.cases(caller).send(case_id, "hand_back", wanted, Receipt, update_id)


async def recuse(services: Sending, caller: Principal, case_id: str, wanted: Recuse, update_id: str) -> Receipt:
    """Take the person that `wanted` names, who has to be the caller's, out of the case. Raises: see `CaseClient.recuse`."""
    await services.vouchers.vouch(case_id, update_id, wanted.reviewer, caller.caller, about(wanted))
    return await services.cases(caller).send(case_id, "recuse", wanted, Receipt, update_id)
