"""The stack's own keys: made on the first start, in files for their owner alone, so that curl and the desk work at once."""

from __future__ import annotations

import os
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from pathlib import Path

from handrail.cli.common.signposts import DESK_KEY_FILE, KEY_FILE
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.pool import open_pool


async def first_keys(folder: Path, database_url: str, reviewer: str | None) -> list[str]:
    """Make the keys whose files hold none that counts; return what those are for. `reviewer` decides at the desk."""
    from handrail.domain.access.principals import BACKEND, ApiScope

    pool = await open_pool(database_url, size=1)
    try:
        keys = PostgresApiKeys(pool)
        backend = BACKEND | {ApiScope.CONTROLS_READ, ApiScope.TOKENS_MINT}
        made = {"the HTTP API": await _made(keys, folder / KEY_FILE, "this machine", backend, None)}
        if reviewer is not None:
            desk = {ApiScope.APPROVALS_DECIDE, ApiScope.CASES_HANDLE, ApiScope.CONTROLS_SET}
            made["the desk"] = await _made(keys, folder / DESK_KEY_FILE, "the desk of this machine", desk, reviewer)
    finally:
        await pool.close()
    return [name for name, fresh in made.items() if fresh]


async def _made(keys: PostgresApiKeys, file: Path, name: str, scopes: AbstractSet[str], person: str | None) -> bool:
    from handrail.api.access.minting import mint
    from handrail.domain.access.keys import key_parts

    now = datetime.now(UTC)
    held = key_parts(_read(file))
    known = await keys.find(held.key_id) if held else None
    if known is not None and known.lives(now):
        return False
    key, parts = mint(name, scopes, at=now, by="handrail up", environment="local", person=person)
    await keys.add(key)
    _write(file, parts.text + "\n")
    return True


def _read(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


def _write(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        output.write(text)
    fresh.replace(file)
