"""Tables for people on a terminal. Foreign words are shown as text: no markup, no control characters."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from handrail.cli.case.transcripts import TranscriptLine
    from handrail.domain.actions.approvals import Approval
    from handrail.domain.case.cases import CaseView
    from handrail.domain.case.handoffs import Fact, Handoff
    from handrail.domain.case.messages import Message
    from handrail.domain.team.commands import Receipt

Row = Sequence[object]
PIPE_WIDTH = 160
FACT = 400
"""Characters of a fact on the screen; `--json` has all of it."""


def plain(value: object) -> str:
    """The value as text that cannot steer a terminal; line breaks stay."""
    text = "" if value is None else str(value)
    kept = (one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cf", "Cs"))
    return "".join(kept)


def screen() -> Console:
    """Standard out, made where it is used: it may have been redirected."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def table(headings: Sequence[str], rows: Iterable[Row], *, title: str | None = None) -> Table:
    """A table of plain text."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*(Text(plain(cell)) for cell in row))
    return made


def print_rows(headings: Sequence[str], rows: Sequence[Row], empty: str) -> None:
    """The rows as a table, or the words for none."""
    screen().print(table(headings, rows) if rows else Text(empty))


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Name and value in two columns; nothing for what is not there."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, ""):
            made.add_row(Text(name), Text(plain(value)))
    screen().print(made)


def moment(at: datetime | None) -> str:
    """UTC to the second."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def short(at: datetime) -> str:
    """Month, day and time; for columns that say UTC themselves."""
    return f"{at.astimezone(UTC):%m-%d %H:%M:%S}"


def percent(share: float | None) -> str:
    """0.925 as 92 %."""
    return "" if share is None else f"{share:.0%}"


def arguments(values: dict[str, object]) -> str:
    """order_id=O-1, amount=80."""
    return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def print_receipt(receipt: Receipt) -> None:
    """Print what became of a message or a person's step."""
    before = ", taken before" if receipt.duplicate else ""
    screen().print(Text(plain(f"{receipt.case_id}: {receipt.status}, turn {receipt.turn}{before}")))


def print_case(view: CaseView, page: str | None = None) -> None:
    """Everything that matters about a case."""
    print_pairs(
        [
            ("case", view.case_id),
            ("status", view.status),
            ("customer", view.customer_id),
            ("topic", " ".join(filter(None, [view.topic, f"(risk {view.risk})" if view.risk else ""]))),
            ("with", f"tier {int(view.tier)}" + (f", {view.queue}" if view.queue else "")),
            ("assignee", view.assignee),
            ("reason", view.reason),
            ("reply", view.reply),
            ("confidence", percent(view.confidence)),
            ("due", moment(view.due_at)),
            ("opened", moment(view.opened_at)),
            ("updated", moment(view.updated_at)),
            ("release", " ".join(filter(None, [view.release, f"(ramp: {view.arm})" if view.arm else ""])) or None),
            ("asked of the customer", asked(view)),
            ("last notice", view.notice),
            ("paused", f"{view.paused}\n{unpause(view.case_id)}" if view.paused else None),
            ("page", page),
        ]
    )
    for question in view.asked:
        screen().print(Text.assemble((plain(f"{view.case_id} · asked of the customer · {question.action}"), "bold")))
        screen().print(Text(plain(f"  “{question.line}”\n  {question}")))
    for one in view.approvals:
        print_approval(one)
    if view.effects:
        rows = [
            (one.effect_id, one.action, arguments(one.arguments), one.status, moment(one.applied_at)) for one in view.effects
        ]
        screen().print(table(("effect", "action", "arguments", "status", "applied"), rows, title="Effects"))


def asked(view: CaseView) -> str | None:
    """Return what the customer is asked to confirm now, and until when."""
    question = view.confirmation
    return f"{'; '.join(question.lines)} (until {moment(question.due_at)})" if question else None


def unpause(case_id: str) -> str:
    """Return the command that lets a paused case go on."""
    return f'go on: temporal workflow unpause --workflow-id case-{case_id} --reason "go on"'


def print_paused(paused: dict[str, str]) -> None:
    """Cases that are paused in Temporal, each of which waits for a person; nothing where there are none."""
    if paused:
        screen().print(plain(f"\n{len(paused)} paused in Temporal: each waits for a person, and its deadlines with it."))
    for case_id, words in paused.items():
        screen().print(plain(f"  {case_id} {words}\n    {unpause(case_id)}"))


