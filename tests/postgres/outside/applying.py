"""A process that carries out one effect of a tool from outside, and can be killed while it does: `… URL FOLDER TOOL ID`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from handrail.outside.loading import with_outside
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.pool import open_pool
from tests.postgres.build import FixedClock, effect
from tests.postgres.wallets import business as wallets


async def main(url: str, folder: str, action: str, effect_id: str, arguments: str) -> None:
    """Apply the effect."""
    pool = await open_pool(url, size=2)
    record = PostgresRecord(pool, with_outside(wallets, Path(folder)), FixedClock())
    await record.apply(effect(effect_id, json.loads(arguments), action=action))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
