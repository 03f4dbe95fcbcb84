"""How eight languages say that something has been done. Data for `handrail.domain.promises`.

Patterns match lower-case text. `first` and `passive` lead to a participle over `gap`: 'we have' + 'just' + 'refunded', 'wurde'
+ 'Ihre Bestellung' + 'storniert'. Per kind of effect: `direct` participles say it by themselves; `acts` say it only near one
of `nouns` ('processed' … 'refund'); `whole` and `whole_acts` are forms that carry their person in themselves ('reembolsei').
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Deed:
    """The words of one kind of effect in one language."""

    nouns: str = ""
    direct: str = ""
    acts: str = ""
    whole: str = ""
    whole_acts: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """One language. `last` closes a clause that has its participle first; `unsure` are negations, conditions and modals;
    `joins` are words that start another clause."""

    first: str
    passive: str
    gap: str
    unsure: str
    joins: str
    deeds: dict[str, Deed] = field(default_factory=dict)
    last: str = ""


_FREE = r"(?:[^.!?;,]|(?<=\d)[.,](?=\d)){0,80}?\b"
_DIRECTLY = r"\s+"


def _adverbs(words: str) -> str:
    return rf"(?:\s+(?:{words}))*\s+"


ENGLISH = Phrases(
    first=r"\b(?:i|we)(?:['’]ve| have|['’]d| had)?",
    passive=r"\b(?:has|have|was|were|(?:is|are) (?:now|already)|your\b[^.!?,;]{0,40}?\b(?:is|are)|team|colleagues?)",
    gap=_adverbs(
        "just|already|now|successfully|also|been|fully|partially|since|immediately|then|manually|personally|gone ahead and"
    ),
    unsure=r"\b(?:not|never|no|nothing|none|cannot|without|neither|unable|if|once|when|whether|unless|until|after|before|would|"
    r"could|should|might|may|can|will|must|request(?:ed)? to)\b|n['’]t\b",
    joins="and|but|or|so|because",
    deeds={
        "refund": Deed(
            nouns=r"refunds?|reimbursement|money",
            direct="refunded|reimbursed|credited|paid back",
            acts="processed|issued|sent|initiated|completed|made|approved|arranged|triggered|granted|returned|given|put|transferred|wired|"
            "moved",
            whole=r"\b(?:refund|reimbursement|money)\b[^.!?,;]{0,40}\b(?:is|are) (?:now |already )?"
            r"(?:on (?:its|the) way|complete|completed|done|underway)\b"
            r"|^\W*(?:done|all set)?\W*refunded\b"
            r"|\byou(?:['’]ve| have) (?:received|been given|got(?:ten)?) (?:a|your|the) (?:\w+ )?refund"
            r"|\b(?:i|we)\b[^.!?,]{0,80}\band (?:also |then )?refunded\b",
        ),
        "cancel": Deed(
            nouns="cancellation",
            direct="cancell?ed",
            acts="processed|completed|confirmed|made|approved|issued",
            whole=r"^\W*(?:done|all set)?\W*(?:order )?cancell?ed\b"
            r"|\bcancellation\b[^.!?,;]{0,40}\bis (?:now )?(?:complete|done|confirmed)\b"
            r"|\b(?:i|we)\b[^.!?,]{0,80}\band (?:also |then )?cancell?ed\b",
        ),
        "address": Deed(
            nouns=r"address(?:es)?",
            acts="changed|updated|modified|corrected|amended|set|replaced|switched|edited",
            whole=r"^\W*(?:done\W*)?address (?:changed|updated|corrected)\b",
        ),
        "reset": Deed(
            nouns=r"password|reset link|reset e-?mail",
            acts="reset|sent|emailed|e-mailed|triggered|issued|changed|generated",
            whole=r"\breset (?:link|e-?mail)\b[^.!?,;]{0,30}\bis (?:now )?on (?:its|the) way\b",
        ),
    },
)

GERMAN = Phrases(
    first=r"\b(?:ich|wir) (?:habe|haben)\b|\b(?:habe|haben) (?:ich|wir)\b",
    passive=r"\b(?:wurde|wurden|ist|sind)\b",
    gap=rf"\s+(?:{_FREE})??",
    last=r"\s+(?:habe|haben|wurde|wurden|worden)\b",
    unsure=r"\b(?:nicht|kein\w*|nie|niemals|ohne|wenn|falls|sobald|ob|bevor|nachdem|würde\w*|könnte\w*|kann|können|soll\w*|"
    r"möchte\w*|muss|darf|möglich)\b",
    joins="und|aber|oder|weil|da",
    deeds={
        "refund": Deed(
            nouns=r"(?:rück)?erstattung|rückzahlung|gutschrift",
            direct="(?:zurück|rück)?erstattet|zurückgezahlt|gutgeschrieben|zurücküberwiesen",
            acts="veranlasst|ausgelöst|durchgeführt|angewiesen|vorgenommen|abgeschlossen|bearbeitet|ausgeführt",
        ),
        "cancel": Deed(
            nouns="stornierung|kündigung",
            direct="storniert|annulliert|abgebrochen",
            acts="durchgeführt|bestätigt|abgeschlossen|vorgenommen|veranlasst",
        ),
        "address": Deed(nouns=r"\w*adresse|anschrift", acts="geändert|aktualisiert|angepasst|korrigiert|umgestellt"),
        "reset": Deed(nouns=r"\w*(?:passwort|kennwort)\w*", acts="zurückgesetzt|verschickt|gesendet|versendet|geschickt"),
    },
)

FRENCH = Phrases(
    first=r"\bj['’]ai|\bnous avons\b|\bon a\b",
    passive=r"\b(?:a|ont) (?:\w+ )?été\b|\b(?:est|sont) (?:désormais|maintenant|bien|déjà)\b",
    gap=_adverbs(r"bien|déjà|maintenant|également|aussi|entièrement|immédiatement|vous|le|la|les"),
    unsure=r"\b(?:pas|jamais|aucun\w*|sans|si|une fois|lorsqu\w*|dès|quand|pourr\w+|peu[tx]|sera|devrai\w*|avant|après)\b"
    r"|\bn['’]",
    joins="et|mais|ou|car",
    deeds={
        "refund": Deed(
            nouns="remboursement",
            direct="remboursée?s?|créditée?s?",
            acts="effectuée?s?|traitée?s?|émise?s?|lancée?s?|envoyée?s?|initiée?s?|validée?s?|procédé",
        ),
        "cancel": Deed(nouns="annulation", direct="annulée?s?", acts="effectuée?s?|confirmée?s?|traitée?s?|procédé"),
        "address": Deed(nouns="adresse", acts="modifiée?s?|changée?s?|mise?s? à jour|mis à jour|corrigée?s?"),
        "reset": Deed(nouns="mot de passe", acts="réinitialisée?s?|envoyée?s?|changée?s?"),
    },
)

SPANISH = Phrases(
    first=r"\b(?:he|hemos)\b",
    passive=r"\b(?:ha|han) sido\b|\bse (?:ha|han)\b|\b(?:fue|fueron|está|están|queda)\b",
    gap=_adverbs("ya|ahora|también|completamente|correctamente"),
    unsure=r"\b(?:no|nunca|ningún|ninguna|sin|si|cuando|una vez|podría\w*|puede\w*|será\w*|debería\w*|antes|después)\b",
    joins="y|pero|o|porque",
    deeds={
        "refund": Deed(
            nouns="reembolso|devolución",
            direct="reembolsad[oa]s?|devuelt[oa]s?|abonad[oa]s?",
            acts="procesad[oa]s?|emitid[oa]s?|realizad[oa]s?|tramitad[oa]s?|enviad[oa]s?|completad[oa]s?|hech[oa]s?",
            whole=r"\breembolsé\b",
            whole_acts="procesé|emití|realicé|tramité",
        ),
        "cancel": Deed(
            nouns="cancelación|anulación",
            direct="cancelad[oa]s?|anulad[oa]s?",
            acts="procesad[oa]s?|realizad[oa]s?|confirmad[oa]s?|tramitad[oa]s?",
            whole=r"\b(?:cancelé|anulé)\b",
        ),
        "address": Deed(
            nouns="direcci[óo]n",
            acts="cambiad[oa]s?|actualizad[oa]s?|modificad[oa]s?|corregid[oa]s?",
            whole_acts="cambié|actualicé",
        ),
        "reset": Deed(nouns="contraseña", acts="restablecid[oa]s?|enviad[oa]s?|cambiad[oa]s?", whole_acts="restablecí|envié"),
    },
)

ITALIAN = Phrases(
    first=r"\b(?:ho|abbiamo)\b",
    passive=r"\b(?:è|sono) (?:già |ora )?stat[oaie]\b|\b(?:è|sono)\b",
    gap=_adverbs("già|ora|anche|completamente|appena"),
    unsure=r"\b(?:non|mai|nessun\w*|senza|se|quando|una volta|potrebbe\w*|può|possono|sarà|saranno|dovrebbe\w*|prima|dopo)\b",
    joins="e|ma|o|perché",
    deeds={
        "refund": Deed(
            nouns="rimborso",
            direct="rimborsat[oaie]|accreditat[oaie]",
            acts="elaborat[oaie]|emess[oaie]|effettuat[oaie]|inviat[oaie]|avviat[oaie]|completat[oaie]",
        ),
        "cancel": Deed(
            nouns="annullamento|cancellazione",
            direct="annullat[oaie]|cancellat[oaie]",
            acts="elaborat[oaie]|effettuat[oaie]|confermat[oaie]|completat[oaie]",
        ),
        "address": Deed(nouns="indirizzo", acts="modificat[oaie]|cambiat[oaie]|aggiornat[oaie]|corrett[oaie]"),
        "reset": Deed(nouns="password", acts="reimpostat[oaie]|inviat[oaie]|cambiat[oaie]|ripristinat[oaie]"),
    },
)

DUTCH = Phrases(
    first=r"\b(?:ik heb|wij hebben|we hebben|heb ik|hebben we|hebben wij)\b",
    passive=r"\b(?:is|zijn|werd|werden)\b",
    gap=rf"\s+(?:{_FREE})??",
    last=r"\s+(?:heb|hebben|is|zijn|werd|werden)\b",
    unsure=r"\b(?:niet|geen|nooit|zonder|als|zodra|indien|wanneer|of|voordat|nadat|zou\w*|kan|kunnen|moet\w*|mag|mogelijk)\b",
    joins="en|maar|want|omdat",
    deeds={
        "refund": Deed(
            nouns="terugbetaling|restitutie",
            direct="terugbetaald|teruggestort|terugbetaald|vergoed",
            acts="verwerkt|uitgevoerd|gestart|verstuurd|gedaan|afgerond",
        ),
        "cancel": Deed(nouns="annulering", direct="geannuleerd|geannulleerd", acts="verwerkt|bevestigd|uitgevoerd|afgerond"),
        "address": Deed(nouns=r"\w*adres", acts="gewijzigd|aangepast|veranderd|bijgewerkt|gecorrigeerd"),
        "reset": Deed(nouns="wachtwoord", acts="gereset|verstuurd|verzonden|gestuurd|hersteld"),
    },
)

SWEDISH = Phrases(
    first=r"\b(?:jag|vi) har\b|\bhar (?:jag|vi)\b",
    passive=r"\b(?:har|är|blev|blivit)\b",
    gap=_adverbs("nu|redan|precis|också|även|helt|blivit"),
    unsure=r"\b(?:inte|aldrig|ingen|inget|utan|om|när|innan|efter|skulle|kan|kunde|måste|ska)\b",
    joins="och|men|eller|eftersom",
    deeds={
        "refund": Deed(
            nouns=r"återbetalning\w*",
            direct="återbetal(?:at|ats|ad|ade|ades|t|ts)|krediterat|krediterats",
            acts="gjort|gjorts|genomfört|genomförts|behandlat|behandlats|skickat|skickats",
        ),
        "cancel": Deed(
            nouns=r"avbokning\w*|annullering\w*",
            direct="avbok(?:at|ats|ad)|avbeställ(?:t|ts|d)|annuller(?:at|ats|ad)|makuler(?:at|ats|ad)",
            acts="gjort|gjorts|genomfört|genomförts|bekräftats",
        ),
        "address": Deed(nouns=r"\w*adress\w*", acts="ändrat|ändrats|ändrad|uppdaterat|uppdaterats|uppdaterad|bytt"),
        "reset": Deed(nouns=r"lösenord\w*", acts="återställt|återställts|skickat|skickats"),
    },
)

POLISH = Phrases(
    first=r"(?!)",
    passive=r"\b(?:został[aoy]?|zostały|jest|są)\b",
    gap=_adverbs("już|właśnie|teraz|pomyślnie"),
    unsure=r"\b(?:nie|nigdy|bez|jeśli|jeżeli|gdy|kiedy|czy|może|mogą|można|będzie|przed|po tym)\b",
    joins="i|ale|lub|bo",
    deeds={
        "refund": Deed(
            nouns=r"zwrot\w*",
            direct=r"zwrócon\w+",
            acts=r"zrealizowan\w+|zlecon\w+|wykonan\w+|wysłan\w+",
            whole=r"\b(?:zwróci(?:łem|łam|liśmy|łyśmy)|zwrócono)\b",
            whole_acts=r"zleci(?:łem|łam|liśmy|łyśmy)|zlecono|zrealizowa(?:łem|łam|liśmy|łyśmy)|zrealizowano",
        ),
        "cancel": Deed(
            nouns=r"anulowani\w+", direct=r"anulowan[yae]", whole=r"\b(?:anulowa(?:łem|łam|liśmy|łyśmy)|anulowano)\b"
        ),
        "address": Deed(
            nouns=r"adres\w*",
            acts=r"zmienion\w+|zaktualizowan\w+|poprawion\w+",
            whole_acts=r"(?:zmieni|zaktualizowa|poprawi)(?:łem|łam|liśmy|łyśmy)|zmieniono|zaktualizowano",
        ),
        "reset": Deed(
            nouns=r"hasł\w*",
            acts=r"zresetowan\w+|wysłan\w+|zmienion\w+",
            whole_acts=r"(?:zresetowa|wysła)(?:łem|łam|liśmy|łyśmy)|zresetowano|wysłano",
        ),
    },
)

PORTUGUESE = Phrases(
    first=r"\b(?:tenho|temos)\b",
    passive=r"\b(?:foi|foram|está|estão)\b",
    gap=_adverbs("já|agora|também|totalmente"),
    unsure=r"\b(?:não|nunca|nenhum\w*|sem|se|quando|assim que|poderia\w*|pode\w*|será|serão|deveria\w*|antes|depois)\b",
    joins="e|mas|ou|porque",
    deeds={
        "refund": Deed(
            nouns="reembolso|estorno",
            direct="reembolsad[oa]s?|devolvid[oa]s?|estornad[oa]s?",
            acts="processad[oa]s?|emitid[oa]s?|realizad[oa]s?|efetuad[oa]s?|enviad[oa]s?|concluíd[oa]s?",
            whole=r"\b(?:reembolsei|reembols[aá]mos|estornei|estorn[aá]mos)\b",
            whole_acts="processei|process[aá]mos|emiti|emitimos|efetuei|efetu[aá]mos",
        ),
        "cancel": Deed(
            nouns="cancelamento",
            direct="cancelad[oa]s?|anulad[oa]s?",
            acts="processad[oa]s?|realizad[oa]s?|efetuad[oa]s?|confirmad[oa]s?",
            whole=r"\b(?:cancelei|cancel[aá]mos|anulei)\b",
        ),
        "address": Deed(
            nouns="endereço|morada",
            acts="alterad[oa]s?|atualizad[oa]s?|mudad[oa]s?|modificad[oa]s?|corrigid[oa]s?",
            whole_acts="alterei|atualizei|mudei|alter[aá]mos|atualiz[aá]mos",
        ),
        "reset": Deed(
            nouns="senha|palavra-passe",
            acts="redefinid[oa]s?|enviad[oa]s?|alterad[oa]s?",
            whole_acts="redefini|enviei|envi[aá]mos",
        ),
    },
)

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, SWEDISH, POLISH, PORTUGUESE)
