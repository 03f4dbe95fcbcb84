"""Settings out of environment variables, checked by pydantic: a start reads them before anything else is loaded."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class EnvironmentSettings(BaseModel):
    """Settings whose variables are called `prefix` and the field's name, or by the field's alias, in any case of letters.

    What is given comes before them. Raises: pydantic.ValidationError.
    """

    model_config = ConfigDict(extra="ignore")
    prefix: ClassVar[str] = "HANDRAIL_"

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**self.from_environment(), **given})

    @classmethod
    def from_environment(cls) -> dict[str, str]:
        """Return the settings whose variables are set, as the text that they hold."""
        variables, found = {name.upper(): text for name, text in os.environ.items()}, {}
        for name, field in cls.model_fields.items():
            alias = field.validation_alias
            text = variables.get(alias if isinstance(alias, str) else f"{cls.prefix}{name.upper()}")
            if text is not None:
                found[alias if isinstance(alias, str) else name] = text
        return found
