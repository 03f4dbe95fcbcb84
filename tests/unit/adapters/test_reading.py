"""Long texts are read in a process of their own, one after the other, and nobody's reading depends on it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from activities import cases
from activities.cases import CaseActivities, ReadingOrder
from graphs.hearing import hear
from handrail.domain.case.cases import CaseRow, CaseStatus, Commit, Terms
from handrail.domain.case.handoffs import MessageExtract
from handrail.domain.case.messages import Author, Message
from handrail.drills.text.kinds import kinds
from handrail.ports import Cases, Clock, Matrix, Reader
from handrail.reading import ReadingProcess

ROOT = Path(__file__).parents[3]
ARGV = (sys.executable, "-m", "activities.reader")
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def message(number: int, text: str) -> Message:
    return Message(message_id=f"m-{number}", author=Author.CUSTOMER, text=text, at=NOW, turn=1, sequence=number)


@pytest.fixture
async def reader() -> AsyncIterator[ReadingProcess]:
    made = ReadingProcess(ARGV, ROOT)
    yield made
    await made.aclose()


async def ready(reader: ReadingProcess) -> int:
    await reader.start()
    assert reader.pid
    return reader.pid


async def test_it_hears_the_same_as_the_worker_would(reader: ReadingProcess) -> None:
    await ready(reader)
    # Every kind of text, and nine of the longest at once: more than a pipe holds.
    texts = [*kinds(1_000).values(), *list(kinds().values())[:9]]
    known = [{"name": "Ann Miller"}, {"product": "Lamp"}]
    for start in range(0, len(texts), 9):
        said = [message(start + place, text) for place, text in enumerate(texts[start : start + 9])]
        assert await reader.hear(said, known) == hear(said, known)


async def test_the_first_text_does_not_wait_for_the_process(reader: ReadingProcess) -> None:
    assert await reader.hear([message(1, "O-10021")], []) is None
    await ready(reader)
    assert await reader.hear([message(1, "O-10021")], []) == hear([message(1, "O-10021")])


async def test_what_was_killed_is_started_again(reader: ReadingProcess) -> None:
    before = await ready(reader)
    os.kill(before, signal.SIGKILL)
    assert await reader.hear([message(1, "O-10021")], []) is None
    assert await reader.hear([message(1, "O-10021")], []) is None
    assert await ready(reader) != before
    assert await reader.hear([message(1, "O-10021")], [])


async def test_an_answer_that_was_given_up_is_nobody_elses(reader: ReadingProcess) -> None:
    before = await ready(reader)
    given_up = asyncio.create_task(reader.hear([message(1, kinds()["addresses"])], []))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert not psutil.pid_exists(before)
    await ready(reader)
    assert await reader.hear([message(2, "O-10022")], []) == hear([message(2, "O-10022")])


async def test_it_ends_after_a_while_without_a_text() -> None:
    reader = ReadingProcess(ARGV, ROOT, idle=0.1)
    before = await ready(reader)
    for _ in range(200):
        if not psutil.pid_exists(before):
            break
        await asyncio.sleep(0.05)
    assert not psutil.pid_exists(before)
    assert reader.pid is None
    await ready(reader)
    await reader.aclose()


async def test_it_sees_no_secret_and_gives_way_to_others(reader: ReadingProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    process = psutil.Process(await ready(reader))
    assert "secret" not in str(process.environ())
    assert process.nice() > os.nice(0)


def test_it_is_gone_with_whoever_started_it_even_where_that_was_killed() -> None:
    code = (
        "import asyncio, sys, pathlib\n"
        "from handrail.reading import ReadingProcess\n"
        "async def main():\n"
        f"    reader = ReadingProcess({ARGV!r}, pathlib.Path({str(ROOT)!r}))\n"
        "    await reader.start()\n"
        "    print(reader.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert starter.stdout
        child = psutil.Process(int(starter.stdout.readline()))
    finally:
        starter.kill()
        starter.communicate()
    child.wait(timeout=20)


class Counting:
    """A reader that counts how many texts it is given at a time, and whose."""

    def __init__(self) -> None:
        self.now, self.most, self.whose = 0, 0, list[str]()

    async def hear(self, messages: Sequence[Message], known: Sequence[Any]) -> MessageExtract:
        self.now += 1
        self.most = max(self.most, self.now)
        self.whose.append(messages[0].message_id)
        await asyncio.sleep(0.01)
        self.now -= 1
        return MessageExtract(said=[])


class Kept:
    """A record that counts."""

    def __init__(self) -> None:
        self.commits = list[Commit]()

    async def commit(self, commit: Commit) -> None:
        self.commits.append(commit)


def commit(customer: str, number: int, text: str) -> Commit:
    row = CaseRow(
        case_id=f"{customer}-{number}", customer_id=customer, status=CaseStatus.WITH_HUMAN, opened_at=NOW, updated_at=NOW
    )
    return Commit(row=row, messages=[message(number, text).model_copy(update={"message_id": customer})])


def activities(reader: Reader, record: Kept) -> CaseActivities:
    terms = Terms(reopen_hours=1, silence_hours=1)
    return CaseActivities(cast(Cases, record), cast(Clock, None), cast(Matrix, None), terms, reader)


async def test_one_long_text_at_a_time_and_a_customer_with_many_cases_has_one_place_in_the_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cases, "hear", lambda *_: pytest.fail("a long text was read beside the event loop"))
    reader, record = Counting(), Kept()
    record_of = activities(reader, record)
    flood = [record_of.commit(commit("flood", number, "a" * 8_000)) for number in range(30)]
    others = [record_of.commit(commit(f"other-{number}", 1, "b" * 8_000)) for number in range(3)]
    await asyncio.gather(*flood, *others)
    assert reader.most == 1
    assert len(record.commits) == len(reader.whose) == 33
    assert max(reader.whose.index(f"other-{number}") for number in range(3)) < 6


async def test_short_words_wait_for_no_long_text() -> None:
    reader, record = Counting(), Kept()
    record_of = activities(reader, record)
    async with record_of._order.of("flood", 1):
        heard = await asyncio.wait_for(record_of.commit(commit("flood", 1, "A person, please, about O-10021.")), 10)
    assert heard
    assert [one.value for one in heard.stated] == ["O-10021"]
    assert not reader.whose


class Away:
    """A reader that has no process."""

    async def hear(self, messages: Sequence[Message], known: Sequence[Any]) -> None:
        return None


class Stuck:
    """A reader whose text takes for ever."""

    async def hear(self, messages: Sequence[Message], known: Sequence[Any]) -> MessageExtract | None:
        await asyncio.sleep(600)
        return None


async def test_without_a_process_the_worker_reads_itself() -> None:
    record = Kept()
    heard = await activities(Away(), record).commit(commit("flood", 1, "O-10021 " + "a " * 3_000))
    assert heard
    assert "O-10021" in {one.value for one in heard.stated}


async def test_what_cannot_be_read_in_time_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "WAIT_SECONDS", 0.05)
    record = Kept()
    record_of = activities(Stuck(), record)
    heard = await asyncio.gather(*(record_of.commit(commit("flood", number, "a" * 8_000)) for number in range(3)))
    assert len(record.commits) == 3
    assert all(one and one.said[0].clipped and not one.stated for one in heard)


async def test_turns_leave_nothing_behind() -> None:
    turns = ReadingOrder()
    for number in range(50):
        async with turns.of(f"C-{number}", 1):
            pass
    assert len(turns._each) <= 1
