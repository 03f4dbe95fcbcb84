"""The packet: the case as a reviewer reads it in the Temporal Web UI's Current Details. Under 4 KB, lists, nothing raw."""

from __future__ import annotations

import re
from typing import Any

from handrail.domain.approvals import Approval
from handrail.domain.cases import CaseStatus
from handrail.domain.messages import Author, Message
from workflows.memory import CaseMemory

LIMIT = 3_800
VALUE = 160
WORDS = 400
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&]")
_LINKED = re.compile(r"(?i)(https?:|ftp:|mailto:|www|@)(?=[/.\w])")


def escape(text: str, limit: int = VALUE) -> str:
    """Foreign words as plain text: no markup, one line, at most `limit` characters.

    Addresses get a zero-width space, because renderers make links of text that was already decoded.
    """
    flat = " ".join(text.split())
    cut = flat if len(flat) <= limit else flat[: limit - 1] + "…"
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", _LINKED.sub("\\1\u200b", cut))


def packet(memory: CaseMemory) -> str:
    """The markdown. First what is asked; then what is known; last what the customer wrote and what was refused."""
    parts = [*_asked(memory), *_person(memory), *_standing(memory), *_known(memory), *_words(memory)]
    text = "\n".join(parts)
    if len(text.encode()) <= LIMIT:
        return text
    return (
        text.encode()[:LIMIT].decode(errors="ignore").rsplit("\n", 1)[0] + "\n\n*Shortened; the rest: `handrail case show`.*"
    )


def _asked(memory: CaseMemory) -> list[str]:
    lines: list[str] = []
    for approval in memory.open_approvals:
        request = approval.request
        lines += [f"## Decide: {escape(request.title)}", ""]
        lines += [f"- **Until:** {approval.due_at:%Y-%m-%d %H:%M} UTC, then a person takes over; silence approves nothing"]
        lines += [f"- **Why you are asked:** {escape(reason)}" for reason in request.reasons[:3]]
        lines += [f"- **{escape(name)}:** {escape(value)}" for name, value in request.shown.items()]
        lines += [f"- **Role:** {request.role}", *_how(approval), ""]
    return lines


def _how(approval: Approval) -> list[str]:
    if not approval.update_names:
        return [f"- **Answer:** More Actions → Send an Update → `decide`, revision {approval.revision}"]
    names = " or ".join(f"`{name}`" for name in approval.update_names)
    return [
        "",
        f"**To decide:** press R, then More Actions → Send an Update → {names}. Leave the box empty. "
        "No list of names means that no worker runs: do not send, come back later.",
        "",
        f"To change the amount or another field: `handrail decide {approval.case_id} edit --set field=value --reviewer you`",
    ]


def _person(memory: CaseMemory) -> list[str]:
    handoff = memory.handoff
    if memory.row.status is not CaseStatus.WITH_HUMAN or handoff is None:
        return []
    due = f"{memory.row.due_at:%Y-%m-%d %H:%M} UTC" if memory.row.due_at else "no deadline"
    lines = [f"## A person is needed: {escape(handoff.escalation.words, WORDS)}", ""]
    lines += [f"- **Answer by:** {due}", f"- **Queue:** {handoff.route.queue}, tier {handoff.route.tier}"]
    lines += [f"- **Taken by:** {escape(memory.row.assignee or 'nobody yet')}"]
    lines += [f"- **Next step:** {escape(handoff.next_step, WORDS)}"]
    if handoff.suggested_reply:
        lines += [f"- **Suggested reply:** {escape(handoff.suggested_reply, WORDS)}"]
    lines += [f"- **Tried:** {escape(line)}" for line in handoff.tried[:5]]
    lines += [f"- **Rule:** {escape(line)}" for line in handoff.policy_hits[:4]]
    lines += ["", f"Answer: `handrail reply {memory.row.case_id} --reviewer you --text …`, or the update `reply`.", ""]
    return lines


def _standing(memory: CaseMemory) -> list[str]:
    row = memory.row
    lines = [f"### Case {row.case_id}: {row.status}", ""]
    topic = (row.topic or "not yet classified").replace("_", " ")
    lines += [f"- **Topic:** {topic}, risk {row.risk or 'unknown'}, language {row.language or 'unknown'}"]
    lines += [f"- **Customer:** {escape(row.customer_id)}"]
    for approval in [one for one in memory.approvals if one.decision][-2:]:
        decision = approval.decision
        if decision:
            who = escape(decision.reviewer or "unnamed")
            lines += [
                f"- **{approval.status.capitalize()}:** {escape(approval.request.title)} by {who} ({decision.identity}) "
                f"at {decision.decided_at:%H:%M} UTC"
            ]
    lines += [
        f"- **Done:** {escape(one.action)} {escape(_values(one.arguments))}: {one.status}" for one in memory.effects[-4:]
    ]
    if memory.notice:
        lines += [f"- **Refused last:** {escape(memory.notice, WORDS)}"]
    return [*lines, ""]


def _known(memory: CaseMemory) -> list[str]:
    facts = memory.suspended.state.facts if memory.suspended else memory.facts
    if not facts:
        return []
    return ["### Facts", "", *(f"- {escape(one.name)}: {escape(_values(one.value), 240)}" for one in facts[-5:]), ""]


def _words(memory: CaseMemory) -> list[str]:
    customer = [one for one in memory.messages if one.author is Author.CUSTOMER][-3:]
    return ["### The customer's words", "", *(_quote(one) for one in customer)]


def _quote(message: Message) -> str:
    return f"- {message.at:%H:%M}: “{escape(message.text, WORDS)}”"


def _values(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_values(one)}" for name, one in value.items() if one not in (None, "", [], {}))
    if isinstance(value, list):
        return "; ".join(_values(one) for one in value[:4])
    return str(value)
