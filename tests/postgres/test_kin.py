"""Ids that are one person count as one: in windows, in contacts, in locks. Undone, each counts for itself again."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.business import Business, Call, Preview
from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import Commit, RuledProposal
from handrail.domain.errors import InvalidInput
from handrail.domain.personal.kin import MOST_IDS, Contradiction, CustomerKin, LinkChange, MergeRefused, UnknownCustomer
from handrail.policies.loader import FilePolicies
from handrail.postgres.autonomy.reviews import PostgresContacts
from handrail.postgres.business.history import PostgresHistory
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.personal import kin as adapter
from handrail.postgres.personal.kin import PostgresKin
from handrail.postgres.pool import Pool, writing
from tests.postgres.build import NOON, FixedClock, effect, opening, proposal, row
from tests.postgres.conftest import Run
from tests.postgres.wallets import business
from tests.support.house import wait_for

ARGUMENTS = {"amount": 10, "receiver": "ann"}
ONCE = """\
id: once
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - {id: again, expression: history.pay.count_24h > 0, action: require_approval, message: m}
"""
WAITING = """SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


class Family:
    """Customers C-1 to C-4, a case of each, and the policy that each is paid once a day."""

    def __init__(self, pool: Pool, policies: FilePolicies) -> None:
        self.pool, self.policies = pool, policies
        self.cases, self.kin = PostgresCases(pool, business), PostgresKin(pool, business, FixedClock())
        self.history, self.record = PostgresHistory(pool, business, FixedClock()), PostgresRecord(pool, business, FixedClock())

    async def merge(self, merged: str, kept: str) -> list[str]:
        change = LinkChange(merged=merged, kept=kept, reason="they called", by="ann")
        return sorted((await self.kin.change(change)).customer_ids)

    async def undo(self, merged: str) -> list[str]:
        return (await self.kin.change(LinkChange(merged=merged, reason="it was the brother", by="bea"))).customer_ids

    async def seen(self, customer_id: str) -> Any:
        return (await self.history.of("none", customer_id, []))["history.pay.count_24h"]

    async def allowed(self, customer_id: str, name: str) -> Effect:
        """An effect that was let through, as the customer's past was then."""
        case = opening(name, customer_id=customer_id)
        await self.cases.open(case, NOON)
        past = await self.history.of(name, customer_id, [name])
        wanted = proposal(name, ARGUMENTS)
        verdict = self.policies.rule(wanted, {"amount": 10, **past})
        assert verdict.ruling is Ruling.ALLOW, past
        ruled = RuledProposal(proposal=wanted, verdict=verdict)
        stands = row(1, name, customer_id=customer_id, content_digest=case.content_digest())
        await self.cases.commit(Commit(row=stands, rulings=[ruled]))
        return effect(name, ARGUMENTS, case_id=name, customer_id=customer_id)

    async def pay(self, customer_id: str, name: str) -> EffectResult:
        return await self.record.apply(await self.allowed(customer_id, name))


@pytest.fixture
async def family(tmp_path: Path, pool: Pool, run: Run) -> Family:
    (tmp_path / "once.yaml").write_text(ONCE)
    for number in range(1, 5):
        await run("INSERT INTO wallets.wallets VALUES (%s, 1000) ON CONFLICT DO NOTHING", f"C-{number}")
    return Family(pool, FilePolicies.of(tmp_path, business))


async def waits(run: Run) -> None:
    """Return once somebody in this database waits for a lock of this kind."""
    await wait_for(lambda: run(WAITING))


async def test_windows_are_of_the_person_until_the_merge_is_undone(family: Family) -> None:
    assert (await family.pay("C-1", "e-1")).status == "applied"
    assert [await family.seen(one) for one in ("C-1", "C-2")] == [1, 0]
    assert await family.merge("C-2", "C-1") == ["C-1", "C-2"]
    assert [await family.seen(one) for one in ("C-1", "C-2", "C-3")] == [1, 1, 0]
    assert await family.undo("C-2") == ["C-2"]
    assert [await family.seen(one) for one in ("C-1", "C-2")] == [1, 0]


async def test_of_two_effects_for_one_person_at_the_same_moment_one_is_made(family: Family) -> None:
    await family.merge("C-2", "C-1")
    await family.merge("C-3", "C-2")
    wanted = [await family.allowed(f"C-{n % 3 + 1}", f"e-{n}") for n in range(6)] if False else []
    seen = await family.history.of("none", "C-1", [])
    assert seen["history.pay.count_24h"] == 0
    wanted = [await ruled_alike(family, f"C-{number % 3 + 1}", f"e-{number}", seen) for number in range(6)]
    done = await asyncio.gather(*map(family.record.apply, wanted))
    assert sorted(one.status for one in done) == ["applied", *["refused"] * 5]
    assert {one.code for one in done} == {None, "changed"}


