"""Arguments of a tool from outside as a model, so that everything that knows tools of a business knows these."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from pydantic import RootModel, model_validator
from pydantic_core import PydanticCustomError

from handrail.domain.errors import InvalidInput
from handrail.outside.schemas import shown, without
from handrail.outside.validating import ArgumentSchema


class OutsideArguments(RootModel[dict[str, Any]]):
    """The arguments that the model chooses; a class for each tool carries its schema."""

    asked: ClassVar[ArgumentSchema]
    written: ClassVar[dict[str, Any]]

    @model_validator(mode="before")
    @classmethod
    def _fits(cls, given: Any) -> Any:
        try:
            return cls.asked.read(given)
        except InvalidInput as error:
            # As a template's value, so that braces in the words are no placeholders.
            raise PydanticCustomError("outside", "{words}", {"words": str(error)}) from None

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        """Return the schema as its server wrote it, in the dialect of the house."""
        return copy.deepcopy(cls.written)


def arguments_of(name: str, schema: Mapping[str, Any], filled: Collection[str]) -> type[OutsideArguments]:
    """Make the model of a tool whose arguments `filled` are not the caller's to give."""
    asked = ArgumentSchema(without(schema, filled))
    return type(f"Arguments_{name}", (OutsideArguments,), {"asked": asked, "written": shown(schema, filled)})
