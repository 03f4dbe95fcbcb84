"""Whatever JSON a person typed, turned into a model or into a sentence that says what would be right."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.exceptions import ApplicationError

from handrail.domain.errors import HandrailError, InvalidInput

M = TypeVar("M", bound=BaseModel)
SHOWN = 3


def parse(model: type[M], raw: Any) -> M:
    """`raw` as the model.

    Raises:
        InvalidInput: it is nothing, no object, or its fields do not fit; names the fields and what is expected.
    """
    expected = ", ".join(name if field.is_required() else f"{name} (optional)" for name, field in model.model_fields.items())
    if not isinstance(raw, dict):
        given = "nothing" if raw is None else f"a {type(raw).__name__}"
        raise InvalidInput(f"input: is {given}; send a JSON object with {expected}.")
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'input'}: {one['msg']}" for one in error.errors()[:SHOWN]
        )
        raise InvalidInput(f"{problems}. Expected: {expected}.") from None


def refusal(error: HandrailError) -> ApplicationError:
    """The error as the sender of an update receives it; its name is a wire contract."""
    return ApplicationError(str(error), type=type(error).__name__, non_retryable=True)
