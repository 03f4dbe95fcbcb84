"""The stack's own key of the HTTP API: made on the first start, in a file for its owner alone, so that curl works at once."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from handrail.cli.common.signposts import KEY_FILE
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.pool import open_pool


async def first_key(folder: Path, database_url: str) -> bool:
    """Make the key unless the file holds one that counts; return whether it was made."""
    from handrail.api.access.minting import mint
    from handrail.domain.access.keys import key_parts
    from handrail.domain.access.principals import BACKEND, ApiScope

    file, now = folder / KEY_FILE, datetime.now(UTC)
    pool = await open_pool(database_url, size=1)
    try:
        keys = PostgresApiKeys(pool)
        held = key_parts(file.read_text().strip()) if file.exists() else None
        known = await keys.find(held.key_id) if held else None
        if known is not None and known.lives(now):
            return False
        scopes = BACKEND | {ApiScope.CONTROLS_READ, ApiScope.TOKENS_MINT}
        key, parts = mint("this machine", scopes, at=now, by="handrail up", environment="local")
        await keys.add(key)
    finally:
        await pool.close()
    _write(file, parts.text + "\n")
    return True


def _write(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        output.write(text)
    fresh.replace(file)
