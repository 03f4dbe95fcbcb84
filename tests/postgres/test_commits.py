"""Cases: opening, committing again and out of order, and what people read afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from psycopg.errors import CheckViolation
from temporalio.api.failure.v1 import Failure

from handrail.domain.actions.approvals import ApprovalStatus, DecisionKind, HumanRequest
from handrail.domain.actions.decisions import SETTLED_AS
from handrail.domain.actions.effects import EffectStatus
from handrail.domain.actions.proposals import SEND_REPLY, ProposalKind, Ruling
from handrail.domain.case.cases import CaseStatus, Commit, Tier
from handrail.domain.case.classification import Classification, Risk
from handrail.domain.case.handoffs import Escalation, Handoff, Route
from handrail.domain.case.messages import Author, Message
from handrail.domain.errors import CaseConflict, EffectConflict, UnknownCase
from handrail.domain.llm.agent import Usage
from handrail.ports import Cases, SystemOfRecord
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases, within
from handrail.temporal.converter import data_converter
from tests.postgres.build import NOON, PAY_100, approval, at, audit, decided, effect, opening, proposal, row, ruled, ruling
from tests.postgres.conftest import Run

SAID = Message(message_id="m-2", author=Author.ASSISTANT, text="Done.", at=at(1), turn=1, sequence=2)
PACKET = Handoff(
    case_id="case-1",
    problem="p",
    wanted="w",
    escalation=Escalation(reason="risk", words="because"),
    route=Route(tier=1, queue="support"),
    topic="refund",
    risk=Risk.HIGH,
    language="en",
    transcript="handrail case transcript case-1",
    at=at(1),
)
FULL = Commit(
    row=row(1, status=CaseStatus.WITH_HUMAN, tier=Tier.SUPPORT, topic="refund", reason="risk", confidence=0.5),
    messages=[SAID],
    classification=Classification(topic="refund", confidence=0.9, risk=Risk.HIGH),
    rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)],
    approvals=[approval()],
    handoff=PACKET,
    usage=Usage(calls=2, prompt_tokens=10, cost_usd=0.25),
    audit=[audit("a-1")],
)


def test_the_repositories_are_the_ports(cases: PostgresCases, record: PostgresRecord) -> None:
    port: Cases = cases
    other: SystemOfRecord = record
    assert port is cases
    assert other is record


async def test_opening_again_changes_nothing(cases: PostgresCases) -> None:
    assert not await cases.open(opening(), NOON)
    assert not await cases.open(opening(), NOON), "the same run again"
    assert await cases.open(opening(), at(9)), "a later run"
    case = await cases.show("case-1")
    assert (case.status, case.version, case.opened_at) == (CaseStatus.WORKING, 0, NOON)
    assert case.content_digest == opening().content_digest()
    (message,) = await cases.transcript("case-1")
    assert (message.text, message.author, message.at) == ("Hello", Author.CUSTOMER, NOON)


@pytest.mark.parametrize("other", [opening(text="Other words"), opening(customer_id="C-2")])
async def test_the_same_id_with_other_content_is_refused(cases: PostgresCases, other: object) -> None:
    await cases.open(opening(), NOON)
    with pytest.raises(CaseConflict, match=r"^case_id: 'case-1' stands with other content\. Open .*`send_message`"):
        await cases.open(other, NOON)  # type: ignore[arg-type]
    assert (await cases.show("case-1")).customer_id == "C-1"
    assert [message.text for message in await cases.transcript("case-1")] == ["Hello"]


async def test_a_commit_may_come_before_the_opening(cases: PostgresCases) -> None:
    await cases.commit(FULL)
    await cases.open(opening(), NOON)
    assert (await cases.show("case-1")).version == 1
    with pytest.raises(CaseConflict):
        await cases.open(opening(text="Other words"), NOON)


async def test_a_commit_for_another_customer_is_refused_whole(cases: PostgresCases) -> None:
    await cases.open(opening(), NOON)
    with pytest.raises(CaseConflict):
        await cases.commit(Commit(row=row(5, customer_id="C-2", topic="refund"), messages=[SAID]))
    assert (await cases.show("case-1")).topic is None
    assert len(await cases.transcript("case-1")) == 1


async def test_all_of_a_commit_can_be_read(cases: PostgresCases, run: Run) -> None:
    await cases.open(opening(), NOON)
    await cases.commit(FULL)
    case = await cases.show("case-1")
    assert (case.status, case.tier, case.topic, case.reason) == (CaseStatus.WITH_HUMAN, Tier.SUPPORT, "refund", "risk")
    assert (case.approvals, case.classification, case.usage) == (FULL.approvals, FULL.classification, FULL.usage)
    assert case.reply == "Done."
    assert [message.message_id for message in await cases.transcript("case-1")] == ["m-1", "m-2"]
    assert await cases.handoff("case-1") == PACKET
    assert await cases.effects("case-1") == []
    assert await run("SELECT entry_id, actor, details FROM handrail.audit") == [("a-1", "agent", {"n": 1})]


async def test_an_older_commit_adds_but_never_overwrites(cases: PostgresCases) -> None:
    await cases.commit(
        Commit(row=row(3, topic="new"), usage=Usage(calls=9), classification=Classification(topic="new", confidence=1))
    )
    await cases.commit(FULL)
    case = await cases.show("case-1")
    assert (case.version, case.topic, case.usage.calls) == (3, "new", 9)
    assert case.classification is not None
    assert case.classification.topic == "new"
    assert case.approvals == FULL.approvals


async def test_a_settled_approval_stays_settled(cases: PostgresCases, run: Run) -> None:
    yes = decided(approval(), DecisionKind.APPROVE)
    await cases.commit(Commit(row=row(2), approvals=[yes], rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)]))
    no = decided(approval(due_at=at(999)), DecisionKind.REJECT)
    await cases.commit(Commit(row=row(3), approvals=[approval()]))
    await cases.commit(Commit(row=row(4), approvals=[no]))
    assert (await cases.show("case-1")).approvals == [yes]
    assert await run("SELECT status, approved_by FROM handrail.actions") == [("approved", "rita")]


async def test_who_decided_is_settled_with_the_decision(cases: PostgresCases, run: Run) -> None:
    yes = decided(approval(), DecisionKind.APPROVE)
    assert yes.decision is not None
    other = yes.model_copy(update={"decision": yes.decision.model_copy(update={"reviewer": "ruth"})})
    await cases.commit(Commit(row=row(1), approvals=[yes], rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)]))
    await cases.commit(Commit(row=row(2), approvals=[other]))
    assert (await cases.show("case-1")).approvals == [yes]
    assert await run("SELECT approved_by, decided_hash = arguments_hash FROM handrail.actions") == [("rita", True)]


async def test_two_people_are_kept_one_after_the_other(cases: PostgresCases, record: SystemOfRecord, run: Run) -> None:
    asked = approval(request=approval().request.model_copy(update={"quorum": 2}))
    await cases.commit(Commit(row=row(1), approvals=[asked], rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)]))
    first = decided(asked, DecisionKind.APPROVE)
    await cases.commit(Commit(row=row(2), approvals=[first]))
    await cases.commit(Commit(row=row(1), approvals=[asked]))
    assert (await cases.show("case-1")).approvals == [first]
    assert [one.reviewer for one in first.yes] == ["rita"]
    with pytest.raises(EffectConflict, match="held in the ledger"):
        await record.apply(effect())
    with pytest.raises(CheckViolation, match="approvals_by_enough"):
        await run('UPDATE handrail.approvals SET status = \'approved\', decision = \'{"approvers": [{"reviewer": "rita"}]}\'')
    both = decided(first, DecisionKind.APPROVE, by="ruth")
    await cases.commit(Commit(row=row(3), approvals=[both]))
    assert (await record.apply(effect())).status is EffectStatus.APPLIED
    assert await run("SELECT approved_by FROM handrail.actions") == [("rita, ruth",)]


async def test_an_error_of_the_database_is_told_as_it_is(cases: PostgresCases, run: Run) -> None:
    await run("ALTER TABLE handrail.cases ADD CONSTRAINT full_disk CHECK (version < 1) NOT VALID")
    with pytest.raises(CheckViolation, match="full_disk") as raised:
        await cases.commit(Commit(row=row(1)))
    told = Failure()
    data_converter.failure_converter.to_failure(raised.value, data_converter.payload_converter, told)
    assert told.application_failure_info.type == "CheckViolation"
    assert not told.HasField("cause"), "whoever follows the causes comes to an end"


async def test_what_its_editor_may_not_approve_does_not_run(cases: PostgresCases, record: SystemOfRecord) -> None:
    asked = approval(request=approval().request.model_copy(update={"quorum": 2}))
    revised = decided(asked, DecisionKind.EDIT, amount=80)
    assert revised.status is ApprovalStatus.REVISED
    less = {**PAY_100, "amount": 80}
    held = [ruled(proposal(arguments=less, revision=2), Ruling.REQUIRE_APPROVAL)]
    await cases.commit(Commit(row=row(1), approvals=[revised], rulings=held))
    with pytest.raises(EffectConflict, match="held in the ledger"):
        await record.apply(effect(arguments=less))


async def test_an_open_approval_can_be_given_more_time(cases: PostgresCases) -> None:
    later = approval(due_at=NOON + timedelta(days=1))
    await cases.commit(Commit(row=row(2), approvals=[later]))
    await cases.commit(Commit(row=row(1), approvals=[approval()]))
    assert (await cases.show("case-1")).approvals == [later]


async def test_what_is_asked_again_after_an_edit_is_asked_under_a_new_revision(cases: PostgresCases, run: Run) -> None:
    first = decided(approval(1), DecisionKind.EDIT, amount=80)
    await cases.commit(Commit(row=row(1), rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)], approvals=[first]))
    assert await run("SELECT status FROM handrail.actions") == [("approved",)]
    await cases.commit(Commit(row=row(2), approvals=[approval(2)]))
    assert await run("SELECT status, decided_hash FROM handrail.actions") == [("held", None)]
    assert [one.status for one in (await cases.show("case-1")).approvals] == [ApprovalStatus.OPEN, ApprovalStatus.EDITED]


async def test_of_two_rulings_in_one_step_the_stricter_holds(cases: PostgresCases, run: Run) -> None:
    allow, block = ruled(proposal(), Ruling.ALLOW), ruled(proposal(), Ruling.BLOCK)
    await cases.commit(Commit(row=row(1), rulings=[block, allow]))
    assert await run("SELECT status FROM handrail.actions") == [("blocked",)]
    await cases.commit(ruling(Ruling.ALLOW, 1, revision=2))
    await cases.commit(ruling(Ruling.BLOCK, 2))
    assert await run("SELECT status, revision FROM handrail.actions") == [("allowed", 2)]


async def test_a_verdict_on_something_else_is_refused(cases: PostgresCases) -> None:
    mixed = ruled(proposal(), Ruling.ALLOW).model_copy(update={"proposal": proposal(revision=2)})
    with pytest.raises(EffectConflict, match="have exactly this revision ruled on"):
        await cases.commit(Commit(row=row(1), rulings=[mixed]))
    with pytest.raises(UnknownCase):
        await cases.show("case-1")


async def test_a_proposal_of_another_case_is_refused(cases: PostgresCases, run: Run) -> None:
    await cases.commit(ruling(Ruling.BLOCK))
    with pytest.raises(EffectConflict, match="e-1 belongs to another case"):
        await cases.commit(ruling(Ruling.ALLOW, 9, case_id="case-2", revision=9))
    assert await run("SELECT case_id, ruling FROM handrail.actions") == [("case-1", "block")]


async def test_what_postgresql_cannot_hold_is_replaced(cases: PostgresCases, run: Run) -> None:
    broken = {"text": "a\x00b\ud800", "score": float("nan"), "list": ["\x00"]}
    reply = proposal(kind=ProposalKind.REPLY, action="send_reply").model_copy(update={"arguments": broken})
    said = SAID.model_copy(update={"text": "half \ud800 \x00 pair"})
    await cases.commit(Commit(row=row(1, reply="nul \x00"), messages=[said], rulings=[ruled(reply, Ruling.ALLOW)]))
    assert (await cases.show("case-1")).reply == "nul \ufffd"
    assert (await cases.transcript("case-1"))[0].text == "half \ufffd \ufffd pair"
    stored = {"text": "a\ufffdb\ufffd", "score": None, "list": ["\ufffd"]}
    assert await run("SELECT arguments FROM handrail.actions") == [(stored,)]


async def test_unknown_things(cases: PostgresCases) -> None:
    with pytest.raises(UnknownCase, match=r"^case_id: there is no case 'nope'"):
        await cases.show("nope")
    assert await cases.transcript("nope") == []
    assert await cases.handoff("nope") is None
    assert await cases.known_customer("C-1")
    assert not await cases.known_customer("C-9")


@pytest.mark.parametrize("status", list(CaseStatus))
async def test_the_database_takes_every_status(cases: PostgresCases, status: CaseStatus) -> None:
    await cases.commit(Commit(row=row(1, status=status)))
    assert (await cases.show("case-1")).status is status


@pytest.mark.parametrize("status", list(ApprovalStatus))
async def test_the_database_takes_every_end_of_an_approval(cases: PostgresCases, status: ApprovalStatus) -> None:
    kind = next((kind for kind, ends_as in SETTLED_AS.items() if ends_as is status), None)
    if status is ApprovalStatus.REVISED:
        ended = decided(approval(request=approval().request.model_copy(update={"quorum": 2})), DecisionKind.EDIT, amount=1)
    else:
        ended = approval(status=status) if kind is None else decided(approval(), kind, amount=1)
    await cases.commit(Commit(row=row(1), approvals=[ended]))
    assert (await cases.show("case-1")).approvals == [ended]


async def test_search_takes_every_filter(cases: PostgresCases) -> None:
    for number, (status, topic, reason) in enumerate(
        [(CaseStatus.WORKING, "refund", None), (CaseStatus.RESOLVED, "refund", "risk"), (CaseStatus.RESOLVED, "order", "risk")]
    ):
        await cases.commit(Commit(row=row(number + 1, f"case-{number}", status=status, topic=topic, reason=reason)))

    async def found(
        status: str | None = None, topic: str | None = None, reason: str | None = None, limit: int = 9
    ) -> list[str]:
        return [case.case_id for case in await cases.search(status=status, topic=topic, reason=reason, limit=limit)]

    assert await found() == ["case-2", "case-1", "case-0"]
    assert await found(limit=1) == ["case-2"]
    assert await found("Resolved") == ["case-2", "case-1"]
    assert await found("Resolved", "refund") == ["case-1"]
    assert await found(reason="risk", topic="order") == ["case-2"]
    assert await found("Nonsense") == []


async def test_open_approvals_come_with_their_case_the_first_due_first(cases: PostgresCases) -> None:
    late, soon = approval(1, case_id="case-1"), approval(1, "e-2", case_id="case-2", due_at=at(10))
    gone = approval(1, "e-3", case_id="case-3", status=ApprovalStatus.EXPIRED)
    for one in (late, soon, gone):
        await cases.commit(Commit(row=row(1, one.case_id), approvals=[one]))
    listed = await cases.open_approvals()
    assert [one for _, one in listed] == [soon, late]
    assert [case.case_id for case, _ in listed] == ["case-2", "case-1"]
    assert listed[0][0].approvals == [soon]


async def test_the_newest_words_of_customer_and_people_are_read_within_bounds(cases: PostgresCases, run: Run) -> None:
    await cases.open(opening(text="Where is it?"), NOON)
    texts = [("m-2", Author.ASSISTANT, "On its way."), ("m-3", Author.PERSON, "Found."), ("m-4", Author.CUSTOMER, "Good.")]
    said = [
        Message(message_id=name, author=author, text=text, at=at(place), turn=1, sequence=place)
        for place, (name, author, text) in enumerate(texts, 1)
    ]
    reply = HumanRequest(
        request_id="r-1", action=SEND_REPLY, title="Reply", headline="reply", arguments={"text": "It is blue."}
    )
    edited = decided(approval(request_id="r-1", request=reply), DecisionKind.EDIT, text="It is red.")
    note = audit("a-1").model_copy(update={"action": "hand_back", "details": {"note": "It comes on 3 December."}, "at": at(7)})
    await cases.commit(Commit(row=row(1), messages=said, audit=[note], approvals=[edited]))

    words = [(one.author, one.text) for one in await cases.spoken("case-1")]

    assert words == [
        (Author.PERSON, "It comes on 3 December."),
        (Author.PERSON, "It is red."),
        (Author.CUSTOMER, "Good."),
        (Author.PERSON, "Found."),
        (Author.CUSTOMER, "Where is it?"),
    ]
    assert within(await cases.spoken("case-1"), 35) == (await cases.spoken("case-1"))[:2]
