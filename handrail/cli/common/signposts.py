"""Directions from here: the reviewers' list, and the commands as they have to be typed in this folder."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from handrail.embedded.state import Stack

KEY_FILE = "api.key"
DESK_KEY_FILE = "desk.key"
"""The file of a stack that holds its own key of the HTTP API."""
WAITING_QUERY = 'CaseStatus="AwaitingApproval" AND ExecutionStatus IN ("Running", "Paused")'


def waiting_url(ui: str) -> str:
    """The Web UI's list of cases that wait for an approval."""
    return f"{ui}/namespaces/default/workflows?query={quote(WAITING_QUERY, safe='')}"


def program() -> str:
    """Return the command that calls us from this folder."""
    ours = Path(sys.executable).with_name("handrail")
    found = shutil.which("handrail")
    return "handrail" if found and Path(found).resolve() == ours.resolve() else near(ours)


def near(path: Path) -> str:
    """The path as seen from here, where that is shorter to read."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def curl(stack: Stack) -> str:
    """The line that opens a case over HTTP; it names the file of the key, not the key."""
    key = shlex.quote(near(stack.data_dir / KEY_FILE))
    body = json.dumps({"customer_id": stack.customer or "CUSTOMER", "text": "Where is my order?"})
    return (
        f'curl -sS {stack.api}/v1/cases -H "Authorization: Bearer $(cat {key})" '
        f"-H 'Idempotency-Key: hello-1' --json '{body}'"
    )


def desk(stack: Stack) -> str:
    """The address of the desk, and where the key to sign in with lies."""
    return f"{stack.desk}, sign in with what `cat {shlex.quote(near(stack.data_dir / DESK_KEY_FILE))}` prints"


def directions(stack: Stack, case_id: str | None, asked: str | None = None) -> list[tuple[str, str]]:
    """List what to do next, as (what, how): for a case that waits for a person, and one that `asked` its customer."""
    prefix = "" if stack.data_dir == Path(".handrail").absolute() else f"HANDRAIL_DATA_DIR={near(stack.data_dir)} "
    call = prefix + program()
    case = case_id or "CASE"
    return [
        ("Decide one", f"{call} decide {case} approve --reviewer YOU"),
        ("Answer as customer", f"{call} case say {asked or 'CASE'} --message yes --wait"),
        ("See one", f"{call} case show {case}"),
        *([("Desk", desk(stack))] if stack.desk else []),
        *([("Chat", f"{stack.chat}, as the test customer {stack.customer}")] if stack.chat else []),
        *([("HTTP API", stack.api), ("Open one by HTTP", curl(stack))] if stack.api else []),
        ("Stop", "Ctrl-C; the next start goes on with every open case"),
    ]
