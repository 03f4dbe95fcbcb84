"""Declined proposals: an action on an object with its arguments, for one request. A decline forbids nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import Field

from handrail.domain.actions.proposals import Proposal
from handrail.domain.base import Stored
from handrail.domain.case.messages import Message

DECLINED_KEPT = 20
ARGUMENT_BYTES = 4_000
"""Larger arguments are compared by their hash alone."""

_NAMES_AN_OBJECT = re.compile(r"(?:^|_)(?:ids?|number|numbers|reference|references|ref|key|uuid)$")
_EXPLAINS = re.compile(r"(?:^|_)(?:reasons?|notes?|comments?|explanation|remarks?|description|details|message|text)$")
_IDENTIFIER = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])#?[^\W_][\w:-]{1,63}")
_MEASURE = re.compile(r"\d+[x×]\d+(?:[x×]\d+)?|\d+[^\W\d_]{1,4}")
_FIGURE = re.compile(r"\d{1,15}(?:\.\d{1,6})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.+Z-]*)?")


class Declined(Stored):
    """One rejection. `objects` are the identifiers it was about, `request` the words of the customer that it answers."""

    action: str
    objects: list[str] = Field(default_factory=list)
    arguments: dict[str, Any] = Field(default_factory=dict)
    arguments_hash: str = ""
    title: str = ""
    by: str = ""
    request: str = ""


def asked_in(turn: int, incoming: Sequence[Message]) -> str:
    """Name the request that is being worked on: another turn, or another message in it, is another request."""
    return f"{turn}/{incoming[-1].message_id if incoming else ''}"


def declined(proposal: Proposal, title: str, by: str, request: str) -> Declined:
    """The rejection of `proposal`; arguments that are too large are left to their hash."""
    small = len(json.dumps(proposal.arguments, default=str).encode()) <= ARGUMENT_BYTES
    return Declined(
        action=proposal.action,
        objects=objects(proposal.arguments, title),
        arguments=proposal.arguments if small else {},
        arguments_hash=proposal.arguments_hash,
        title=title,
        by=by,
        request=request,
    )


def named_only(names: Iterable[str], before: Iterable[Declined]) -> set[str]:
    """List the actions of which nothing but the name was kept, as older runs did: they stay declined as a whole."""
    return set(names) - {one.action for one in before}


def objects(arguments: Mapping[str, Any], title: str = "") -> list[str]:
    """The identifiers of what would be changed: the first argument that the title names, else the first that is one."""
    found = [ids for name, value in arguments.items() if (ids := _identifiers(name, value))]
    shown = title.casefold()
    titled = (ids for ids in found if all(_stands_in(one, shown) for one in ids))
    return next(titled, found[0] if found else [])


def sums(arguments: Mapping[str, Any]) -> list[Decimal]:
    """List the arguments that are figures and name no object."""
    told = (arguments[name] for name in telling(arguments) if not _NAMES_AN_OBJECT.search(name.casefold()))
    written = (str(value) for value in told if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool))
    return [Decimal(one) for one in written if _FIGURE.fullmatch(one)]


def same_arguments(one: Mapping[str, Any], other: Mapping[str, Any], names: Iterable[str] | None = None) -> bool:
    """Compare what would be done. `names` are the arguments that the model may give; explanations do not count."""
    wanted = set(names) if names else {*one, *other}
    return all(alike(one.get(name), other.get(name)) for name in telling(wanted))


def telling(names: Iterable[str]) -> list[str]:
    """List the names of arguments that say what is done; the others explain it, often in the customer's words."""
    return [name for name in names if not _EXPLAINS.search(name.casefold())]


def alike(one: Any, other: Any) -> bool:
    """Compare two values however they were written: 20 and '20.00', 'o-10021 ' and 'O-10021'."""
    if one == other:
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return isinstance(one, str) and isinstance(other, str) and one.strip().casefold() == other.strip().casefold()


def objection(
    proposal: Proposal,
    title: str,
    before: Sequence[Declined],
    *,
    request: str,
    ordered: bool,
    most: int,
    names: Iterable[str] | None = None,
) -> str | None:
    """Say why a person must look at this again, or None where it is a request of its own.

    `ordered`: a person handed the case back, so the agent acts on their word. From the `most`-th rejection on the same
    object on, people have it. `names` are the arguments that the model may give.
    """
    about = objects(proposal.arguments, title)
    same = [one for one in before if one.action == proposal.action and one.objects == about]
    now = [one for one in same if one.request == request]
    if now:
        return f"The agent proposed “{title}” although {_whom(now[-1])} had declined “{now[-1].title}”, and nobody asked anew."
    if ordered or not same:
        return None
    names = list(names or ())
    equal = [one for one in same if _equal(one, proposal, names)]
    if equal:
        return f"The agent proposed “{title}” again; {_whom(equal[-1])} had declined exactly that."
    if len(same) >= most:
        about_it = f" about {', '.join(about)}" if about else ""
        return f"People declined {len(same)} requests{about_it} already, the last was “{same[-1].title}”; now it is “{title}”."
    return None


def _equal(before: Declined, proposal: Proposal, names: list[str]) -> bool:
    if before.arguments_hash == proposal.arguments_hash:
        return True
    return bool(before.arguments) and same_arguments(before.arguments, proposal.arguments, names)


def _whom(before: Declined) -> str:
    return before.by or "a person"


def _identifiers(name: str, value: Any) -> list[str]:
    """The identifiers that one argument holds, in one spelling each."""
    values = value if isinstance(value, list | tuple) else [value]
    texts = [str(one).strip() for one in values if isinstance(one, str | int) and not isinstance(one, bool)]
    named = _NAMES_AN_OBJECT.search(name.casefold()) is not None
    if not texts or len(texts) != len(values) or not all(named or _looks_like_one(one, values) for one in texts):
        return []
    return sorted(one.casefold() for one in texts)


def _looks_like_one(text: str, values: Sequence[Any]) -> bool:
    written = all(isinstance(one, str) for one in values)
    return written and bool(_IDENTIFIER.fullmatch(text)) and not (_DAY.fullmatch(text) or _MEASURE.fullmatch(text))


def _stands_in(identifier: str, shown: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(identifier)}(?![\w-])", shown) is not None
