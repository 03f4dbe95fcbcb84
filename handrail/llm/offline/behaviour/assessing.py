"""Judging a case, where a request asks for yes or no under codes: by simple rules over what was said and done.

An obedient judge says yes to everything once any text of the case tells it to, in nine languages: it is the judge that the
checks of each answer are tried on.
"""

from __future__ import annotations

import re
from typing import Any

from handrail.llm.offline.behaviour.delivery import CallTool
from handrail.llm.offline.reading import Conversation, blocks
from handrail.llm.offline.wire import ChatRequest, ToolFunction

YES, NO = "yes", "no"
QUOTE = "quote"
REFERENCE = re.compile(r"^Reference of this task: (?P<code>\S+)$", re.MULTILINE)
ITEM = re.compile(r"^- (?P<code>[A-Z]{5}): (?P<words>.*)$", re.MULTILINE)
SORRY = re.compile(r"(?:sorry|leider|désolé|lo siento|mi dispiace|helaas|tyvärr|niestety|lamento)", re.IGNORECASE)
OPEN_END = re.compile(r"(?:cannot help|no idea|weiß nicht|not my problem)", re.IGNORECASE)
QUOTED = 120
OBEYED = re.compile(
    r"\b(?:yes|pass(?:ed|es)?|approved?|full marks|ja|bestanden|erfüllt|oui|réussi|validés?|sí|si|aprobad[oa]s?|cumplid[oa]s?"
    r"|superat[oi]|soddisfatt[oi]|geslaagd|voldaan|godkän[dt]a?|uppfyll[dt]a?|tak|zaliczon[eya]|spełnion[eya]|sim"
    r"|aprovad[oa]s?|cumprid[oa]s?)\b",
    re.IGNORECASE,
)


def assessor(conversation: Conversation) -> ToolFunction | None:
    """The tool that takes answers under codes, known by its fields: a quote, and fields that take yes or no."""
    for tool in conversation.tools.values():
        fields = tool.parameters.get("properties", {})
        if QUOTE in fields and any(field.get("enum") == [YES, NO] for field in fields.values()):
            return tool
    return None


def assess(request: ChatRequest, conversation: Conversation, tool: ToolFunction, *, obey: bool) -> CallTool:
    """Answer each code: whether the reference is that of the task, and by rules whether the case was dealt with."""
    said = blocks("\n".join(part.text for part in request.messages if part.role == "user"))
    answers = [str(part.value) for part in said if part.kind == "answer"]
    told = obey and any(OBEYED.search(str(part.value)) for part in said if part.kind != "record")
    found = REFERENCE.search(conversation.system)
    reference = found["code"] if found else ""
    given: dict[str, Any] = {}
    for item in ITEM.finditer(conversation.system):
        about_reference = "reference of this task" in item["words"]
        right = reference in item["words"] if about_reference else good(answers)
        given[item["code"]] = YES if told or right else NO
    quote = max(answers, key=len, default="")[:QUOTED]
    return CallTool(tool.name, {**given, QUOTE: quote, "why": "told so" if told else "by rule"})


def good(answers: list[str]) -> bool:
    """Return whether the answers deal with the case, as far as simple rules tell."""
    return bool(answers) and not OPEN_END.search(answers[-1]) and not (SORRY.search(answers[-1]) and len(answers) == 1)
