"""The real Temporal server with its Web UI as a child process, on one SQLite file."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.embedded.ports import HOST
from handrail.embedded.process import Command, StackFailed

if TYPE_CHECKING:
    from temporalio.client import Client

NAMESPACE = "default"
RETENTION = timedelta(days=30)
SEARCH_ATTRIBUTES = {
    "CaseStatus": "Keyword",
    "CaseTopic": "Keyword",
    "CaseTier": "Keyword",
    "CaseQueue": "Keyword",
    "CaseRisk": "Keyword",
    "CaseReason": "Keyword",
    "CaseDueBy": "Datetime",
}
# One shard polls its queues 20 times a second by default, and every task waits 40-50 ms for it.
DYNAMIC_CONFIG = {
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "2000",
    "history.visibilityProcessorMaxPollRPS": "2000",
    # Else a short timer, and a short pause before a repetition, lasts a full second.
    "history.timerProcessorMaxTimeShift": '"50ms"',
    # Ten by default: a customer's many messages would keep a person's claim out, whoever sends them.
    "history.maxInFlightUpdates": "500",
    # One customer's many turns would keep everybody else's waiting.
    "matching.enableFairness": "true",
    # So that the entry of the page's menu works; a paused case is marked everywhere and counts as waiting for a person.
    "frontend.WorkflowPauseEnabled": "true",
    # A run that an edited graph cannot replay is reported, and healed, after seconds instead of a minute.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2",
}
SQLITE_PRAGMAS = {"journal_mode": "WAL", "synchronous": "NORMAL"}
BINARY_VARIABLE = "HANDRAIL_TEMPORAL_BIN"


def binary() -> Path:
    """The `temporal` program: `HANDRAIL_TEMPORAL_BIN`, else the PATH outside our environment, else the pinned package's.

    Raises:
        StackFailed: there is none, or the variable names no program.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or Path(named).is_dir():
            raise StackFailed(f"{BINARY_VARIABLE}: {named} is not a program. Name the `temporal` binary, or unset it.")
        return Path(named)
    ours = Path(sys.executable).parent
    elsewhere = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder and Path(folder) != ours]
    found = shutil.which("temporal", path=os.pathsep.join(elsewhere)) or shutil.which("temporal", path=str(ours))
    if found is None:
        raise StackFailed(f"temporal: no `temporal` program. Run `make setup`, or set {BINARY_VARIABLE}.")
    return Path(found)


class Temporal:
    """The server over the file `database`; gRPC on `port`, the Web UI on `ui_port`, metrics and the HTTP API beside them.

    `codec` is the address at which the Web UI has payloads decrypted; `dynamic` are values of the server's dynamic
    configuration that differ from ours.
    """

    name = "temporal"
    needs: tuple[str, ...] = ()

    def __init__(
        self,
        database: Path,
        port: int,
        ui_port: int,
        metrics_port: int,
        http_port: int,
        codec: str | None = None,
        **dynamic: str,
    ) -> None:
        self.database, self._codec = database.resolve(), codec
        self._dynamic = {**DYNAMIC_CONFIG, **dynamic}
        self.port, self.ui_port, self.metrics_port, self.http_port = port, ui_port, metrics_port, http_port
        self.address = f"{HOST}:{port}"
        self.ui = f"http://{HOST}:{ui_port}"
        self._binary = binary()

    def prepare(self) -> None:
        """Check that the file can be written.

        Raises:
            StackFailed: it is something else than a SQLite file.
        """
        self.database.parent.mkdir(parents=True, exist_ok=True)
        if not self.database.exists():
            return
        with self.database.open("rb") as file:
            head = file.read(16)
        if head and not head.startswith(b"SQLite format 3"):
            raise StackFailed(f"temporal: {self.database} is not a SQLite file. Move it away to begin afresh.")

    def command(self) -> Command:
        options = {
            "--ip": HOST,
            "--port": self.port,
            "--ui-port": self.ui_port,
            "--metrics-port": self.metrics_port,
            "--http-port": self.http_port,
            "--db-filename": self.database,
            "--log-level": "warn",
        }
        if self._codec is not None:
            options["--ui-codec-endpoint"] = self._codec
        repeated = {
            "--sqlite-pragma": SQLITE_PRAGMAS,
            "--dynamic-config-value": self._dynamic,
            "--search-attribute": SEARCH_ATTRIBUTES,
        }
        return Command(
            argv=(
                *(str(self._binary), "server", "start-dev", "--ui-disable-news-fetch"),
                *(str(part) for option in options.items() for part in option),
                *(part for flag, pairs in repeated.items() for pair in pairs.items() for part in (flag, "=".join(pair))),
            ),
            environment={name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")},
        )

    async def ready(self, pid: int) -> bool:
        """The namespace answers, keeps closed cases long enough and knows our search attributes; the Web UI listens."""
        # In a thread: the client takes some tenths of a second to load, in which the other parts can start.
        await asyncio.to_thread(import_module, "temporalio.client")
        from temporalio.api.enums.v1 import IndexedValueType
        from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
        from temporalio.client import Client
        from temporalio.service import RPCError

        try:
            client = await Client.connect(self.address, namespace=NAMESPACE)
            await keep_closed(client)
            known = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=NAMESPACE))
            _, writer = await asyncio.open_connection(HOST, self.ui_port)
        except (RPCError, RuntimeError, OSError):
            return False
        writer.close()
        return all(
            known.custom_attributes.get(name) == IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
            for name, kind in SEARCH_ATTRIBUTES.items()
        )


async def keep_closed(client: Client) -> None:
    """Closed cases stay for `RETENTION`: left alone, the server forgets after a day that a case id was used."""
    from temporalio.api.namespace.v1 import NamespaceConfig
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest

    service = client.workflow_service
    found = await service.describe_namespace(DescribeNamespaceRequest(namespace=NAMESPACE))
    if found.config.workflow_execution_retention_ttl.ToTimedelta() != RETENTION:
        wanted = NamespaceConfig()
        wanted.workflow_execution_retention_ttl.FromTimedelta(RETENTION)
        await service.update_namespace(UpdateNamespaceRequest(namespace=NAMESPACE, config=wanted))
