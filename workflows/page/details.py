"""The packet: the case as a reviewer reads it in the Temporal Web UI's Current Details. Under 4 KB, lists, nothing raw."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any

from graphs.state import CaseState
from handrail.domain.actions.approvals import Approval, HumanRequest, RequestKind
from handrail.domain.actions.decisions import progress
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Author, Message
from workflows.memory.case import CaseMemory
from workflows.page.entries import HINTS, entries
from workflows.page.escape import escape
from workflows.page.handoff import ASKED_TITLE, PAGE, asked_lines, sections
from workflows.page.handoff import about as briefed
from workflows.page.markdown import Section, fit, joined, pasted, short, utc, values

NAME = 120
WORDS = 400
WORDS_TITLE = "The customer’s words"
ASKED_SHOWN = 4
_WHERE = "Press **R**, then **More Actions** → **Send an Update**"
# The page puts in the names; what is foreign cannot say this, its braces are escaped.
_NEWEST = "Does it say CONTINUED AS NEW above? [Open the case as it is now.](/namespaces/{namespace}/workflows/{workflowId})"
_FIELD = re.compile(r"\w{1,40}")
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,4})?")


def packet(memory: CaseMemory) -> str:
    """The markdown: what is asked and how to decide; then what is known, what was tried, what the customer wrote."""
    if memory.handoff and memory.row.status is CaseStatus.WITH_HUMAN:
        return fit(_head(memory), _handed_over(memory, memory.handoff))
    about = [_answered(memory), _questions(memory), _about(memory), _tried(memory), _words(memory), _facts(memory)]
    return fit(_head(memory), [*about, _change(memory)])


def _handed_over(memory: CaseMemory, handoff: Handoff) -> list[Section]:
    """The packet's own sections; what the customer wrote, and people decided, is as it stands now."""
    known = [one for one in sections(handoff) if one.title != WORDS_TITLE]
    decided = Section("What people decided", 4, [f"- {_decided(one)}" for one in memory.approvals if one.decision][-2:])
    about = Section("What it is about", 1, [f"- **Customer:** {escape(memory.row.customer_id)}", f"- {briefed(handoff)}"])
    return [known[0], about, _answered(memory), _words(memory), *known[1:], decided]


def _open(memory: CaseMemory) -> Approval | None:
    waiting = memory.row.status is CaseStatus.AWAITING_APPROVAL
    return memory.open_approvals[0] if waiting and memory.open_approvals else None


def _head(memory: CaseMemory) -> str:
    approval = _open(memory)
    if approval is not None:
        parts = [*_asked(approval, len(memory.open_approvals)), *_notice(memory), *_how(memory, approval), _recuse()]
    elif memory.row.status is CaseStatus.WITH_HUMAN:
        parts = [*_person(memory), *_notice(memory), *_how(memory, None), *_reply(), _recuse()]
    else:
        parts = [f"## Case {escape(memory.row.case_id)}: {memory.row.status}. Nothing to decide.", *_notice(memory)]
        parts += _unconfirmed(memory)
    return joined([*parts, _NEWEST])


def _unconfirmed(memory: CaseMemory) -> list[str]:
    """List what the customer is asked to confirm, and until when."""
    question = memory.confirmation
    if question is None:
        return []
    until = f"until {utc(question.due_at)}; without a clear yes nothing is done"
    return [f"- **Asked of the customer:** {escape(line, WORDS)} ({until})" for line in question.lines]


def _asked(approval: Approval, count: int) -> list[str]:
    request = approval.request
    lines = [f"- **Done before:** {escape(words, WORDS)}" for words in request.repeats]
    lines += [f"- **Until:** {utc(approval.due_at)}; then a person takes over. Silence approves nothing."]
    reasons = list(zip_longest(request.reasons, request.rules, fillvalue=""))
    lines += [_reason(words, rule) for words, rule in reasons if words not in request.repeats][:3]
    lines += [f"- **Who decides:** {escape(request.role, NAME)}"]
    lines += [f"- **Approved so far:** {escape(progress(approval), NAME)}"] if progress(approval) else []
    lines += [f"- **Also open:** {count - 1} more; shown once this one is decided"] if count > 1 else []
    verb = "Answer" if request.kind is RequestKind.QUESTION else "Decide"
    return [f"## {verb}: {escape(request.title)}", "\n".join(lines)]


def _reason(words: str, rule: str) -> str:
    named = f" (rule {escape(rule, NAME)})" if rule else ""
    return f"- **Why you are asked:** {escape(words or 'a rule holds it')}{named}"


def _person(memory: CaseMemory) -> list[str]:
    row, handoff = memory.row, memory.handoff
    why = handoff.escalation.words if handoff else "it was asked for."
    lines = [f"- **Answer by:** {utc(row.due_at) if row.due_at else 'nothing is due'}"]
    if handoff:
        lines += [f"- **Next step:** {escape(handoff.next_step, 300)}"]
    lines += [f"- **Taken by:** {escape(row.assignee or 'nobody yet', NAME)}"]
    lines += [f"- **Queue:** {escape(row.queue or 'none', NAME)}, tier {int(row.tier)}"]
    return [f"## A person is needed: {escape(why, 240)}", "\n".join(lines)]


def _notice(memory: CaseMemory) -> list[str]:
    return [f"> **Last notice:** {escape(memory.notice, WORDS)}"] if memory.notice else []


