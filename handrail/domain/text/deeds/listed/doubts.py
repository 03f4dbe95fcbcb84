"""Denials, conditions and possibilities that take a claim back."""

from __future__ import annotations

from handrail.domain.text.deeds.listed.clauses import Clause, Sentence

_DOUBTS = ("neg", "cond", "unsure", "general")
NEAR = 3


def sure(clause: Clause, sentence: Sentence, place: int) -> bool:
    """Return whether nothing before the unit takes it back."""
    if any("will" in unit.classes for unit in clause.units[:place]):
        return not provided(clause, sentence)
    return not doubted(clause, place)


def doubted(clause: Clause, place: int) -> bool:
    """Return whether a denial, a condition or a possibility stands before the unit. 'I can confirm that' is none."""
    # 'Storniert wurde nichts': where the verb stands in front, its denial follows.
    before = clause.units[:place] or [unit for unit in clause.units[1 : NEAR + 2] if "neg" in unit.classes]
    if clause.units and "bare" in clause.units[0].classes and clause.has("are") and not clause.marks("id"):
        return True
    confirms = next((at for at, unit in enumerate(before) if "confirm" in unit.classes), -1)
    return any(
        unit.classes & set(_DOUBTS) and not ("unsure" in unit.classes and at < confirms) and "not_only" not in unit.classes
        for at, unit in enumerate(before)
    )


def provided(clause: Clause, sentence: Sentence) -> bool:
    """Return whether what lies ahead hangs on something, anywhere in the sentence, or is denied in its clause."""
    if sentence.question and (clause.question or clause.after == "that"):
        return True
    if any(unit.classes & {"neg", "general"} and "not_only" not in unit.classes for unit in clause.units):
        return True
    for other in sentence.clauses:
        confirms = other.first("confirm")
        for at, unit in enumerate(other.units):
            if "cond" in unit.classes or ("unsure" in unit.classes and not (confirms is not None and at < confirms)):
                return True
    return False
