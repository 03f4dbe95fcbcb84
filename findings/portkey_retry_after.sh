#!/usr/bin/env bash
# Portkey's gateway 1.15.2: told to heed Retry-After, it does not wait, and turns the 429 into a 500 that asks for no pause.
#
# Setting: a server limits the rate: 429 with `Retry-After: 5`. The gateway before it is configured with
# `"retry": {"attempts": 2, "use_retry_after_header": true}`, its own option for that.
#
# Guess: it asks again after 5 s. Where the header is an HTTP date, the protocol's other form, it waits until then.
#
# Seen, in seconds: three requests within some 3 s, by the gateway's own pauses of 1 and 2 s; then HTTP 500 whose body is an
# error of its own, without `retry-after`. So the client takes a limit for a defect, and does not know for how long to wait.
# With a date the option changes nothing: three requests within 3 s, too, but then the 429 with its header comes through, as it
# does without the option. Handrail asks for no repeats of a gateway; its page on model servers says to leave them out.
set -euo pipefail

folder=$(mktemp -d)
finish() {
    [[ -z "${server:-}" ]] || kill "$server" 2>/dev/null || true
    [[ -z "${gateway:-}" ]] || kill "$gateway" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
(cd "$folder" && npm install --silent --no-audit --no-fund @portkey-ai/gateway@1.15.2)
read -r upstream port < <(python3 -c 'import socket; a, b = socket.socket(), socket.socket(); a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0)); print(a.getsockname()[1], b.getsockname()[1])')

cat >"$folder/upstream.py" <<'PYTHON'
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from email.utils import formatdate
from time import time

REFUSED = {"error": {"message": "Too many requests.", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}


def answer_to(text):
    print(text, flush=True)
    wait = "5" if text.startswith("seconds") else formatdate(time() + 5, usegmt=True)
    return 429, [("Retry-After", wait)], REFUSED


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_): ...

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, headers, answer = answer_to(asked["messages"][-1]["content"])
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (*headers, ("content-type", "application/json"), ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
PYTHON
python3 "$folder/upstream.py" "$upstream" >"$folder/asked" & server=$!
node "$folder/node_modules/@portkey-ai/gateway/build/start-server.js" --headless --port="$port" >"$folder/log" 2>&1 & gateway=$!
for _ in $(seq 120); do curl --silent --output "$folder/ready" "http://127.0.0.1:$port/" && break; sleep 0.5; done

ask() {
    curl --silent --include --max-time 60 "http://127.0.0.1:$1/v1/chat/completions" --header 'content-type: application/json' \
        --data "{\"model\": \"$2\", \"messages\": [{\"role\": \"user\", \"content\": \"$3\"}]}" "${@:4}" | tr -d '\r'
}

# Of one way: the status, whether a pause is asked for, how often the server was asked, and whether that took its 5 s.
told() {
    local target="\"provider\": \"openai\", \"api_key\": \"none\", \"custom_host\": \"http://127.0.0.1:$upstream/v1\""
    local began=$SECONDS answer pause=none wait=no
    answer=$(ask "$port" assistant "$1" --header "x-portkey-config: {$target, \"retry\": {\"attempts\": 2$2}}")
    ! grep -qi '^retry-after:' <<<"$answer" || pause=asked
    ((SECONDS - began < 5)) || wait=yes
    echo "$1: status $(sed -nE '1s/^HTTP[^ ]* ([0-9]+).*/\1/p' <<<"$answer"), pause $pause, $(grep -c "^$1$" "$folder/asked") requests, waited $wait"
}

heed=', "use_retry_after_header": true'
seen="$(told 'seconds' '')
$(told 'seconds heeded' "$heed")
$(told 'date heeded' "$heed")"
expected='seconds: status 429, pause asked, 3 requests, waited no
seconds heeded: status 500, pause none, 3 requests, waited no
date heeded: status 429, pause asked, 3 requests, waited no'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "Portkey's gateway behaves otherwise now" >&2; exit 1; }
