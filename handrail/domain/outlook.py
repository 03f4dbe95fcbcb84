"""How eight languages say that something is as good as done: it went through, it will arrive. Data for `promises`.

Patterns match lower-case text. `done` tells of what happened; `ahead` of what is so, or is sure to come. `unless` takes both
back where it stands before them in the same clause or inside of them; `provided` takes `ahead` back from anywhere in the
sentence: 'you will get your money back once the parcel is here' promises nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# A clause; '180.00' does not end it.
_IN = r"(?:[^.!?,;]|(?<=\d)[.,](?=\d))"
_MONEY = r"(?:[$€£]\s?\d[\d.,]*|\d[\d.,]*\s?(?:usd|eur|gbp|dollars?|euros?|pounds?|zł|pln|kr\b|kronor|[$€£]))"


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """One language; both mappings are from a kind of deed to a pattern."""

    unless: str
    provided: str
    done: dict[str, str] = field(default_factory=dict)
    ahead: dict[str, str] = field(default_factory=dict)


_WE_WILL = (
    r"\b(?:i|we)(?:['’]ll| will| shall|(?:['’]m| am|['’]re| are) going to|['’]m| am|['’]re| are)"
    r"(?: (?:now|also|gladly|immediately|just|then|both|certainly|definitely|personally))* "
)
_IT_IS = rf"\b(?:(?:it|that|this|everything)(?:['’]s| is)|(?:order|purchase|booking|subscription)\b{_IN}{{0,30}}?\bis)"
_NO_COLLEAGUE = rf"(?!{_IN}{{0,60}}?\b(?:to|by|for) (?:a|my|our|the) (?:\w+ )?(?:colleague|team|person|specialist|human))"
_AHEAD_AND = r"\b(?:i|we)(?:['’]ve| have)? (?:gone|went) ahead and (?:\w+ )?"
_NOW = r"(?: (?:now|all|already|fully|also|both|successfully))*"

ENGLISH = Outlook(
    unless=r"\b(?:not|never|no|nothing|none|cannot|without|unable|if|once|when|whether|unless|until|after|before|would|could|"
    r"should|might|may|can|must|get|have|ask(?:ed)?|request(?:ed)?)\b|n['’]t\b",
    provided=r"\b(?:not|never|no|cannot|if|once|when|whenever|whether|unless|until|after|before|would|could|might|may"
    r"|provided|"
    r"as soon as|in case|depends?|subject to|eligible|please (?:confirm|send|tell|reply|provide|give|share|let|answer"
    r"|check))\b"
    r"|n['’]t\b",
    done={
        "refund": r"\b(?:refunds?|reimbursement|money)\b(?! requests?)(?: (?:of|for) " + _IN + r"{1,40}?)?"
        r"(?: (?:has|have|is|just|now|already|successfully|fully))* (?:processed|completed|confirmed|went through|gone through"
        r"|went out|gone out|arrived|landed)\b"
        rf"|(?:^|[:–—]\s)\W*(?:full |partial |your )*refund{_NOW} (?:issued|sent|approved|done|granted|initiated|complete)\b"
        rf"|\bconsider {_IN}{{0,30}}?\b(?:refunded|reimbursed|credited|paid back)\b"
        rf"|{_AHEAD_AND}(?:refunded|reimbursed|credited|paid)\b|{_AHEAD_AND}(?:issued|processed|sent"
        rf"|made){_IN}{{0,30}}?\brefund\b"
        rf"|\byou(?:['’]ve| have)(?: \w+)? been (?:refunded|reimbursed|credited)\b"
        rf"|(?:\bamount\b|{_MONEY}) (?:is|are)(?: now| already)? on (?:its|the|their) way\b"
        r"|\bmoney (?:is |has been |was )?(?:\w+ )?back (?:on|in|to|with) you",
        "cancel": rf"\bcancellation\b{_IN}{{0,30}}?\b(?:went|gone|is) through\b|\bcancellation (?:done|complete"
        rf"|completed|confirmed)\b"
        rf"|{_AHEAD_AND}cancell?ed\b|\border\b{_IN}{{0,30}}?\b(?:has|was|is)(?: now| already)?(?: been)? (?:stopped"
        rf"|voided|called off)\b"
        rf"|\bconsider {_IN}{{0,30}}?\bcancell?ed\b",
        "address": rf"{_AHEAD_AND}(?:changed|updated|corrected){_IN}{{0,30}}?\baddress\b"
        rf"|\bconsider {_IN}{{0,30}}?\baddress {_IN}{{0,15}}?(?:changed|updated)\b",
        "reset": r"\breset (?:link|e-?mail)(?: (?:has|is|was|just|already))* (?:sent|went out|in your inbox)\b",
    },
    ahead={
        "refund": rf"{_WE_WILL}(?:refund|reimburse|refunding|reimbursing|crediting|credit you)\b(?! requests?)"
        rf"|{_WE_WILL}(?:issue|process|send|pay|return|transfer|issuing|processing|sending|put)\b{_IN}{{0,40}}?"
        rf"(?:\brefund\b(?! (?:request|question|case|matter|to (?:a|my|our))s?)|\bmoney\b|{_MONEY}){_NO_COLLEAGUE}"
        r"|\byou(?:['’]ll| will|(?:['’]re| are) going to)(?: (?:now|soon|also|then))* (?:see|get|receive|have)\b"
        rf"(?:(?!\b(?:about|regarding|concerning|whether|answer|message|update|decision|reply)\b|e-?mail){_IN}){{0,40}}?"
        rf"(?:\b(?:refund|reimbursement|money)\b|{_MONEY})"
        r"|\byou(?:['’]ll| will)(?: (?:now|soon|also|then))* be (?:refunded|reimbursed|credited|paid back)\b"
        rf"|(?:\b(?:refund|reimbursement|money|amount)\b(?! requests?)|{_MONEY}){_IN}{{0,40}}?(?: will|['’]ll)"
        r"(?: (?:now|soon|then|also|automatically))* (?:arrive|reach|come|show|appear|land|go\b|be (?:on\b|in your"
        r"|back|with you|"
        r"sent|paid|returned|refunded|credited|issued|transferred))"
        rf"|{_IT_IS}{_NOW} (?:refunded|reimbursed|credited|paid back)\b"
        rf"|\byou(?:['’]re| are){_NOW} (?:refunded|reimbursed|credited)\b"
        rf"|^\W*(?:please )?expect {_IN}{{0,30}}?(?:\b(?:refund|money)\b|{_MONEY})"
        rf"|\b(?:card|account)\b{_IN}{{0,20}}?(?: will|['’]ll) (?:now |soon |then )?be credited\b"
        r"|\brefund\b" + _IN + r"{0,20}?\bguaranteed\b",
        "cancel": rf"{_WE_WILL}cancel(?:l?ing)?\b|{_IT_IS}{_NOW} cancell?ed\b"
        rf"|\b(?:order|it|that|this)\b{_IN}{{0,20}}?(?: will|['’]ll)(?: now| then| also)* be cancell?ed\b",
        "address": rf"{_WE_WILL}(?:ship|send|deliver|redirect|reroute|forward)\b{_IN}{{0,40}}?\bnew address\b"
        rf"|{_WE_WILL}(?:change|update|correct|changing|updating|replace)\b{_IN}{{0,30}}?\baddress\b"
        rf"|\b(?:parcel|package|order|delivery|shipment|it|everything)\b{_IN}{{0,20}}?"
        rf"(?: will|['’]ll| now goes| is (?:now )?(?:going|being))\b{_IN}{{0,40}}?\bnew address\b"
        rf"|\baddress(?:['’]s| is){_NOW} (?:changed|updated|corrected)\b",
        "reset": rf"{_WE_WILL}(?:reset|resetting)\b{_IN}{{0,20}}?\bpassword\b",
    },
)

GERMAN = Outlook(
    unless=r"\b(?:nicht|kein\w*|nie|niemals|ohne|wenn|falls|sobald|ob|bevor|nachdem|würde\w*|könnte\w*|kann|können|soll\w*|"
    r"möchte\w*|muss|darf)\b",
    provided=r"\b(?:nicht|kein\w*|wenn|falls|sobald|ob|bevor|nachdem|nach|würde\w*|könnte\w*|kann|können|soll\w*|möchte\w*|"
    r"dürfen|sofern|antrag\w*|bitte)\b",
    done={
        "refund": r"\b(?:geld|(?:rück)?erstattung|gutschrift|rückzahlung|betrag)\b(?: \w+){0,2} (?:ist|sind|wurde)(?: \w+)? "
        r"(?:unterwegs|veranlasst|durch|raus|angewiesen|auf dem weg)\b"
        r"|\b(?:rück)?erstattung (?:ist )?(?:veranlasst|erledigt|durchgeführt|ausgeführt|bestätigt|abgeschlossen)\b"
        r"|^\W*(?:erledigt|fertig)?\W*(?:erstattet|gutgeschrieben)\b",
        "cancel": r"^\W*(?:erledigt|fertig)?\W*(?:bestellung )?storniert\b|\bstornierung (?:ist )?(?:durch|erledigt"
        r"|bestätigt)\b",
        "address": r"\badresse (?:ist )?(?:geändert|aktualisiert)\b",
    },
    ahead={
        "refund": rf"\b(?:erhalten|bekommen|erhältst|bekommst) (?:sie |du )?(?:(?!e-?mail|nachricht|antwort"
        rf"|bescheid){_IN}){{0,40}}?"
        rf"(?:\bgeld\b|\b(?:rück)?erstattung\b(?!s)|\bgutschrift\b|{_MONEY})"
        rf"|\b(?:ich|wir) (?:erstatte|erstatten|überweise|überweisen|schreibe|schreiben) (?:ihnen|dir|den|das|die)\b"
        rf"|\b(?:werde|werden|wird)\b{_IN}{{0,60}}?\b(?:erstatten|zurückzahlen|gutschreiben|erstattet|gutgeschrieben|"
        r"zurückgezahlt)\b",
        "cancel": rf"\b(?:ich|wir) (?:storniere|stornieren) (?:ihre|deine|die|das|sie|es)\b"
        rf"|\b(?:werde|werden|wird)\b{_IN}{{0,60}}?\b(?:stornieren|storniert)\b",
        "address": rf"\b(?:paket|sendung|bestellung|lieferung)\b{_IN}{{0,30}}?\b(?:geht|kommt"
        rf"|wird)\b{_IN}{{0,30}}?\bneue\w* adresse\b"
        rf"|\b(?:ich|wir) (?:werde|werden)\b{_IN}{{0,40}}?\badresse\b{_IN}{{0,20}}?\bändern\b",
    },
)

FRENCH = Outlook(
    unless=r"\b(?:pas|jamais|aucun\w*|sans|si|une fois|lorsqu\w*|dès|quand|pourr\w+|peu[tx]|devrai\w*|avant|après)\b|\bn['’]",
    provided=r"\b(?:pas|jamais|aucun\w*|si|une fois|lorsqu\w*|dès|quand|pourr\w+|peu[tx]|devrai\w*|avant|après"
    r"|demande)\b|\bn['’]",
    done={
        "refund": r"\bremboursement (?:effectué|confirmé|validé|approuvé|en route|est en route|est parti)\b"
        r"|\b(?:argent|remboursement) (?:est|arrive)(?: \w+)? (?:en route|en chemin|parti)\b"
        r"|^\W*(?:c['’]est fait\W*)?remboursé\b",
        "cancel": r"^\W*(?:c['’]est fait\W*)?(?:commande )?annulée?\b|\bc['’]est annulé\b|\bcommande\b"
        + _IN
        + r"{0,30}?\best annulée\b",
    },
    ahead={
        "refund": rf"\b(?:recevrez|recevras|aurez|verrez)\b(?:(?!réponse|message|e-?mail){_IN}){{0,40}}?"
        rf"(?:\bremboursement\b|\bargent\b|{_MONEY})|\b(?:serez|sera|seront)\b{_IN}{{0,30}}?\b(?:remboursée?s?|créditée?s?)\b"
        r"|\b(?:nous allons|je vais)(?: vous)? (?:rembourser|créditer)\b|\b(?:rembourserai|rembourserons)\b",
        "cancel": r"\b(?:nous allons|je vais) annuler\b|\bsera annulée\b",
        "address": rf"\b(?:colis|commande)\b{_IN}{{0,30}}?\b(?:sera|ira|partira)\b{_IN}{{0,40}}?\bnouvelle adresse\b",
    },
)

SPANISH = Outlook(
    unless=r"\b(?:no|nunca|ningún|ninguna|sin|si|cuando|una vez|podría\w*|puede\w*|debería\w*|antes|después)\b",
    provided=r"\b(?:no|nunca|si|cuando|una vez|podría\w*|puede\w*|debería\w*|antes|después|solicitud)\b",
    done={
        "refund": r"\b(?:reembolso|devolución) (?:procesad|realizad|aprobad|confirmad|completad)[oa]\b"
        r"|\b(?:dinero|reembolso) (?:ya )?(?:está|va)(?: ya)? (?:en camino|de camino|de vuelta)\b"
        r"|^\W*(?:listo\W*)?reembolsado\b",
        "cancel": r"^\W*(?:listo\W*)?(?:pedido )?cancelado\b",
    },
    ahead={
        "refund": rf"\b(?:recibirá|recibirás|verá|verás|tendrá)\b(?:(?!respuesta|mensaje|correo){_IN}){{0,40}}?"
        rf"(?:\b(?:reembolso|dinero|devolución)\b|{_MONEY})|\b(?:reembolsaré|reembolsaremos|será reembolsad[oa])\b"
        r"|\b(?:vamos|voy) a (?:reembolsar|devolver)",
        "cancel": r"\b(?:cancelaré|cancelaremos|será cancelad[oa])\b|\b(?:vamos|voy) a cancelar",
        "address": rf"\b(?:paquete|pedido)\b{_IN}{{0,30}}?\b(?:irá|llegará|se enviará)\b{_IN}{{0,30}}?\bnueva dirección\b",
    },
)

ITALIAN = Outlook(
    unless=r"\b(?:non|mai|nessun\w*|senza|se|quando|una volta|potrebbe\w*|può|possono|dovrebbe\w*|prima|dopo)\b",
    provided=r"\b(?:non|mai|se|quando|una volta|potrebbe\w*|può|dovrebbe\w*|prima|dopo|richiesta)\b",
    done={
        "refund": r"\brimborso (?:effettuato|approvato|confermato|completato|elaborato)\b"
        r"|\b(?:soldi|denaro|rimborso)\b(?: \w+)? (?:è|sono) (?:in arrivo|in viaggio)\b|^\W*(?:fatto\W*)?rimborsato\b",
        "cancel": r"^\W*(?:fatto\W*)?(?:ordine )?annullato\b",
    },
    ahead={
        "refund": rf"\b(?:riceverà|riceverai|vedrà|vedrai|avrà)\b(?:(?!risposta|messaggio|e-?mail){_IN}){{0,40}}?"
        rf"(?:\b(?:rimborso|soldi|denaro)\b|{_MONEY})|\b(?:rimborserò|rimborseremo|(?:sarà|verrà) rimborsat[oa])\b",
        "cancel": r"\b(?:annullerò|annulleremo|(?:sarà|verrà) annullat[oa])\b",
        "address": rf"\b(?:pacco|ordine)\b{_IN}{{0,30}}?\b(?:andrà|arriverà|verrà)\b{_IN}{{0,30}}?\bnuovo indirizzo\b",
    },
)

DUTCH = Outlook(
    unless=r"\b(?:niet|geen|nooit|zonder|als|zodra|indien|wanneer|of|voordat|nadat|zou\w*|kan|kunnen|moet\w*|mag)\b",
    provided=r"\b(?:niet|geen|nooit|als|zodra|indien|wanneer|of|voordat|nadat|na|zou\w*|kan|kunnen|verzoek)\b",
    done={
        "refund": r"\b(?:geld|terugbetaling|restitutie) (?:is|komt) (?:\w+ )?(?:onderweg|eraan|verwerkt|gelukt)\b"
        r"|\bterugbetaling (?:verwerkt|uitgevoerd|goedgekeurd)\b|^\W*(?:gedaan\W*)?terugbetaald\b",
        "cancel": r"^\W*(?:gedaan\W*)?(?:bestelling )?geannuleerd\b",
    },
    ahead={
        "refund": rf"\b(?:ontvangt|krijgt|krijg)\b(?:(?!antwoord|bericht|e-?mail){_IN}){{0,40}}?(?:\bgeld\b"
        rf"|\bterugbetaling\b|{_MONEY})"
        rf"|\b(?:zal|zullen|wordt|worden)\b{_IN}{{0,50}}?\b(?:terugbetaald|terugbetalen|teruggestort|terugstorten)\b",
        "cancel": rf"\b(?:zal|zullen|wordt)\b{_IN}{{0,50}}?\b(?:geannuleerd|annuleren)\b",
        "address": rf"\b(?:pakket|bestelling)\b{_IN}{{0,30}}?\b(?:gaat|wordt|komt)\b{_IN}{{0,30}}?\bnieuwe adres\b",
    },
)

SWEDISH = Outlook(
    unless=r"\b(?:inte|aldrig|ingen|inget|utan|om|när|innan|efter|skulle|kan|kunde|måste)\b",
    provided=r"\b(?:inte|aldrig|ingen|om|när|innan|efter|skulle|kan|kunde|begäran)\b",
    done={
        "refund": r"\b(?:pengar\w*|återbetalning\w*) är (?:\w+ )?(?:på väg|klar|genomförd|godkänd)\b"
        r"|\båterbetalning(?:en)? (?:klar|genomförd|godkänd)\b|^\W*(?:klart\W*)?återbetal(?:t|at)\b",
        "cancel": r"^\W*(?:klart\W*)?(?:beställningen )?avbokad\b",
    },
    ahead={
        "refund": rf"\b(?:får|kommer att få|ser)\b(?:(?!svar|meddelande|e-?post|mejl){_IN}){{0,40}}?"
        rf"(?:\bpengar\w*\b|\båterbetalning\w*\b|{_MONEY})|\b(?:ska|kommer att)\b{_IN}{{0,40}}?\b(?:återbetala\w*"
        rf"|betala tillbaka)\b",
        "cancel": rf"\b(?:ska|kommer att)\b{_IN}{{0,40}}?\b(?:avboka\w*|annullera\w*)\b",
        "address": rf"\b(?:paket\w*|beställning\w*)\b{_IN}{{0,30}}?\b(?:går|skickas|kommer)\b{_IN}{{0,30}}?\bnya adress\w*\b",
    },
)

POLISH = Outlook(
    unless=r"\b(?:nie|nigdy|bez|jeśli|jeżeli|gdy|kiedy|czy|może|mogą|można|przed)\b",
    provided=r"\b(?:nie|nigdy|jeśli|jeżeli|gdy|kiedy|czy|może|mogą|można|przed|po|prośba|wniosek)\b",
    done={
        "refund": r"\b(?:pieniądze|zwrot) (?:są|jest) (?:\w+ )?w drodze\b|\bzwrot (?:zrealizowany|wykonany|zatwierdzony)\b",
        "cancel": r"^\W*(?:gotowe\W*)?(?:zamówienie )?anulowan[eoy]\b",
    },
    ahead={
        "refund": rf"\b(?:otrzyma|dostanie|zobaczy)(?:sz|cie)?\b(?:(?!odpowiedź|wiadomość|e-?mail){_IN}){{0,40}}?"
        rf"(?:\bzwrot\b|\bpieniądze\b|{_MONEY})|\b(?:zwrócę|zwrócimy)\b|\b(?:zostanie|zostaną|będzie) zwrócon\w+",
        "cancel": r"\b(?:anuluję|anulujemy)\b|\bzostanie anulowan\w+",
        "address": rf"\b(?:paczka|zamówienie)\b{_IN}{{0,30}}?\b(?:trafi|dotrze|pójdzie"
        rf"|zostanie)\b{_IN}{{0,30}}?\bnowy adres\b",
    },
)

PORTUGUESE = Outlook(
    unless=r"\b(?:não|nunca|nenhum\w*|sem|se|quando|assim que|poderia\w*|pode\w*|deveria\w*|antes|depois)\b",
    provided=r"\b(?:não|nunca|se|quando|assim que|poderia\w*|pode\w*|antes|depois|após|solicitação)\b",
    done={
        "refund": r"\b(?:reembolso|estorno) (?:processado|efetuado|aprovado|confirmado|concluído|realizado)\b"
        r"|\b(?:dinheiro|reembolso) (?:já )?está a caminho\b|^\W*(?:pronto\W*)?reembolsado\b",
        "cancel": r"^\W*(?:pronto\W*)?(?:pedido )?cancelado\b",
    },
    ahead={
        "refund": rf"\b(?:receberá|receberás|vai receber|verá|terá)\b(?:(?!resposta|mensagem|e-?mail){_IN}){{0,40}}?"
        rf"(?:\b(?:reembolso|dinheiro|estorno)\b|{_MONEY})|\b(?:reembolsarei|reembolsaremos|será reembolsad[oa])\b"
        r"|\b(?:vou|vamos) (?:reembolsar|devolver)\b",
        "cancel": r"\b(?:cancelarei|cancelaremos|será cancelad[oa])\b|\b(?:vou|vamos) cancelar\b",
        "address": rf"\b(?:encomenda|pedido)\b{_IN}{{0,30}}?\b(?:irá|vai|será)\b{_IN}{{0,30}}?\b(?:novo endereço"
        rf"|nova morada)\b",
    },
)

OUTLOOKS = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, SWEDISH, POLISH, PORTUGUESE)
