"""`handrail contract …`: what a case takes and gives over the wire, as JSON schemas made from the models."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from json import dumps
from typing import Annotated, Any, get_args

import typer

from handrail.cli.common.options import Json

app = typer.Typer(no_args_is_help=True, help="The workflow's wire contract, for clients in any language.")


@dataclass(frozen=True, slots=True)
class WireName:
    """A name of the wire. `takes` and `gives` are types that JSON is read into and written from; None: nothing."""

    kind: str
    name: str
    takes: Any
    gives: Any
    words: str


@cache
def parts() -> tuple[WireName, ...]:
    """Everything that can be sent to a case or asked of it; names and shapes are permanent."""
    from handrail.domain.actions.approvals import Approval, DecisionInput
    from handrail.domain.case.cases import CaseOpen, CaseView
    from handrail.domain.case.changes import EditMessage, WithdrawMessage
    from handrail.domain.case.handoffs import Handoff
    from handrail.domain.case.messages import IncomingMessage, Message
    from handrail.domain.case.ratings import RateCase, RatingReceipt
    from handrail.domain.team.commands import ClaimCase, HandBack, PersonReply, Receipt, Recuse, Release, ResolveCase

    return (
        WireName("workflow", "case", CaseOpen, CaseView, "one customer's problem, from the first message to the end"),
        WireName(
            "update", "open", CaseOpen | None, Receipt, "the case stands in the record; with a start: opens it and answers"
        ),
        WireName("update", "send_message", IncomingMessage, Receipt, "the customer wrote again"),
        WireName("update", "edit_message", EditMessage, Receipt, "the customer edited a message"),
        WireName("update", "withdraw_message", WithdrawMessage, Receipt, "the customer deleted a message"),
        WireName("update", "decide", DecisionInput, Approval, "approve, reject, edit or answer"),
        WireName("update", "claim", ClaimCase, Receipt, "a person takes the case"),
        WireName("update", "release", Release, Receipt, "a person puts the case back into its queue"),
        WireName("update", "recuse", Recuse, Receipt, "somebody should not decide this case; others get it"),
        WireName("update", "reply", PersonReply, Receipt, "a person answers the customer"),
        WireName("update", "hand_back", HandBack, Receipt, "the agent goes on, with a person's note"),
        WireName("update", "resolve", ResolveCase, Receipt, "a person ends the case"),
        WireName("update", "rate", RateCase, RatingReceipt, "the customer rates the case"),
        WireName("signal", "message", IncomingMessage | str, None, "the customer wrote; a bare text is taken, too"),
        WireName("signal", "approve", DecisionInput, None, "with approval_id and revision, else it is refused"),
        WireName("signal", "reject", DecisionInput, None, "with approval_id and revision, else it is refused"),
        WireName("signal", "request_human", None, None, "the customer wants a person"),
        WireName("signal", "reply_as_human", PersonReply, None, "a person answers the customer"),
        WireName("signal", "close_case", None, None, "end the case now"),
        WireName("query", "status", None, CaseView | None, "the case as it stands"),
        WireName("query", "handoff", None, Handoff | None, "the packet for the person who takes over"),
        WireName("query", "transcript", None, list[Message], "the latest messages, oldest first"),
    )


def short(kind: Any) -> str:
    """A type by its class names alone: `CaseView | None`; nothing for nothing."""
    if kind is None:
        return ""
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else re.sub(r"[\w.]+\.", "", str(kind))


@app.command("list")
def list_parts(as_json: Json = False) -> None:
    """Every name of the wire, with what it takes and gives."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows

    rows = [(one.kind, one.name, short(one.takes), short(one.gives), one.words) for one in parts()]
    headings = ("kind", "name", "takes", "gives", "what for")
    if as_json:
        print_document([dict(zip(headings, row, strict=True)) for row in rows])
    else:
        print_rows(headings, rows, "")


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of `contract list`, for example decide.")],
    answer: Annotated[bool, typer.Option("--answer", help="What it gives instead of what it takes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="It is JSON anyway.")] = False,
) -> None:
    """The JSON schema (2020-12) of what NAME takes."""
    sys.stdout.write(dumps(json_schema(name, answer=answer), ensure_ascii=False, indent=2) + "\n")


def json_schema(name: str, *, answer: bool) -> dict[str, Any]:
    """The schema.

    Raises:
        InvalidInput: there is no such name, or nothing to describe.
    """
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    from handrail.domain.errors import InvalidInput

    part = next((one for one in parts() if one.name == name), None)
    if part is None:
        raise InvalidInput(f"NAME: {name!r} is not in the contract. Names: {', '.join(one.name for one in parts())}.")
    kind = part.gives if answer else part.takes
    if kind is None:
        other = "takes nothing" if not answer else "gives nothing"
        raise InvalidInput(f"NAME: the {part.kind} {name} {other}. See `handrail contract list`.")
    made = TypeAdapter(kind).json_schema(mode="serialization" if answer else "validation")
    return {"$schema": GenerateJsonSchema.schema_dialect, **made}
