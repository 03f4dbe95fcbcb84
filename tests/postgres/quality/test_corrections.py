"""Corrections out of a real record: each once, without personal data, accepted by enough people, retired by name."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg import Error

from activities.quality.collect import CollectStep
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.messages import Author
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.days import STEPS, QualityDay
from handrail.domain.quality.evaluation.corrections import Acceptance, Correction, CorrectionKind, SaidBefore, StoredCorrection
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.quality.corrections import PostgresCorrections
from handrail.quality.corrections.collecting import CorrectionCollector
from handrail.quality.corrections.likeness import held_out
from tests.postgres.build import NOON, FixedClock
from tests.postgres.conftest import Run
from tests.postgres.quality.corrected import STANDS, Corrected

LATER = NOON + timedelta(days=1)
PERSONAL = ("Ada", "Lovelace", "lovelace.org", "O-10021", "10021", "C-0014")


@pytest.fixture
def corrected(pool: Pool, cases: PostgresCases) -> Corrected:
    return Corrected(pool, cases)


@pytest.fixture
def store(pool: Pool) -> PostgresCorrections:
    return PostgresCorrections(pool)


NAMES = ("alpha", "bravo", "carrot", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima", "mike")


def words(number: int, *, held: bool = False, kind: str = "edit", action: str = "pay", before: str = "") -> str:
    """The text of a message whose correction is held out, or is not; `before` as it reads once it is redacted."""
    found = []
    for place in range(150):
        told = f"{NAMES[place % 13]} {NAMES[(place // 13) % 13]} and {NAMES[place * 7 % 13]}"
        text = f"{before}Please pay O-10021 because of {told}."
        said = [SaidBefore(author=Author.CUSTOMER, text=text)]
        probe = Correction(kind=CorrectionKind(kind), topic="wallet", action=action, reason="", said=said)
        if held_out(probe) is held:
            found.append(text)
    return found[number]


async def listed(store: PostgresCorrections) -> list[StoredCorrection]:
    return await store.shown(state=None, topic=None, kind=None, limit=100)


async def test_an_edit_becomes_a_correction_without_personal_data(corrected: Corrected, store: PostgresCorrections) -> None:
    text = words(0, before="My name is Robin Example. ").replace("Robin Example", "Ada Lovelace")
    await corrected.decision("case-1", text)
    report = await CorrectionCollector(store).collect(STANDS, LATER)
    found = await listed(store)
    body = found[0].body
    assert (report.collected, report.merged, report.retired) == (1, 0, [])
    assert (body.kind, body.topic, body.action, body.reason) == ("edit", "wallet", "pay", "edited:amount")
    assert body.proposed == {"amount": 180, "receiver": "O-90001"}
    assert body.done == {**body.proposed, "amount": 80}
    assert (body.loosens, found[0].loosens) == ("", False)
    assert body.words == [text.replace("Ada Lovelace", "Robin Example").replace("O-10021", "O-90001")]
    assert {read.name: read.tool for read in body.reads} == {"balance": "balance", "get_order O-90001": "get_order"}
    assert body.reads[0].value["total"] == "180.00 USD"
    assert [(one.arguments, one.facts, one.situation) for one in body.previews] == [
        (body.proposed, {"amount": 180}, {"customer.value": "vip"})
    ]
    assert body.relied.model_dump(exclude={"policy_version"}) == {
        "files": {"payments": "f1"},
        "rules": {"payments/large": "h1"},
        "terms": "t1",
        "prompt": "p-1",
        "model": "m-1",
        "graph": "g-1",
    }
    kept = found[0].model_dump_json()
    assert not [one for one in PERSONAL if one in kept]


async def test_collecting_again_or_twice_at_once_adds_nothing(
    corrected: Corrected, store: PostgresCorrections, run: Run
) -> None:
    for number in range(3):
        await corrected.decision(f"case-{number}", words(number))
    await asyncio.gather(*(CorrectionCollector(store).collect(STANDS, LATER) for _ in range(3)))
    again = await CorrectionCollector(store).collect(STANDS, LATER)
    assert (again.collected, again.merged) == (0, 0)
    assert await run("SELECT count(*) FROM handrail.correction_sources") == [(3,)]
    assert await run("SELECT count(*) FROM handrail.corrections") == [(3,)]
    assert await run("SELECT count(*) FROM handrail.correction_evidence") == [(0,)]


async def test_nearly_the_same_is_merged_and_counted(corrected: Corrected, store: PostgresCorrections) -> None:
    text = words(0)
    await corrected.decision("case-1", text)
    await corrected.decision("case-2", text.replace("O-10021", "O-10399").upper())
    await corrected.decision("case-3", text, changes={"amount": 60})
    report = await CorrectionCollector(store).collect(STANDS, LATER)
    assert (report.collected, report.merged) == (2, 1)
    assert sorted((one.body.done or {})["amount"] for one in await listed(store)) == [60, 80]
    assert {(one.body.done or {})["amount"]: one.seen for one in await listed(store)} == {80: 2, 60: 1}


async def test_the_third_that_is_held_out_shows_nowhere(corrected: Corrected, store: PostgresCorrections, run: Run) -> None:
    await corrected.decision("case-1", words(0, held=True))
    await corrected.decision("case-2", words(1, held=True), changes={"amount": 900})
    report = await CorrectionCollector(store).collect(STANDS, LATER)
    assert (report.collected, report.merged, await listed(store)) == (0, 0, [])
    rows = await run("SELECT correction_id, state, loosens FROM handrail.corrections ORDER BY loosens")
    assert [(state, loosens) for _, state, loosens in rows] == [("accepted", False), ("new", True)]
    for correction_id, *_ in rows:
        for refused in (
            store.show(correction_id),
            store.accept(correction_id, Acceptance(by="ann", at=NOON)),
            store.reject(correction_id, Acceptance(by="ann", at=NOON)),
        ):
            with pytest.raises(InvalidInput, match="is no correction"):
                await refused
    assert [one.correction_id for one in await store.tests(held_out=True, topic=None, limit=10)] == [rows[0][0]]
    assert await store.tests(held_out=False, topic=None, limit=10) == []
    outdated = replace(STANDS, rules={"payments/large": "h2"})
    assert (await CorrectionCollector(store).collect(outdated, LATER)).retired == []
    assert await run("SELECT DISTINCT state FROM handrail.corrections") == [("retired",)]


async def test_one_person_accepts_what_does_not_loosen_and_two_what_does(
    corrected: Corrected, store: PostgresCorrections, run: Run
) -> None:
    await corrected.decision("case-1", words(0))
    await corrected.decision("case-2", words(1), changes={"amount": 500})
    await CorrectionCollector(store).collect(STANDS, LATER)
    smaller, larger = sorted(await listed(store), key=lambda one: one.loosens)
    assert "amount" in larger.body.loosens
    first = await store.accept(smaller.correction_id, Acceptance(by="ann", at=LATER))
    assert (first.state, first.missing) == ("accepted", "")
    half = await store.accept(larger.correction_id, Acceptance(by="ann", at=LATER))
    assert (half.state, half.accepted_by) == ("new", ["ann"])
    with pytest.raises(InvalidInput, match="another person has to accept it"):
        await store.accept(larger.correction_id, Acceptance(by=" ANN ", at=LATER))
    whole = await store.accept(larger.correction_id, Acceptance(by="bob", at=LATER))
    assert (whole.state, whole.accepted_by) == ("accepted", ["ann", "bob"])
    assert len(await store.tests(held_out=False, topic="wallet", limit=10)) == 2
    audited = await run("SELECT case_id, actor FROM handrail.audit WHERE action = 'correction:accepted' ORDER BY 1, 2")
    assert audited == [("case-1", "ann"), ("case-2", "ann"), ("case-2", "bob")]
    with pytest.raises(Error, match="corrections_by_enough"):
        await run("UPDATE handrail.corrections SET accepted = '[{}]' WHERE loosens")


async def test_a_rejected_one_is_no_test_and_stays_so(corrected: Corrected, store: PostgresCorrections, run: Run) -> None:
    await corrected.decision("case-1", words(0))
    await CorrectionCollector(store).collect(STANDS, LATER)
    (found,) = await listed(store)
    await store.accept(found.correction_id, Acceptance(by="ann", at=LATER))
    gone = await store.reject(found.correction_id, Acceptance(by="bob", at=LATER, note="It was a courtesy."))
    assert gone.state == "retired"
    shown = await store.show(found.correction_id)
    assert (shown.retired_by, shown.retired_because) == ("bob", "Rejected by bob: It was a courtesy.")
    with pytest.raises(InvalidInput, match="is retired"):
        await store.accept(found.correction_id, Acceptance(by="ann", at=LATER))
    with pytest.raises(Error, match="from new to accepted to retired"):
        await run("UPDATE handrail.corrections SET state = 'accepted'")


@pytest.mark.parametrize(
    ("stands", "because"),
    [
        (replace(STANDS, rules={"payments/large": "h2"}), "The policy rule payments/large that it relied on was changed."),
        (replace(STANDS, rules={}), "The policy rule payments/large that it relied on is gone."),
        (replace(STANDS, terms={"wallet": "t2"}), "The topic wallet that it relied on was changed."),
        (replace(STANDS, terms={}), "The topic wallet that it relied on is gone."),
    ],
)
async def test_what_it_relied_on_was_changed(
    corrected: Corrected, store: PostgresCorrections, stands: object, because: str
) -> None:
    await corrected.decision("case-1", words(0))
    await CorrectionCollector(store).collect(STANDS, LATER)
    (found,) = await listed(store)
    await store.accept(found.correction_id, Acceptance(by="ann", at=LATER))
    assert (await CorrectionCollector(store).collect(STANDS, LATER)).retired == []
    report = await CorrectionCollector(store).collect(stands, LATER)  # type: ignore[arg-type]
    assert [(one.correction_id, one.topic, one.because) for one in report.retired] == [
        (found.correction_id, "wallet", because)
    ]
    shown = await store.show(found.correction_id)
    assert (shown.state, shown.retired_by, shown.retired_because) == ("retired", "handrail", because)
    assert await store.tests(held_out=False, topic=None, limit=10) == []


async def test_what_routing_placed_nowhere_relies_on_no_topic(corrected: Corrected, store: PostgresCorrections) -> None:
    nowhere = replace(STANDS, terms={})
    await corrected.decision("case-1", words(0))
    for _ in range(2):
        assert (await CorrectionCollector(store).collect(nowhere, LATER)).retired == []
    assert [one.state for one in await listed(store)] == ["new"]


async def test_a_policy_that_was_edited_before_the_collection(corrected: Corrected, store: PostgresCorrections) -> None:
    await corrected.decision("case-1", words(0), version="f0")
    report = await CorrectionCollector(store).collect(STANDS, LATER)
    assert [one.because for one in report.retired] == [
        "The policy payments that it relied on was changed before it was collected."
    ]
    assert [one.state for one in await listed(store)] == ["retired"]


async def test_rejections_takeovers_and_hand_backs(corrected: Corrected, store: PostgresCorrections) -> None:
    await corrected.decision("case-1", words(0, kind="rejection"), DecisionKind.REJECT)
    taken = await corrected.handed_over("case-2", words(0, kind="takeover", action="send_reply"))
    await corrected.by_person(taken, "reply", "Dear Ada Lovelace, O-10021 is refunded: 20.00 USD.", message_id="p-5")
    await corrected.by_person(taken, "resolve", "Anything else?", minute=9)
    back = await corrected.handed_over("case-3", words(0, kind="hand_back", action="hand_back"), reason="low_confidence")
    await corrected.by_person(back, "hand_back", "", note="Pay O-10021 for Ada Lovelace.")
    await CorrectionCollector(store).collect(STANDS, LATER)
    found = {one.kind.value: one for one in await listed(store)}
    assert found.keys() == {"rejection", "takeover", "hand_back"}
    rejection, takeover, given_back = found["rejection"].body, found["takeover"].body, found["hand_back"].body
    assert (rejection.done, rejection.reason, found["rejection"].loosens) == (None, "rejected", False)
    assert takeover.done == {"text": "Dear Robin Example, O-90001 is refunded: 20.00 USD."}
    assert takeover.proposed == {"text": "I cannot help, Robin Example."}
    assert (takeover.reason, takeover.decided_by, takeover.relied.prompt) == ("guardrail", "bea", "p-2")
    assert takeover.loosens == "A person did what the agent was refused (guardrail)."
    assert given_back.done == {"note": "Pay O-90001 for Robin Example."}
    assert (given_back.reason, found["hand_back"].loosens) == ("low_confidence", False)
    kept = json.dumps([one.model_dump(mode="json") for one in found.values()])
    assert not [one for one in PERSONAL if one in kept]


async def test_drills_and_tests_are_no_corrections(corrected: Corrected, store: PostgresCorrections, run: Run) -> None:
    await corrected.decision("case-1", words(0), channel="drill")
    await CorrectionCollector(store).collect(STANDS, LATER)
    assert await run("SELECT count(*) FROM handrail.corrections") == [(0,)]
    assert await run("SELECT count(*) FROM handrail.correction_evidence") == [(1,)]
    await store.forget(NOON + timedelta(days=10_000))
    assert await run("SELECT count(*) FROM handrail.correction_evidence") == [(0,)]


async def test_the_business_day_collects_and_a_second_look_adds_nothing(
    corrected: Corrected, store: PostgresCorrections
) -> None:
    await corrected.decision("case-1", words(0))
    step = CollectStep(store, lambda: STANDS, FixedClock())
    assert step.name in STEPS
    day = QualityDay(day=NOON.date(), since=NOON, until=LATER)
    first, again = await step.run(day), await step.run(day)
    assert (first.figures["collected"], again.figures["collected"]) == (1, 0)
    assert first.words == "1 correction collected, 0 merged with nearly the same."
