"""Reads what customers write in whatever form a backend sends it, so that no first message is lost.

What names a customer and has text becomes a case. Where the meaning is not certain, or something had to be cut, the case is
for a person, and `odd` says why. Pure, and linear in what was sent.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, ValidationError

from handrail.domain.base import Stored, digest
from handrail.domain.case.cases import CaseOpen
from handrail.domain.case.messages import (
    IDENTIFIER,
    MAX_CHARACTERS,
    MAX_NAME,
    IncomingMessage,
    check_identifier,
    check_message,
    check_text,
    without_controls,
)
from handrail.domain.errors import InvalidInput

PREFIX = "case-"
PARTS = 12
"""So many parts of a long text go into the transcript; all of it stands where it came in: the case's history, and of a first
message in the record of openings."""
ODD_MESSAGE = "odd_message"
"""Why people have a case whose message came in a form of its own."""
READ = PARTS * MAX_CHARACTERS
SHOWN = 60
_CUSTOMER = ("customerid", "customer", "customernumber")
_CASE = ("caseid", "case")
_MESSAGE = ("message", "messages", "firstmessage", "incomingmessage")
_TEXT = ("text", "body", "content")
_MESSAGE_ID = ("messageid", "id")
_CHANNEL = ("channel",)
SHAPE = "Send one JSON object with case_id, customer_id and message: {message_id, text}."


class Words(Stored):
    """A customer's message, cut to what the agent reads. `rest` are the parts behind it; `odd` is empty where all is plain."""

    message: IncomingMessage
    whole: IncomingMessage
    rest: list[str] = Field(default_factory=list)
    odd: list[str] = Field(default_factory=list)


class Opening(Stored):
    """A case that was asked for. `digest` tells its whole content from another's."""

    case: CaseOpen
    digest: str
    rest: list[str] = Field(default_factory=list)
    odd: list[str] = Field(default_factory=list)

    @property
    def why(self) -> str:
        """Words for the person who gets it; empty where it is for the agent."""
        return f"The first message came in a form of its own: {' '.join(self.odd)}" if self.odd else ""


class Incoming(Stored):
    """A start that was not plain, as it goes into the record. `taken`: it became a case; else somebody must look at it."""

    workflow_id: str
    run_id: str
    at: datetime
    words: str
    input: str
    taken: bool
    case_id: str | None = None
    rest: list[str] = Field(default_factory=list)
    message_id: str | None = Field(default=None, description="of the first message, whose next words `rest` is")


def read_opening(given: Sequence[Any], workflow_id: str) -> Opening:
    """The case that was asked for with these values, under this workflow id.

    Raises:
        InvalidInput: it names no customer, has no text, or runs under an id that no case can have.
    """
    plain = _plain(given, workflow_id)
    if plain is not None:
        return plain
    fields, odd = _object(given)
    case_id = _case_id(fields, workflow_id, odd)
    customer_id = _customer(fields, odd)
    words = _words(_pick(fields, _MESSAGE, odd, "message"), fields, f"open-{digest(case_id)[:32]}", odd)
    channel = _channel(fields, odd)
    if fields:
        odd.append(f"{_names(fields)}: not known here. Leave it out.")
    whole = CaseOpen(case_id=case_id, customer_id=customer_id, channel=channel, message=words.whole)
    case = whole.model_copy(update={"message": words.message})
    return Opening(case=case, digest=whole.content_digest(), rest=words.rest, odd=list(dict.fromkeys(odd)))


def read_message(given: Any, message_id: str) -> Words:
    """A later message of a case; `message_id` is its id where it brings none.

    Raises:
        InvalidInput: it has no text.
    """
    fields = dict(given) if isinstance(given, dict) else {}
    answers = _name(fields.pop("answers")) if IDENTIFIER.fullmatch(_name(fields.get("answers"))) else None
    words = _words(fields or given, {}, message_id, [])
    return words.model_copy(update={"message": words.message.model_copy(update={"answers": answers})})


def _plain(given: Sequence[Any], workflow_id: str) -> Opening | None:
    """The usual case: exactly what the contract says."""
    if len(given) != 1 or not isinstance(given[0], dict):
        return None
    try:
        case = CaseOpen.model_validate(given[0])
        for name, value in (("case_id", case.case_id), ("customer_id", case.customer_id), ("channel", case.channel)):
            check_identifier(name, value)
        case = case.model_copy(update={"message": check_message(case.message)})
    except (ValidationError, InvalidInput):
        return None
    return Opening(case=case, digest=case.content_digest()) if workflow_id == PREFIX + case.case_id else None


