"""What runs beside the main work goes on whatever happens in it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from handrail.background import supervised


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
        async with supervised("the healer", work, first_pause=0.01), asyncio.timeout(5):
            await enough.wait()
    assert begun == 3
    assert [one.getMessage().split(";")[0] for one in caplog.records] == [
        "the healer failed",
        "the healer ended, which it never should",
    ]
    assert "once" in caplog.text
    assert "the healer" not in {task.get_name() for task in asyncio.all_tasks()}