async def ruled_alike(family: Family, customer_id: str, name: str, seen: dict[str, Any]) -> Effect:
    """An effect that was let through at a moment at which none of the others was known."""
    case = opening(name, customer_id=customer_id)
    await family.cases.open(case, NOON)
    wanted = proposal(name, ARGUMENTS)
    ruled = RuledProposal(proposal=wanted, verdict=family.policies.rule(wanted, {"amount": 10, **seen}))
    stands = row(1, name, customer_id=customer_id, content_digest=case.content_digest())
    await family.cases.commit(Commit(row=stands, rulings=[ruled]))
    return effect(name, ARGUMENTS, case_id=name, customer_id=customer_id)


async def test_what_was_ruled_before_a_merge_counts_the_person_when_it_is_made(family: Family) -> None:
    first, second = await family.allowed("C-1", "e-1"), await family.allowed("C-2", "e-2")
    assert (await family.record.apply(first)).status == "applied"
    await family.merge("C-2", "C-1")
    late = await family.record.apply(second)
    assert (late.status, late.code) == ("refused", "changed")


async def test_a_merge_waits_for_an_effect_under_way_and_effects_behind_it_see_it(
    family: Family, pool: Pool, run: Run
) -> None:
    first, second = await family.allowed("C-1", "e-1"), await family.allowed("C-2", "e-2")
    begun, free = asyncio.Event(), asyncio.Event()
    slow = PostgresRecord(pool, slowly(begun, free), FixedClock())
    applying = asyncio.create_task(slow.apply(first))
    await begun.wait()
    merging = asyncio.create_task(family.merge("C-2", "C-1"))
    await waits(run)
    assert await run("SELECT count(*) FROM handrail.customer_links") == [(0,)]
    free.set()
    assert (await applying).status == "applied"
    await merging
    late = await family.record.apply(second)
    assert (late.status, late.code) == ("refused", "changed")


def slowly(begun: asyncio.Event, free: asyncio.Event) -> Business:
    """The wallets, with a payment that waits within its transaction."""

    async def pay(call: Any, arguments: Any) -> dict[str, Any]:
        begun.set()
        await free.wait()
        return await business.by_name["pay"].run(call, arguments)

    tools = tuple(dataclasses.replace(one, run=pay) if one.name == "pay" else one for one in business.tools)
    return dataclasses.replace(business, tools=tools)


async def test_merges_and_effects_at_once_never_let_a_second_one_through(family: Family, run: Run) -> None:
    seen = await family.history.of("none", "C-1", [])
    wanted = [await ruled_alike(family, f"C-{n % 4 + 1}", f"e-{n}", seen) for n in range(8)]
    merges = [("C-1", "C-2"), ("C-3", "C-4"), ("C-2", "C-3")]
    done = await asyncio.gather(*(family.merge(*one) for one in merges), *map(family.record.apply, wanted))
    results = [one for one in done if isinstance(one, EffectResult)]
    order = await run(
        "SELECT c.customer_id FROM handrail.actions AS a JOIN handrail.cases AS c USING (case_id) WHERE a.status = 'applied'"
    )
    assert len(results) == 8
    assert len(order) == len(set(order)) == sum(one.status == "applied" for one in results), "no id was paid twice"
    assert sorted((await family.kin.of("C-4")).customer_ids) == ["C-1", "C-2", "C-3", "C-4"]
    assert {one.code for one in results} <= {None, "changed"}


async def test_chains_are_one_person_and_undoing_a_link_parts_them_there(family: Family) -> None:
    await family.merge("C-1", "C-2")
    await family.merge("C-2", "C-3")
    assert await family.merge("C-4", "C-1") == ["C-1", "C-2", "C-3", "C-4"]
    assert [await ids(family, one) for one in ("C-1", "C-3")] == [
        ["C-1", "C-2", "C-4", "C-3"],
        ["C-3", "C-2", "C-1", "C-4"],
    ]
    await family.undo("C-2")
    assert sorted(await ids(family, "C-4")) == ["C-1", "C-2", "C-4"]
    assert await ids(family, "C-3") == ["C-3"]


async def ids(family: Family, customer_id: str) -> Sequence[str]:
    return (await family.kin.of(customer_id)).customer_ids


