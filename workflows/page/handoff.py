"""The handoff packet as markdown: the same sections on the page of the Web UI and on the command line. Nothing raw."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.domain.actions.asked import AskedEffect
from handrail.domain.case.classification import SentimentPoint
from handrail.domain.case.handoffs import CustomerWords, Fact, Handoff, StatedFact
from workflows.page.escape import escape
from workflows.page.markdown import Section, joined, short, utc, values

NAME = 120
PAGE = 240
"""Bytes of a line where room is short."""
WHOLE = 9_000
FEW = 8
"""Lines of a section where room is short: the newest, or the first."""
FRUSTRATED = 0.5
ASKED_TITLE = "What the customer was asked"


def markdown(handoff: Handoff) -> str:
    """All of the packet."""
    why = f"{escape(handoff.escalation.words, WHOLE)} (`{escape(handoff.escalation.reason, NAME)}`)"
    route = handoff.route
    head = [
        f"- **Why it came:** {why}",
        f"- **Where it went:** queue {escape(route.queue, NAME)}, tier {route.tier}, priority {route.priority}",
        f"- **Next step:** {escape(handoff.next_step, WHOLE)}",
        f"- **About:** {about(handoff)}",
        f"- **Handed over:** {utc(handoff.at)}",
    ]
    title = f"# Case {escape(handoff.case_id, NAME)}: a person is needed"
    return joined([title, "\n".join(head), *(one.text() for one in sections(handoff, line=WHOLE, most=None))]) + "\n"


def about(handoff: Handoff) -> str:
    """Topic, risk and language."""
    topic = (handoff.topic or "not yet classified").replace("_", " ")
    return f"{escape(topic, NAME)}, risk {handoff.risk}, language {escape(handoff.language, NAME)}"


def sections(handoff: Handoff, line: int = PAGE, most: int | None = FEW) -> list[Section]:
    """Everything but why it came, where it went and what to do next: `most` lines a section, of at most `line` bytes each.

    A page is rendered often, inside the workflow: what would be left out anyway is never escaped.
    """
    tried, facts = handoff.tried[::-1][:most], handoff.facts[::-1][:most]
    words, hits = handoff.said[::-1][:most], handoff.policy_hits[:most]
    return [
        Section("The problem", 0, [f"- {escape(handoff.problem, line * 3)}"]),
        Section("What the customer wants", 1, [f"- “{escape(handoff.wanted, line * 2)}”"] if handoff.wanted else []),
        Section("What the customer stated", 2, list(statements(handoff.stated, line, most))),
        Section("Could not be read", 1, [f"- {escape(one, line)}" for one in handoff.absent[:most]]),
        Section("Open questions", 3, [f"- {escape(one, line)}" for one in handoff.open_questions[:most]]),
        Section("Suggested reply", 3, _quoted(handoff.suggested_reply, line * 2)),
        Section(ASKED_TITLE, 2, asked_lines(handoff.asked[::-1][:most], line)),
        Section("Effects done", 2, [_effect(handoff, place, line) for place in range(len(handoff.effects))[:most]]),
        Section("What was tried and ruled", 4, [f"- {escape(one, line)}" for one in tried]),
        Section("Policy hits", 5, [f"- {escape(str(one), line)}{_version(one.version)}" for one in hits]),
        Section("How the customer sounds", 5, mood(handoff.sentiment)),
        Section("Verified facts", 6, [fact(one, line) for one in facts]),
        Section("The customer’s words", 7, [said(one, line) for one in words]),
        Section("Earlier hand-offs", 7, [_earlier(handoff, place, line) for place in range(len(handoff.earlier))[:most]]),
        Section("In force", 8, in_force(handoff)),
    ]


def statements(stated: Iterable[StatedFact], line: int, most: int | None) -> Iterable[str]:
    """One line for each kind: what was stated, and in which turn."""
    kinds: dict[str, list[str]] = {}
    for one in stated:
        kinds.setdefault(one.kind, []).append(f"{escape(one.value, line)} (turn {one.turn})")
    return (f"- **{escape(kind, NAME)}:** {', '.join(found[:most])}" for kind, found in kinds.items())


def asked_lines(asked: Iterable[AskedEffect], line: int) -> list[str]:
    """One line for each effect: what the customer read of it, when they were asked, and each answer."""
    return [f"- {escape(one.action, NAME)}: “{escape(one.line, line * 2)}” — {escape(str(one), line * 2)}" for one in asked]


def fact(one: Fact, line: int) -> str:
    """Write a fact's name, source and time, and its value."""
    more = f" … {escape(one.clipped, NAME)}" if one.clipped else ""
    value = escape(values(one.value), line)
    return f"- **{escape(one.name, NAME)}** ({escape(one.source, NAME)}, {utc(one.at)}): {value}{more}"


def said(one: CustomerWords, line: int) -> str:
    """The words with turn and time."""
    more = " (clipped; all of it in the transcript)" if one.clipped else ""
    return f"- Turn {one.turn}, {utc(one.at)}: “{escape(one.text, line)}”{more}"


def mood(points: list[SentimentPoint]) -> list[str]:
    """The frustration of each turn, 0 to 1."""
    if not points:
        return []
    trace = ", ".join(f"turn {one.turn}: {one.frustration:.2f}" for one in points[-12:])
    rising = " — frustrated" if points[-1].frustration >= FRUSTRATED else ""
    return [f"- Frustration {trace}{rising}"]


def in_force(handoff: Handoff) -> list[str]:
    """The versions that decided, and where the transcript stands."""
    found = handoff.versions
    named = {"router": found.router, "policies": ", ".join(found.policies), "matrix": found.matrix, "model": found.model}
    named |= {"release": found.release, "ramp": found.arm}
    lines = [f"- **{name}:** {escape(value, PAGE)}" for name, value in named.items() if value]
    return [*lines, f"- **transcript:** `{escape(handoff.transcript, PAGE)}`"]


def _quoted(text: str | None, line: int) -> list[str]:
    return [f"- “{escape(text, line)}”"] if text else []


def _version(version: str) -> str:
    return f" (version {escape(version[:12], NAME)})" if version else ""


def _effect(handoff: Handoff, place: int, line: int) -> str:
    one = handoff.effects[place]
    told = f": {escape(one.message, line)}" if one.message else ""
    done = f"{escape(one.action, NAME)} {escape(values(short(one.arguments)), line)}"
    return f"- **{escape(one.status, NAME)}**, {utc(one.applied_at)}: {done}{told}"


def _earlier(handoff: Handoff, place: int, line: int) -> str:
    one = handoff.earlier[place]
    held = f", with {escape(one.holder, NAME)}" if one.holder else ""
    return f"- {utc(one.at)}, queue {escape(one.queue, NAME)}, tier {one.tier}{held}: {escape(one.words, line)}"