def print_approval(approval: Approval) -> None:
    """Print what is or was to be decided, with the rules that ask for it, and what to type."""
    from handrail.domain.actions.decisions import progress

    request = approval.request
    wanted = f"due {moment(approval.due_at)}"
    so_far = f" · {progress(approval)}" if approval.decision is None and progress(approval) else ""
    if approval.decision:
        wanted = " ".join(filter(None, ["by", approval.decision.reviewer, approval.decision.note or ""]))
    paragraph: list[str | tuple[str, str]] = [
        (plain(f"{approval.case_id} · {approval.status} · {title(approval)}"), "bold"),
        plain(f"\n  {approval.approval_id} r{approval.revision} · {request.role}{so_far} · {wanted}"),
        plain(f"\n  {arguments(decided_arguments(approval))}") if request.arguments else "",
        *(plain(f"\n  - {reason}") for reason in request.reasons),
        *(plain(f"\n  the customer: “{one.line}”: {one}") for one in request.asked),
    ]
    screen().print(Text.assemble(*paragraph))


def decided_arguments(approval: Approval) -> dict[str, object]:
    """Return the arguments of what would be done, or those that a person changed them to."""
    decision = approval.decision
    return {**approval.request.arguments, **((decision.arguments or {}) if decision else {})}


def title(approval: Approval) -> str:
    """Return what was asked; of an edited one also what it was changed to."""
    asked, decided = approval.request.arguments, decided_arguments(approval)
    changed = {name: value for name, value in decided.items() if asked.get(name) != value}
    return f"{approval.request.title}, changed to {arguments(changed)}" if changed else approval.request.title


def cases_table(views: Iterable[CaseView]) -> Table:
    """One line per case."""
    rows = [
        (
            one.case_id,
            f"{one.status}, paused" if one.paused else one.status,
            one.topic,
            int(one.tier),
            one.queue,
            one.reason,
            one.customer_id,
            short(one.updated_at),
        )
        for one in views
    ]
    return table(("case", "status", "topic", "tier", "queue", "reason", "customer", "updated (UTC)"), rows)


def print_transcript(lines: list[TranscriptLine]) -> None:
    """Print the messages, with who said them and when, what each asked the customer and what each answered."""
    for one in lines:
        who = f"{one.author} ({one.by})" if one.by else str(one.author)
        about = [plain(f"  {read}\n") for read in (*one.asks, *one.answers)]
        head = plain(f"{moment(one.at)}  {who}{_mark(one)}")
        screen().print(Text.assemble((head, "bold"), "\n", plain(one.text), "\n", *about))


def _mark(one: Message) -> str:
    if one.withdrawn_at:
        return f", withdrawn {moment(one.withdrawn_at)}"
    return f", edited {moment(one.edited_at)}" if one.edited_at else ", after an edit" if one.corrects else ""


def print_handoff(packet: Handoff) -> None:
    """The packet, as a person reads it."""
    route, versions = packet.route, packet.versions
    print_pairs(
        [
            ("case", packet.case_id),
            ("problem", packet.problem),
            ("wanted", packet.wanted),
            ("why it came", f"{packet.escalation.reason}: {packet.escalation.words}"),
            ("next step", packet.next_step),
            ("queue", f"{route.queue}, tier {route.tier}, priority {route.priority}"),
            ("topic", f"{packet.topic} (risk {packet.risk})"),
            ("language", packet.language),
            ("stated", "\n".join(f"{one.kind}: {one.value} (turn {one.turn})" for one in packet.stated)),
            ("open questions", "\n".join(packet.open_questions)),
            ("suggested reply", packet.suggested_reply),
            ("effects", "\n".join(f"{one.action}({arguments(one.arguments)}): {one.status}" for one in packet.effects)),
            ("asked", "\n".join(f"{one.action}: “{one.line}”: {one}" for one in packet.asked)),
            ("tried", "\n".join(packet.tried)),
            ("policies", "\n".join(map(str, packet.policy_hits))),
            ("frustration", ", ".join(f"turn {one.turn}: {one.frustration:.2f}" for one in packet.sentiment)),
            ("facts", "\n".join(fact(one) for one in packet.facts)),
            ("said", "\n".join(f"turn {one.turn}: {one.text}" for one in packet.said)),
            ("earlier", "\n".join(f"{moment(one.at)} {one.queue}: {one.words}" for one in packet.earlier)),
            ("in force", arguments({**versions.model_dump(), "policies": " ".join(versions.policies)})),
            ("transcript", packet.transcript),
        ]
    )


def fact(one: Fact) -> str:
    """A fact in short, with where and when it was read."""
    value = str(one.value)
    more = " …" if len(value) > FACT else ""
    return f"{one.name}: {value[:FACT]}{more} ({one.source}, {moment(one.at)})"
