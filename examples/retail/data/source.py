"""The place of the shop's data. It is public, not ours, and never part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from examples.retail.data.document import Database
from handrail.domain.errors import InvalidInput

SETTING = "HANDRAIL_RETAIL_DATA"
DEFAULT = Path(__file__).parents[4] / "shared" / "data" / "tau2_retail"
FILE = "db.json"


def folder(named: Path | None = None) -> Path:
    """The folder as named, else as `HANDRAIL_RETAIL_DATA` says, else `../shared/data/tau2_retail` beside the project."""
    if named is not None:
        return named
    setting = os.environ.get(SETTING)
    return Path(setting) if setting else DEFAULT


def read(named: Path | None = None) -> Database:
    """The shop as `db.json` has it.

    Raises:
        InvalidInput: the file is absent, is no JSON, or has another shape; names what to do.
    """
    file = folder(named) / FILE
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{SETTING}: {file} cannot be read ({error.strerror}). The retail example brings no data of its own: put "
            f"{FILE} of tau2-bench's retail domain into a folder, and name that folder in {SETTING}."
        ) from error
    try:
        return Database.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise InvalidInput(f"{file}: {where}: {first['msg']}. It must have the shape of tau2-bench's retail {FILE}.") from None
