"""Taking an attachment out of a mail that is kept."""

from __future__ import annotations

from email import message_from_bytes

from handrail.domain.errors import InvalidInput
from handrail.mail.reading.mail import opened
from handrail.mail.reading.parts import content_of, leaves, reference


def attachment_of(raw: bytes, position: int) -> bytes:
    """Return the bytes of the attachment at this place.

    Raises:
        InvalidInput: there is none, or nobody gets it.
    """
    for place, part in enumerate(leaves(message_from_bytes(opened(raw, [])), [])):
        if place == position:
            found = reference(part, place)
            if found.refused:
                raise InvalidInput(f"POSITION: {found.name} {found.refused}. Take it out of the source: handrail mail source")
            return content_of(part)
    raise InvalidInput(f"POSITION: the mail has no part {position}. See `handrail mail list --json`.")
