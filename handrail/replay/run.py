"""Rules on recorded calls one after the other, and carries out in the copy what would have been carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from handrail.business import Business, Call, Kind
from handrail.domain.actions.effects import Effect, EffectStatus
from handrail.domain.actions.proposals import Proposal, ProposalKind, RuleHit, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.case.cases import CaseRow, Commit, RuledProposal
from handrail.domain.errors import BusinessFailed, BusinessRefused, DefinitionInvalid, InvalidInput, record_is_away
from handrail.domain.policy.facts import case_facts, customer_facts
from handrail.policies.loader import FilePolicies
from handrail.postgres.business.customers import PostgresCustomers
from handrail.postgres.business.history import PostgresHistory
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.replay.calls import RecordedCall, ReplayRuling
from handrail.replay.consent import Consents
from handrail.replay.outward import GUARD
from handrail.replay.reading import refuse_all
from handrail.replay.report import Became, RuledCall

UNSAID = ("case.turn", "case.channel")
"""Facts of a case that only `facts` of a line tell; what is not told is missing, and rules that need it block."""


class ReplayClock:
    """The port `Clock`: the time of the call that is ruled on."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """The call's time."""
        return self.at


@dataclass(frozen=True, slots=True)
class CallVerdict:
    """A ruling, and whether the customer or a person still has to say yes."""

    proposal: Proposal
    verdict: Verdict
    asks: bool

    @property
    def held(self) -> bool:
        """True if a person has to approve it, whatever the customer says."""
        rest = Ruling.strictest(hit.ruling for hit in self.verdict.hits if hit.ruling is not Ruling.CONFIRM)
        return rest is Ruling.REQUIRE_APPROVAL

    def lets_out(self, call: RecordedCall) -> Verdict | None:
        """The verdict under which the call is carried out, with the yes of the log; None where one is missing."""
        missing = (self.asks and not call.confirmed) or (self.held and not call.approved_by)
        if self.verdict.ruling is Ruling.BLOCK or missing:
            return None
        notes = ["Confirmed, says the log."] if self.asks else []
        notes += [f"Approved by {', '.join(call.approved_by)}, says the log."] if self.held else []
        hits = [RuleHit(policy="handrail", rule="log", ruling=Ruling.ALLOW, message=words) for words in notes]
        return self.verdict.model_copy(update={"ruling": Ruling.ALLOW, "hits": [*self.verdict.hits, *hits]})

    @property
    def rules(self) -> list[str]:
        """The rules that led to the ruling, each once."""
        ruling = self.verdict.ruling
        hits = [hit for hit in self.verdict.hits if hit.ruling is ruling or (ruling is Ruling.CONFIRM and hit.confirm)]
        return list(dict.fromkeys(f"{hit.policy}/{hit.rule}" for hit in hits))


