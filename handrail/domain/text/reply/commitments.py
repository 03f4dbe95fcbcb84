"""Commitments that a reply must not make in the business's name, and requests it must not put to a customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from handrail.domain.text.plain import clean

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKUP = re.compile(r"[*_`~#>]+")
_IN = r"[^.!?;]"

_NOT = (
    r"\b(?:not|never|no|nobody|none|cannot|without|unable|if|whether|nicht|niemals|nie|kein\w*|niemand|ohne|pas"
    r"|jamais|aucun\w*|"
    r"sans|nunca|ningún|ninguna|sin|non|mai|nessun\w*|senza|niet|geen|nooit|niemand|inte|aldrig|ingen|nigdy|não"
    r"|nenhum\w*|sem)\b"
    r"|n['’]t\b|\bn['’]|(?:^|[^\w])(?:no|nie) (?:me |nos |mi |podawaj|wysyłaj|comparta|envíe|dé)"
)

_PLEDGES = {
    "guarantee": r"\bguaranteed\b|\b(?:i|we)(?: \w+)? (?:guarantee|promise)\b|\bmy word\b|\bgarantier(?:t|en wir"
    r"|e ich)\b|\b(?:ich|wir) garantier\w+"
    r"|\b(?:je|nous) (?:vous )?garanti\w+|\bgaranti[sz](?:o|amos)\b|\bgaranti(?:amo|sco)\b|\b(?:ik|wij"
    r"|we) garander\w+|\bgegarandeerd\b"
    r"|\b(?:jag|vi) garanterar\b|\bgwarantuj\w+|\bgarant(?:o|imos)\b",
    "liability": r"\b(?:accept|admit|assume|take|bear|acknowledge)(?:s|ed)? (?:\w+ ){0,2}(?:liability|responsibility|blame)\b"
    r"|\b(?:we|i)(?:['’]re| are|['’]m| am) (?:fully |legally )?liable\b|\b(?:wir|ich) haften\b"
    r"|\bübernehmen (?:wir )?(?:\w+ ){0,2}(?:haftung|verantwortung)\b"
    r"|\bresponsabilité (?:entière|pleine)\b|\b(?:assumons|acceptons|j['’]assume) (?:\w+ ){0,2}responsabilité\b"
    r"|\b(?:aceptamos|asumimos) (?:\w+ ){0,2}responsabilidad\b|\b(?:accettiamo|assumiamo) (?:\w+ ){0,3}responsabilità\b"
    r"|\b(?:aanvaarden|accepteren) (?:\w+ ){0,2}aansprakelijkheid\b|\btar (?:\w+ ){0,2}ansvar\b|\b(?:ponosimy"
    r"|przyjmujemy) (?:\w+ ){0,2}odpowiedzialność\b"
    r"|\b(?:aceitamos|assumimos) (?:\w+ ){0,2}responsabilidade\b",
    "gift": r"\b(?:i|we)(?:['’]ve| have|['’]ll| will|['’]m| am|['’]re| are)?(?: \w+){0,2} (?:give|gave|given|giving"
    r"|add|added|adding|"
    r"apply|applied|applying|offer|offered|offering|grant|granted|send|sent|sending|include|included)\b"
    rf"{_IN}{{0,40}}?\b(?:discount|voucher|coupon|gift(?: card)?|store credit|compensation)\b"
    r"|\byou(?:['’]ll| will| get| receive| have)\b"
    + _IN
    + r"{0,40}?\b(?:discount|voucher|coupon|gift card|store credit|compensation)\b"
    r"|\bhere(?:['’]s| is) (?:a|your) (?:\w+ ){0,2}(?:discount|voucher|coupon|gift)\b|\b(?:we|i)(?:['’]ll"
    r"| will) compensate\b|\bmake it up to you with\b|\bas (?:a|our) (?:\w+ )?gift\b"
    rf"|\b(?:erhalten|bekommen|schenke\w*|gewähre\w*)\b{_IN}{{0,40}}?\b(?:rabatt|gutschein|geschenk|entschädigung)\b"
    rf"|\b(?:offrons|offre|recevrez|accordons)\b{_IN}{{0,40}}?\b(?:remise|réduction|bon d['’]achat|cadeau)\b"
    rf"|\b(?:ofrecemos|regalamos|recibirá|tendrá)\b{_IN}{{0,40}}?\b(?:descuento|cupón|vale|regalo)\b"
    rf"|\b(?:offriamo|riceverà|regaliamo)\b{_IN}{{0,40}}?\b(?:sconto|buono|regalo)\b"
    rf"|\b(?:krijgt|ontvangt|geven)\b{_IN}{{0,40}}?\b(?:korting|tegoedbon|cadeau)\b"
    rf"|\b(?:får|ger)\b{_IN}{{0,40}}?\b(?:rabatt|presentkort|gåva)\b"
    rf"|\b(?:otrzyma|dajemy|przyznajemy)\w*\b{_IN}{{0,40}}?\b(?:rabat|zniżkę|bon|prezent)\b"
    rf"|\b(?:oferecemos|receberá|damos)\b{_IN}{{0,40}}?\b(?:desconto|cupão|cupom|vale|presente)\b",
}
GIFTS = ("discount", "voucher", "coupon", "gift", "compensat", "credit")

_CREDENTIAL = (
    r"\b(?:passwords?|passcodes?|pass ?phrase|cvv2?|cvc2?|pins?|pin (?:code|number)|security code|one-time (?:code"
    r"|password)|otp|"
    r"(?:full |complete )?(?:card|credit card|debit card) (?:number|details)|verification code|bank login|"
    r"passwort|kennwort|tan|kartennummer|kreditkartennummer|prüfziffer|sicherheitscode|mot de passe"
    r"|numéro de (?:votre )?carte|"
    r"code (?:pin|secret|de sécurité)|cryptogramme|contraseña|número de (?:su |la )?tarjeta|código de seguridad|"
    r"numero (?:della |di )?carta|codice di sicurezza|wachtwoord|pincode|kaartnummer|beveiligingscode|"
    r"lösenord\w*|kortnummer|säkerhetskod|pin-kod|hasło|hasła|numer karty|kod cvv|senha|palavra-passe|"
    r"número do (?:seu )?cartão|código de segurança)\b(?![\s-]+(?:reset|link|e-?mail|page|change)|[\s-]?(?:link|zurück))"
)
_GIVE = (
    r"\b(?:send|share|tell|give|provide|supply|state|need|require|reply with|let me have|type|enter|confirm"
    r"|what(?:['’]s| is| was)|"
    r"nennen|schicken|senden|geben|teilen|mitteilen|lautet|brauche|benötigen|benötige|bestätigen|"
    r"envoyez|donnez|communiquez|indiquez|quel est|besoin d[eu]|confirmez|envíe\w*|indique\w*|díga\w*|deme"
    r"|facilíte\w*|cuál es|necesit\w+|confirme|"
    r"invii|mandi|mi dia|comunichi|indichi|qual è|ho bisogno|inviami|stuur|geef|deel|wat is|nodig|"
    r"skicka|ange|uppge|vad är|behöver|proszę (?:podać|o|wysłać|przesłać)|podaj\w*|wyślij|jakie jest|potrzebuj\w+|"
    r"envie\w*|informe|diga\w*|qual é|preciso)\b"
)
_STOP = (
    r"\b(?:you|ihnen|dir|links?|instructions|page|seite|reset|for|about|new|neues|neuen|nouveau|nueva|nuova|nieuw"
    r"|nytt|nova|nowe|"
    r"change|set|zum|zur|pour|para|per|om|last (?:four|4)|letzten (?:vier|4)|quatre derniers|últimos|ultime|laatste"
    r"|sista|ostatni\w*)\b"
)
_ASKED = re.compile(
    rf"{_GIVE}(?:(?!{_STOP}){_IN}){{0,60}}?{_CREDENTIAL}"
    rf"|\b(?:your|ihr|ihre|dein|votre|su|tu|la sua|uw|je|ditt|sua|o seu|twoje)\s(?:\w+ ){{0,2}}?{_CREDENTIAL}[\w\s]{{0,20}}?"
    r"(?:,?\s?(?:please|pls|bitte|svp|s['’]il|por favor|per favore|alstublieft|aub|tack|proszę)|\?)"
)
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _PLEDGES.items()}
_REFUSED = re.compile(_NOT)


class Pledge(NamedTuple):
    """`kind` is guarantee, liability or gift; `sentence` is where it stands."""

    kind: str
    sentence: str


def pledges(text: str) -> Iterator[Pledge]:
    """Guarantees, admissions of liability and gifts; what is denied or only asked is none."""
    for sentence, plain in _sentences(text):
        if plain.endswith("?"):
            continue
        for kind, pattern in _PATTERNS.items():
            if any(not _REFUSED.search(f"{plain[: match.start()]} {match[0]}") for match in pattern.finditer(plain)):
                yield Pledge(kind, sentence)


def solicited(text: str) -> Iterator[str]:
    """The sentences that ask for a password, a PIN, a code or a whole card number."""
    for sentence, plain in _sentences(text):
        if _ASKED.search(plain) and not _REFUSED.search(plain):
            yield sentence


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    for sentence in _SENTENCE.split(clean(text)):
        yield sentence.strip(), _MARKUP.sub(" ", sentence).strip().lower()
