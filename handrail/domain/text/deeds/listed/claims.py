"""Claims in a reply that something was done, or is as good as done, in nine languages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from handrail.domain.text.deeds.lexicon import MARKED
from handrail.domain.text.deeds.listed.claim import ANY, Claim, Quantity
from handrail.domain.text.deeds.listed.clauses import Clause, Mark, Sentence
from handrail.domain.text.deeds.listed.kinds import kinds_told
from handrail.domain.text.deeds.listed.parsing import parsed
from handrail.domain.text.deeds.listed.quantities import quantity_of
from handrail.domain.text.deeds.listed.sums import amounts_moved, bare_sums
from handrail.domain.text.plain import clean


def claimed(text: str, language: str | None = None) -> list[Claim]:
    """Every claim of a deed in `text`, in order; denials, conditions, questions and offers are none."""
    found: list[Claim] = []
    header: Claim | None = None
    mentioned: list[str] = []
    group: list[str] = []
    denied: set[str] = set()
    for sentence in parsed(clean(text).replace(MARKED, " "), language):
        claims = list(_claims(sentence, mentioned, group, denied))
        if not claims:
            claims = list(_carried(sentence, header, found) if found or header or mentioned else _alike(sentence))
        if not (sentence.item and header):
            header = claims[-1] if claims and sentence.opens else None
        found += claims
        named = [unit.mark.value for unit in sentence.units if unit.mark and unit.mark.kind == "id"]
        mentioned += named
        group = named or group
    special = any(one.kind != ANY for one in found)
    return [one for one in found if not (special and _says_nothing(one))]


def _says_nothing(claim: Claim) -> bool:
    """'Done!' beside a claim that tells what."""
    return claim.kind == ANY and not claim.objects and claim.quantity == Quantity()


def _undenied(named: list[str], denied: Collection[str], count: int | None) -> list[str]:
    """Return what 'both' may count: not what a denial names."""
    return [one for one in named if one not in denied] if count else named


def _claims(sentence: Sentence, mentioned: Sequence[str], group: Sequence[str], denied: set[str]) -> Iterator[Claim]:
    own = False
    before: list[str] = list(mentioned)
    group = list(group)
    alternatives = sentence.question and any("or" in unit.classes for unit in sentence.units)
    for clause in sentence.clauses:
        own = clause.has("own") or (own and clause.after in ("join", "punct") and not clause.has("aux", "other"))
        asked = _asked(clause) or (alternatives and clause.after == "that")
        kinds = {} if clause.denied or asked else dict(kinds_told(clause, sentence, own))
        for kind, mine in kinds.items():
            yield _claim(kind, clause, sentence, own=mine, before=before, group=group, denied=denied)
        if not kinds:
            yield from _implied(clause, sentence)
        before += (named := [mark.value for mark in clause.marks("id")])
        denied.update(named if not kinds and clause.has("neg") else ())
        group = named or group


def _asked(clause: Clause) -> bool:
    """Return whether the clause is a question. 'I have refunded both, is that fine?' tells before it asks."""
    start = next((unit for unit in clause.units if not unit.classes & {"join", "but", "or", "light"}), None)
    return clause.question and not (start is not None and "own" in start.classes)


def _claim(
    kind: str,
    clause: Clause,
    sentence: Sentence,
    *,
    own: bool,
    before: Sequence[str],
    group: Sequence[str],
    denied: Collection[str],
) -> Claim:
    quantity = quantity_of(clause, kind)
    objects = tuple(clause.marks("id"))
    claim = Claim(
        kind=kind,
        sentence=sentence.text,
        own=own,
        objects=objects,
        amounts=tuple(amounts_moved(clause)) or (tuple(bare_sums(clause)) if kind == "refund" else ()),
        order=tuple(unit.mark for unit in clause.units if unit.mark),
        quantity=quantity,
    )
    named = _undenied(list(dict.fromkeys(before)), denied, quantity.count)
    if not objects and not quantity.count and group and _goes_on(clause):
        return replace(claim, objects=tuple(Mark("id", one.upper(), one) for one in group))
    if not objects and quantity.count and len(named) == quantity.count and quantity.noun in ("", "object"):
        return replace(claim, objects=tuple(Mark("id", one.upper(), one) for one in named))
    if not objects and len(group) > 1 and _means_several(clause):
        return replace(claim, objects=tuple(Mark("id", one.upper(), one) for one in group))
    if not objects and not quantity.count and clause.has("it") and named:
        return replace(claim, pointed=frozenset(named[-1:]))
    if quantity.more and clause.has("it") and not objects and not named and not claim.amounts:
        return replace(claim, adrift=not clause.has("object", "item"))
    return claim


def _goes_on(clause: Clause) -> bool:
    """Return whether the clause shares the subject and the object of the one before: 'A was lost and refunded'."""
    units = [unit for unit in clause.units if "join" not in unit.classes]
    verb = bool(units) and ("aux" in units[0].classes or bool(units[0].kinds("done") | units[0].kinds("own")))
    return verb and clause.after == "join" and not clause.comma and not clause.has("own", "you", "object", "another")


def _means_several(clause: Clause) -> bool:
    """'I cancelled them', 'las he cancelado'."""
    clitic = any(
        "clitic" in one.classes and (after.classes & {"aux", "own"} or after.kinds("own"))
        for one, after in pairwise(clause.units)
    )
    return clitic or (clause.has("them") and not clause.has("object", "item"))


def _implied(clause: Clause, sentence: Sentence) -> Iterator[Claim]:
    """Yield what a denial lets the reader think: 'it was not refunded in full' says that some was."""
    negated = clause.first("neg")
    if negated is None or clause.has("cond", "unsure", "will") or clause.question:
        return
    done = {kind for unit in clause.units for kind in unit.kinds("done")}
    whole = clause.first("full")
    other = clause.first("another")
    if (whole is not None and whole > negated) or (other is not None and other < negated):
        for kind in done:
            yield Claim(kind, sentence.text, implied=True)


def _carried(sentence: Sentence, header: Claim | None, found: Sequence[Claim]) -> Iterator[Claim]:
    """A sentence that borrows its deed: 'B too.', 'The same goes for B.', a line of a list under 'Refunded:'."""
    objects = [mark for clause in sentence.clauses if not clause.denied for mark in clause.marks("id")]
    clauses = sentence.clauses
    if not objects or any(clause.has("neg", "cond", "unsure") for clause in clauses):
        return
    listed = header is not None and sentence.item and not any(_own_way(clause) for clause in clauses)
    alike = any(clause.has("same") for clause in clauses)
    added = any(clause.has("also") for clause in clauses) and not any(
        _own_way(clause) or _strange(clause) for clause in clauses
    )
    last = header if listed else found[-1] if found and (alike or added) else None
    if last is not None:
        amounts = tuple(mark for clause in clauses for mark in clause.marks("amount"))
        order = tuple(unit.mark for unit in sentence.units if unit.mark)
        yield replace(
            last,
            sentence=sentence.text,
            objects=tuple(objects),
            amounts=amounts,
            order=order,
            quantity=Quantity(more=added or alike),
        )


def _alike(sentence: Sentence) -> Iterator[Claim]:
    """'Same for A.' with nothing before it, which goes on where an earlier turn ended."""
    clauses = sentence.clauses
    objects = tuple(mark for clause in clauses for mark in clause.marks("id"))
    busy = any(clause.has("neg", "cond", "unsure") or _own_way(clause) or _strange(clause) for clause in clauses)
    if objects and not busy and not sentence.question and any(clause.has("same", "also") for clause in clauses):
        yield Claim(ANY, sentence.text, objects=objects)


def _own_way(clause: Clause) -> bool:
    return clause.predicate


def _strange(clause: Clause) -> bool:
    return any(not unit.classes and not unit.mark for unit in clause.units)