def _object(given: Sequence[Any]) -> tuple[dict[str, Any], list[str]]:
    """The one value that names a customer, under plain names, and what is odd about that."""
    odd: list[str] = []
    found = [one for one in (_unpacked(value, odd) for value in given) if isinstance(one, dict)]
    if not found:
        kinds = ", ".join("nothing" if one is None else f"a {type(one).__name__}" for one in given[:3]) or "nothing"
        raise InvalidInput(f"input: is {kinds}, and names no customer. {SHAPE}")
    naming = [one for one in found if any(_bare(name) in _CUSTOMER for name in one)]
    if len(given) > 1:
        odd.append(f"input: are {len(given)} values. Send one JSON object; the others stand in the record of openings.")
    return dict((naming or found)[0]), odd


def _unpacked(value: Any, odd: list[str]) -> Any:
    """JSON that was packed into a text, or into a list of one."""
    for _ in range(3):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
            odd.append("input: is a list. Send the JSON object alone.")
        elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return value
            odd.append("input: is JSON within a text. Send the JSON object itself.")
        else:
            break
    return value


def _bare(name: object) -> str:
    return str(name).replace("_", "").replace("-", "").replace(" ", "").lower()


def _pick(fields: dict[str, Any], names: Sequence[str], odd: list[str], wanted: str) -> Any:
    """Take the value of the first of these names out of the fields."""
    exact = wanted if wanted in fields else None
    name = exact or next((one for known in names for one in fields if _bare(one) == known), None)
    if name is None:
        return None
    if name != wanted:
        odd.append(f"{_shown(name)}: was taken as {wanted}. Name it so.")
    return fields.pop(name)


def _case_id(fields: dict[str, Any], workflow_id: str, odd: list[str]) -> str:
    """The id under which the workflow runs: everybody who looks for the case looks there.

    Raises:
        InvalidInput: no case can run under it.
    """
    given = _pick(fields, _CASE, odd, "case_id")
    case_id = workflow_id.removeprefix(PREFIX)
    if case_id == workflow_id:
        wanted = f"'{PREFIX}{_name(given)}'" if _name(given) else f"'{PREFIX}' and the case's id"
        raise InvalidInput(f"case_id: {_shown(given)} must run under the workflow id {wanted}. Start it under that one.")
    if not IDENTIFIER.fullmatch(case_id):
        raise InvalidInput(f"workflow id: {check_shown(case_id)}")
    if given is not None and _name(given) != case_id:
        odd.append(f"case_id: {_shown(given)} does not go with the workflow id, by which this is case {case_id}.")
    return case_id


def check_shown(value: str) -> str:
    """Return why this is no id; empty where it is."""
    try:
        check_identifier("case_id", value)
    except InvalidInput as error:
        return str(error)
    return ""


def _customer(fields: dict[str, Any], odd: list[str]) -> str:
    """The customer's id; one that is no id is shown to a person as it came. Raises: InvalidInput: there is none."""
    given = _pick(fields, _CUSTOMER, odd, "customer_id")
    if isinstance(given, dict):
        odd.append("customer_id: is an object. Send the id alone.")
        given = _pick(dict(given), ("id", *_CUSTOMER), odd, "customer_id")
    if isinstance(given, list) and len(given) == 1:
        odd.append("customer_id: is a list. Send the id alone.")
        given = given[0]
    name = _name(given)
    clean = " ".join(without_controls(name).split())
    if given is None:
        raise InvalidInput(f"customer_id: is missing. {SHAPE}")
    if not _readable(clean):
        raise InvalidInput(f"customer_id: {_shown(given)} names no customer. {SHAPE}")
    if not IDENTIFIER.fullmatch(clean) or clean != name:
        odd.append(f"customer_id: {_shown(given)} is not an id. Use 1 to {MAX_NAME} letters, digits, '_', '.', ':' or '-'.")
    return clean if len(clean) <= MAX_NAME else f"{clean[: MAX_NAME - 10]}~{digest(clean)[:8]}"


def _channel(fields: dict[str, Any], odd: list[str]) -> str:
    given = _pick(fields, _CHANNEL, odd, "channel")
    if given is None:
        return "api"
    if IDENTIFIER.fullmatch(_name(given)):
        return _name(given)
    odd.append(f"channel: {_shown(given)} is not an id and was left out.")
    return "api"


