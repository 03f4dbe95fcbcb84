"""The port to effects of unknown outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handrail.domain.actions.effects import EffectResult
    from handrail.domain.actions.unsettled import EffectFound, UnsettledEffect


class EffectsFound(Protocol):
    """Effects that may have been made, until a person says what they found."""

    async def of(self, case_id: str) -> Sequence[UnsettledEffect]:
        """Return those of the case, the oldest first; none that may still be under way."""
        ...

    async def settle(self, found: EffectFound) -> EffectResult:
        """Write down what was found; the same again changes nothing.

        Raises:
            UnknownEffect: it does not wait to be settled.
            EffectSettled: it was settled before, and otherwise.
        """
        ...
