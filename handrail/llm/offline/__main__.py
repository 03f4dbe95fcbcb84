"""`python -m handrail.llm.offline --host 127.0.0.1 --port 8000`; the key, if one is wanted, in HANDRAIL_OFFLINE_API_KEY."""

from __future__ import annotations

import argparse
import os

import uvicorn

from handrail.llm.offline.app import Server
from handrail.loopback import is_loopback

GRACE_SECONDS = 2
"""How long requests in flight may go on after SIGTERM."""


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.llm.offline", description="A language model that answers by rules."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--scripted", action="store_true", help="for tests: /script and /requests; loopback only")
    parser.add_argument("--obey", action="store_true", help="for tests: obey instructions inside data")
    parser.add_argument("--variant", default="", help="for tests: another model under the same name, in free text")
    parser.add_argument("--seed", type=int, default=None, help="for tests: free text is the same each time")
    given = parser.parse_args()
    if given.scripted and not is_loopback(given.host):
        parser.error(f"--scripted: anyone who reaches {given.host} could script answers; use --host 127.0.0.1.")
    server = Server(
        api_key=os.environ.get("HANDRAIL_OFFLINE_API_KEY") or None,
        scripted=given.scripted,
        obey=given.obey,
        variant=given.variant,
        seed=given.seed,
    )
    uvicorn.run(
        server.app(),
        host=given.host,
        port=given.port,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
