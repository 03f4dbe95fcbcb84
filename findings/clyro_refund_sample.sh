#!/usr/bin/env bash
# clyro 0.3.5: a rule whose operator the SDK does not know is left out of a cloud policy, so the call is allowed.
#
# Setting: a refund policy in the cloud's shape, as it is published: `requires_approval` from 100 and `greater_than` 500 with
# the action `block`. The SDK fetches the policies of an agent and merges them with the local ones.
#
# Guess: either the SDK rules on these operators as the file reads, or it refuses the file.
#
# Seen: neither. Its eight operators are max_value, min_value, equals, not_equals, in_list, not_in_list, contains and
# not_contains. A local file with another is refused when it is loaded; a cloud policy with another loses the rule with a
# warning in the log, and a refund of 900 is allowed. The same limit as `max_value` blocks it. Handrail refuses an unknown
# operator with the name of the right one, and `handrail policy import clyro` puts such files into its own words.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'clyro==0.3.5'

cat >"$folder/sample.py" <<'PYTHON'
from types import SimpleNamespace

from clyro.backend.cloud_policy import CloudPolicyFetcher
from clyro.config import PolicyRule, WrapperConfig
from clyro.policy import LocalPolicyEvaluator


def ruled(operator: str) -> str:
    condition = {"field": "amount", "operator": operator, "value": 500}
    rule = {"id": "r", "name": "r", "condition": condition, "action": "block", "message": "m"}
    policy = {"id": "p", "name": "refunds", "rules": {"version": "1.0", "default_action": "allow", "rules": [rule]}}
    rules, defaults = CloudPolicyFetcher._extract_rules(SimpleNamespace(), [policy])
    merged, default = CloudPolicyFetcher._merge(SimpleNamespace(), rules, [], defaults, "allow")
    config = WrapperConfig.model_validate({"default_action": default})
    config.global_.policies = merged
    blocked, *_ = LocalPolicyEvaluator(config).evaluate("refund", {"amount": 900})
    return "blocked" if blocked else "allowed"


for operator in ("greater_than", "max_value"):
    print(f"cloud, {operator} 500: a refund of 900 is {ruled(operator)}")
try:
    PolicyRule(parameter="amount", operator="greater_than", value=500, action="block")
    print("local, greater_than: taken")
except ValueError:
    print("local, greater_than: refused")
PYTHON

seen=$("$folder/env/bin/python" "$folder/sample.py" 2>/dev/null | grep -E '^(cloud|local), ')
expected='cloud, greater_than 500: a refund of 900 is allowed
cloud, max_value 500: a refund of 900 is blocked
local, greater_than: refused'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "clyro behaves otherwise now" >&2; exit 1; }
