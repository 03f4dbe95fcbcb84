"""The embedded stack in this process: everything is started, deployed, shown and kept up until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from handrail.cli.common.tables import plain
from handrail.cli.stacks.reach import look
from handrail.cli.stacks.sealing import codec_for, names_masters
from handrail.embedded.folder import check_owner
from handrail.embedded.process import StackFailed
from handrail.embedded.sealing import sealing_of
from handrail.embedded.state import StackState
from handrail.embedded.supervisor import Event, What, all_or_first_failure
from handrail.settings import Settings, model_url

if TYPE_CHECKING:
    from handrail.cli.stacks.first import FirstStart


async def serve(
    settings: Settings, folder: Path, base: int, workers: int, *, samples: bool, encrypts: bool, unfit: bool
) -> None:
    """Run the stack in this process until it is told to stop."""
    from handrail.cli.stacks.first import FirstStart
    from handrail.embedded.stack import Embedded, StackPlan, StackRun
    from handrail.outside.loading import brought

    console = Console(soft_wrap=True, highlight=False)
    business = brought(settings.business, settings.definitions)
    check_owner(folder, business.name)
    sealing = sealing_of(folder, encrypts=encrypts, named=names_masters(settings))
    plan = StackPlan(folder, base, workers, model_url(settings), sealing, encrypts, figures_of(settings))
    embedded = Embedded(plan)
    first = FirstStart(embedded, business, settings, samples=samples, unfit=unfit, codec=lambda: codec_for(settings, embedded))
    began, revived = time.monotonic(), asyncio.Event()

    async def meanwhile() -> None:
        console.print(f"[bold green]ready[/] after {time.monotonic() - began:.1f} s")
        from handrail.cli.stacks.live import LiveTable

        # Libraries' warnings would tear the table; what matters of them is told by the parts themselves.
        logging.basicConfig(filename=embedded.folder / "logs" / "supervisor.log", level=logging.WARNING)
        revived.clear()
        async with all_or_first_failure() as group:
            group.create_task(redeploy(first, revived, console.print))
            group.create_task(LiveTable(embedded.describe(StackState.READY, {}), business, console).run())

    say, names = teller(console), {worker.name for worker in embedded.workers}

    def tell(event: Event) -> None:
        if event.what is What.READY and event.part in names:
            revived.set()
        say(event)

    console.print(f"[bold]Handrail[/] in {escape(str(embedded.folder))}", soft_wrap=True)
    for line in await look(settings):
        console.print(f"  {escape(plain(line))}", soft_wrap=True)
    await StackRun(embedded, [*embedded.components(), *first.steps()], tell).serve(meanwhile)
    console.print("stopped; the next start goes on with every open case")


def figures_of(settings: Settings) -> dict[str, str]:
    """Return where each kind of process is to serve its figures; nothing of those that serve none."""
    found = {
        "worker": settings.metrics_address,
        "api": settings.api_metrics_address,
        "mail": settings.mail_metrics_address,
    }
    return {kind: address for kind, address in found.items() if address}


async def redeploy(first: FirstStart, revived: asyncio.Event, say: Callable[[str], object]) -> None:
    """Deploy again whenever a worker was started anew: it runs the code and definitions of that moment, another build."""
    while True:
        await revived.wait()
        revived.clear()
        try:
            done = await first.deploy()
        except StackFailed as refused:
            say(f"  [red]✗[/] {escape(plain(refused))}")
        except Exception as error:  # noqa: BLE001 - the stack stays up; a server that is away is there again for the next
            say(f"  [red]✗[/] deploy: {escape(plain(error))}")
        else:
            say(f"  [green]✓[/] deploy       {escape(plain(done))}")


def teller(console: Console) -> Callable[[Event], None]:
    """Prints what happens to the parts, a line each."""

    def tell(event: Event) -> None:
        name, said, took = f"{event.part:<12}", escape(plain(event.text)), f"{event.seconds:5.1f} s"
        match event.what:
            case What.READY:
                console.print(f"  [green]✓[/] {name} {took}  [dim]{said}[/]")
            case What.DIED:
                console.print(f"  [red]✗ {name} ended[/] ({said}); starting it again in {event.seconds:.1f} s", soft_wrap=True)
            case What.STOPPED:
                console.print(f"  [dim]■ {name} {took}  stopped[/]")
            case What.STARTING:
                pass

    return tell
