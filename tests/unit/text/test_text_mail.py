"""What of a mail is the customer's own, in nine languages; no time is lost on any text."""

from __future__ import annotations

import time

import pytest

from handrail.domain.text.message.mail import cut, own_words, unsaid

OURS = (
    "You are talking to our automated assistant; just ask if you would like to speak to a person at any time.\n\n"
    "Your order has left our house. Which number do you mean?"
)
OLD = "A colleague can take over: just ask for a person."
OWN = {
    "en": "It is O-10024.\nWhen does it come?",
    "de": "Es ist O-10024.\nWann kommt es?",
    "fr": "C'est O-10024.\nQuand arrive-t-il ?",
    "es": "Es O-10024.\n¿Cuándo llega?",
    "it": "È O-10024.\nQuando arriva?",
    "nl": "Het is O-10024.\nWanneer komt het?",
    "sv": "Det är O-10024.\nNär kommer det?",
    "pl": "To O-10024.\nKiedy przyjdzie?",
    "pt": "É o O-10024.\nQuando chega?",
}
ABOVE = {
    "en": (
        "On Mon, 2 Mar 2026 at 10:00, Shop <help@shop.example> wrote:",
        "On 2 Mar 2026, at 10:00, Shop <help@shop.example>\nwrote:",
    ),
    "de": (
        "Am Mo., 2. März 2026 um 10:00 Uhr schrieb Shop <help@shop.example>:",
        "Am 02.03.2026 um 10:00 schrieb Shop\n<help@shop.example>:",
        "Shop <help@shop.example> schrieb am 2. März 2026 um 10:00:",
    ),
    "fr": (
        "Le lun. 2 mars 2026 à 10:00, Shop <help@shop.example> a écrit :",
        "Le 2 mars 2026 à 10:00, Shop <help@shop.example> a\u00a0écrit\u00a0:",
    ),
    "es": (
        "El lun, 2 mar 2026 a las 10:00, Shop (<help@shop.example>) escribió:",
        "El 2 mar 2026, a las 10:00, Shop <help@shop.example> escribió:",
    ),
    "it": (
        "Il giorno lun 2 mar 2026 alle ore 10:00 Shop <help@shop.example> ha scritto:",
        "Il giorno 2 mar 2026, alle ore 10:00, Shop <help@shop.example> ha scritto:",
    ),
    "nl": (
        "Op ma 2 mrt 2026 om 10:00 schreef Shop <help@shop.example>:",
        "Op 2 mrt. 2026, om 10:00 heeft Shop <help@shop.example> het volgende geschreven:",
    ),
    "sv": (
        "Den mån 2 mars 2026 kl 10:00 skrev Shop <help@shop.example>:",
        "2 mars 2026 kl. 10:00 skrev Shop <help@shop.example>:",
    ),
    "pl": (
        "pon., 2 mar 2026 o 10:00 Shop <help@shop.example> napisał(a):",
        "Wiadomość napisana przez Shop <help@shop.example> w dniu 2 mar 2026, o godz. 10:00:",
    ),
    "pt": (
        "Em seg., 2 de mar. de 2026 às 10:00, Shop <help@shop.example> escreveu:",
        "Em 2 de mar. de 2026, à(s) 10:00, Shop <help@shop.example> escreveu:",
    ),
}
HEADERS = {
    "en": ("From:", "Sent:", "To:", "Subject:"),
    "de": ("Von:", "Gesendet:", "An:", "Betreff:"),
    "fr": ("De :", "Envoyé :", "À :", "Objet :"),
    "es": ("De:", "Enviado:", "Para:", "Asunto:"),
    "it": ("Da:", "Inviato:", "A:", "Oggetto:"),
    "nl": ("Van:", "Verzonden:", "Aan:", "Onderwerp:"),
    "sv": ("Från:", "Skickat:", "Till:", "Ämne:"),
    "pl": ("Od:", "Wysłano:", "Do:", "Temat:"),
    "pt": ("De:", "Enviado:", "Para:", "Assunto:"),
}
ORIGINAL = {
    "en": "-----Original Message-----",
    "de": "-----Ursprüngliche Nachricht-----",
    "fr": "-----Message d'origine-----",
    "es": "-----Mensaje original-----",
    "it": "-----Messaggio originale-----",
    "nl": "-----Oorspronkelijk bericht-----",
    "sv": "-----Ursprungligt meddelande-----",
    "pl": "-----Oryginalna wiadomość-----",
    "pt": "-----Mensagem original-----",
}
FORWARDED = {
    "en": "---------- Forwarded message ---------",
    "de": "---------- Weitergeleitete Nachricht ---------",
    "fr": "---------- Message transféré ---------",
    "es": "---------- Mensaje reenviado ---------",
    "it": "---------- Messaggio inoltrato ---------",
    "nl": "---------- Doorgestuurd bericht ---------",
    "sv": "---------- Vidarebefordrat meddelande ---------",
    "pl": "---------- Przekazana wiadomość ---------",
    "pt": "---------- Mensagem encaminhada ---------",
}
TELEPHONE = {
    "en": "Sent from my iPhone",
    "de": "Von meinem iPhone gesendet",
    "fr": "Envoyé de mon iPhone",
    "es": "Enviado desde mi iPhone",
    "it": "Inviato da iPhone",
    "nl": "Verstuurd vanaf mijn iPhone",
    "sv": "Skickat från min iPhone",
    "pl": "Wysłane z iPhone'a",
    "pt": "Enviado do meu iPhone",
}
CLOSINGS = {
    "en": "Kind regards,",
    "de": "Mit freundlichen Grüßen",
    "fr": "Cordialement,",
    "es": "Un saludo,",
    "it": "Cordiali saluti",
    "nl": "Met vriendelijke groet,",
    "sv": "Med vänliga hälsningar",
    "pl": "Z poważaniem",
    "pt": "Atenciosamente,",
}


