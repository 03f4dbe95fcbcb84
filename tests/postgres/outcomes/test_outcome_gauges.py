"""Outcomes as a Prometheus server reads them from a worker."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from handrail.background import BackgroundTroubles, troubles_in
from handrail.definitions import Loaded
from handrail.domain.errors import InvalidInput
from handrail.embedded.ports import free_block
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.quality.outcomes.loader import OUTCOMES, SHIPPED, load_outcomes
from handrail.temporal.runtime import runtime
from handrail.temporal.worker.gauges import OutcomeGauges
from handrail.wiring.cases import serving
from handrail.wiring.days import observing
from tests.postgres.build import NOON
from tests.postgres.outcomes import by_hand


async def test_a_worker_serves_the_newest_days_that_are_old_enough(pool: Pool) -> None:
    shipped = load_outcomes(SHIPPED.parent)
    definitions = Loaded(shipped.value.model_copy(update={"minimum": 2}), shipped.version)
    outcomes = PostgresOutcomes(pool)
    await outcomes.define(definitions.value, definitions.version)
    await by_hand.write(pool)
    address = f"127.0.0.1:{free_block(1)}"
    gauges = OutcomeGauges(runtime(address=address))
    # 24 days behind the record's end, its cases of 30 days ago were opened in the seven days before yesterday.
    for result in await observing.newest(outcomes, definitions, NOON - timedelta(days=24)):
        gauges.show(result)
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://{address}/metrics")).text
    served = {
        (name, indicator): value
        for name, indicator, value in re.findall(
            r'^handrail_outcome_(\w+)\{.*?indicator="(\w+)".*?\} (\S+)$', text, re.MULTILINE
        )
    }
    assert float(served["n", "escalation"]) > 15
    assert 0 < float(served["value", "escalation"]) < 1
    assert (served["value", "repeat_7d"], float(served["n", "repeat_7d"])) == ("NaN", 0)


async def test_trouble_with_outcomes_stands_beside_a_workers_other_troubles(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / OUTCOMES).write_text("zone: Nowhere/Nothing\n")
    file, said = tmp_path / "worker.trouble", asyncio.Event()
    write = BackgroundTroubles(file).about(serving.OUTCOMES)

    def say(words: str | None) -> None:
        write(words)
        said.set()

    async with serving.observed(pool, tmp_path, None, say), asyncio.timeout(30):
        await said.wait()
    troubles = troubles_in(file)
    assert list(troubles) == [serving.OUTCOMES]
    assert f"{tmp_path / OUTCOMES}:1" in troubles[serving.OUTCOMES]


@pytest.mark.parametrize("address", ["9464", "example.org:9464", "127.0.0.1:0x", "127.0.0.1:999999"])
def test_a_wrong_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="HANDRAIL_METRICS_ADDRESS"):
        runtime(None, address, "HANDRAIL_METRICS_ADDRESS")
