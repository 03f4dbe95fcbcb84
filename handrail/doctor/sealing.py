"""Looks at encryption: are the master keys here that wrap what there is, and does what is encrypted come back."""

from __future__ import annotations

from temporalio.api.common.v1 import Payload

from handrail.doctor.findings import DoctorFinding, fine, notice, trouble
from handrail.domain.counting import many
from handrail.postgres.pool import Pool, open_pool
from handrail.postgres.vault.keys import PostgresKeyRotation
from handrail.settings import Settings
from handrail.temporal.codec import SealingCodec
from handrail.wiring.sealing import codec_of, masters_of

ENCRYPTION = "encryption"
PROBE = "handrail-doctor"
"""The workflow whose key the round trip takes: there is none of this name."""


async def look(settings: Settings) -> list[DoctorFinding]:
    """Look at master keys and at one round trip.

    Raises:
        psycopg.OperationalError: PostgreSQL is away.
        HandrailError: a setting cannot be used, or a key is not to be had.
    """
    pool = await open_pool(settings.database_url.get_secret_value(), size=1)
    try:
        found = await _masters(settings, pool)
    finally:
        await pool.close()
    codec = codec_of(settings)
    if codec is None or not codec.encrypts:
        return found
    try:
        return [*found, await _round_trip(codec)]
    finally:
        await codec.keys.aclose()


async def _masters(settings: Settings, pool: Pool) -> list[DoctorFinding]:
    masters, counts = masters_of(settings), await PostgresKeyRotation(pool).counts()
    wraps = {one.master: one.all for one in counts}
    if masters is None and not wraps:
        return [notice(ENCRYPTION, "Histories are not encrypted.", "docs/operating/encryption.md says how to turn it on.")]
    ids = masters.ids if masters else ()
    found = [
        trouble(
            ENCRYPTION,
            f"Master key {name}, which wraps {many(number, 'key')}, is not named here: their cases cannot be read.",
            "Put it back into HANDRAIL_MASTER_KEYS, behind the first one.",
        )
        for name, number in wraps.items()
        if name not in ids
    ]
    found += [
        notice(ENCRYPTION, f"{many(wraps[name], 'key')} would go with master key {name}.", "handrail keys master rewrap")
        for name in ids[1:]
        if name in wraps
    ]
    found += [
        notice(ENCRYPTION, f"Master key {name} wraps nothing any more.", "Take it out of HANDRAIL_MASTER_KEYS.")
        for name in ids[1:]
        if name not in wraps
    ]
    held = many(wraps.get(ids[0], 0), "key") if ids else ""
    return found or [fine(ENCRYPTION, f"master key {ids[0]} wraps {held}, and no other is in use")]


async def _round_trip(codec: SealingCodec) -> DoctorFinding:
    probe = SealingCodec(codec.keys, codec.namespace, workflow_id=PROBE)
    sent = Payload(metadata={"encoding": b"json/plain"}, data=b'"are you there?"')
    [sealed] = await probe.encode([sent])
    [back] = await probe.decode([sealed])
    if back != sent or sent.data in sealed.SerializeToString():
        return trouble(ENCRYPTION, "What was encrypted did not come back as it was.", "Stop workers; ask who built this.")
    return fine(ENCRYPTION, "what is encrypted comes back as it was")
