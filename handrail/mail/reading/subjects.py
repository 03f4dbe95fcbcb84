"""Subjects of mails: the words of one without what programs put before it, and the first message that it is a part of."""

from __future__ import annotations

import re
from functools import cache

from handrail.domain.mail import ReceivedMail
from handrail.domain.text.packs import Packs, packs

_WORD = re.compile(r"\w+")


def opening_of(mail: ReceivedMail) -> str:
    """Return a case's first message: the subject, where it adds something to what the mail says, above its words."""
    subject = bare(mail.subject)
    said, named = _spelled(mail.text), _spelled(subject)
    return mail.text if not named.strip() or named in said else f"{subject}\n\n{mail.text}"


def bare(subject: str) -> str:
    """Return the subject without "Re:", "AW:", "Fwd[2]:" and the like, however many."""
    return _prefixes(packs()).sub("", subject).strip()


def _spelled(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


@cache
def _prefixes(known: Packs) -> re.Pattern[str]:
    words = {one for listed in known.words("mail", "prefixes").values() for one in listed}
    longest_first = sorted(words, key=lambda one: (-len(one), one))
    return re.compile(
        rf"^(?:\s*(?:{'|'.join(map(re.escape, longest_first))})\s?(?:[\[(]?\d+[\])]?)?\s?[:\uff1a])+", re.IGNORECASE
    )
