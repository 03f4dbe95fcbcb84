#!/usr/bin/env bash
# Authlib 1.9.10, httpx 0.28.1, httpx2 2.16.2: which errors `authlib.integrations.httpx_client` raises depends on what else is installed.
#
# Setting: a service fetches a token with `AsyncOAuth2Client` and treats `httpx.HTTPError` as "the identity provider is away". One
# day another dependency brings the package httpx2, as the clients of OpenAI and of MCP servers do. Nothing of the service changes.
#
# Guess: what is called an integration of httpx raises httpx's errors, with httpx2 installed or without.
#
# Seen: it takes httpx2 wherever that can be imported, and its errors are no subclasses of httpx's. A provider that takes no
# connections is `httpx.ConnectError` before and `httpx2.ConnectError` after, an answer 503 `HTTPStatusError` of the one or of the other:
# they pass every `except httpx.HTTPError`. Handrail catches both.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
install() { "$folder/env/bin/pip" install --quiet --disable-pip-version-check "$@"; }

cat >"$folder/away.py" <<'PYTHON'
import asyncio
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
from authlib.integrations.httpx_client import AsyncOAuth2Client


class Busy(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_): ...


async def fetch(port):
    async with AsyncOAuth2Client("service", "secret", trust_env=False) as client:
        try:
            await client.fetch_token(f"http://127.0.0.1:{port}/token", grant_type="client_credentials")
        except Exception as error:
            kind = type(error)
            return f"{kind.__module__}.{kind.__name__}, an httpx.HTTPError: {isinstance(error, httpx.HTTPError)}"


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    closed = free.getsockname()[1]
server = HTTPServer(("127.0.0.1", 0), Busy)
Thread(target=server.serve_forever, daemon=True).start()
print(sys.argv[1], "| no connection:", asyncio.run(fetch(closed)))
print(sys.argv[1], "| 503:", asyncio.run(fetch(server.server_port)))
server.shutdown()
PYTHON

install 'authlib==1.9.10' 'httpx==0.28.1'
"$folder/env/bin/python" -W ignore "$folder/away.py" before >"$folder/seen"
install 'httpx2==2.16.2'
"$folder/env/bin/python" -W ignore "$folder/away.py" after >>"$folder/seen"

cat >"$folder/expected" <<'TEXT'
before | no connection: httpx.ConnectError, an httpx.HTTPError: True
before | 503: httpx.HTTPStatusError, an httpx.HTTPError: True
after | no connection: httpx2.ConnectError, an httpx.HTTPError: False
after | 503: httpx2.HTTPStatusError, an httpx.HTTPError: False
TEXT
cat "$folder/seen"
diff "$folder/expected" "$folder/seen"