def _words(given: Any, beside: dict[str, Any], message_id: str, odd: list[str]) -> Words:
    """The message, out of its object, a bare text, a list of either, or the text beside it."""
    if isinstance(given, list):
        texts = [_text_of(one) for one in given[:100]]
        odd.append(f"message: are {len(given)} values. Send one message; the others with `send_message`.")
        given = {"text": "\n\n".join(one for one in texts if one)}
    fields = dict(given) if isinstance(given, dict) else {"text": given}
    sent_id = _pick(fields, _MESSAGE_ID, odd, "message_id")
    if sent_id is None and beside:
        sent_id = _pick(beside, _MESSAGE_ID, odd, "message_id")
    text = _text(fields, beside, odd)
    extra = _names(fields)
    if extra:
        odd.append(f"{extra}: not known in a message. Leave it out.")
    whole, part, rest, cut = _cut(text)
    named = _named(sent_id, message_id, odd)
    odd.extend(cut)
    return Words(
        message=IncomingMessage(message_id=named, text=part),
        whole=IncomingMessage(message_id=named, text=whole),
        rest=rest,
        odd=list(dict.fromkeys(odd)),
    )


def _text(fields: dict[str, Any], beside: dict[str, Any], odd: list[str]) -> str:
    """Under its own name, in the message or beside it; else the longest text that is left in either."""
    text = ""
    places = [one for one in (fields, beside) if one]
    for place in places:
        if not _readable(text):
            text = _text_of({"text": _pick(place, _TEXT, odd, "text")})
    for place in places:
        left = [name for name, value in place.items() if isinstance(value, str) and _readable(value)]
        if left and not _readable(text):
            name = max(left, key=lambda one: len(place[one]))
            odd.append(f"{_shown(name)}: was taken as the message's text. Name it text.")
            text = place.pop(name)
    return text


def _text_of(given: Any) -> str:
    """Text out of a text, a number, or the first field that has some."""
    if isinstance(given, dict):
        found = next((given[one] for known in _TEXT for one in given if _bare(one) == known), None)
        return "" if isinstance(found, dict) else _text_of(found)
    if isinstance(given, list):
        return "\n\n".join(one for one in given[:100] if isinstance(one, str))
    return "" if given is None or isinstance(given, bool) else str(given)


def _cut(text: str) -> tuple[str, str, list[str], list[str]]:
    """The clean text whole, what the agent reads of it, the parts behind, and what had to be done to it."""
    head, tail = text[:READ], text[READ:]
    clean = check_text("text", without_controls(head), limit=READ)
    odd = [] if without_controls(head) == head else ["text: holds characters that are no text; they were left out."]
    if len(clean) <= MAX_CHARACTERS and not tail:
        return clean, clean, [], odd
    pieces = [clean[at : at + MAX_CHARACTERS].strip() for at in range(0, len(clean), MAX_CHARACTERS)]
    where = "The transcript has its beginning" if tail else "All of it is in the transcript"
    odd.append(f"text: has {len(clean) + len(tail):,} characters, the agent reads at most {MAX_CHARACTERS:,}. {where}.")
    return clean + tail, pieces[0], [one for one in pieces[1:] if one], odd


def _named(given: Any, otherwise: str, odd: list[str]) -> str:
    """The message's id; of an odd one always the same id is made, so that it still counts once."""
    if given is None or _name(given) == "":
        return otherwise
    name = _name(given)
    if IDENTIFIER.fullmatch(name):
        return name
    odd.append(f"message_id: {_shown(given)} is not an id.")
    return f"m-{digest(name)[:32]}"


def _name(given: Any) -> str:
    """A text or a whole number as an id; nothing for anything else."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return ""
    return str(int(given)) if isinstance(given, float) and given.is_integer() else str(given)


def _readable(text: str) -> bool:
    try:
        check_text("text", without_controls(text[:READ]), limit=READ)
    except InvalidInput:
        return False
    return True


def _names(fields: Mapping[str, Any]) -> str:
    shown = [_shown(name) for name in list(fields)[:5]]
    return ", ".join(shown) + (f" and {len(fields) - 5} more" if len(fields) > 5 else "")


def _shown(value: Any) -> str:
    """A short form for a sentence; characters that are no text are left out."""
    text = without_controls(value if isinstance(value, str) else type(value).__name__ if value is not None else "nothing")
    return repr(unicodedata.normalize("NFC", text)[:SHOWN])
