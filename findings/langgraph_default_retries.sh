#!/usr/bin/env bash
# LangGraph 1.2.22, langchain-openai 1.7.3 (openai 3.54.0), httpx 0.28.1, httpx2 2.16.2: what a node with `RetryPolicy()` tries again.
#
# Setting: a node sends something to a service; its policy is `RetryPolicy()`, at most three attempts. The service refuses, or does
# not answer in time. The same lines are written with httpx, with its successor httpx2, and with a chat model of OpenAI's protocol
# whose own retries are off.
#
# Guess: an answer of 4xx says that trying again is of no use: one attempt, whichever client. A time-out is tried again: three.
#
# Seen: the policy knows httpx by its class and httpx2 not at all, so a POST that is refused with 409 is sent once by httpx and
# three times by httpx2. A wrong key of the model (401) is tried three times as well. Of the time-outs, those of httpx and of
# LangGraph's own `timeout=` are tried three times, and that of `asyncio.timeout` once: TimeoutError is an OSError, and those count
# as the program's mistakes. Handrail names for each node what is worth another try.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
    'langgraph==1.2.22' 'langchain-openai==1.7.3' 'openai==3.54.0' 'httpx==0.28.1' 'httpx2==2.16.2'

cat >"$folder/tries.py" <<'PYTHON'
import asyncio
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import TypedDict

import httpx
import httpx2
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from langgraph.types import RetryPolicy

asked = 0


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        global asked
        asked += 1
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/slow":
            sleep(1.5)
        self.send_response({"/taken": 409, "/slow": 200}.get(self.path, 401))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_): ...


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}"


class State(TypedDict):
    order: str


async def sent(library, path, **options):
    async with library.AsyncClient(trust_env=False, **options) as client:
        (await client.post(URL + path, json={"order": "O-1"})).raise_for_status()


async def by_httpx(state):
    await sent(httpx, "/taken")


async def by_httpx2(state):
    await sent(httpx2, "/taken")


async def by_model(state):
    await ChatOpenAI(model="m", base_url=f"{URL}/v1", api_key="wrong", max_retries=0).ainvoke("hello")


async def late_by_httpx(state):
    await sent(httpx, "/slow", timeout=0.5)


async def late_by_asyncio(state):
    async with asyncio.timeout(0.5):
        await sent(httpx, "/slow")


async def late_by_langgraph(state):
    await sent(httpx, "/slow")


async def main():
    global asked
    nodes = [by_httpx, by_httpx2, by_model, late_by_httpx, late_by_asyncio, late_by_langgraph]
    for node in nodes:
        own = {"timeout": 0.5} if node is late_by_langgraph else {}
        graph = StateGraph(State)
        graph.add_node("node", node, retry_policy=RetryPolicy(initial_interval=0.01, jitter=False), **own)
        graph.add_edge(START, "node")
        asked = 0
        try:
            await graph.compile().ainvoke({"order": "O-1"})
        except Exception as error:
            kind = type(error)
            print(f"{node.__name__}: asked {asked} times, {kind.__module__.partition('.')[0]}.{kind.__name__}")


asyncio.run(main())
PYTHON

cat >"$folder/expected" <<'TEXT'
by_httpx: asked 1 times, httpx.HTTPStatusError
by_httpx2: asked 3 times, httpx2.HTTPStatusError
by_model: asked 3 times, langchain_openai.OpenAIAuthenticationError
late_by_httpx: asked 3 times, httpx.ReadTimeout
late_by_asyncio: asked 1 times, builtins.TimeoutError
late_by_langgraph: asked 3 times, langgraph.NodeTimeoutError
TEXT

"$folder/env/bin/python" -W ignore "$folder/tries.py" 2>"$folder/log" | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"
