"""Parsing of input into a model, or into a sentence that says what would be right.

Everything that comes from outside passes `value_of`: what it lets through is small, flat JSON of text, so nothing behind it,
neither PostgreSQL nor a parked case's next run, can stumble over it.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, FailureError

from handrail.domain.case.messages import check_name, check_text, is_plain
from handrail.domain.case.reconciling import EFFECT_LOST
from handrail.domain.errors import CaseConflict, HandrailError, InvalidInput, UnknownCase
from handrail.domain.team.commands import ClaimCase, HandBack, PersonReply, Recuse, Release, ResolveCase
from workflows.failures import cause_of

M = TypeVar("M", bound=BaseModel)
ByPerson = TypeVar("ByPerson", ClaimCase, Release, Recuse, PersonReply, HandBack, ResolveCase)
MAX_NOTE = 2_000
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
SHOWN = 3
WORDS = 200
MAX_BYTES = 131_072
LARGEST = 2_100_000
"""What the server takes in one payload: what a customer wrote is read up to here, and cut, rather than refused."""
MAX_DEPTH = 16
MAX_DIGITS = 18
MAX_WISH = 2_000
NOTHING = RawValue(Payload())
"""An empty box, as a default for handlers: a parameter without one fails the workflow's task for ever."""
TOO_DEEP = f"input: is nested more than {MAX_DEPTH} levels deep. Send a flat JSON object."


def value_of(raw: RawValue, limit: int = MAX_BYTES, *, plain: bool = True) -> Any:
    """The JSON value that was sent, or None for an empty box. `plain`: of text that PostgreSQL and readers can hold.

    Raises:
        InvalidInput: it is no JSON, or JSON that nobody can work with; names the place and what would be right.
    """
    encoding = raw.payload.metadata.get("encoding", b"").decode(errors="replace")
    if encoding == "binary/null" or raw == NOTHING:
        return None
    if encoding != "json/plain":
        raise InvalidInput(f"input: came as {encoding[:40]!r}. Send one JSON value with the encoding 'json/plain'.")
    if len(raw.payload.data) > limit:
        raise InvalidInput(
            f"input: has {len(raw.payload.data):,} bytes, at most {limit:,} are taken. "
            "Send less; attachments do not belong here."
        )
    value = _read(raw.payload.data)
    if plain:
        check_plain(value)
    return value


def _read(data: bytes) -> Any:
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_short,
        )
    except RecursionError:
        raise InvalidInput(TOO_DEEP) from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"input: byte {error.start} is not UTF-8 text. Send plain JSON.") from None
    except json.JSONDecodeError as error:
        raise InvalidInput(f"input: is no JSON from line {error.lineno}, column {error.colno} on. Send plain JSON.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"input: {_name(twice)} is there twice; which one counts? Send it once.")
    return found


def _no_number(constant: str) -> NoReturn:
    raise InvalidInput(f"input: holds {constant}, which is no number. Send plain JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits[:40])


def _short(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InvalidInput(f"input: holds a number of {len(digits):,} digits, at most {MAX_DIGITS} are taken.")
    return int(digits)


def check_plain(value: Any) -> None:
    """Refuse what PostgreSQL or a reader cannot hold, at any depth.

    Raises:
        InvalidInput: too deep, or a text with control characters or halves of characters; names where.
    """
    left: list[tuple[str, int, Any]] = [("", 0, value)]
    while left:
        where, depth, one = left.pop()
        if depth >= MAX_DEPTH and isinstance(one, dict | list):
            raise InvalidInput(TOO_DEEP)
        if isinstance(one, dict):
            for name, inner in one.items():
                _check_text("input", name)
                left.append((where or _name(name), depth + 1, inner))
        elif isinstance(one, list):
            left.extend((where, depth + 1, inner) for inner in one)
        elif isinstance(one, str):
            _check_text(where or "input", one)


def _check_text(where: str, text: str) -> None:
    found = None if is_plain(text) else _CONTROLS.search(text)
    if found:
        raise InvalidInput(f"{where}: holds the character U+{ord(found[0]):04X}, which is no text. Send plain text.")


def parse(model: type[M], raw: Any) -> M:
    """`raw` as the model.

    Raises:
        InvalidInput: it is nothing, no object, or its fields do not fit; names the fields and what is expected.
    """
    value = value_of(raw) if isinstance(raw, RawValue) else raw
    expected = ", ".join(name if field.is_required() else f"{name} (optional)" for name, field in model.model_fields.items())
    if not isinstance(value, dict):
        given = "nothing" if value is None else f"a {type(value).__name__}"
        raise InvalidInput(f"input: is {given}; send a JSON object with {expected}.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(_name(part) for part in one['loc'][:4]) or 'input'}: {one['msg'][:WORDS]}"
            for one in error.errors(include_url=False, include_input=False)[:SHOWN]
        )
        raise InvalidInput(f"{problems}. Expected: {expected}.") from None


def _name(part: object) -> str:
    text = str(part)
    return text if text.isidentifier() and len(text) <= 60 else repr(text[:40])


def refusal(error: HandrailError) -> ApplicationError:
    """The error as the sender of an update receives it; its name is a wire contract."""
    return ApplicationError(str(error), type=type(error).__name__, non_retryable=True)


def wish(raw: RawValue) -> tuple[str, str]:
    """Return the words and the reason of a wish for a person, which counts whatever came with it."""
    try:
        given = value_of(raw)
        if isinstance(given, dict) and given.get("reason") == EFFECT_LOST:
            return check_text("note", str(given.get("note") or ""), MAX_WISH), EFFECT_LOST
    except InvalidInput:
        pass
    return "A person was asked for.", "customer_asked"


def by_person(kind: type[ByPerson], raw: Any) -> ByPerson:
    """Parse what a person sent, with a readable name. Raises: InvalidInput."""
    wanted = parse(kind, raw)
    return wanted.model_copy(update={"reviewer": check_name("reviewer", wanted.reviewer)})


def tidy(field: str, note: str | None, limit: int = MAX_NOTE) -> str | None:
    """The words, clean, or None where there are none. Raises: InvalidInput."""
    return check_text(field, note, limit) if note and note.strip() else None


def conflict(error: FailureError) -> ApplicationError | None:
    """The record's refusal, as whoever started it receives it: the id stands with other content, or it holds no such case."""
    cause = cause_of(error)
    known = {kind.__name__: kind for kind in (CaseConflict, UnknownCase)}
    if isinstance(cause, ApplicationError) and cause.type in known:
        return refusal(known[cause.type](cause.message))
    return None