class CallReplay:
    """A replay over the copy behind `pool`. With `effects` off no tool writes; the ledger takes its effect as done."""

    def __init__(
        self, pool: Pool, business: Business, policies: FilePolicies, consents: Consents, *, effects: bool = True
    ) -> None:
        self._business = business if effects else unrun(business)
        self._policies, self._consents = policies, consents
        self._clock = ReplayClock()
        self._record = PostgresRecord(pool, self._business, self._clock)
        self._customers = PostgresCustomers(pool, self._business, self._clock)
        self._history = PostgresHistory(pool, self._business, self._clock)
        self._cases = PostgresCases(pool, self._business)
        self._rows: dict[str, CaseRow] = {}

    async def run(self, calls: Sequence[RecordedCall]) -> list[RuledCall]:
        """Rule on each call in turn; each has a case."""
        return [await self._one(call, call.case or "") for call in calls]

    async def refuse_strangers(self, calls: Sequence[RecordedCall], file: str) -> None:
        """Raises: InvalidInput: customers that the business does not know, each with its first line."""
        first = {call.customer: call.line for call in sorted(calls, key=lambda one: one.line, reverse=True)}
        words = f"is no customer of {self._business.name}."
        known = {customer: await self._cases.known_customer(customer) for customer in first}
        refuse_all(file, [(first[one], f"customer: {one[:60]!r} {words}") for one, there in known.items() if not there])

    async def _one(self, call: RecordedCall, case: str) -> RuledCall:
        self._clock.at = call.at
        opened = self._rows.get(case) or CaseRow(
            case_id=case, customer_id=call.customer, opened_at=call.at, updated_at=call.at, topic=self._consents.topic(call)
        )
        row = self._rows[case] = opened.model_copy(update={"updated_at": call.at, "version": opened.version + 1})
        about = call.model_dump(include={"line", "call_id", "at", "customer", "tool", "arguments", "expected"})
        made = RuledCall(**about, case=case, title=call.tool, ruled=ReplayRuling.FAILED)
        try:
            if self._business.by_name[call.tool].kind is Kind.READ:
                await self._record.read(case, call.customer, call.tool, call.arguments)
                return made.model_copy(update={"ruled": ReplayRuling.ALLOW, "rules": ["handrail/read"], "became": Became.READ})
            return await self._effect(call, row, made)
        except BusinessRefused as no:
            return made.model_copy(update=_stopped(ReplayRuling.REFUSED, f"business/{no.code}", str(no)))
        except InvalidInput as wrong:
            return made.model_copy(update=_stopped(ReplayRuling.REFUSED, "business/arguments", str(wrong)))
        except (BusinessFailed, DefinitionInvalid) as broken:
            why = f" {broken.__cause__}" if broken.__cause__ else ""
            return made.model_copy(update=_stopped(ReplayRuling.FAILED, "business/broken", f"{broken}{why}"))

    async def _effect(self, call: RecordedCall, row: CaseRow, made: RuledCall) -> RuledCall:
        checked = await self._record.check(row.case_id, call.customer, call.tool, call.arguments)
        told = {name: value for name, value in case_facts(row, call.at).items() if name not in UNSAID and value is not None}
        facts = {
            **told,
            **customer_facts(call.customer, await self._customers.facts(call.customer)),
            **await self._history.of(row.case_id, call.customer, []),
            **call.facts,
            **checked.facts,
        }
        proposal = Proposal(
            proposal_id=f"line-{call.line}",
            kind=ProposalKind.EFFECT,
            action=call.tool,
            arguments=checked.arguments,
            arguments_hash=digest(checked.arguments),
        )
        verdict = self._policies.rule(proposal, facts).model_copy(
            update={"title": checked.title, "headline": checked.headline, "shown": checked.shown, "asks": checked.asks}
        )
        verdict, asks = self._consents.over(call, row, proposal, verdict)
        found = CallVerdict(proposal, verdict, asks)
        ruled = {
            "title": checked.title,
            "arguments": checked.arguments,
            "ruled": ReplayRuling.of(verdict.ruling),
            "rules": found.rules,
            "messages": verdict.messages,
            "asks": asks and verdict.ruling is not Ruling.BLOCK,
        }
        return made.model_copy(update={**ruled, **await self._carried_out(call, row, found)})

    async def _carried_out(self, call: RecordedCall, row: CaseRow, found: CallVerdict) -> dict[str, Any]:
        """Carry it out where it is let out; tell what became of it. What is not let out leaves no trace in the copy."""
        verdict = found.lets_out(call)
        if verdict is None:
            return {"became": Became.LEFT}
        proposal = found.proposal
        effect = Effect(
            effect_id=proposal.proposal_id,
            case_id=row.case_id,
            customer_id=call.customer,
            topic=row.topic or "",
            action=proposal.action,
            arguments=proposal.arguments,
            arguments_hash=proposal.arguments_hash,
            approved_by=", ".join(call.approved_by) or None,
        )
        try:
            await self._cases.commit(Commit(row=row, rulings=[RuledProposal(proposal=proposal, verdict=verdict)]))
            with GUARD.closed():
                result = await self._record.apply(effect)
        except Exception as error:
            if record_is_away(error):
                raise
            await self._take_back(row, RuledProposal(proposal=proposal, verdict=verdict))
            return {"became": Became.FAILED, "words": f"{type(error).__name__}: {error}"}
        if result.status is EffectStatus.REFUSED:
            return {"became": Became.REFUSED, "words": result.message or result.code or ""}
        return {"became": Became.DONE}

    async def _take_back(self, row: CaseRow, ruled: RuledProposal) -> None:
        """Keep what failed from counting as under way."""
        later = self._rows[row.case_id] = row.model_copy(update={"version": row.version + 1})
        blocked = ruled.verdict.model_copy(update={"ruling": Ruling.BLOCK})
        await self._cases.commit(Commit(row=later, rulings=[ruled.model_copy(update={"verdict": blocked})]))


def _stopped(ruling: ReplayRuling, rule: str, words: str) -> dict[str, Any]:
    return {"ruled": ruling, "rules": [rule], "messages": [words]}


def unrun(business: Business) -> Business:
    """The business with effects that write nothing."""

    async def nothing(call: Call, arguments: Any) -> dict[str, Any]:
        return {}

    tools = [replace(tool, run=nothing) if tool.kind is Kind.EFFECT else tool for tool in business.tools]
    return replace(business, tools=tuple(tools))
