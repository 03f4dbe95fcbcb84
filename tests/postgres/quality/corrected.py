"""Cases in which people corrected the agent, written as the worker writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handrail.domain.actions.approvals import Approval, DecisionKind, HumanRequest
from handrail.domain.actions.proposals import Proposal, RuleHit, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, CaseStatus, Commit, RuledProposal, Tier
from handrail.domain.case.classification import Risk
from handrail.domain.case.handoffs import Escalation, Fact, Handoff
from handrail.domain.case.messages import Author, IncomingMessage, Message
from handrail.domain.case.routes import Route
from handrail.domain.case.turns import JournalEntry, TurnKey
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.journal import PostgresJournal
from handrail.postgres.pool import Pool
from handrail.quality.corrections.standing import InForce
from tests.postgres.build import NOON, at, decided, proposal

STANDS = InForce(rules={"payments/large": "h1"}, files={"payments": "f1"}, terms={"wallet": "t1"})
ADA: dict[str, Any] = {
    "customer": {"name": "Ada Lovelace", "email": "ada@lovelace.org"},
    "order_id": "O-10021",
    "total": "180.00 USD",
}


@dataclass(frozen=True, slots=True)
class Corrected:
    """Writes cases, and what people made of them."""

    pool: Pool
    cases: PostgresCases

    async def opened(self, case_id: str, text: str, channel: str = "api") -> CaseRow:
        """A case with one message."""
        message = IncomingMessage(message_id="m-1", text=text)
        await self.cases.open(CaseOpen(case_id=case_id, customer_id="C-0014", message=message, channel=channel), NOON)
        return CaseRow(
            case_id=case_id,
            customer_id="C-0014",
            channel=channel,
            topic="wallet",
            language="en",
            opened_at=NOON,
            updated_at=NOON,
        )

    async def decision(
        self,
        case_id: str,
        text: str,
        kind: DecisionKind = DecisionKind.EDIT,
        *,
        proposed: dict[str, Any] | None = None,
        changes: dict[str, Any] | None = None,
        version: str = "f1",
        channel: str = "api",
    ) -> None:
        """A payment that a rule held and a person decided on, recorded by the turn that goes on with it."""
        row, wanted = await self.opened(case_id, text, channel), proposed or {"amount": 180, "receiver": "O-10021"}
        effect = proposal(f"e-{case_id}", wanted)
        asked = approval_of(row, effect)
        await self.read(row)
        await self.cases.commit(
            Commit(
                row=row.model_copy(update={"version": 1, "status": CaseStatus.AWAITING_APPROVAL}),
                approvals=[asked],
                rulings=[held(effect, version)],
            )
        )
        edit = {"amount": 80} if changes is None and kind is DecisionKind.EDIT else changes
        settled = decided(asked, kind, by="rita", **(edit or {}))
        later = TurnKey(token=f"d-{case_id}", asked_at=at(5), attempt=1)
        await self.cases.commit(Commit(row=row.model_copy(update={"version": 2}), approvals=[settled], key=later))

    async def read(self, row: CaseRow) -> None:
        """The journal of the turn: what the agent had read when it proposed."""
        fact = Fact(name="balance", value=ADA, source="balance", at=NOON).model_dump(mode="json")
        call = {"call_id": "1", "tool": "get_order", "arguments": {"order_id": "O-10021"}}
        state = {
            "facts": [fact],
            "exchanges": [{"call": call, "result": ADA}],
            "answered_by": "m-1",
            "prompt_version": "p-1",
            "graph_version": "g-1",
        }
        key = TurnKey(token=f"t-{row.case_id}", asked_at=NOON, attempt=1)
        await PostgresJournal(self.pool).note(row.case_id, key, JournalEntry(node="agent", state=state))

    async def handed_over(self, case_id: str, text: str, reason: str = "guardrail") -> CaseRow:
        """A case that the agent gave to people, with its packet."""
        row = await self.opened(case_id, text)
        packet = Handoff(
            case_id=case_id,
            customer_id="C-0014",
            problem="",
            wanted=text,
            escalation=Escalation(reason=reason, words="It could not."),
            route=Route(row="r", tier=1, queue="q", priority=3, respond_within_minutes=60),
            topic="wallet",
            risk=Risk.LOW,
            language="en",
            facts=[Fact(name="balance", value=ADA, source="balance", at=NOON)],
            suggested_reply="I cannot help, Ada Lovelace.",
            transcript="",
            at=at(1),
        )
        entry = AuditEntry(
            entry_id=f"w-{case_id}", at=at(1), actor="agent", action="turn:WithHuman", details={"prompt": "p-2"}
        )
        row = row.model_copy(update={"version": 1, "status": CaseStatus.WITH_HUMAN, "tier": Tier.SUPPORT, "updated_at": at(1)})
        await self.cases.commit(Commit(row=row, handoff=packet, audit=[entry]))
        return row

    async def by_person(self, row: CaseRow, action: str, words: str, minute: int = 5, **details: Any) -> None:
        """A person answers, ends or gives back."""
        message = Message(
            message_id=f"p-{minute}", author=Author.PERSON, text=words, at=at(minute), turn=1, sequence=minute, by="bea"
        )
        entry = AuditEntry(
            entry_id=f"{action}-{row.case_id}-{minute}", at=at(minute), actor="bea", action=action, details=details
        )
        await self.cases.commit(
            Commit(
                row=row.model_copy(update={"version": row.version + minute}),
                messages=[message] if action != "hand_back" else [],
                audit=[entry],
            )
        )


def approval_of(row: CaseRow, effect: Proposal) -> Approval:
    request = HumanRequest(
        request_id=effect.proposal_id,
        action=effect.action,
        title="Pay 180.00 USD to Ada Lovelace",
        headline="pay",
        arguments=effect.arguments,
        arguments_hash=effect.arguments_hash,
        rules=["payments/large", "handrail/asked"],
        shown={"customer": "Ada Lovelace"},
        facts={"amount": effect.arguments["amount"]},
    )
    return Approval(
        approval_id=effect.proposal_id,
        case_id=row.case_id,
        revision=1,
        request=request,
        opened_at=NOON + timedelta(minutes=1),
        due_at=at(240),
    )


def held(effect: Proposal, version: str) -> RuledProposal:
    hit = RuleHit(policy="payments", rule="large", ruling=Ruling.REQUIRE_APPROVAL, message="large", version=version)
    verdict = Verdict(
        proposal_id=effect.proposal_id,
        revision=effect.revision,
        arguments_hash=digest(effect.arguments),
        ruling=Ruling.REQUIRE_APPROVAL,
        hits=[hit],
        policy_version="v1",
        situation={"customer.value": "vip"},
    )
    return RuledProposal(proposal=effect, verdict=verdict)
