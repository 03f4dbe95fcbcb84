"""What is made of customers' words later on: nothing of those that they have edited or withdrawn since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from handrail.domain.case.cases import Commit
from handrail.domain.case.messages import MAX_CHARACTERS, Author, Message, parts_of
from handrail.domain.case.openings import Incoming
from handrail.domain.quality.days import day_at
from handrail.domain.quality.scores import ScoredRecord, ScoreVerdict
from handrail.postgres.autonomy.reviews import PostgresContacts
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.openings import PostgresOpenings
from handrail.postgres.pool import Pool
from handrail.postgres.quality.corrections import PostgresCorrections
from handrail.postgres.quality.judging import PostgresJudging
from handrail.postgres.quality.scores import PostgresScores
from handrail.postgres.quality.shadows import PostgresShadows
from handrail.quality.corrections.collecting import CorrectionCollector
from handrail.quality.scoring.generated import TERMS, one_case
from handrail.quality.scoring.scorers import score
from tests.postgres.autonomy.test_reviews import contacted
from tests.postgres.build import NOON, at, opening, row
from tests.postgres.conftest import Run
from tests.postgres.quality.corrected import STANDS, Corrected
from tests.postgres.quality.judges import answered
from tests.postgres.quality.test_corrections import LATER, words
from tests.postgres.rollout.test_shadow_runner import wanted
from tests.support.ended import moved, write

BEFORE = "Where is my parcel?"
INSTEAD = "Where is my lamp?"
LONG = ["one", "two", "three"]


class Changes:
    """Changes messages in the record as their customers would."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def withdraw(self, case_id: str, message_id: str = "m-1", when: datetime | None = None) -> None:
        about = (when or at(5), case_id, message_id)
        await self._run("UPDATE handrail.messages SET withdrawn_at = %s WHERE case_id = %s AND message_id = %s", *about)

    async def edit(
        self, case_id: str, message_id: str = "m-1", when: datetime | None = None, *, sequence: int = 0, turn: int = 1
    ) -> None:
        """`sequence` is the correction's place."""
        about = (when or at(5), case_id, message_id)
        await self._run("UPDATE handrail.messages SET edited_at = %s WHERE case_id = %s AND message_id = %s", *about)
        await self._run(
            "INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence, corrects)"
            " VALUES (%s, %s, 'customer', %s, %s, %s, %s, %s)",
            *(case_id, f"{message_id}~2", INSTEAD, when or at(5), turn, sequence, message_id),
        )


@pytest.fixture
def changes(run: Run) -> Changes:
    return Changes(run)


async def test_a_shadow_answers_what_the_real_answer_was_given_to_or_nothing(
    pool: Pool, cases: PostgresCases, changes: Changes
) -> None:
    shadows = PostgresShadows(pool)
    shadow = await shadows.start(wanted(), "")
    began = shadow.started_at
    assert began is not None
    for name in ("plain", "edited", "late", "withdrawn"):
        await cases.open(opening(name, BEFORE), began + timedelta(seconds=1))
    await changes.edit("edited")
    await changes.edit("late", turn=2)
    await changes.withdraw("withdrawn")
    due = await shadows.due(shadow, began, 10)
    assert {one.case_id: [said["text"] for said in one.messages] for one in due} == {"plain": [BEFORE], "edited": [INSTEAD]}


async def test_a_judge_reads_what_an_answer_was_given_to_and_nothing_withdrawn(pool: Pool, changes: Changes) -> None:
    answer = "It comes tomorrow."
    await answered(pool, ["after", "before", "withdrawn"], answer, BEFORE)
    await changes.edit("after", sequence=1)
    await changes.edit("before")
    await changes.withdraw("withdrawn")
    judging = PostgresJudging(pool)

    async def read(case_id: str) -> list[str]:
        found = await judging.material(case_id)
        assert found is not None
        return [piece.text for piece in found.said]

    assert await read("after") == [BEFORE, answer, INSTEAD]
    assert await read("before") == [INSTEAD, answer]
    assert await read("withdrawn") == ["[withdrawn]", answer]


