"""The drill under faults on a stack of its own: everything holds, and a worker without a protection is caught."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from handrail.drills.chaos.mutants import Mutant
from handrail.drills.chaos.paths import ALL, ChaosPath
from handrail.drills.chaos.plan import planned
from handrail.drills.chaos.run import chaos

SHORT = ALL - {ChaosPath.DISK, ChaosPath.BUILDS, ChaosPath.SCORING}
"""Without what needs root, a second worker, and days, which the drill of mutants has: every drill by hand has them all."""
DAYS = {"every day is looked at", "a case is drawn once, and has ended", "what is drawn is scored"}
CUT = {"no effect of a lost turn"}


def running() -> set[tuple[int, float]]:
    """All that this process has started, and what they started."""
    return {(one.pid, one.create_time()) for one in psutil.Process().children(recursive=True)}


async def test_everything_holds_whatever_dies_and_everything_is_stopped(tmp_path: Path) -> None:
    before, heard = running(), list[str]()
    plan = planned(12, 3, 421, longest_pause=2.0, paths=SHORT)
    found = await chaos(plan, heard.append, tmp_path / "log.jsonl")
    assert not running() - before

    assert found.passed, [one for one in found.invariants if one.broken]
    assert (found.plan, len(found.faults)) == (plan.hash, 3)
    assert all(one.progress is not None for one in found.faults)
    looked_at = {one.name: one.looked_at for one in found.invariants}
    assert {name for name, count in looked_at.items() if not count} == DAYS | CUT, looked_at
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert sum("invoke" in line for line in lines) == sum(one.ok + one.fail + one.unknown for one in found.operations)
    assert {"topic refund: off", "topic refund: auto"} <= set(heard)


async def test_parts_without_their_protections_are_caught_by_name() -> None:
    mutants = [
        Mutant.UNREAD_SWITCH,
        Mutant.FORGOTTEN_KEYS,
        Mutant.HASTY_WEBHOOKS,
        Mutant.RENAMED_WEBHOOKS,
        Mutant.RESENT_MAIL,
        Mutant.FORGOTTEN_SCORES,
    ]
    found = await chaos(planned(4, 0, 14, mutants=mutants, paths=SHORT | {ChaosPath.SCORING}), lambda _: None)
    assert not found.passed
    broken = {one.name: one.broken for one in found.invariants if one.broken}
    assert set(broken) == {
        "nothing after the switch",
        "a key is answered once",
        "nothing uncommitted is sent",
        "webhooks keep id and order",
        "a reply by mail leaves once",
        "what is drawn is scored",
    }, broken