def _how(memory: CaseMemory, approval: Approval | None) -> list[str]:
    if approval is not None and approval.request.kind is RequestKind.QUESTION:
        answer = {"decision": "answer", "revision": approval.revision, "answer": "…", "reviewer": "your name"}
        return [f"{_WHERE}, choose **decide**, paste this into Data with your answer, Submit:", pasted(answer)]
    wanted = approval.approval_id if approval else None
    lines = [
        f"- **{escape(name, NAME)}**{HINTS.get(what, '')}"
        for name, (what, about) in entries(memory).items()
        if about == wanted
    ]
    return [
        f"{_WHERE}, choose one, leave Data empty, Submit:",
        "\n".join(lines[:4]),
        "Then press **R**: this page says what came of it. If the names are not in the list, no worker runs: "
        "send nothing, come back later.",
    ]


def _recuse() -> str:
    about = pasted({"reviewer": "your name", "reason": "I know this customer"})
    return f"If you should not decide this, choose **recuse** and paste this into Data; others get it:\n\n{about}"


def _reply() -> list[str]:
    words = "To answer the customer, choose **reply** and paste this into Data:"
    return [words, pasted({"reviewer": "your name", "text": "your words to the customer"})]


def _about(memory: CaseMemory) -> Section:
    approval, row = _open(memory), memory.row
    section = Section("What it is about", rank=1)
    if approval is not None:
        section.lines = [f"- **{escape(name, NAME)}:** {escape(value)}" for name, value in approval.request.shown.items()]
    if approval is None or "Customer" not in approval.request.shown:
        section.lines += [f"- **Customer:** {escape(row.customer_id)}"]
    topic = (row.topic or "not yet classified").replace("_", " ")
    section.lines += [
        f"- **Topic:** {escape(topic)}, risk {row.risk or 'unknown'}, language {escape(row.language or 'unknown')}"
    ]
    return section


def _answered(memory: CaseMemory) -> Section:
    reply = memory.row.reply if _open(memory) is None else None
    return Section("What the customer was told", 0, [f"- “{escape(reply, WORDS)}”"] if reply else [])


def _questions(memory: CaseMemory) -> Section:
    """List what the customer was asked before effects, and answered; the question that waits stands above."""
    waiting = memory.confirmation.question_id if memory.confirmation else None
    asked = [one for one in memory.asked[::-1] if one.question_id != waiting][:ASKED_SHOWN]
    return Section(ASKED_TITLE, 1, asked_lines(asked, PAGE))


def _tried(memory: CaseMemory) -> Section:
    section, state = Section("What was done", rank=3), _state(memory)
    if state:
        section.lines = [f"- {_called(one.call.tool, one.result, one.ok)}" for one in state.exchanges[-5:]]
    for one in memory.effects[-4:]:
        section.lines += [f"- **{escape(one.status)}:** {escape(one.action)} {escape(values(short(one.arguments)))}"]
    for settled in [one for one in memory.approvals if one.decision][-2:]:
        section.lines += [f"- {_decided(settled)}"]
    return section


def _called(tool: str, result: dict[str, Any], ok: bool) -> str:
    words = result.get("refused") or result.get("declined") or "refused"
    return f"{escape(tool)}: {'done' if ok else escape(str(words))}"


def _decided(approval: Approval) -> str:
    decision = approval.decision
    assert decision  # noqa: S101
    who = f"{escape(decision.reviewer or 'unnamed', NAME)} ({decision.identity})"
    note = f", note: {escape(decision.note)}" if decision.note else ""
    asked = approval.request.arguments
    changed = {name: value for name, value in (decision.arguments or {}).items() if asked.get(name) != value}
    to = f", changed to {escape(values(short(changed)))}" if changed else ""
    return (
        f"**{approval.status.capitalize()}:** {escape(approval.request.title)}{to} by {who}, {utc(decision.decided_at)}{note}"
    )


def _words(memory: CaseMemory) -> Section:
    said = [one for one in [*memory.messages, *memory.inbox] if one.author is Author.CUSTOMER][-3:]
    return Section(
        WORDS_TITLE, 2, [f"- {one.at:%H:%M} UTC{_mark(one)}: “{escape(one.text, WORDS)}”" for one in reversed(said)]
    )


def _mark(message: Message) -> str:
    if message.withdrawn_at:
        return f", withdrawn at {message.withdrawn_at:%H:%M}"
    if message.edited_at:
        return f", edited at {message.edited_at:%H:%M}"
    return ", after an edit" if message.corrects else ""


def _facts(memory: CaseMemory) -> Section:
    state = _state(memory)
    facts = (state.facts if state else memory.facts)[-4:]
    return Section(
        "What was looked up", 5, [f"- **{escape(one.name, NAME)}:** {escape(values(one.value), 240)}" for one in facts]
    )


def _change(memory: CaseMemory) -> Section:
    """One line in the sense of `fit`: half of what is to be pasted would be worse than nothing."""
    approval = _open(memory)
    change = _example(approval.request) if approval else {}
    if approval is None or not change:
        return Section("", 4)
    edit = {"decision": "edit", "revision": approval.revision, "arguments": change, "reviewer": "your name"}
    return Section(
        "To change it first", 4, [f"Choose **decide**, paste this into Data, change the value, Submit:\n\n{pasted(edit)}"]
    )


def _example(request: HumanRequest) -> dict[str, str]:
    """The first number among the arguments: text would be the model's or the customer's."""
    numbers = {name: str(value) for name, value in request.arguments.items() if _FIELD.fullmatch(name)}
    return next(({name: value} for name, value in numbers.items() if _NUMBER.fullmatch(value)), {})


def _state(memory: CaseMemory) -> CaseState | None:
    return memory.suspended.state if memory.suspended else None
