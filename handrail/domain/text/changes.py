"""Claims that something was changed, known by the form of the sentence alone, whatever the verb."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handrail.domain.text.parts import Part, pieces
from handrail.domain.text.sentences import sentences
from handrail.domain.text.voices import done_at, early, harmless, special, voice

_FEW = 4
_BE = frozenset(
    "is are s ist sind hat est sont se está están è sono är jest são zijn staat staan".split()  # noqa: SIM905
)
_Found = tuple[str, str]
"""The word or the phrase that tells of the change, and 'own' where the speaker did it, 'settled' where it tells not what."""


@dataclass(frozen=True, slots=True)
class Change:
    """A sentence that says something was changed; `verb` is the word or phrase that says so, `own` that the speaker did it.

    `settled` says that it does not tell what: 'consider it done'.
    """

    sentence: str
    language: str
    verb: str
    own: bool
    words: tuple[str, ...]
    settled: bool = False


def changes(text: str, language: str | None) -> Iterator[Change]:
    """Every sentence of clean `text` that says something was changed, in order."""
    for one in sentences(text):
        for spoken, parts in pieces(one.text, language):
            found = _found(parts)
            if found is not None:
                verb, how = found
                words = tuple(word for part in parts for word in part.words)
                yield Change(one.text, spoken, verb, how == "own", words, settled=how == "settled")


def is_told(part: Part) -> bool:
    """Tell if the clause by itself says that something was changed."""
    return _told(part, "", hung=False) is not None


def _found(parts: Sequence[Part]) -> _Found | None:
    hung = any(part.doubtful() for part in parts)
    reported = False
    before = ""
    for part in parts:
        if part.after != "that":
            reported = reported and part.after == "join"
        reported = reported or part.has("reported")
        if part.asked or reported:
            before = ""
            continue
        found = (
            _formula(part)
            or _went(part)
            or _told(part, before, hung=hung)
            or _henceforth(part)
            or (_headline(part) if len(parts) == 1 else None)
            or _coming(part)
            or (None if hung else _gone(part) or _sending(part))
        )
        if found is not None:
            return found
        before = helper_of(part)
    return None


def _formula(part: Part) -> _Found | None:
    for name in ("settled", "formula"):
        for place, size in part.places(name).items():
            if not part.doubtful(place):
                return " ".join(part.words[place : place + size]), name
    return None


def _went(part: Part) -> _Found | None:
    """Something that is said to be where the customer finds it, or a new thing that set out."""
    places = part.places("went")
    if not places or part.doubtful():
        return None
    moved = next((place for place in places if part.words[place] not in _BE), None)
    fresh = special(part)
    if part.has("inbox") and (part.has("now") or moved is not None):
        return part.words[next(iter(places))], ""
    if fresh is not None and moved is not None and fresh < moved and not part.has("now"):
        return part.words[moved], ""
    return None


def _told(part: Part, before: str, *, hung: bool) -> _Found | None:
    """A verb of one's own, or one that says what was done to something; `before` is the helper of the clause before 'and'."""
    if part.has("by") or is_purpose(part):
        return None
    colleague = part.means("other")
    for place, word in enumerate(part.words):
        done = done_at(part, place)
        if not done and not part.form.says_past(word):
            continue
        if harmless(part, place) or (colleague and place in part.places("handed")):
            continue
        spoken = voice(part, place, before if part.after == "join" else "", done=done)
        if spoken is None or (spoken == "future" and hung) or _denied(part, place):
            continue
        return word, "own" if spoken in ("have", "past") else ""
    return None


def is_purpose(part: Part) -> bool:
    """Tell if the clause says what something is for: 'so that it can be checked', 'damit die Adresse geändert wird'."""
    listed, lead = part.form.lists["purpose"], part.lead
    leads = any(listed.size(lead, len(lead) - size) == size for size in (1, 2) if len(lead) >= size)
    return leads or 0 in part.places("purpose")


def _denied(part: Part, place: int) -> bool:
    return part.doubtful(place) or part.means("neg", place + 1, place + 2)


def helper_of(part: Part) -> str:
    """Name what the clause says that something was done with, for a clause after 'and' that leaves it out."""
    for place in range(len(part.words)):
        if place in part.places("passive"):
            return "passive"
        if place in part.places("have"):
            return "have"
        if place in part.places("state") and early(part, "yours", 2):
            return "state"
    return "past" if part.form.adjacent and part.means("own", 0, 2) else ""


def _henceforth(part: Part) -> _Found | None:
    """'Your cover now runs until June': something of the customer's that is not as it was, whatever the verb."""
    place = part.first("henceforth")
    if place is None or place < 2 or len(part.words) <= place + 1 or not early(part, "yours", 2):
        return None
    if part.has("goods") or part.doubtful(place) or any(at >= place for at in part.places("harmless")):
        return None
    return part.words[place], ""


def _headline(part: Part) -> _Found | None:
    """'Access restored!': a sentence of a few words that ends with what was done."""
    last = len(part.words) - 1
    if not 1 <= last < _FEW or part.ends == ":" or any(map(part.means, ("own", "you", "aux", "will"))):
        return None
    if last - 1 in part.places("yours") or not done_at(part, last) or _denied(part, last) or harmless(part, last):
        return None
    return part.words[last], ""


def _gone(part: Part) -> _Found | None:
    """'The duplicate booking is gone'; that a parcel is gone is the customer's trouble."""
    place = part.first("vanished")
    return (part.words[place], "") if place and not part.has("goods") and not part.means("own") else None


def _sending(part: Part) -> _Found | None:
    """'We are sending you a spare charger.'"""
    place = part.first("sends")
    if place is None or not part.has("special"):
        return None
    return (part.words[place], "own") if part.lexicon.person_in_verb or part.means("own") else None


def _coming(part: Part) -> _Found | None:
    """Swedish 'kommer att kompenseras', whose 'att' begins a clause."""
    first = part.words[0]
    if part.lexicon.language != "sv" or part.lead[-2:] != ("kommer", "att") or not first.endswith("as"):
        return None
    known = part.form.lists["harmless"], part.form.lists["fact"]
    return None if any(word in one for one in known for word in (first, re.sub("s$", "ts", first))) else (first, "")
