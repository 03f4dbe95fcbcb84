"""The lines of a file of messages: read and checked before anything is opened."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.domain.case.messages import check_identifier, check_text
from handrail.domain.errors import InvalidInput


class BatchLine(BaseModel):
    """A line of the file. Other fields than these are passed over: data sets have labels of their own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    customer_id: str | None = None
    number: int = 0


def read_lines(file: Path, count: int | None) -> list[BatchLine]:
    """The first `count` lines; blank ones are skipped. Nothing is opened when one of them cannot be used.

    Raises:
        InvalidInput: names file and line.
    """
    found: list[BatchLine] = []
    try:
        with file.open("rb") as lines:
            for number, raw in enumerate(lines, 1):
                if raw.strip():
                    found.append(_line(f"{file}:{number}", number, raw))
                if len(found) == count:
                    break
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read ({error.strerror}). Name a file with a JSON object per line.") from error
    if not found:
        raise InvalidInput(f"{file}: has no lines. Put a JSON object with `text` on each.")
    return found


def _line(where: str, number: int, raw: bytes) -> BatchLine:
    try:
        line = BatchLine.model_validate(json.loads(raw))
        check_text("text", line.text)
        if line.customer_id is not None:
            check_identifier("customer_id", line.customer_id)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{where}: is not JSON ({error.msg} at column {error.colno}).") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the line"
        raise InvalidInput(f'{where}: {field}: {first["msg"]}. Write {{"text": "…"}}.') from error
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error
    return line.model_copy(update={"number": number})
