"""Keys of histories over a real PostgreSQL: made once, found again, destroyed for good, used on while the server is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from psycopg import OperationalError

from handrail.domain.errors import KeysAway, KeyShredded, KeyUnknown
from handrail.ports.vault import KeyStore
from handrail.postgres.pool import Pool, listen, writing
from handrail.postgres.vault.keys import PostgresKeyRotation, PostgresKeyStore
from handrail.vault.cipher import opened, sealed
from handrail.vault.hierarchy import rewrapped
from handrail.vault.keyring import Keyring
from handrail.vault.masters import LocalMasterKeys, new_master

OLD, NEW = new_master(), new_master()
Ring = Callable[..., Keyring]


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def store(pool: Pool) -> PostgresKeyStore:
    return PostgresKeyStore(pool)


@pytest.fixture
async def ring(store: PostgresKeyStore) -> AsyncIterator[Ring]:
    made: list[Keyring] = []

    def make(*masters: str, clock: Clock | None = None, through: Callable[[], Awaitable[KeyStore]] | None = None) -> Keyring:
        async def there() -> KeyStore:
            return store

        made.append(Keyring(LocalMasterKeys(masters or (OLD,)), through or there, clock or Clock()))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


async def stored_case(pool: Pool, case_id: str, customer_id: str) -> None:
    async with writing(pool) as connection:
        await connection.execute(
            "INSERT INTO handrail.cases (case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version,"
            " content_digest) VALUES (%s, %s, 'api', 'Working', 0, 1, now(), now(), 0, '')",
            (case_id, customer_id),
        )


async def count(pool: Pool, table: str) -> int:
    async with pool.connection() as connection:
        found = await (await connection.execute(f"SELECT count(*) FROM handrail.{table}")).fetchone()
    assert found
    return int(found[0])


async def test_a_workflow_has_one_key_whoever_asks_first(ring: Ring, pool: Pool) -> None:
    rings = [ring() for _ in range(6)]
    found = await asyncio.gather(*(one.of_workflow("default", "case-1", "C-1") for one in rings))
    assert len({one.key_id for one in found}) == 1
    text = sealed(found[0].cipher, b"hello", b"x")
    assert {opened(one.cipher, text, b"x") for one in found} == {b"hello"}
    assert [await count(pool, "owner_keys"), await count(pool, "data_keys")] == [1, 1]


async def test_cases_of_a_customer_share_its_key_and_no_key_of_data(ring: Ring, pool: Pool) -> None:
    one = ring()
    first, second = [await one.of_workflow("default", f"case-{n}", "C-1") for n in (1, 2)]
    other, stranger = [await one.of_workflow("default", "case-3", "C-2"), await one.of_workflow("default", "case-4", None)]
    assert len({key.key_id for key in (first, second, other, stranger)}) == 4
    assert await count(pool, "owner_keys") == 3
    with pytest.raises(ValueError, match="does not fit"):
        opened(second.cipher, sealed(first.cipher, b"x", b""), b"")


async def test_no_key_stands_in_the_database_in_the_plain(ring: Ring, pool: Pool) -> None:
    await ring().of_workflow("default", "case-1", "C-1")
    with pytest.raises(KeyUnknown, match=r"^master key m[0-9a-f]{12}: is not in HANDRAIL_MASTER_KEYS.*Put it back, behind"):
        await ring(NEW).of_workflow("default", "case-1", "C-1")


async def test_a_key_of_another_row_is_refused(ring: Ring, pool: Pool) -> None:
    one = ring()
    keys = [await one.of_workflow("default", f"case-{n}", f"C-{n}") for n in (1, 2)]
    async with writing(pool) as connection:
        await connection.execute(
            "UPDATE handrail.data_keys SET wrapped = (SELECT wrapped FROM handrail.data_keys WHERE key_id = %s)"
            " WHERE key_id = %s",
            (keys[0].key_id, keys[1].key_id),
        )
    with pytest.raises(KeyUnknown, match=f"^key {keys[1].key_id}: its row does not belong under"):
        await ring().by_id(keys[1].key_id)


async def test_shredding_takes_every_key_of_a_customer_and_no_other(ring: Ring, store: PostgresKeyStore, pool: Pool) -> None:
    one = ring()
    own = [await one.of_workflow("default", f"case-{n}", "C-1") for n in (1, 2)]
    # Begun by another client, so nobody knew whose it is.
    own.append(await one.of_workflow("default", "case-late", None))
    await stored_case(pool, "late", "C-1")
    # Typed in the Web UI, and read by the workflow afterwards.
    typed = await one.of_workflow("default", "", None)
    assert (await one.by_id(typed.key_id, "case-late")).key_id == typed.key_id
    others = [await one.of_workflow("default", "case-3", "C-2"), await one.of_workflow("default", "case-4", None)]

    gone = await store.shred("C-1")
    assert (gone.owner_keys, gone.data_keys) == (3, 4)
    assert (await store.shred("C-1")) == (0, 0)
    fresh = ring()
    for key in (*own, typed):
        with pytest.raises(KeyShredded, match=rf"^key {key.key_id}: was destroyed on \d{{4}}-\d\d-\d\d .* terminate it"):
            await fresh.by_id(key.key_id)
    assert [(await fresh.by_id(key.key_id)).key_id for key in others] == [key.key_id for key in others]
    # Whoever comes back begins anew.
    again = await fresh.of_workflow("default", "case-1", "C-1")
    assert again.key_id not in {key.key_id for key in own}


async def test_shredding_while_keys_are_made_leaves_none_behind(ring: Ring, store: PostgresKeyStore, pool: Pool) -> None:
    rings = [ring() for _ in range(4)]

    async def make(one: Keyring, number: int) -> None:
        for turn in range(10):
            await one.of_workflow("default", f"case-{number}-{turn}", "C-1")

    makers = [asyncio.create_task(make(one, number)) for number, one in enumerate(rings)]
    for _ in range(10):
        await store.shred("C-1")
    await asyncio.gather(*makers)
    await store.shred("C-1")
    assert [await count(pool, "owner_keys"), await count(pool, "data_keys")] == [0, 0]
    # Whichever way a key went, whoever has it in memory is told.
    assert await count(pool, "shredded_keys") == 40


async def test_a_shredded_key_leaves_memory_within_a_minute(ring: Ring, store: PostgresKeyStore) -> None:
    clock = Clock()
    one = ring(clock=clock)
    key = await one.of_workflow("default", "case-1", "C-1")
    await store.shred("C-1")
    clock.at += 10
    assert await one.by_id(key.key_id) == key
    clock.at += 50
    with pytest.raises(KeyShredded):
        await one.by_id(key.key_id)


async def test_shredding_is_announced(ring: Ring, store: PostgresKeyStore, database_url: str) -> None:
    one = ring()
    key = await one.of_workflow("default", "case-1", "C-1")
    ear = listen(database_url, "listen_shredded")
    assert await anext(ear) == []
    hearing = asyncio.ensure_future(anext(ear))
    await store.shred("C-1")
    assert [said.channel for said in await asyncio.wait_for(hearing, 9)] == ["handrail_shredded"]
    await one.look()
    with pytest.raises(KeyShredded):
        await one.by_id(key.key_id)
    await ear.aclose()


async def test_a_key_in_memory_does_while_the_server_is_away(ring: Ring, store: PostgresKeyStore) -> None:
    away = False

    async def there() -> KeyStore:
        if away:
            raise OperationalError("connection refused")
        return store

    clock = Clock()
    one = ring(clock=clock, through=there)
    key = await one.of_workflow("default", "case-1", "C-1")
    away = True
    for _ in range(5):
        clock.at += 3_600
        assert await one.by_id(key.key_id) == await one.of_workflow("default", "case-1", "C-1") == key
    with pytest.raises(
        KeysAway, match=r"^the key of case-2: PostgreSQL, which has it, does not answer, .* tried again by itself"
    ):
        await one.of_workflow("default", "case-2", "C-1")
    away = False
    await store.shred("C-1")
    clock.at += 60
    with pytest.raises(KeyShredded):
        await one.by_id(key.key_id)


async def test_rewrapping_goes_on_where_it_was_left_and_the_old_master_key_may_go(ring: Ring, pool: Pool) -> None:
    one = ring()
    keys = [await one.of_workflow("default", f"case-{n}", f"C-{n % 7}" if n % 3 else None) for n in range(30)]
    both, rotation = LocalMasterKeys((NEW, OLD)), PostgresKeyRotation(pool)
    before = sum(found.all for found in await rotation.counts())
    done, behind = await rotation.rewrap(both.first, lambda key: rewrapped(both, key), "", 4)
    assert done == 4
    assert len(await rotation.counts()) == 2
    behind = ""
    while done:
        done, behind = await rotation.rewrap(both.first, lambda key: rewrapped(both, key), behind, 4)
    [found] = await rotation.counts()
    assert (found.master, found.all) == (both.first, before)
    alone = ring(NEW)
    for key in keys:
        again = await alone.by_id(key.key_id)
        assert opened(again.cipher, sealed(key.cipher, b"old", key.about), again.about) == b"old"
    assert await rotation.totals() == (30, 0)
