"""The desk's pages beside a long queue: how long the server takes for each, and what goes over the wire."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median

import httpx

from handrail.drills.bench.front.door import Door
from handrail.drills.bench.front.seeding import backlog
from handrail.drills.bench.statistics.figures import percentile
from handrail.drills.bench.statistics.results import Reading
from handrail.drills.bench.work import loads
from handrail.embedded.process import StackFailed

ASKED_SHARE = 20
"""Of so many waiting cases one waits for an approval."""
WORDS = 60
"""Messages of the long conversation."""
SOON_MS, SIZE_KB = 100.0, 60.0


async def pages(door: Door, waiting: int, looks: int) -> list[Reading]:
    """Return the time to each page's last byte and its size as it was sent, with so many cases waiting. Ends the worker.

    Raises:
        StackFailed: the desk lets nobody in, or a page is none.
    """
    (letter,) = await door.side.customers.refunds(1)
    case_id = await loads.open_case(door.side, letter)
    await loads.until_settled(door.side, [case_id], loads.LOOK_SECONDS)
    await door.side.stop_worker()  # it would look for what Temporal knows of each of them
    long = await backlog(door.side.pool, waiting, max(1, waiting // ASKED_SHARE), WORDS)
    await door.sign_in()
    addresses = {
        "queue": "/desk/",
        "queue, my skills": "/desk/?scope=skills",
        "queue, mine": "/desk/?scope=mine",
        "queue, one topic": "/desk/?topic=topic-7",
        "case with an approval": f"/desk/cases/{case_id}",
        f"case of {WORDS} messages": f"/desk/cases/{long}",
        "owner's page": "/desk/owner",
    }
    took, sizes = await looked_at(door, addresses, looks)
    side = door.side.name
    return [
        reading
        for name in addresses
        for reading in (
            Reading(figure=f"{name}, p50", side=side, value=round(median(took[name]), 1), unit="ms", at_most=SOON_MS),
            Reading(figure=f"{name}, p95", side=side, value=round(percentile(took[name], 0.95), 1), unit="ms"),
            Reading(figure=f"{name}, size", side=side, value=round(sizes[name] / 1_000, 1), unit="KB", at_most=SIZE_KB),
        )
    ]


async def looked_at(
    door: Door, addresses: Mapping[str, str], looks: int
) -> tuple[Mapping[str, list[float]], Mapping[str, int]]:
    """Look at each page in turn, so often; the first time, when things are loaded, does not count."""
    took: dict[str, list[float]] = {name: [] for name in addresses}
    sizes: dict[str, int] = {}
    for number in range(looks + 1):
        for name, address in addresses.items():
            began = time.monotonic()
            answer = await door.desk.get(address)
            if answer.status_code != httpx.codes.OK:
                raise StackFailed(f"{door.side.name}: {address} came out as {answer.status_code}.")
            if number:
                took[name].append((time.monotonic() - began) * 1_000)
            sizes[name] = answer.num_bytes_downloaded
    return took, sizes
