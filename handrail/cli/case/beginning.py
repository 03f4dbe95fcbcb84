"""Opening a case in a process that does nothing else: no more is loaded for it than it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.cli.common.world import CliContext
    from handrail.domain.case.requests import CaseOpen


async def begun(place: CliContext, case: CaseOpen) -> bool:
    """Open the case without what only a client needs; False where the client has to. Raises: Unreachable."""
    from handrail.wiring.sealing import codec_of

    if codec_of(place.settings) is not None:
        return False
    from handrail.temporal.cases.lean import begin
    from handrail.wiring.connecting import connected_bare

    service, settings = await connected_bare(place.settings), place.settings
    return await begin(service, case, namespace=settings.temporal_namespace, task_queue=settings.task_queue)
