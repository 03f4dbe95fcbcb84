"""Settings out of environment variables, checked by pydantic: a start reads them before anything else is loaded."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError


class EnvironmentSettings(BaseModel):
    """Settings whose variables are called `prefix` and the field's name, or by the field's alias, in any case of letters.

    What is given comes before them. Raises: pydantic.ValidationError.
    """

    model_config = ConfigDict(extra="ignore")
    prefix: ClassVar[str] = "HANDRAIL_"

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**self.from_environment(), **given})

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return the name of each setting's variable, by what pydantic calls the setting: its alias, or its name."""
        aliases = {name: field.validation_alias for name, field in cls.model_fields.items()}
        given = {name: alias for name, alias in aliases.items() if isinstance(alias, str)}
        return {given.get(name, name): given.get(name, f"{cls.prefix}{name.upper()}") for name in aliases}

    @classmethod
    def from_environment(cls) -> dict[str, str]:
        """Return the settings whose variables are set, as the text that they hold."""
        texts = {name.upper(): text for name, text in os.environ.items()}
        return {setting: texts[variable] for setting, variable in cls.variables().items() if variable in texts}

    @classmethod
    def in_words(cls, error: ValidationError) -> str:
        """Return the first thing that is wrong, by the variable's name and without its value, which may be a secret."""
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        variable = cls.variables().get(name, f"{cls.prefix}{name.upper()}")
        return f"{variable}: {first['msg'].removeprefix('Value error, ')}."
