"""The base of what callers send over HTTP: as strict as every model, and built at once, as the framework wants it."""

from __future__ import annotations

from pydantic import ConfigDict

from handrail.domain.base import Model
from handrail.domain.case import messages

IDENTIFIER = f"^{messages.IDENTIFIER.pattern}$"
"""The shape of every id that comes from outside."""


class HttpBody(Model):
    """A body that callers send."""

    model_config = ConfigDict(defer_build=False)