async def test_scorers_read_what_replies_were_given_to_and_find_no_fault_for_want_of_withdrawn_words(
    pool: Pool, changes: Changes
) -> None:
    day = day_at((NOON - timedelta(days=30)).date(), "UTC")
    made = [moved(one_case(1, "en", wrong=True), f"{name}-", day.since) for name in ("after", "before", "withdrawn")]
    await write(pool, made)
    ids = [one.case_id for one in made]
    await changes.edit(ids[0], "m0", made[0].messages[1].at, sequence=2)
    await changes.edit(ids[1], "m0", made[1].messages[0].at)
    await changes.withdraw(ids[2], "m0")
    found = {one.case_id: one for one in await PostgresScores(pool).records(day, ids)}

    def read(case_id: str) -> list[str]:
        return [one.message_id for one in found[case_id].messages]

    assert read(ids[0])[:2] == ["m0", "m1"]
    assert read(ids[1]) == ["m0~2", "m1", "m2", "m3"]
    assert read(ids[2]) == ["m1", "m2", "m3"]
    assert [found[one].withdrawn for one in ids] == [False, False, True]
    assert [grounding(found[one]) for one in ids] == [ScoreVerdict.BAD, ScoreVerdict.BAD, ScoreVerdict.UNMEASURED]


def grounding(record: ScoredRecord) -> ScoreVerdict:
    return next(one.verdict for one in score(record, TERMS) if one.scorer == "grounding")


async def test_no_correction_is_learned_from_what_was_edited_or_withdrawn_since(
    pool: Pool, cases: PostgresCases, changes: Changes
) -> None:
    corrected, store = Corrected(pool, cases), PostgresCorrections(pool)
    for number, name in enumerate(("withdrawn", "edited", "before")):
        await corrected.decision(name, words(number))
    await changes.withdraw("withdrawn")
    await changes.edit("edited")
    await changes.edit("before", "m-1", NOON + timedelta(seconds=30))
    report = await CorrectionCollector(store).collect(STANDS, LATER)
    assert report.collected == 1
    rows = await corrected_words(store)
    assert rows == [[INSTEAD]]


async def corrected_words(store: PostgresCorrections) -> list[list[str]]:
    return [one.body.words for one in await store.shown(state=None, topic=None, kind=None, limit=10)]


async def test_earlier_contacts_have_the_words_that_stand(pool: Pool, cases: PostgresCases, changes: Changes) -> None:
    for number in (1, 2):
        await contacted(cases, number, Author.ASSISTANT)
    await changes.edit("case-1", f"m-1-{Author.CUSTOMER}", at(-30), sequence=2)
    await changes.withdraw("case-2", f"m-2-{Author.CUSTOMER}")
    found = await PostgresContacts(pool).answered(row(0, "case-new"), "refund", NOON - timedelta(hours=48))
    assert [(one.case_id, one.texts) for one in found] == [("case-1", [INSTEAD])]


async def test_the_parts_of_a_long_message_go_with_it(cases: PostgresCases, run: Run) -> None:
    await cases.open(opening(), NOON)
    first = Message(message_id="m-2", author=Author.CUSTOMER, text="x" * MAX_CHARACTERS, at=at(1), turn=1, sequence=1)
    rest = parts_of("m-2", LONG, at=at(1), of="m-2", sequence=1)
    await cases.commit(Commit(row=row(1), messages=[first, *rest]))
    await cases.commit(Commit(row=row(2), messages=[first.model_copy(update={"edited_at": at(2)})]))
    assert await marks(run) == [(None, None), *[(at(2), None)] * 4]
    await cases.commit(Commit(row=row(3), messages=[first.model_copy(update={"withdrawn_at": at(3)})]))
    assert await marks(run) == [(None, None), *[(at(2), at(3))] * 4]
    told = await run(
        "SELECT body ->> 'message_id' FROM handrail.case_event WHERE kind = 'message.withdrawn' ORDER BY sequence"
    )
    assert {name for (name,) in told} == {"m-2", *(one.message_id for one in rest)}
    assert len(told) == 4


async def test_the_parts_of_a_first_message_go_with_it_even_where_they_come_later(
    pool: Pool, cases: PostgresCases, changes: Changes, run: Run
) -> None:
    await cases.open(opening(), NOON)
    await changes.withdraw("case-1", when=at(1))
    about: dict[str, Any] = {"workflow_id": "case-case-1", "run_id": "r", "words": "long", "input": "{}", "taken": True}
    came = Incoming(**about, at=NOON, case_id="case-1", rest=LONG, message_id="m-1")
    await PostgresOpenings(pool).keep(came)
    await PostgresOpenings(pool).keep(came)
    assert await marks(run) == [(None, at(1))] * 4


async def marks(run: Run) -> list[tuple[Any, ...]]:
    return await run("SELECT edited_at, withdrawn_at FROM handrail.messages ORDER BY sequence, at, message_id")
