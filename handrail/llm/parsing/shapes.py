"""Completions as servers really send them, brought into the one shape that the client reads.

Only what has one meaning is mended: an object where its JSON text belongs, an id that is missing, a call that stands twice.
Whatever could mean two things stays as it is and is refused where it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from handrail.domain.base import fields_once

NAMESPACE = "functions."
"""Some models put it before a tool's name; no tool of ours has a dot in its name."""
UNREADABLE = "{"
"""Stands for arguments that nobody can read for certain: no JSON."""
DEEPEST = 64
"""Levels of nesting that are read: more than any tool's arguments have, and far fewer than pydantic writes."""


def mended(body: Any) -> Any:
    """The completion in its one shape; anything that is none comes back untouched."""
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        return body
    choices = [_choice(one) if isinstance(one, dict) else one for one in body["choices"]]
    name = body.get("model")
    return {**body, "choices": choices, "usage": _usage(body.get("usage")), "model": name if isinstance(name, str) else ""}


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice.get("message")
    return {**choice, "message": _message(message)} if isinstance(message, dict) else choice


def _message(message: dict[str, Any]) -> dict[str, Any]:
    content, refusal = _text(message.get("content"))
    calls = message.get("tool_calls") or [{"function": one} for one in [message.get("function_call")] if one]
    calls = [calls] if isinstance(calls, dict) else calls
    mended = {**message, "role": "assistant", "content": content, "refusal": message.get("refusal") or refusal}
    mended.pop("function_call", None)
    return {**mended, "tool_calls": _calls(calls) if isinstance(calls, list) else calls}


def _text(content: Any) -> tuple[str, str | None]:
    """Text and refusal of a content that may come in parts."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else "", None
    parts = [one for one in content if isinstance(one, dict)]
    refusals = [str(one["refusal"]) for one in parts if one.get("refusal")]
    return "".join(one["text"] for one in parts if isinstance(one.get("text"), str)), refusals[0] if refusals else None


def _calls(calls: Iterable[Any]) -> list[Any]:
    """The calls under ids of their own. The same call under the same id is one call that was sent twice."""
    kept: list[Any] = []
    known: dict[str, Any] = {}
    for index, call in enumerate(calls):
        function = call.get("function", call) if isinstance(call, dict) else None
        if not isinstance(function, dict):
            kept.append({"id": None, "type": "function", "function": {"name": "", "arguments": UNREADABLE}})
            continue
        function = {"name": _name(function.get("name")), "arguments": _arguments(function.get("arguments"))}
        given = call.get("id")
        if not isinstance(given, str) or not given.strip():
            given = ""
        elif given in known:
            if known[given] == function:
                continue
            given = ""
        else:
            known[given] = function
        kept.append({"id": given or _fresh(index, known), "type": "function", "function": function})
    return kept


def _fresh(index: int, known: dict[str, Any]) -> str:
    name = f"call_{index}"
    while name in known:
        name += "_"
    known[name] = None
    return name


def _name(name: Any) -> str:
    return name.strip().removeprefix(NAMESPACE) if isinstance(name, str) else ""


def _arguments(given: Any) -> Any:
    """The arguments as JSON text. An empty list is how servers in PHP write an empty object."""
    for _ in range(2):  # once more for text that was encoded twice
        if isinstance(given, dict):
            break
        if given is None or given == [] or (isinstance(given, str) and not given.strip()):
            return "{}"
        try:
            given = loaded(unfenced(given)) if isinstance(given, str) else given
        except ValueError:
            return UNREADABLE
    return json.dumps(given, ensure_ascii=False) if isinstance(given, dict) and shallow(given) else UNREADABLE


def loaded(text: str) -> Any:
    """The JSON. Raises: ValueError: it is none, is nested too deep, or an object in it says the same field twice."""
    try:
        found = json.loads(text, object_pairs_hook=fields_once)
    except RecursionError:
        found = None
    else:
        if shallow(found):
            return found
    raise ValueError("it is nested too deep")


def shallow(value: Any) -> bool:
    """Return whether the value is nested no deeper than `DEEPEST`: whatever keeps or compares it may take it as it is."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return True
    return not any(isinstance(one, dict | list) for one in level)


def unfenced(text: str) -> str:
    """The text without a Markdown fence around the whole of it."""
    text = text.strip()
    if not (text.startswith("```") and text.endswith("```") and len(text) > 6):
        return text
    first, _, rest = text[3:-3].partition("\n")
    return (rest if first.strip().isalnum() or not first.strip() else text[3:-3]).strip()


def _usage(usage: Any) -> dict[str, int] | None:
    """Counted tokens; what is missing, negative or no number is 0, which no call really has."""
    if not isinstance(usage, dict):
        return None
    asked = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    said = _count(usage.get("completion_tokens", usage.get("output_tokens")))
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said} if asked or said else None


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    try:
        return max(int(float(value)), 0)
    except (ValueError, OverflowError):
        return 0
