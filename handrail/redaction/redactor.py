"""The redactor by code: checksums, shapes and words, without a model and without I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from handrail.domain.text.redacted import Redacted, Secret, placeholder
from handrail.redaction.accounts import cards, ibans
from handrail.redaction.found import Found, apart
from handrail.redaction.identities import identities
from handrail.redaction.keys import keys
from handrail.redaction.spoken import spoken

FINDERS = (cards, ibans, identities, keys, spoken)


class CodeRedactor:
    """The port `Redactor`. `last_four` shows the last four of cards and accounts; `keep` names kinds that stay."""

    def __init__(self, *, last_four: bool = True, keep: Collection[Secret] = ()) -> None:
        self._last_four = last_four
        self._keep = frozenset(keep)

    def redact(self, text: str) -> Redacted:
        """Return the text with a placeholder for each secret; the same text where there is none."""
        found = apart(one for one in _places(text) if one.kind not in self._keep)
        if not found:
            return Redacted(text)
        parts, at = list[str](), 0
        for one in found:
            parts += [text[at : one.start], placeholder(one.kind, one.last if self._last_four else "")]
            at = one.end
        return Redacted("".join([*parts, text[at:]]), tuple(one.kind for one in found))


def _places(text: str) -> Iterator[Found]:
    for find in FINDERS:
        yield from find(text)