def block(language: str) -> str:
    """An older mail as Outlook puts it below."""
    sender, sent, to, subject = HEADERS[language]
    return f"{sender} Shop <help@shop.example>\n{sent} 2.3.2026 10:00\n{to} Kim\n{subject} O-10024\n\n{OLD}"


@pytest.mark.parametrize("language", OWN)
def test_what_a_program_put_below_is_cut(language: str) -> None:
    tails = [f"{above}\n\n> {OLD}\n> Goodbye." for above in ABOVE[language]]
    tails += [f"{above}\n{OLD}" for above in ABOVE[language]]
    tails += [block(language), f"{'_' * 32}\n{block(language)}", f"{ORIGINAL[language]}\n{block(language)}"]
    tails += [f"{ORIGINAL[language]}\n\n{OLD}", f"{FORWARDED[language]}\n{block(language)}"]
    for tail in tails:
        for between in (
            "\n\n",
            f"\n\n{TELEPHONE[language]}\n\n",
            f"\n\n{CLOSINGS[language]}\nKim Eldholm\n+49 40 5550172\n\n",
        ):
            assert cut(f"{OWN[language]}{between}{tail}") == OWN[language], (between, tail)
            assert cut(f"{OWN[language]}{between}{tail}".replace("\n", "\r\n")) == OWN[language]


@pytest.mark.parametrize("language", OWN)
def test_answers_between_and_below_a_quote_stay(language: str) -> None:
    for above in ABOVE[language]:
        between = f"{above}\n> Which order?\nO-10024\n> And what is wrong?\n> Please tell us.\n\nThe lid is torn."
        assert cut(between) == "O-10024\n\nThe lid is torn."
        assert cut(f"{above}\n> {OLD}\n\n{OWN[language]}") == OWN[language]


@pytest.mark.parametrize(
    "text",
    [
        "On Monday your colleague wrote:\nwe send it again.\nBut nothing came. Where is it?",
        "Am 2. März schrieb mir Ihr Kollege:\nEs kommt bald.\nWo ist es?",
        "From: Berlin\nTo: Hamburg\nDate: 3 March\nWhere is my parcel?",
        "Dzień dobry,\nData: 12 maja 2026\nNumer: O-10024\nProszę o zwrot 20 zł.",
        "Subject: my parcel\n\nIt never came.",
        "I have waited\n> 2 weeks now",
        "Thanks,\nwhere is my order O-10024?",
        "Kind regards to your team!\nWhere is O-10024?",
        "Best regards\nPS: the order is O-10024, where is it?",
        "-- \nis what I saw instead of a price. Why?",
        "- one lamp\n- two mugs\nWhere are they?",
        "----------\nAll of it is broken.",
        "Original message was lost, please send it again.",
        "My mail:\nkim@mail.example\nWhat else do you need?",
        "The carrier wrote: 'delivered'. It was not.",
        "1. Re: my order: is it lost?\n2. To: whom do I write?",
        "Hinweis: Das Paket war offen.\nAchtung: Glas.",
        "| lamp | 2 |\n| mug | 3 |\nWhere are they?",
        "mysql> select 1\nERROR 1045\nmysql> quit",
        "temp> 40\nIs that too warm for the lamp?",
        "| one bar is no quote",
    ],
)
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    assert cut(text) == text.strip()


