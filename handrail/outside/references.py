"""Secrets by reference: `${NAME}` in a definition is a variable of the environment, read when it is used."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping

from handrail.domain.errors import DefinitionInvalid

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
HIDDEN = "[hidden]"
SHORTEST = 8
"""Shorter values are not looked for in answers: they would be found everywhere."""
_SECRET_NAME = re.compile(r"auth|cookie|token|secret|password|key", re.IGNORECASE)


def literal_secret(name: str, value: str) -> bool:
    """Return whether a header by this name holds its secret itself instead of a reference."""
    return bool(_SECRET_NAME.search(name)) and not REFERENCE.search(value)


def resolved(values: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the values with every reference replaced.

    Raises:
        DefinitionInvalid: a variable is not set, or holds what no header may; names it and never a value.
    """
    return {name: REFERENCE.sub(lambda found: _value(found[1], environment), value) for name, value in values.items()}


def secrets(values: Iterable[str], environment: Mapping[str, str] = os.environ) -> set[str]:
    """Return what the references stand for, to be hidden where a server repeats it."""
    names = [name for value in values for name in REFERENCE.findall(value)]
    return {environment[name] for name in names if len(environment.get(name, "")) >= SHORTEST}


def hiding(text: str, hidden: Collection[str]) -> str:
    """Return the text without the secrets."""
    for one in sorted(hidden, key=len, reverse=True):
        text = text.replace(one, HIDDEN)
    return text


def _value(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if not value:
        raise DefinitionInvalid(f"tools.yaml: the variable {name} is not set. Set it where the worker runs.")
    if not value.isprintable() or not value.isascii():
        raise DefinitionInvalid(f"tools.yaml: the variable {name} holds what no header may. Set it to printable ASCII.")
    return value