async def test_what_cannot_be_merged_is_refused_with_words(family: Family, run: Run) -> None:
    with pytest.raises(InvalidInput, match="is C-1 itself"):
        await family.merge("C-1", "C-1")
    with pytest.raises(UnknownCustomer, match="nobody knows C-77"):
        await family.merge("C-77", "C-1")
    with pytest.raises(UnknownCustomer, match="nobody knows C-77"):
        await family.merge("C-1", "C-77")
    with pytest.raises(MergeRefused, match="never merged"):
        await family.undo("C-1")
    await family.merge("C-1", "C-2")
    await family.merge("C-1", "C-2")
    with pytest.raises(MergeRefused, match="one person already"):
        await family.merge("C-2", "C-1")
    with pytest.raises(MergeRefused, match=r"merged into C-2 by ann on 2026-05-04. Merge C-2 into C-3, or undo that first"):
        await family.merge("C-1", "C-3")
    await family.undo("C-1")
    assert await family.undo("C-1") == ["C-1"]
    assert await run("SELECT count(*), count(undone_at) FROM handrail.customer_links") == [(1, 1)]
    await family.merge("C-2", "C-1")
    assert await ids(family, "C-1") == ["C-1", "C-2"]


async def test_nobody_has_so_many_ids(family: Family, run: Run) -> None:
    fill = "INSERT INTO handrail.customer_links (merged, kept, reason, contradictions, by, at)"
    await run(f"{fill} SELECT 'M-' || n, 'C-1', 'r', '{{}}', 'a', now() FROM generate_series(2, %s) AS n", MOST_IDS)
    assert len(await ids(family, "M-2")) == MOST_IDS
    with pytest.raises(MergeRefused, match="more than 50 ids"):
        await family.merge("C-2", "C-1")


async def test_a_contradiction_is_told_and_a_record_of_all_stays(pool: Pool, family: Family, run: Run) -> None:
    async def address(_: Any, customer_id: str) -> str | None:
        return {"C-1": "Ada@example.com", "C-2": "ada@example.com", "C-3": "bob@example.com"}.get(customer_id)

    kin = PostgresKin(pool, dataclasses.replace(business, mail_of_customer=address), FixedClock())

    async def merged(one: str, other: str) -> CustomerKin:
        return await kin.change(LinkChange(merged=one, kept=other, reason="said so", by="ann"))

    for number in range(1, 4):
        await family.cases.open(opening(f"case-{number}", customer_id=f"C-{number}"), NOON)
    assert (await merged("C-2", "C-1")).links[0].contradictions == []
    assert (await merged("C-4", "C-1")).links[0].contradictions == []
    (link, *_) = (await merged("C-3", "C-1")).links
    assert (link.merged, link.contradictions) == ("C-3", [Contradiction.OTHER_MAIL])
    await family.undo("C-3")
    noted = "SELECT action, actor, details FROM handrail.audit WHERE case_id = 'case-3' ORDER BY entry_id"
    assert await run(noted) == [
        ("customer:merged", "ann", {"link": "3"}),
        ("customer:parted", "bea", {"link": "3"}),
    ]
    assert "C-1" not in str(await run("SELECT details FROM handrail.audit")), "a case tells of no other id"
    assert await run("SELECT count(*) FROM handrail.audit WHERE case_id = 'case-1'") == [(4,)]
    for statement in ("DELETE FROM handrail.customer_links", "UPDATE handrail.customer_links SET reason = 'other'"):
        with pytest.raises(Exception, match="undone, never changed"):
            await run(statement)


