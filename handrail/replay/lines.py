"""Lines of JSON as logs have them, and times with their zones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handrail.domain.base import fields_once
from handrail.domain.moments import moment_in

RIGHT = '{"customer": "C-1", "tool": "refund_order", "arguments": {"order_id": "O-1", "amount": 20}, "expected": "approve"}'
RIGHT_TIME = "Write it with its zone, such as 2026-03-01T10:00:00Z."


class LineFault(Exception):
    """A fault of one line; its text goes behind file and line."""


def json_object(line: str) -> dict[str, Any]:
    """Raises: LineFault: it is no JSON object."""
    try:
        found = json_value(line)
    except LineFault as fault:
        raise LineFault(f"{fault} What would be right: {RIGHT}") from fault
    if not isinstance(found, dict):
        what = "a JSON list; put each of its objects on a line" if isinstance(found, list) else "no JSON object"
        raise LineFault(f"is {what}. What would be right: {RIGHT}")
    return found


def json_value(text: str) -> Any:
    """Raises: LineFault: it is no JSON, or says one key twice."""
    try:
        found = json.loads(text, object_pairs_hook=fields_once, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
        return found
    except UnicodeEncodeError as error:
        raise LineFault("holds half a character (a lone surrogate). Write the whole one, or leave it out.") from error
    except json.JSONDecodeError as error:
        raise LineFault(f"is no JSON ({error.msg} at character {error.colno}).") from error
    except RecursionError as error:
        raise LineFault("is nested too deeply to be read.") from error
    except ValueError as error:
        raise LineFault(f"{error}.") from error


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON; write a number or null")


def tool_named(read: Mapping[str, Any]) -> str | None:
    """The tool's name, under whichever key. Raises: LineFault: two keys name different ones."""
    function = read.get("function")
    inner = function.get("name") if isinstance(function, dict) else None
    named = {one for one in (read.get("tool"), read.get("name"), inner) if isinstance(one, str)}
    if len(named) > 1:
        raise LineFault(f"names two tools, {' and '.join(sorted(named))}. Keep one.")
    return next(iter(named), None)


def moment(what: str, value: Any) -> datetime:
    """Read a time with its zone, in UTC. Raises: InvalidInput."""
    return moment_in(what, value, RIGHT_TIME)
