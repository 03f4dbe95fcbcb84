#!/usr/bin/env bash
# LiteLLM 1.108.7, the proxy: where the server behind it counts no tokens, the answer says that it took none.
#
# Setting: `usage` is optional in the protocol, and some servers of one's own leave it out. A proxy stands before one.
#
# Guess: the proxy counts with a tokeniser of its own, which it has, or leaves the field out, too.
#
# Seen: the answer has a `usage` with 0 prompt tokens and 0 completion tokens. So a bound on cost that trusts the field never
# holds, and "unknown" cannot be told from "none" by looking whether the field is there. Handrail takes 0 for unknown and
# estimates from the text.
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
del ANSWER["usage"]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_): ...

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        for name, value in (("content-type", "application/json"), ("content-length", str(len(body)))):
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

counted() { ask "$1" "$2" | tail -1 | python3 -c 'import json, sys; u = json.load(sys.stdin).get("usage"); print(u and [u["prompt_tokens"], u["completion_tokens"]])'; }
seen="direct: $(counted "$upstream" assistant)
behind the proxy: $(counted "$port" support)"
expected='direct: None
behind the proxy: [0, 0]'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "LiteLLM behaves otherwise now" >&2; exit 1; }