async def test_a_merge_does_not_wait_for_ever(family: Family, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PATIENCE", "50ms")
    async with writing(pool) as connection:
        await connection.execute(b"SELECT handrail.hold_kin(ARRAY['C-1'], FALSE)")
        with pytest.raises(MergeRefused, match="is not done yet"):
            await family.merge("C-2", "C-1")
    assert await family.merge("C-2", "C-1") == ["C-1", "C-2"]


async def test_who_waits_for_a_merge_holds_the_whole_person_behind_it(pool: Pool, family: Family, run: Run) -> None:
    """It had read C-2 alone; behind the merge it has both, and another merge of C-1 waits for it."""
    holding, free = asyncio.Event(), asyncio.Event()

    async def hold() -> list[str]:
        async with writing(pool) as connection:
            (held,) = await (await connection.execute(b"SELECT handrail.hold_kin(ARRAY['C-2'], FALSE)")).fetchone() or ([],)
            holding.set()
            await free.wait()
            return list(held)

    async with writing(pool) as connection:
        await connection.execute(b"SELECT handrail.hold_kin(ARRAY['C-1', 'C-2'], TRUE)")
        late = asyncio.create_task(hold())
        await waits(run)
        await connection.execute(
            b"""INSERT INTO handrail.customer_links (merged, kept, reason, contradictions, by, at)
            VALUES ('C-2', 'C-1', 'r', '{}', 'a', now())"""
        )
    await holding.wait()
    other = asyncio.create_task(family.merge("C-1", "C-3"))
    await waits(run)
    free.set()
    assert await late == ["C-1", "C-2"]
    assert await other == ["C-1", "C-2", "C-3"]


async def test_plans_go_through_an_index(pool: Pool, run: Run) -> None:
    fill = "INSERT INTO handrail.customer_links (merged, kept, reason, contradictions, by, at)"
    await run(f"{fill} SELECT 'M-' || n, 'K-' || n / 2, 'r', '{{}}', 'a', now() FROM generate_series(1, 20000) AS n")
    await run(
        """INSERT INTO handrail.cases
        (case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version, content_digest)
        SELECT 'case-' || n, 'M-' || n, 'api', 'Closed', 0, 1, now(), now(), 0, '' FROM generate_series(1, 20000) AS n"""
    )
    await run("ANALYZE handrail.customer_links, handrail.cases")
    began = await run("SELECT handrail.kin('M-7')")
    assert sorted(began[0][0]) == ["K-3", "M-6", "M-7"]
    walk = """EXPLAIN SELECT l.kept FROM handrail.customer_links AS l
        WHERE l.merged = ANY(ARRAY['M-7']) AND l.merged <> '' AND l.undone_at IS NULL
        UNION ALL SELECT l.merged FROM handrail.customer_links AS l WHERE l.kept = ANY(ARRAY['M-7']) AND l.undone_at IS NULL"""
    theirs = "EXPLAIN SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(handrail.kin('M-7'))"
    for query, index in ((walk, "customer_links_by_kept"), (walk, "customer_links_in_force"), (theirs, "cases_by_")):
        plan = "\n".join(line for (line,) in await run(query))
        assert index in plan
        assert "Seq Scan" not in plan


async def test_contacts_of_the_other_id_are_the_persons(family: Family, pool: Pool, run: Run) -> None:

    contacts = PostgresContacts(pool)
    await family.cases.open(opening("case-1", customer_id="C-1"), NOON)
    await run("UPDATE handrail.cases SET topic = 't' WHERE case_id = 'case-1'")
    await run(
        """INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
        VALUES ('case-1', 'a', 'assistant', 'done', %s, 1, 1)""",
        NOON,
    )
    now = row(1, "case-2", customer_id="C-2", opened_at=NOON + timedelta(hours=1))
    assert await contacts.answered(now, "t", NOON - timedelta(hours=1)) == []
    await family.merge("C-2", "C-1")
    assert [one.case_id for one in await contacts.answered(now, "t", NOON - timedelta(hours=1))] == ["case-1"]


async def test_tools_are_given_all_ids_the_cases_own_first(family: Family, pool: Pool) -> None:
    seen: dict[str, tuple[str, ...]] = {}

    def telling(name: str) -> Any:
        async def run(call: Call, _: Any) -> Any:
            seen[name] = await call.customer_ids()
            return Preview(title="t", headline="h") if name == "preview" else {}

        return run

    ways = {"run": telling("effect"), "preview": telling("preview")}
    tools = (
        dataclasses.replace(business.by_name["balance"], run=telling("read")),
        dataclasses.replace(business.by_name["pay"], **ways),
    )
    record = PostgresRecord(pool, dataclasses.replace(business, tools=tools), FixedClock())

    async def told(customer_id: str, name: str) -> dict[str, tuple[str, ...]]:
        await record.read("c", customer_id, "balance", {})
        await record.check("c", customer_id, "pay", ARGUMENTS)
        wanted = await family.allowed(customer_id, name)
        await record.apply(wanted)
        return dict(seen)

    assert set((await told("C-1", "e-1")).values()) == {("C-1",)}
    await family.merge("C-3", "C-2")
    found = await told("C-2", "e-2")
    assert found == dict.fromkeys(("read", "preview", "effect"), ("C-2", "C-3"))
    await family.undo("C-3")
    assert set((await told("C-3", "e-3")).values()) == {("C-3",)}


def test_a_call_without_a_record_has_its_own_id_alone() -> None:
    assert asyncio.run(Call("c", "C-1", None, NOON).customer_ids()) == ("C-1",)
