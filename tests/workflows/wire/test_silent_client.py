"""Commands print what they answer, and nothing of how the client of Temporal fares."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from handrail.embedded.temporal import Temporal

ASKS = """
import asyncio, sys
from datetime import timedelta
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from handrail.cli.common.world import CliContext

async def main():
    client = await CliContext().temporal()
    print("connected", flush=True)
    sys.stdin.readline()
    asked = DescribeNamespaceRequest(namespace="default")
    try:
        await client.workflow_service.describe_namespace(asked, retry=True, timeout=timedelta(seconds=3))
    except Exception as error:
        print(type(error).__name__, flush=True)

asyncio.run(main())
"""


async def test_a_server_that_goes_away_is_told_by_the_error_alone(temporal_server: Temporal) -> None:
    host, _, port = temporal_server.address.rpartition(":")
    lines: list[asyncio.StreamWriter] = []

    async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()

    async def come(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        there, further = await asyncio.open_connection(host, int(port))
        lines.extend((sink, further))
        await asyncio.gather(pass_on(source, further), pass_on(there, sink))

    door = await asyncio.start_server(come, "127.0.0.1", 0)
    address = f"127.0.0.1:{door.sockets[0].getsockname()[1]}"
    pipe = asyncio.subprocess.PIPE
    environment = {"HANDRAIL_TEMPORAL_ADDRESS": address, "PATH": ""}
    asks = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASKS, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
    )
    assert asks.stdout
    assert await asyncio.wait_for(asks.stdout.readline(), 60) == b"connected\n"
    door.close()
    for line in lines:
        line.close()
    said, trouble = await asyncio.wait_for(asks.communicate(b"go\n"), 60)
    assert said == b"RPCError\n", trouble.decode()
