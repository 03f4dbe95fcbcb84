"""`handrail doctor`: everything that cases need, looked at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.doctor.findings import DoctorFinding

app = typer.Typer()


@app.command()
def doctor(ctx: typer.Context, as_json: Json = False) -> None:
    """Look at everything that cases need, and say what is wrong; exit code 3 where something is."""
    from handrail.cli.common.documents import print_document
    from handrail.doctor.findings import PartHealth

    found = run_async(looked(world(ctx)))
    sick = any(one.health is PartHealth.TROUBLE for one in found)
    if as_json:
        print_document({"healthy": not sick, "findings": [one.model_dump(mode="json") for one in found]})
    else:
        show(found)
    if sick:
        raise typer.Exit(Exit.REFUSED)


async def looked(place: CliContext) -> list[DoctorFinding]:
    """Make every look. Raises: InvalidInput: a setting cannot be used."""
    import asyncio

    from handrail.checking.check import check
    from handrail.cli.stacks import reach
    from handrail.cli.stacks.telling import background_trouble
    from handrail.doctor import around, deploys, record, sealing, temporal
    from handrail.doctor.findings import examine
    from handrail.embedded.state import running

    settings, stack = place.settings, running(place.settings.data_dir)

    async def business() -> list[DoctorFinding]:
        return around.business(await asyncio.to_thread(check, settings.business, folder=settings.definitions, data=False))

    async def model() -> list[DoctorFinding]:
        return around.model(await reach.look(settings))

    async def here() -> list[DoctorFinding]:
        beside = around.background(background_trouble(stack)) if stack else []
        return [*around.certificates(settings), *around.disk(settings.data_dir), *beside]

    looks = {
        temporal.TEMPORAL: lambda: temporal.look(settings),
        deploys.DEPLOYMENT: lambda: deploys.look(settings),
        record.POSTGRES: lambda: record.look(settings, place.business),
        sealing.ENCRYPTION: lambda: sealing.look(settings),
        around.BUSINESS: business,
        around.MODEL: model,
        "this machine": here,
    }
    return await examine(looks)


def show(found: Sequence[DoctorFinding]) -> None:
    """Print the findings for people."""
    from handrail.cli.common.tables import plain, print_rows, screen
    from handrail.doctor.findings import PartHealth

    rows = [(one.part, one.health, one.words, one.remedy) for one in found]
    print_rows(("part", "health", "what was found", "what to do"), rows, "Nothing was looked at.")
    counted = {health: sum(one.health is health for one in found) for health in PartHealth}
    screen().print(plain(", ".join(f"{count} {health}" for health, count in counted.items() if count)))
