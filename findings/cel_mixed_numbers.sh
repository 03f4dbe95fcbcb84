#!/usr/bin/env bash
# cel-python 0.5.0: a comparison of a whole and a fractional number works in one direction only.
#
# Setting: rules such as `amount > 50` over facts that were read from JSON. A backend writes a round sum as 100 or as 100.0,
# whichever its language's serialiser prefers, and cel-python makes an IntType of the one and a DoubleType of the other.
#
# Guess: either CEL's numbers compare across types, as the language definition has it, or every mix is refused.
#
# Seen: neither. The type on the left decides. A fractional fact may be compared with a whole limit, but not the same limit
# with the fact; a whole fact with a fractional limit is refused, and the mirrored rule is not. `==`, `!=` and `in` refuse
# both mixes; `+` and `*` go by the left side, too. So a rule's value depends on how a sum was spelt in JSON and on which
# side of the sign it was written. Handrail evaluates every number, in facts and in literals, as an exact decimal.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'cel-python==0.5.0'

cat >"$folder/mixed.py" <<'PYTHON'
import json

import celpy

RULES = ("amount > 50", "50 < amount", "amount > 50.0", "50.0 < amount", "amount == 100", "amount * 2 > 50", "2 * amount > 50")


def ruled(rule: str, facts: dict) -> str:
    environment = celpy.Environment()
    try:
        return str(bool(environment.program(environment.compile(rule)).evaluate(celpy.json_to_cel(facts)))).lower()
    except celpy.CELEvalError:
        return "refused"


for text in ('{"amount": 100}', '{"amount": 100.0}'):
    for rule in RULES:
        print(f"{text} {rule}: {ruled(rule, json.loads(text))}")
PYTHON

seen=$("$folder/env/bin/python" "$folder/mixed.py")
expected='{"amount": 100} amount > 50: true
{"amount": 100} 50 < amount: true
{"amount": 100} amount > 50.0: refused
{"amount": 100} 50.0 < amount: true
{"amount": 100} amount == 100: true
{"amount": 100} amount * 2 > 50: true
{"amount": 100} 2 * amount > 50: true
{"amount": 100.0} amount > 50: true
{"amount": 100.0} 50 < amount: refused
{"amount": 100.0} amount > 50.0: true
{"amount": 100.0} 50.0 < amount: true
{"amount": 100.0} amount == 100: refused
{"amount": 100.0} amount * 2 > 50: true
{"amount": 100.0} 2 * amount > 50: refused'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "cel-python behaves otherwise now" >&2; exit 1; }
