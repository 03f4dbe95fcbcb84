"""Python values on their way to PostgreSQL: dicts as jsonb, and text that PostgreSQL cannot hold made holdable.

A language model or a remote system can produce NUL, half a surrogate pair or NaN. PostgreSQL refuses all three, so one such
answer would make its case's commit fail at every retry. They are replaced where they enter, for every query alike.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import JsonbDumper, set_json_dumps
from psycopg.types.string import StrDumperUnknown
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DOUBTFUL = re.compile(r"\\u0000|NaN|Infinity")
"""In JSON text, what may be unstorable; a customer may have written the words."""
_REPLACEMENT = "\ufffd"


def storable(value: Any) -> Any:
    """JSON-ready data without what PostgreSQL refuses: NUL and surrogates become U+FFFD, NaN and infinities null."""
    match value:
        case str():
            return _UNSTORABLE.sub(_REPLACEMENT, value)
        case dict():
            return {storable(key): storable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [storable(inner) for inner in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def dumps(value: Any) -> str:
    """JSON that jsonb takes. What is storable as it is, nearly always, is not walked through once more."""
    text = json.dumps(value, ensure_ascii=False)
    if _DOUBTFUL.search(text) or _UNSTORABLE.search(text):
        return json.dumps(storable(value), ensure_ascii=False, allow_nan=False)
    return text


def as_json(model: BaseModel) -> str:
    """The model as JSON that jsonb takes."""
    try:
        text = model.model_dump_json()
    except PydanticSerializationError:  # half a surrogate pair
        return dumps(model.model_dump(mode="json"))
    return dumps(model.model_dump(mode="json")) if _DOUBTFUL.search(text) else text


class TextDumper(StrDumperUnknown):
    """Text without what PostgreSQL refuses."""

    def dump(self, obj: str) -> Any:
        """The text in the connection's encoding."""
        return super().dump(storable(obj))


class DictDumper(JsonbDumper):
    """A dict goes as jsonb without being wrapped."""

    _dumps = staticmethod(dumps)


async def adapt(connection: AsyncConnection[Any]) -> None:
    """Set the adaptation up on one connection; the pool's `configure`."""
    connection.adapters.register_dumper(str, TextDumper)
    connection.adapters.register_dumper(dict, DictDumper)
    set_json_dumps(dumps, connection)
