"""Options and arguments that several commands share."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

import typer

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until nobody is working on the case, then show it.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait at most.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many at most.")]
MessageId = Annotated[
    str | None, typer.Option("--message-id", help="Idempotency key: the same id is taken once.", show_default=False)
]
Reviewer = Annotated[
    str,
    typer.Option("--reviewer", envvar="HANDRAIL_REVIEWER", help="Who does this.", show_default=False),
]
Note = Annotated[str | None, typer.Option("--note", help="Words that stay with it; - reads standard in.", show_default=False)]

StatusName = Literal["Working", "AwaitingCustomer", "AwaitingApproval", "WithHuman", "Resolved", "Closed"]
DecisionName = Literal["approve", "reject", "edit", "answer"]


def words(field: str, value: str) -> str:
    """The text itself, or what standard in holds where it is `-`.

    Raises:
        InvalidInput: standard in is not UTF-8 text.
    """
    from handrail.domain.errors import InvalidInput

    if value != "-":
        return value
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{field}: byte {error.start} of standard in is not UTF-8 text. Send plain text.") from error


def optional_words(field: str, value: str | None) -> str | None:
    """`words`, where there are any."""
    return None if value is None else words(field, value)


def person(name: str) -> str:
    """Return the name of who acts, in one line.

    Raises:
        InvalidInput: it names nobody.
    """
    from handrail.domain.case.messages import check_name
    from handrail.domain.errors import InvalidInput

    if not name.strip():
        raise InvalidInput("--reviewer: is empty. Say who does this: your name or your address.")
    return check_name("--reviewer", name)


def changes(pairs: list[str]) -> dict[str, Any] | None:
    """`amount=80` as {'amount': 80}: the value is JSON where it parses, else text.

    Raises:
        InvalidInput: there is no `=`, no name, or a name twice.
    """
    from handrail.domain.errors import InvalidInput

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (equals and name.strip()):
            raise InvalidInput(f"--set: {pair[:60]!r} is no change. Write field=value, for example --set amount=80.")
        if name.strip() in found:
            raise InvalidInput(f"--set: {name.strip()} is set twice. Set it once.")
        found[name.strip()] = _value(value)
    return found or None


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_not_json)
    except ValueError:
        return text


def _not_json(constant: str) -> Any:
    raise ValueError(constant)
