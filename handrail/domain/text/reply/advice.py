"""Subjects in which no reply gives advice: it says what a customer should do about the law, their health, taxes or savings.

To name a subject, to say that nobody here advises on it, or to send the customer to who does, is no advice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import StrEnum

from handrail.domain.text.plain import clean

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


class Subject(StrEnum):
    """A subject that a topic may forbid; all of them unless it says otherwise."""

    LEGAL = "legal"
    MEDICAL = "medical"
    TAX = "tax"
    INVESTMENT = "investment"


_YOU = (
    r"\b(?:you (?:should|could|can|must|ought to|may want to|have to|need to|are (?:legally )?entitled to"
    r"|are not liable)|i(?:['’]d| would)? "
    r"(?:recommend|advise|suggest)|my advice|it is (?:best|advisable)|the best (?:thing|way)|sie (?:sollten|können"
    r"|müssen|haben das recht)"
    r"|ich (?:empfehle|rate)|vous (?:devriez|pouvez|devez)|je vous (?:conseille|recommande)|(?:usted )?(?:debería"
    r"|puede|tiene derecho)"
    r"|le (?:recomiendo|aconsejo)|(?:dovrebbe|può|le consiglio)|u (?:moet|kunt|zou)|ik raad|du (?:bör|kan|ska)"
    r"|jag rekommenderar"
    r"|(?:powinien|powinna|może) (?:pan|pani)|radzę|(?:deve|pode|recomendo|aconselho))\b"
)
_ABOUT = {
    Subject.LEGAL: r"\b(?:sue|suing|lawsuits?|take (?:\w+ ){0,3}to court|small claims|legal (?:claim|action|right"
    r"|grounds)|press charges"
    r"|file (?:a|an) (?:claim|complaint|suit) (?:with|in|against)|statute|liable|verklagen|klage|klagen"
    r"|rechtsanspruch|anzeige erstatten"
    r"|poursuivre en justice|porter plainte|recours juridique|demandar|denunciar|acción legal|querelare|fare causa"
    r"|azione legale"
    r"|aanklagen|rechtszaak|juridische stappen|stämma|rättsliga|pozwać|do sądu|processar|ação judicial)\b",
    Subject.MEDICAL: r"\b(?:take (?:\w+ ){0,4}(?:mg|milligrams?|pills?|tablets?|aspirin|ibuprofen|paracetamol"
    r"|antibiotics?|medicines?|medication)"
    r"|stop taking|dos(?:e|age)|diagnos\w+|symptoms?|treat(?:ment)? (?:your|the|for)|\d+ ?mg|medikament\w*|dosis"
    r"|tablette\w*|einnehmen"
    r"|médicaments?|dose|prenez|medicamentos?|dosis|medicin[ae]|farmaco|medicijn\w*|läkemedel|lek(?:i|ów|arstwo)"
    r"|remédio)\b",
    Subject.TAX: r"\b(?:tax(?:es)? (?:return|deduct\w*|break|relief|office|purposes)|deduct (?:it|this|that|the)"
    r"|write (?:it|this|that) off"
    r"|evade|vat (?:refund|return)|steuer\w*|absetzen|impôts?|déduire|fiscal\w*|impuestos?|deducir|tasse|detrarre"
    r"|belasting\w*|aftrekken"
    r"|skatt\w*|podat\w+|odliczyć|impostos?|deduzir)\b",
    Subject.INVESTMENT: r"\b(?:invest(?:ing|ment|ments)?|buy (?:\w+ )?(?:shares|stocks?|bonds?|crypto|bitcoin|etfs?"
    r"|gold)|sell (?:your|the) (?:shares|stocks?)"
    r"|portfolio|bitcoin|crypto(?:currency)?|aktien|anlegen|investieren|investir|actions en bourse|placement|invertir"
    r"|acciones en bolsa"
    r"|investire|azioni in borsa|beleggen|aandelen|investera|aktier|inwestować|akcje)\b",
}
_PATTERNS = {subject: re.compile(pattern, re.IGNORECASE) for subject, pattern in _ABOUT.items()}
_ADVISES = re.compile(_YOU, re.IGNORECASE)
_SENDS_ON = re.compile(
    r"\b(?:not (?:advise|give|offer|provide)|cannot|can['’]t|unable|no (?:legal|medical|tax|financial"
    r"|investment) advice|ask (?:a|your)|consult"
    r"|speak (?:to|with)|talk to|contact (?:a|your)|see a|colleague|nicht|kein\w*|wenden sie sich|fragen sie|pas"
    r"|consultez|adressez"
    r"|no (?:puedo|podemos)|consulte|non (?:posso|possiamo)|consulti|niet|geen|raadpleeg|inte|kan inte|nie (?:mogę"
    r"|możemy)|não (?:posso|podemos))\b",
    re.IGNORECASE,
)


def advice(text: str, forbidden: Collection[Subject] = tuple(Subject)) -> Iterator[tuple[Subject, str]]:
    """Each sentence that advises in a forbidden subject."""
    for sentence in _SENTENCE.split(clean(text)):
        if not _ADVISES.search(sentence) or _SENDS_ON.search(sentence):
            continue
        for subject in forbidden:
            if _PATTERNS[subject].search(sentence):
                yield subject, sentence.strip()
