#!/usr/bin/env bash
# MLflow 3.17.2, the AI gateway: a model's refusal arrives as an empty answer.
#
# Setting: a model may decline; then `refusal` of the message holds its words and `content` is null. A gateway stands before it.
#
# Guess: the words come through, for the gateway's own answers have the field `refusal`.
#
# Seen: the field is there, and null; `content` is null as well, the finish reason is `stop`. So a refusal looks like a model that
# said nothing, and who asks again after an empty answer asks a model that has declined. `reasoning_content` and
# `system_fingerprint` are left out in the same way. Handrail asks an empty answer once more, then a person gets the case.
set -euo pipefail

folder=$(mktemp -d)
finish() {
    [[ -z "${server:-}" ]] || kill "$server" 2>/dev/null || true
    [[ -z "${gateway:-}" ]] || kill -- "-$gateway" 2>/dev/null || true  # with its workers
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'mlflow[genai]==3.17.2'
read -r upstream port < <(python3 -c 'import socket; a, b = socket.socket(), socket.socket(); a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0)); print(a.getsockname()[1], b.getsockname()[1])')

cat >"$folder/upstream.py" <<'PYTHON'
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

def completion(**message):
    return {
        "id": "c-1", "object": "chat.completion", "created": 1, "model": "assistant",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9},
    }


def answer_to(text):
    return 200, [], {**completion(content=None, refusal="I cannot help with that."), "system_fingerprint": "fp_1"}


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
cat >"$folder/gateway.yaml" <<YAML
endpoints:
  - name: support
    endpoint_type: llm/v1/chat
    model:
      provider: openai
      name: assistant
      config: {openai_api_key: none, openai_api_base: "http://127.0.0.1:$upstream/v1"}
YAML
python3 "$folder/upstream.py" "$upstream" & server=$!
export MLFLOW_DISABLE_TELEMETRY=true PATH="$folder/env/bin:$PATH"
HOME="$folder" setsid mlflow gateway start --config-path "$folder/gateway.yaml" --host 127.0.0.1 --port "$port" --workers 1 >"$folder/log" 2>&1 & gateway=$!
for _ in $(seq 600); do curl --silent --output "$folder/ready" "http://127.0.0.1:$port/health" && break; sleep 0.5; done

ask() {
    curl --silent --include --max-time 60 "http://127.0.0.1:$1/v1/chat/completions" --header 'content-type: application/json' \
        --data "{\"model\": \"$2\", \"messages\": [{\"role\": \"user\", \"content\": \"$3\"}]}" "${@:4}" | tr -d '\r'
}

said() {
    ask "$1" "$2" hello | tail -1 | python3 -c '
import json, sys
body = json.load(sys.stdin)
message = body["choices"][0]["message"]
print(message["content"], message["refusal"], body["choices"][0]["finish_reason"], body.get("system_fingerprint"), sep=" | ")'
}
seen="direct: $(said "$upstream" assistant)
behind the gateway: $(said "$port" support)"
expected='direct: None | I cannot help with that. | stop | fp_1
behind the gateway: None | None | stop | None'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "MLflow behaves otherwise now" >&2; exit 1; }
