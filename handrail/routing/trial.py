"""Language packs tried on sentences: their own examples, and the same for any other table of sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from handrail.domain.text.message.answers import Consent, read_answer
from handrail.domain.text.packs import Examples, packs
from handrail.routing.phrases import Phrase, Phrasebook
from handrail.routing.signals.human_request import PersonWish
from handrail.routing.signals.language import SURE, LanguageDetector
from handrail.routing.text import Folded


@dataclass(frozen=True)
class TriedSentence:
    """A sentence on which a pack was tried. `wanted` names what it must be heard as, `found` what it was."""

    part: str
    text: str
    wanted: str
    found: str

    @property
    def passed(self) -> bool:
        """True if it was heard as it must be."""
        return self.wanted == self.found


class Ear:
    """Everything that hears a sentence before any model: all languages at once, as in the router."""

    def __init__(self) -> None:
        known = packs()
        self._languages = LanguageDetector()
        self._wish = PersonWish(())
        kinds = {kind: None for pack in known.by_code.values() for kind in pack.risk}
        self._risks = {
            kind: Phrasebook(Phrase(text, code) for code, texts in known.phrases(kind).items() for text in texts)
            for kind in kinds
        }

    def language(self, text: str) -> str:
        """The language's code, `unsure` where the text does not tell."""
        guess = self._languages.detect(text, "")
        return guess.language if guess.confidence >= SURE else "unsure"

    def person(self, text: str) -> str:
        """`person` where the text asks for one."""
        return "person" if self._wish.find(Folded(text)) else "nothing"

    def risks(self, text: str) -> str:
        """The kinds of risk that the text speaks of."""
        message = Folded(text)
        return " ".join(kind for kind, book in self._risks.items() if book.first(message)) or "nothing"

    def anything(self, text: str) -> str:
        """A wish for a person or a kind of risk, where there must be neither."""
        found = [one for one in (self.person(text), self.risks(text)) if one != "nothing"]
        return " ".join(found) or "nothing"

    def answer(self, text: str, code: str) -> str:
        """The answer to a question that the text is in a language: `yes`, `no`, `unsure` or `other`."""
        return read_answer([text], code).value

    def consent(self, text: str, code: str, otherwise: str = "nothing") -> str:
        """`yes` where the text is a clear yes, else `otherwise`."""
        return "yes" if read_answer([text], code) is Consent.YES else otherwise

    def tried(self, code: str, said: Examples) -> Iterator[TriedSentence]:
        """Each sentence with what was heard in it."""
        parts: Mapping[str, tuple[Sequence[str], str, Callable[[str], str]]] = {
            "language": (said.language, code, self.language),
            "person": (said.person, "person", self.person),
            "not_person": (said.not_person, "nothing", self.person),
            "yes": (said.yes, "yes", lambda text: self.answer(text, code)),
            "no": (said.no, "no", lambda text: self.answer(text, code)),
            "unsure": (said.unsure, "unsure", lambda text: self.answer(text, code)),
            "not_yes": (said.not_yes, "nothing", lambda text: self.consent(text, code)),
            "calm": (said.calm, "nothing", lambda text: self.consent(text, code, self.anything(text))),
        }
        for part, (texts, wanted, hear) in parts.items():
            for text in texts:
                yield TriedSentence(part, text, wanted, hear(text))
        for kind, texts in said.risk.items():
            for text in texts:
                found = self.risks(text)
                yield TriedSentence("risk", text, kind, kind if kind in found.split() else found)
