#!/usr/bin/env bash
# LiteLLM 1.108.7, the proxy: an answer bears the name that was asked for, never the name of the model that gave it.
#
# Setting: a server answers as `assistant-2026-01-15`, the dated version behind the name `assistant`; a proxy offers it as
# `support`. Who keeps a watch on which model answers compares the `model` of each answer.
#
# Guess: the dated name of the server behind comes through, as the protocol means `model` to be the model that was used.
#
# Seen: `model` is `support`; the dated name stands nowhere in the body. So a new version behind the alias cannot be noticed from
# the answer, while one and the same server asked directly shows it. Handrail says so in its page on model servers.
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

said() { ask "$1" "$2" | tail -1 | python3 -c 'import json, sys; text = sys.stdin.read(); print(json.loads(text)["model"], "2026-01-15" in text)'; }
seen="direct: $(said "$upstream" assistant)
behind the proxy: $(said "$port" support)"
expected='direct: assistant-2026-01-15 True
behind the proxy: support False'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "LiteLLM behaves otherwise now" >&2; exit 1; }