QUOTED = {
    "Gmail": "On Mon, Mar 2, 2026 at 10:00 AM The Lamp and Mug Shop <\nhelp@shop.example> wrote:\n\n> {old}\n>\n> Goodbye.",
    "Gmail in German": "Am Mo., 2. März 2026 um 10:00 Uhr schrieb Shop <help@shop.example>:\n\n> {old}",
    "Gmail in Turkish": "Shop <help@shop.example>, 2 Mar 2026 Pzt, 10:00 tarihinde şunu yazdı:\n\n> {old}",
    "Gmail in Russian": "пн, 2 мар. 2026 г. в 10:00, Shop <help@shop.example>:\n\n> {old}",
    "Gmail in Japanese": "2026年3月2日(月) 10:00 Shop <help@shop.example>:\n\n> {old}",
    "Apple Mail": "> On 2. Mar 2026, at 10:00, Shop <help@shop.example> wrote:\n>\n> {old}",
    "iPhone in French": "Le 2 mars 2026 à 10:00, Shop <help@shop.example> a écrit :\n\n\ufeff{old}",
    "iPhone in Italian": "Il giorno 2 mar 2026, alle ore 10:00,\nShop <help@shop.example>\nha scritto:\n\n{old}",
    "Thunderbird": "On 02/03/2026 10:00, Shop wrote:\n> {old}\n> Goodbye.",
    "Thunderbird in Dutch": "Op 02-03-2026 om 10:00 schreef Shop:\n> {old}",
    "Outlook": "From: Shop <help@shop.example>\nSent: Monday, March 2, 2026 10:00 AM\nTo: Kim\nSubject: RE: lamp\n\n{old}",
    "Outlook in Polish": "________________________________\nOd: Shop <help@shop.example>\nDo: Kim\nTemat: lampa\n\n{old}",
    "Outlook in plain text": "-----Original Message-----\nFrom: Shop [mailto:help@shop.example]\nTo: Kim\n\n{old}",
    "Yahoo": "    On Monday, March 2, 2026 at 10:00:00 AM GMT+1, Shop <help@shop.example> wrote:  \n \n {old}",
    "Proton": "Sent with Proton Mail.\n\nOn Monday, March 2nd, 2026 at 10:00, Shop <a@b.example> wrote:\n\n> {old}",
    "Zoho": "---- On Mon, 02 Mar 2026 10:00:00 +0100 Shop of Lamps and Mugs <help@shop.example> wrote ---\n\n{old}",
    "GMX": "Gesendet: Montag, 02. März 2026 um 10:00 Uhr\nVon: Shop <help@shop.example>\nAn: Kim\nBetreff: Re: Lampe\n{old}",
    "K-9": "-- \nSent from my Android device.\n\nAm 2. März 2026 10:00:00 MEZ schrieb Shop <help@shop.example>:\n>{old}",
    "Samsung": "-------- Original message --------\nFrom: Shop <help@shop.example>\nDate: 02/03/2026 10:00\nTo: Kim\n\n{old}",
    "mutt": "* Shop <help@shop.example> [2026-03-02 10:00]:\n> {old}",
    "no date": "The shop wrote:\n> {old}",
    "Gnus": "Shop <help@shop.example> writes:\n\nShop> {old}\nShop>\nShop> Goodbye.",
    "Gnus, nothing above": "KL> {old}\nKL>> Goodbye.",
    "bars": "On 02/03/2026 10:00, Shop wrote:\n| {old}\n|\n| Goodbye.",
    "bars, nothing above": "  | {old}\n  | | Goodbye.",
    "no line above": "> {old}\n> Goodbye.",
    "one line with a number": "On 02/03/2026 10:00, Shop wrote:\n> 2 lamps have left.",
}


