"""Keys are looked up once however many call, ahead of the time when they count no more, and never count longer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from handrail.api.access import bearer
from handrail.api.access.bearer import KeyCheck
from handrail.api.access.minting import mint
from handrail.domain.access.keys import ApiKey
from handrail.domain.access.principals import ApiScope, NotAuthenticated

AT_ONCE = 20


class Clock:
    """A monotonic clock that is set by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


class Keys:
    """One key, and how often it was looked up; `away` is what a look meets."""

    def __init__(self, key: ApiKey) -> None:
        self.key, self.looks, self.uses = key, 0, 0
        self.away: Exception | None = None

    async def find(self, key_id: str) -> ApiKey | None:
        self.looks += 1
        await asyncio.sleep(0)
        if self.away is not None:
            raise self.away
        return self.key if key_id == self.key.key_id else None

    async def used(self, key_id: str) -> None:
        self.uses += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(bearer, "time", found)
    return found


def made() -> tuple[Keys, str]:
    """A key in the record, and its text."""
    key, parts = mint("a test", [ApiScope.CASES_READ], at=datetime.now(UTC), by="a test", environment="test", person=None)
    return Keys(key), parts.text


async def settled() -> None:
    """Let looks that are under way end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_many_callers_at_once_are_one_look(clock: Clock) -> None:
    keys, text = made()
    check = KeyCheck(keys)
    found = await asyncio.gather(*(check(text) for _ in range(AT_ONCE)))
    assert (keys.looks, keys.uses) == (1, 1)
    assert {one.caller for one in found if one} == {keys.key.caller}


async def test_a_key_in_use_is_looked_up_ahead_of_its_time_and_nobody_waits(clock: Clock) -> None:
    keys, text = made()
    check = KeyCheck(keys)
    await check(text)
    clock.now += bearer.SEEN_SECONDS * 0.6
    await check(text)
    assert keys.looks == 1, "nobody waited for the look ahead"
    await settled()
    assert keys.looks == 2
    clock.now += bearer.SEEN_SECONDS * 0.6
    keys.away = OSError("away")
    await check(text)
    await settled()
    clock.now += bearer.SEEN_SECONDS
    with pytest.raises(OSError, match="away"):
        await check(text)


async def test_a_revoked_key_counts_for_two_seconds_at_most(clock: Clock) -> None:
    keys, text = made()
    check = KeyCheck(keys)
    await check(text)
    keys.key = keys.key.model_copy(update={"revoked_at": datetime.now(UTC)})
    clock.now += bearer.SEEN_SECONDS + 0.01
    with pytest.raises(NotAuthenticated):
        await check(text)


async def test_a_use_is_noted_once_a_minute(clock: Clock) -> None:
    keys, text = made()
    keys.key = keys.key.model_copy(update={"last_used_at": datetime.now(UTC)})
    await KeyCheck(keys)(text)
    assert (keys.looks, keys.uses) == (1, 0)
