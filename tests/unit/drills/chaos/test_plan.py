"""The plan of a drill under faults, and its log of operations."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from handrail.domain.errors import InvalidInput
from handrail.drills.chaos.log import Act, Certainty, OperationLog, counted, together
from handrail.drills.chaos.mutants import Mutant
from handrail.drills.chaos.paths import ALL, CUSTOMERS, ONLY_CLIENT, ChaosPath, paths_of
from handrail.drills.chaos.plan import NETWORKED, SERVERS, FaultKind, FaultyPart, Wish, planned


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    assert planned(20, 5, 7) == planned(20, 5, 7)
    assert planned(20, 5, 7).hash == planned(20, 5, 7).hash
    assert len({planned(20, 5, seed).hash for seed in range(20)}) == 20
    assert planned(20, 5, 7).hash != planned(21, 5, 7).hash != planned(20, 6, 7).hash


def test_a_mutant_gets_the_plan_of_the_product() -> None:
    assert planned(20, 5, 7, mutants=[Mutant.LOST_MESSAGES]).hash == planned(20, 5, 7).hash


def test_a_few_cases_hold_every_wish_and_many_faults_every_part() -> None:
    plan = planned(5, 80, 3)
    assert {one.wish for one in plan.cases} == set(Wish)
    assert {one.part for one in plan.faults} == set(FaultyPart)
    kinds = Counter(one.kind for one in plan.faults)
    assert set(kinds) == set(FaultKind) - {FaultKind.CUT}
    assert kinds.most_common(1)[0][0] is FaultKind.KILL
    assert all(one.part in NETWORKED for one in plan.faults if one.kind not in (FaultKind.KILL, FaultKind.PAUSE))


def test_customers_come_by_every_path_and_a_wish_by_different_ones() -> None:
    plan = planned(48, 0, 3)
    assert Counter(one.path for one in plan.cases).keys() == set(CUSTOMERS)
    for wish in Wish:
        assert {one.path for one in plan.cases if one.wish is wish} == set(CUSTOMERS)


def test_a_path_that_is_left_out_brings_neither_customers_nor_faults() -> None:
    plan = planned(30, 80, 3, paths=ONLY_CLIENT)
    assert {one.path for one in plan.cases} == {ChaosPath.CLIENT}
    assert {one.part for one in plan.faults} == {*SERVERS, FaultyPart.WORKER}
    assert planned(30, 80, 3).hash != plan.hash


def test_a_full_disk_comes_where_there_is_one_and_is_under_both_stores() -> None:
    plan = planned(30, 80, 3)
    full = [one for one in plan.faults if one.kind is FaultKind.FULL]
    assert {one.part for one in full} == {FaultyPart.POSTGRES, FaultyPart.TEMPORAL}
    assert all(one.seconds >= 1 for one in full)
    without = planned(30, 80, 3, paths=ALL - {ChaosPath.DISK})
    assert not any(one.kind is FaultKind.FULL for one in without.faults)


def test_workers_are_cut_off_once_behind_all_other_faults() -> None:
    plan = planned(30, 8, 3, paths=ALL | {ChaosPath.CUT})
    assert [one.kind for one in plan.faults].index(FaultKind.CUT) == len(plan.faults) - 1 == 8
    assert plan.faults[-1].part is FaultyPart.WORKER
    without = planned(30, 8, 3)
    assert (without.cases, without.faults) == (plan.cases, plan.faults[:-1])


def test_paths_are_named_with_commas_and_the_client_is_among_them() -> None:
    assert paths_of("all") == ALL
    assert paths_of("all,encrypted,cut") == set(ChaosPath)
    assert paths_of("http") == paths_of(" http, client ") == {ChaosPath.CLIENT, ChaosPath.HTTP}
    for wrong, words in {"": "names no path", "htpp": "'htpp' is no path"}.items():
        with pytest.raises(InvalidInput, match=f"{words}.*all.*http"):
            paths_of(wrong)


def test_faults_come_in_their_order_and_a_pause_ends() -> None:
    plan = planned(30, 40, 11, longest_pause=3.0)
    assert [one.at for one in plan.faults] == sorted(one.at for one in plan.faults)
    pauses = [one.seconds for one in plan.faults if one.kind is FaultKind.PAUSE]
    assert pauses
    assert all(1.0 <= one <= 3.0 for one in pauses)
    assert not any(one.seconds for one in plan.faults if one.kind is FaultKind.KILL)
    assert plan.switch.off < plan.switch.on


def test_every_try_is_written_before_it_is_made_and_when_its_answer_comes(tmp_path: Path) -> None:
    log = OperationLog(tmp_path / "log.jsonl")
    first = log.invoke("k-1", Act.SAY, "k-1-2")
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(one["invoke"], one["act"], one["key"]) for one in lines] == [(first, "say", "k-1-2")]
    log.end(first, Certainty.UNKNOWN, "nobody took it")
    again = log.invoke("k-1", Act.SAY, "k-1-2")
    log.end(again, Certainty.OK)
    log.invoke("k-1", Act.SAY, "k-1-3")
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [next(iter(one)) for one in lines] == ["invoke", "unknown", "invoke", "ok", "invoke"]
    assert counted(log.all())[Act.SAY] == {Certainty.OK: 1, Certainty.UNKNOWN: 2}


def test_an_unknown_try_beside_a_refused_one_is_no_failure() -> None:
    log = OperationLog()
    for known in (Certainty.UNKNOWN, Certainty.FAIL):
        log.end(log.invoke("k-1", Act.DECIDE, "a r1 approve"), known)
    assert together(log.all()) is Certainty.UNKNOWN
    assert together(log.all()[1:]) is Certainty.FAIL
    log.end(log.invoke("k-1", Act.DECIDE, "a r1 approve"), Certainty.OK)
    assert together(log.all()) is Certainty.OK
