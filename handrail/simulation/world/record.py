"""The record of cases as a simulation keeps it while cases are played: what a turn reads, and what each day has to write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handrail.domain.actions.approvals import Approval, ApprovalStatus
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.earlier import EarlierEffect, EarlierOutcome
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, CaseView, Commit, RuledProposal
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.patience import Contact
from handrail.domain.case.turns import JournalEntry, TurnKey
from handrail.domain.llm.agent import Usage

REMEMBERED = timedelta(days=10)
"""Nothing looks further back at another case."""
PAST = timedelta(days=100)
GRANTED = (ApprovalStatus.APPROVED, ApprovalStatus.EDITED)


@dataclass(slots=True)
class LedgerEntry:
    """A proposal with its newest ruling, the newest approval that was asked for it, and what became of it."""

    ruled: RuledProposal
    case_id: str
    version: int
    at: datetime
    approval: Approval | None = None
    result: EffectResult | None = None
    applied_hash: str = ""

    @property
    def order(self) -> tuple[int, int, int]:
        """The rank among rulings on the same proposal: the newest holds, of one step the strictest."""
        return self.ruled.proposal.revision, self.version, self.ruled.verdict.ruling.rank

    @property
    def earlier(self) -> EarlierEffect:
        """The effect as a later turn sees it; nothing simulated is outside, so that each end is known."""
        proposal, made = self.ruled.proposal, self.result
        about = {"effect_id": proposal.proposal_id, "action": proposal.action}
        if made:
            known = {"outcome": EarlierOutcome(made.status), "at": made.applied_at, "result": made.result, "settled": True}
            return EarlierEffect(**about, **known, arguments=made.arguments)
        rejected = self.approval is not None and self.approval.status is ApprovalStatus.REJECTED
        left = EarlierOutcome.REJECTED if rejected else EarlierOutcome.NOT_DONE
        outcome = EarlierOutcome.REFUSED if self.ruled.verdict.ruling is Ruling.BLOCK else left
        return EarlierEffect(**about, outcome=outcome, at=self.at, arguments=proposal.arguments)

    def permits(self, wanted: str) -> bool:
        """Tell if exactly these arguments may run: the rule of `handrail.permitted`."""
        ruling, asked = self.ruled.verdict.ruling, self.approval
        if ruling in (Ruling.CONFIRM, Ruling.BLOCK) or (asked and asked.status not in GRANTED):
            return False
        if ruling is Ruling.ALLOW and self.ruled.proposal.arguments_hash == wanted:
            return True
        return bool(asked and asked.decision and asked.decision.arguments_hash == wanted)


@dataclass(slots=True)
class CaseFile:
    """A case in the record."""

    row: CaseRow
    messages: list[Message] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


@dataclass(slots=True)
class Changed:
    """The changes since they were last taken, by the table that they belong to."""

    cases: dict[str, CaseFile] = field(default_factory=dict)
    messages: list[tuple[str, Message]] = field(default_factory=list)
    audit: list[tuple[str, AuditEntry]] = field(default_factory=list)
    approvals: dict[tuple[str, int], Approval] = field(default_factory=dict)
    ledger: dict[str, LedgerEntry] = field(default_factory=dict)


class SimulatedRecord:
    """The ports `Cases`, `Contacts` and `Journal` over memory. `ledger` is by effect id, `made` by customer."""

    def __init__(self) -> None:
        self.files: dict[str, CaseFile] = {}
        self.ledger: dict[str, LedgerEntry] = {}
        self.made: dict[str, list[tuple[str, EffectResult]]] = defaultdict(list)
        self._of_customer: dict[str, list[str]] = defaultdict(list)
        self.changed = Changed()

    def become(self, other: SimulatedRecord) -> None:
        """Be as another record is."""
        self.files, self.ledger, self.made = other.files, other.ledger, other.made
        self._of_customer, self.changed = other._of_customer, other.changed

    def taken(self) -> Changed:
        """Return the changes, and begin anew."""
        found, self.changed = self.changed, Changed()
        return found

    def forget(self, now: datetime) -> None:
        """Forget what nobody will ask for any more."""
        old = [name for name, file in self.files.items() if file.row.updated_at < now - REMEMBERED]
        for name in old:
            mine = self._of_customer[self.files.pop(name).row.customer_id]
            mine.remove(name)
        gone = set(old)
        self.ledger = {name: one for name, one in self.ledger.items() if one.case_id not in gone}
        for customer, made in list(self.made.items()):
            self.made[customer] = [one for one in made if one[1].applied_at >= now - PAST]

    def settle(self, case_id: str, customer_id: str, applied_hash: str, made: EffectResult) -> None:
        """Write down what became of an effect."""
        entry = self.ledger[made.effect_id]
        entry.result, entry.applied_hash = made, applied_hash
        self.made[customer_id].append((case_id, made))
        self.changed.ledger[made.effect_id] = entry

    async def known_customer(self, customer_id: str) -> bool:
        """Know every customer: nobody else writes in a simulation."""
        return True

    async def open(self, case: CaseOpen, at: datetime, content_digest: str = "") -> bool:
        """Do nothing: a simulated case is opened by its first commit."""
        return False

    async def commit(self, commit: Commit) -> None:
        """Write a step down."""
        self.write(commit)

    def write(self, commit: Commit) -> None:
        """Write a step down, as `handrail.commit_step` does."""
        row, changed = commit.row, self.changed
        file = self.files.get(row.case_id)
        if file is None:
            file = self.files[row.case_id] = CaseFile(row)
            self._of_customer[row.customer_id].append(row.case_id)
        file.row = row if row.version >= file.row.version else file.row
        if commit.usage:
            file.usage = commit.usage
        changed.cases[row.case_id] = file
        known = {one.message_id for one in file.messages}
        fresh = [one for one in commit.messages if one.message_id not in known]
        file.messages += fresh
        changed.messages += [(row.case_id, one) for one in fresh]
        changed.audit += [(row.case_id, one) for one in commit.audit]
        for ruled in commit.rulings:
            self._rule(row, ruled)
        for approval in commit.approvals:
            changed.approvals[row.case_id, approval.revision] = approval
            self._bind(approval)

    def _rule(self, row: CaseRow, ruled: RuledProposal) -> None:
        name = ruled.proposal.proposal_id
        made, stands = LedgerEntry(ruled, row.case_id, row.version, row.updated_at), self.ledger.get(name)
        if stands is not None:
            if stands.result is not None or stands.order >= made.order:
                return
            made.approval, made.at = stands.approval, stands.at
        self.ledger[name] = self.changed.ledger[name] = made

    def _bind(self, approval: Approval) -> None:
        entry = self.ledger.get(approval.request.request_id)
        if entry is not None:
            entry.approval = approval
            self.changed.ledger[approval.request.request_id] = entry

    async def transcript(self, case_id: str) -> list[Message]:
        """The messages in order."""
        return sorted(self.files[case_id].messages, key=lambda one: (one.sequence, one.at, one.message_id))

    async def transcript_ends(self, case_id: str, first: int, newest: int) -> list[Message]:
        """The first and the newest messages, in order."""
        said = await self.transcript(case_id)
        return said if len(said) <= first + newest else [*said[:first], *said[len(said) - newest :]]

    async def spoken(self, case_id: str) -> list[Message]:
        """The last words of the customer and of people, newest first."""
        said = await self.transcript(case_id)
        return [one for one in reversed(said) if one.author in (Author.CUSTOMER, Author.PERSON)][:60]

    async def effects(self, case_id: str) -> list[EffectResult]:
        """The effects that the ledger holds as applied or refused, oldest first."""
        made = [one.result for one in self.ledger.values() if one.case_id == case_id and one.result is not None]
        return sorted(made, key=lambda one: (one.applied_at, one.effect_id))

    async def earlier(self, case_id: str) -> list[EarlierEffect]:
        """Every effect that the case proposed and what became of it, the one known last at the end."""
        entries = (one for one in self.ledger.values() if one.case_id == case_id)
        found = [one.earlier for one in entries if one.ruled.proposal.kind is ProposalKind.EFFECT]
        return sorted(found, key=lambda one: (one.at, one.effect_id))

    async def asked(self, case_id: str) -> list[AskedEffect]:
        """Nothing: a simulated case keeps by itself what its customer was asked, and no turn of it is lost."""
        return []

    async def take_back(self, case_id: str, effect_ids: Sequence[str], at: datetime, entry: AuditEntry) -> list[str]:
        """Write it down; nothing is stopped, for effects are made within the turn, so that none is under way."""
        self.changed.audit.append((case_id, entry))
        return []

    async def halt(self, case_id: str, token: str) -> None:
        """Halt nothing: no words of a simulated customer change while a turn is at work."""

    async def handoff(self, case_id: str) -> Handoff | None:
        """No packet is kept."""
        return None

    async def show(self, case_id: str) -> CaseView:
        """The case."""
        return CaseView(**self.files[case_id].row.model_dump())

    async def search(self, *, status: str | None, topic: str | None, reason: str | None, limit: int) -> list[CaseView]:
        """Refuse: nobody searches in a simulation."""
        raise NotImplementedError("a simulation's cases are searched in its database")

    async def open_approvals(self) -> list[tuple[CaseView, Approval]]:
        """Refuse: see `search`."""
        raise NotImplementedError("a simulation's approvals are listed in its database")

    async def answered(self, row: CaseRow, topic: str, since: datetime) -> list[Contact]:
        """The customer's other cases on the topic that were answered since then."""
        found = [self._contact(name, row, topic, since) for name in self._of_customer[row.customer_id]]
        return sorted((one for one in found if one), key=lambda one: one.answered_at, reverse=True)

    def _contact(self, name: str, row: CaseRow, topic: str, since: datetime) -> Contact | None:
        file = self.files[name]
        last = max((one.at for one in file.messages if one.author in (Author.ASSISTANT, Author.PERSON)), default=None)
        if name == row.case_id or file.row.topic != topic or last is None or not since <= last < row.opened_at:
            return None
        texts = [one.text for one in file.messages if one.author is Author.CUSTOMER]
        return Contact(case_id=name, opened_at=file.row.opened_at, answered_at=last, texts=texts)

    async def left(self, case_id: str, token: str) -> JournalEntry | None:
        """Nothing: every turn of a simulation ends at its first attempt."""
        return None

    async def claim(self, case_id: str, key: TurnKey, lost: str) -> tuple[str, JournalEntry]:
        """Nothing: see `left`."""
        return key.token, JournalEntry()

    async def note(self, case_id: str, key: TurnKey, entry: JournalEntry) -> None:
        """Keep nothing: see `left`."""
