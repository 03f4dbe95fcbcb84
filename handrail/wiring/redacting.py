"""The redaction as the settings want it."""

from __future__ import annotations

from handrail.domain.errors import InvalidInput
from handrail.domain.text.redacted import Secret
from handrail.redaction.values import Redaction, by_code
from handrail.settings import Settings


def redaction_of(settings: Settings) -> Redaction:
    """Return what takes secrets out of texts. Raises: InvalidInput: a kind to keep is none."""
    kept = [one.strip().lower() for one in settings.redaction_keep.split(",") if one.strip()]
    foreign = sorted(set(kept) - set(Secret))
    if foreign:
        raise InvalidInput(f"HANDRAIL_REDACTION_KEEP: {foreign[0]!r} is no kind of secret. Use some of: {', '.join(Secret)}.")
    return by_code(settings.card_last_four, frozenset(Secret(one) for one in kept))
