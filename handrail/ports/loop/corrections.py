"""Ports to what people corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from handrail.domain.quality.evaluation.corrections import Correction, CorrectionSource, Relied


class FreshCorrection(Protocol):
    """A correction with what tells it from others, before it is kept."""

    @property
    def correction_id(self) -> str: ...
    @property
    def correction(self) -> Correction: ...
    @property
    def words(self) -> Sequence[str]: ...
    @property
    def done_words(self) -> Sequence[str]: ...
    @property
    def done_key(self) -> str: ...
    @property
    def held_out(self) -> bool: ...
    @property
    def retired(self) -> str: ...


class Alike(Protocol):
    """A correction that stands, by what is compared of it."""

    @property
    def correction_id(self) -> str: ...
    @property
    def words(self) -> list[str]: ...
    @property
    def done_words(self) -> list[str]: ...
    @property
    def done_key(self) -> str: ...
    @property
    def held_out(self) -> bool: ...


class Standing(Protocol):
    """A correction that stands, held out or not, with what it relies on."""

    @property
    def correction_id(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def relied(self) -> Relied: ...
    @property
    def held_out(self) -> bool: ...


class CorrectionStore(Protocol):
    """Corrections as they are kept. Writes of one collection are made by one process at a time."""

    async def sources(self, since: datetime, limit: int) -> Sequence[CorrectionSource]:
        """Read what people corrected since then and nothing was made of yet, the oldest first."""
        ...

    async def alike(self, correction: Correction) -> Sequence[Alike]:
        """Read the corrections of the same kind, topic and action that are not retired."""
        ...

    async def keep(self, source: CorrectionSource, fresh: FreshCorrection) -> bool:
        """Keep a correction with its source; false where the source was taken by another process meanwhile."""
        ...

    async def merge(self, source: CorrectionSource, into: str) -> bool:
        """Count the source with a correction that says nearly the same; false as above."""
        ...

    async def standing(self) -> Sequence[Standing]:
        """Read every correction that is not retired."""
        ...

    async def retire(self, correction_id: str, by: str, because: str) -> None:
        """Retire it; one that is retired stays as it is."""
        ...

    async def forget(self, before: datetime) -> None:
        """Drop what was kept of decisions before then that nothing was made of."""
        ...
