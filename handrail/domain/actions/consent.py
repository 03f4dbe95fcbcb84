"""Consent: what the customer's words say to a question that was asked before an effect, and what undoes a yes."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.actions.confirmations import AnswerKind, Confirmation, Undoing, customers
from handrail.domain.case.messages import Message
from handrail.domain.text.message.answers import Consent, read_answer, takes_back
from handrail.domain.text.message.changes import changes

_KINDS = {
    Consent.YES: AnswerKind.CONFIRMED,
    Consent.NO: AnswerKind.REFUSED,
    Consent.UNSURE: AnswerKind.UNSURE,
    Consent.OTHER: AnswerKind.SET_ASIDE,
}


def answered(waiting: Confirmation, incoming: Sequence[Message]) -> AnswerKind:
    """Read what came in as the answer to the question that waits. A yes from before it, or beside such words, is unsure.

    So is what stands alone under a button of another question, and a yes beside it, and a yes that another message was edited
    to. Whoever else wrote, answers nothing.
    """
    found = _answered(waiting, customers(incoming))
    edited = any(one.corrects for one in incoming)
    return AnswerKind.UNSURE if found is AnswerKind.CONFIRMED and edited else found


def _answered(waiting: Confirmation, incoming: Sequence[Message]) -> AnswerKind:
    if any(one.at > waiting.due_at for one in incoming if _is_later(waiting, one)):
        return AnswerKind.EXPIRED
    if waiting.by_page:
        return _on_page(waiting, incoming)
    own = [one for one in incoming if one.pressed_under in (None, waiting.question_id)]
    found = _worded(waiting, own) if own else AnswerKind.UNSURE
    return AnswerKind.UNSURE if found is AnswerKind.CONFIRMED and len(own) < len(incoming) else found


def _is_later(waiting: Confirmation, said: Message) -> bool:
    """Return whether it came after the question: who names it has read it, also before the case knew that it was out."""
    return said.sequence > waiting.after or said.pressed_under == waiting.question_id


def _worded(waiting: Confirmation, incoming: Sequence[Message]) -> AnswerKind:
    """The answer that the customer's words give, where none of them is to another question."""
    later = [one for one in incoming if _is_later(waiting, one)]
    found = _KINDS[_read(waiting, later or incoming)]
    if not later and found is not AnswerKind.CONFIRMED:
        return AnswerKind.SET_ASIDE
    return AnswerKind.UNSURE if found is AnswerKind.CONFIRMED and len(later) < len(incoming) else found


def undone(confirmed: Confirmation, incoming: Sequence[Message]) -> Undoing | None:
    """Return how what came in after the yes to the question undoes it; None where it does not.

    An earlier message that is withdrawn takes it back, and one that is edited corrects it, whatever the words are.
    """
    theirs = customers(incoming)
    if any(one.withdrawn_at for one in theirs):
        return Undoing.TAKEN_BACK
    if any(one.corrects for one in theirs):
        return Undoing.CORRECTED
    about = ([one.text for one in theirs], confirmed.language, confirmed.lines, [confirmed.words])
    if changes(*about):
        return Undoing.CORRECTED
    return Undoing.TAKEN_BACK if takes_back(*about) else None


def _on_page(waiting: Confirmation, incoming: Sequence[Message]) -> AnswerKind:
    """The answer of the human behind an agent. The agent's own yes is none; what it does not want any more is dropped."""
    given = [one.answer.agreed for one in incoming if one.answer and one.answer.asked == waiting.about]
    own = [one for one in incoming if one.answer is None]
    said = _KINDS[_read(waiting, own)] if own else None
    if given:
        return AnswerKind.CONFIRMED if all(given) and said is not AnswerKind.REFUSED else AnswerKind.REFUSED
    return AnswerKind.UNSURE if said is AnswerKind.CONFIRMED else said or AnswerKind.SET_ASIDE


def _read(waiting: Confirmation, said: Sequence[Message]) -> Consent:
    """The consent that the customer's messages give, in their words and without those of the question."""
    return read_answer([one.text for one in said], waiting.language, waiting.lines, [waiting.words])
