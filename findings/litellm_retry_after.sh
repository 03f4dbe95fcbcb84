#!/usr/bin/env bash
# LiteLLM 1.108.7, the proxy: the Retry-After of the server behind it arrives under another name, and not under its own.
#
# Setting: a server limits the rate and answers 429 with `Retry-After: 12`; a proxy stands before it.
#
# Guess: the proxy passes the header on as it is, since the official clients of the protocol read it to know when to come back.
#
# Seen: the answer has `llm_provider-retry-after: 12` and no `retry-after`, with 429 as well as with 503. So a client that heeds
# the standard header comes back at once, or by a pause of its own. Handrail reads both names.
set -euo pipefail

folder=$(mktemp -d)
finish() {
    [[ -z "${server:-}" ]] || kill "$server" 2>/dev/null || true
    [[ -z "${proxy:-}" ]] || kill "$proxy" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'litellm[proxy]==1.108.7'
read -r upstream port < <(python3 -c 'import socket; a, b = socket.socket(), socket.socket(); a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0)); print(a.getsockname()[1], b.getsockname()[1])')

cat >"$folder/upstream.py" <<'PYTHON'
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

ANSWER = {
    "id": "c-1", "object": "chat.completion", "created": 1, "model": "assistant-2026-01-15",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "On its way."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9},
}
REFUSED = {"error": {"message": "Too many requests.", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_): ...

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(REFUSED).encode()
        self.send_response(429)
        for name, value in (("Retry-After", "12"), ("content-type", "application/json"), ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
PYTHON
cat >"$folder/proxy.yaml" <<YAML
model_list:
  - model_name: support
    litellm_params: {model: openai/assistant, api_base: "http://127.0.0.1:$upstream/v1", api_key: none}
router_settings: {num_retries: 0}
YAML
python3 "$folder/upstream.py" "$upstream" & server=$!
export LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true
"$folder/env/bin/litellm" --config "$folder/proxy.yaml" --host 127.0.0.1 --port "$port" >"$folder/proxy.log" 2>&1 & proxy=$!
for _ in $(seq 600); do curl --silent --output "$folder/ready" "http://127.0.0.1:$port/health/liveliness" && break; sleep 0.5; done

ask() {
    curl --silent --include --max-time 60 "http://127.0.0.1:$1/v1/chat/completions" --header 'content-type: application/json' \
        --data "{\"model\": \"$2\", \"messages\": [{\"role\": \"user\", \"content\": \"Where is my order?\"}]}" | tr -d '\r'
}

headers() { ask "$1" "$2" | tr '[:upper:]' '[:lower:]' | grep -E '^(http|(llm_provider-)?retry-after)' | sed -E 's/^http[^ ]* ([0-9]+).*/status \1/' | sort; }
seen="direct:
$(headers "$upstream" assistant)
behind the proxy:
$(headers "$port" support)"
expected='direct:
retry-after: 12
status 429
behind the proxy:
llm_provider-retry-after: 12
status 429'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "LiteLLM behaves otherwise now" >&2; exit 1; }
