"""The port to what takes secrets out of texts, before they stand in a history or a row, and before a model reads them."""

from __future__ import annotations

from typing import Protocol

from handrail.domain.text.redacted import Redacted


class Redactor(Protocol):
    """Takes out what nobody should write to a support desk.

    Quick and without I/O: it runs over every message, on the event loop. A text that went through it once is not changed by
    it again. Ours goes by code; one that asks a model, as Presidio, would be another adapter, in a process aside.
    """

    def redact(self, text: str) -> Redacted: ...