@pytest.mark.parametrize("program", QUOTED)
@pytest.mark.parametrize(
    "own",
    [
        "??",
        "?!",
        "...",
        "…",
        "-",
        "👍",
        "✓",
        "ok",
        "5",
        "Hä?",
        "Ne",
        "はい",
        "¿Y?",
        "It is O-10024.\nWhen does it come",
        "Hi\n\nNo",
    ],
)
def test_a_quote_is_cut_whatever_stands_above_it_however_near(program: str, own: str) -> None:
    tail = QUOTED[program].format(old=OLD)
    assert own_words(f"{own}\n\n{tail}") == own
    assert own_words(f"{own}\n{tail}") == own
    assert own_words(f"{own}\r\n{tail}".replace("\n", "\r\n").replace("\r\r", "\r")) == own.replace("\r\n", "\n")


def test_a_line_right_above_is_the_customers_though_it_has_a_date_or_an_address() -> None:
    for own in (
        "It came 3.3.2026 at 11:00.\nBroken!",
        "Hello,\nmine is kim@x.example",
        "I asked on 1.3.2026.\nNo answer\nWhy?",
    ):
        for above in (*ABOVE["en"], *ABOVE["de"], "Your colleague wrote:"):
            assert cut(f"{own}\n{above}\n> {OLD}") == own


def test_where_all_of_it_is_quoted_the_whole_is_taken() -> None:
    for text in (f"> {OLD}\n> Goodbye.", block("de"), f"{ABOVE['fr'][0]}\n> {OLD}", f"- - -\n> {OLD}", f"=====\n> {OLD}"):
        assert (cut(text), own_words(text)) == ("", text)


def test_our_own_sentences_are_never_the_customers() -> None:
    wrapped = (
        "> You are talking to our automated\n> assistant; just ask if you would like to speak to a\n> person at any time.\n"
    )
    flat = "O-10024 On 2 March you wrote: " + OURS.replace("\n\n", " ")

    assert own_words(f"{wrapped}\nO-10024", [OURS]) == "O-10024"
    assert own_words(f"??\n{wrapped}", [OURS]) == "??"
    assert own_words(flat, [OURS]) == "O-10024 On 2 March you wrote:"
    assert unsaid(OURS, [OURS]) == ""
    assert own_words("Which number do I need? I would like to speak to a person.", [OURS]).endswith("to speak to a person.")


def test_a_sentence_that_anybody_says_is_nobodys() -> None:
    assert own_words("Thank you.", ["Thank you. Good bye."]) == "Thank you."


LONG = {
    "one line": "On " * 2_666,
    "a line above nothing": ("On 1.1.2026 12:00 " * 10 + ":\n") * 44,
    "verbs": "wrote a@b.c:\n" * 615,
    "digits": "1" * 8_000,
    "line breaks": "\n" * 8_000,
    "blanks": " " * 8_000,
    "quotes": "> " * 4_000,
    "quoted lines": ">\n" * 4_000,
    "colons": ":\n" * 4_000,
    "labels": "From: x\n" * 1_000,
    "more labels": "a b c: d\n" * 888,
    "subjects": "Subject: x\n" * 727,
    "closings": "Regards\n" * 1_000,
    "dashes": "-" * 8_000,
    "dashed": "--a" * 2_666,
    "angles": "<" * 8_000,
    "addresses": "a@" * 4_000,
    "words of ours": "you are talking to our automated assistant " * 186,
}


@pytest.mark.parametrize("name", LONG)
def test_any_text_is_read_in_no_time(name: str) -> None:
    ours = [f"You are talking to our automated assistant number {place}; just ask." for place in range(300)]
    own_words("On 1.1.2026 at 12:00 hear this:", ours)
    began = time.process_time()
    own_words(LONG[name], ours)
    short = time.process_time() - began
    own_words(LONG[name] * 8, ours)
    long = time.process_time() - began - short

    assert short < 0.05, short
    assert long < max(20 * short, 0.1), (short, long)
