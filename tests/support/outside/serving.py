"""An ASGI app on a real socket in a thread, for as long as a block lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

DEADLINE_SECONDS = 20.0


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[int]:
    """Serve the app; gives the port."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (server.started and server.servers):
        assert thread.is_alive(), "the server ended before it had begun"
        assert time.monotonic() < deadline, "the server did not begin in time"
        time.sleep(0.01)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(DEADLINE_SECONDS)
