"""Agents: who is said to have done something: the speaker, nobody by name, or somebody whose deeds are no claim."""

from __future__ import annotations

from handrail.domain.text.deeds.unlisted.parts import Part

_AFTER = 5
"""So many words may stand between a helper and the word that says what was done."""
_HELPERS = ("passive", "have", "has", "future", "under_way", "state")
_FRONT = 2


def done_at(part: Part, place: int) -> bool:
    """Tell if the word is a participle by its looks; a German noun is none."""
    capital = place > 0 and part.shown[place][:1].isupper()
    return part.form.says_done(part.words[place], capital=capital, nouns=part.lexicon.language == "de")


def early(part: Part, name: str, end: int) -> bool:
    """Tell if a word of the list stands before `end`."""
    place = part.first(name)
    return place is not None and place < end


def harmless(part: Part, place: int) -> bool:
    """Tell if the verb is no deed: reading, looking, what an order goes through."""
    return part.at("harmless", place) or (part.at("fact", place) and special(part) is None)


def special(part: Part) -> int | None:
    """The place of a thing that does not come by an order, unless it is where or how something went: 'to the new address'."""
    prepositions = part.places("prep")
    for place in part.places("special"):
        if prepositions.keys().isdisjoint(range(place - 3, place)):
            return place
    return None


def voice(part: Part, place: int, before: str, *, done: bool) -> str | None:
    """Name who is said to have done it: 'have' and 'past' the speaker, 'passive', 'state' or 'future' nobody by name."""
    word = part.words[place]
    spoken = _past(part, place, before)
    if spoken is not None or not done:
        return spoken or None
    around = [at for at in _around(part, place) if any(at in part.places(name) for name in _HELPERS)]
    for at in around:
        if at in part.places("passive"):
            return "passive" if _is_deed_to(part, place, at) else None
        if at in part.places("have") and (not part.form.adjacent or own_beside(part, at)):
            return "have"
        if at in part.places("has") and at <= _AFTER and _ours(part, 3):
            return "have"
    for at in around:
        if at in part.places("future") or (at in part.places("under_way") and _is_news(part, at, strict=True)):
            return "future"
        if at in part.places("possess") and special(part) is None:
            continue
        if at in part.places("state") and (before == "state" or _is_news(part, at)) and not _routine(part):
            return None if _ongoing(part, place, at) else "state"
    if before in ("passive", "have", "state") and place <= _FRONT and not around:
        return before
    swedish = word.endswith("des") or (word.endswith("ts") and early(part, "passive_ts", place))
    return "passive" if part.lexicon.language == "sv" and swedish else None


def _past(part: Part, place: int, before: str) -> str | None:
    """'I booked'. Empty where the verb is another's, nothing where it is no such verb."""
    word, form = part.words[place], part.form
    if form.third.fullmatch(word):
        return "past" if place <= _AFTER and _ours(part, 3) else ""
    if not form.says_past(word):
        return None
    if form.with_se.fullmatch(word):
        return "passive" if "se" in part.words[max(0, place - 2) : place] else ""
    return "past" if form.alone or own_beside(part, place) or (before == "past" and place == 0) else None


def _ours(part: Part, end: int) -> bool:
    return early(part, "ours", end)


def _is_deed_to(part: Part, place: int, at: int) -> bool:
    """Not: what customers were told, and what Dutch says of the business with the helper of the passive."""
    suffered = place in part.places("suffered") and part.means("you", max(0, at - 2), at)
    return not suffered and not (part.lexicon.language == "nl" and _ours(part, 2))


def _ongoing(part: Part, place: int, at: int) -> bool:
    """'Está a ser embalada', 'jest pakowane': no news unless it says so."""
    habit = part.form.habit.fullmatch(part.words[place]) is not None
    return (habit or any(at <= other < place for other in part.places("being_done"))) and not part.has("now")


def _routine(part: Part) -> bool:
    """Tell if a state is how things are at the business, or under some condition: 'our office is closed on Sundays'."""
    return _ours(part, 2) or (not early(part, "yours", 2) and part.doubtful())


def _around(part: Part, place: int) -> list[int]:
    """The places where a helper of the word may stand, nearest first; another participle between takes the helper."""
    if part.lexicon.verb_last:
        found = {at for name in _HELPERS for at in part.places(name)}
        return [*sorted((at for at in found if at < place), reverse=True), place + 1, place + 2]
    near: list[int] = []
    for at in range(place - 1, max(-1, place - 1 - _AFTER), -1):
        if part.form.says_done(part.words[at], capital=False, nouns=False):
            break
        near.append(at)
    return [*near, *([place + 1] if part.lexicon.language == "pl" else [])]


def own_beside(part: Part, at: int) -> bool:
    """Tell if 'I' or 'we' stands beside the word, adverbs between left out."""
    words, lexicon = part.words, part.lexicon
    near = [*words[max(0, at - 2) : at][::-1], *words[at + 1 : at + 2]]
    if any(map(part.means, ("own", "own"), (max(0, at - 1), at + 1), (at, at + 2))):
        return True
    if lexicon.verb_last and at == len(words) - 1:
        near = list(words)
    for word in near:
        names = lexicon.classes(word)
        if "own" in names:
            return True
        if "you" in names:
            return False
    return at <= _FRONT and _ours(part, 2)


def _is_news(part: Part, at: int, *, strict: bool = False) -> bool:
    """Tell if a state is told as news: 'is now', 'your … is'; any, where a language has a form of its own for it."""
    return (part.form.bare_state and not strict) or part.has("now") or early(part, "yours", at + 2) or _awaits(part, at)


def _awaits(part: Part, at: int) -> bool:
    """Dutch 'staat er een monteur voor je ingepland': what no order brings, for the customer."""
    return at in part.places("stands") and special(part) is not None and part.means("you", at)
