"""What runs beside the main work goes on whatever happens in it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from handrail.background import BackgroundTroubles, supervised, trouble_file, troubles_in


async def test_what_goes_wrong_stands_in_the_file_until_it_goes_well_again(tmp_path: Path) -> None:
    file = trouble_file(tmp_path / "worker-2.ready")
    assert (file.name, troubles_in(file)) == ("worker-2.trouble", {})
    troubles = BackgroundTroubles(file)
    healing, comparing = troubles.about("the healer"), troubles.about("the reconciler")
    begun, well = 0, asyncio.Event()
    seen: list[str] = []

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise RuntimeError("no\n  route")
        seen.extend(troubles_in(file).values())
        comparing("the database is away")
        healing(None)
        well.set()
        await asyncio.sleep(3_600)

    async with asyncio.timeout(30), supervised("the healer", work, first_pause=0.01, say=healing):
        await well.wait()
        (first,) = seen
        assert first.startswith("since 20")
        assert first.endswith(": RuntimeError: no route")
        assert [one.partition(": ")[2] for one in troubles_in(file).values()] == ["the database is away"]
        comparing("the database is still away")
        comparing(None)
        assert troubles_in(file) == {}
    file.write_text("[1]")
    assert troubles_in(file) == {}
    comparing("x")
    BackgroundTroubles(file)
    assert troubles_in(file) == {}, "another worker begins with none"
    BackgroundTroubles(None).about("the healer")("nobody hears this")


async def test_what_raises_or_ends_begins_again_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    begun = 0
    enough = asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise RuntimeError("once")
        if begun == 3:
            enough.set()
            await asyncio.sleep(3_600)

    with caplog.at_level(logging.ERROR, "handrail.background"):
        async with supervised("the healer", work, first_pause=0.01), asyncio.timeout(30):
            await enough.wait()
    assert begun == 3
    assert [one.getMessage().split(";")[0] for one in caplog.records] == [
        "the healer failed",
        "the healer ended, which it never should",
    ]
    assert "once" in caplog.text
    assert "the healer" not in {task.get_name() for task in asyncio.all_tasks()}
