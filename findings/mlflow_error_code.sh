#!/usr/bin/env bash
# MLflow 3.17.2, the AI gateway: a used-up quota cannot be told from a limit of the rate, and no pause is asked for with either.
#
# Setting: both are HTTP 429. The protocol tells them apart by `error.code`: after `rate_limit_exceeded` one waits as long as
# `Retry-After` says, after `insufficient_quota` waiting does not help. A gateway stands before the server.
#
# Guess: the gateway passes the body and the header on; a client of the protocol knows nothing but these.
#
# Seen: the status alone. The body is `{"detail": MESSAGE}` with neither code nor type, and there is no `retry-after` under
# any name. So a quota that is used up is asked again like a busy server, and a busy server is asked again too soon.
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

def answer_to(text):
    error = {"message": "Too much was asked.", "type": text, "code": text}
    return 429, [("Retry-After", "12")], {"error": error}


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
    local answer
    answer=$(ask "$1" "$2" "$3")
    echo "$(sed -nE '1s/^HTTP[^ ]* ([0-9]+).*/\1/p' <<<"$answer") $(grep -ciE '^[^ ]*retry-after' <<<"$answer" || true) $(tail -1 <<<"$answer")"
}
seen="direct: $(said "$upstream" assistant insufficient_quota)
gateway, quota: $(said "$port" support insufficient_quota)
gateway, rate: $(said "$port" support rate_limit_exceeded)"
expected='direct: 429 1 {"error": {"message": "Too much was asked.", "type": "insufficient_quota", "code": "insufficient_quota"}}
gateway, quota: 429 0 {"detail":"Too much was asked."}
gateway, rate: 429 0 {"detail":"Too much was asked."}'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "MLflow behaves otherwise now" >&2; exit 1; }
