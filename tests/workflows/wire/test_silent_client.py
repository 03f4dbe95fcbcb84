"""Commands print what they answer, and nothing of how the client of Temporal fares."""

from __future__ import annotations

import asyncio
import sys

from handrail.drills.chaos.proxy import FaultyProxy, NetworkFault
from handrail.embedded.ports import HOST, free_block
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
    door = FaultyProxy(free_block(1), temporal_server.port)
    pipe = asyncio.subprocess.PIPE
    environment = {"HANDRAIL_TEMPORAL_ADDRESS": f"{HOST}:{door.port}", "PATH": ""}
    async with door.listening():
        asks = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ASKS, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
        )
        assert asks.stdout
        assert await asyncio.wait_for(asks.stdout.readline(), 60) == b"connected\n"
        door.hurt(NetworkFault.RESET)
        said, trouble = await asyncio.wait_for(asks.communicate(b"go\n"), 60)
        assert said == b"RPCError\n", trouble.decode()
