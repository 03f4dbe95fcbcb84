"""Secrets leave a text as typed placeholders; what only looks like one stays, and it costs next to nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.domain.text.redacted import PLACEHOLDER, Secret, notice, taken_out
from handrail.domain.text.words import LANGUAGES, words
from handrail.redaction.redactor import CodeRedactor

MESSAGE_MICROSECONDS = 300
SECRETS = {
    "My card is 4111 1111 1111 1111, please refund it": "My card is [card ••1111], please refund it",
    "5555555555554444": "[card ••4444]",
    "amex 3782 822463 10005.": "amex [card ••0005].",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1": "[card ••1111]",
    "4111\u200b1111\u200b1111\u200b1111": "[card ••1111]",
    "٤١١١ ١١١١ ١١١١ ١١١١": "[card ••1111]",
    "Meine IBAN ist DE89 3704 0044 0532 0130 00 bitte": "Meine IBAN ist [iban ••3000] bitte",
    "iban gb82west12345698765432 thanks": "iban [iban ••5432] thanks",
    "NL91ABNA0417164300": "[iban ••4300]",
    "codice fiscale RSSMRA85T10A562S": "codice fiscale [id]",
    "mi DNI 12345678Z": "mi DNI [id]",
    "811218-9876": "[id]",
    "536-90-4399": "[id]",
    "Steuer-ID 65929970489": "Steuer-ID [id]",
    "PESEL: 44051401359": "PESEL: [id]",
    "mijn BSN is 111222333": "mijn BSN is [id]",
    "1 85 05 78 006 084 91": "[id]",
    "my password is hunter2!": "my password is [password]!",
    "Passwort: geheim": "Passwort: [password]",
    "mot de passe : Soleil2024": "mot de passe : [password]",
    "la contraseña es «rosa roja»": "la contraseña es [password]",
    "moje hasło to Kot99": "moje hasło to [password]",
    "a senha é Lua#1": "a senha é [password]",
    "lösenordet är Snö88": "lösenordet är [password]",
    "het wachtwoord is Tulp_7": "het wachtwoord is [password]",
    "la parola chiave è Sole12": "la parola chiave è [password]",
    "PIN: 1234": "PIN: [code]",
    "el PIN es 1234": "el PIN es [code]",
    "the verification code is 334 455": "the verification code is [code]",
    "der Einmalcode lautet 998877": "der Einmalcode lautet [code]",
    "le code de vérification est 998877": "le code de vérification est [code]",
    "kod weryfikacyjny: 998877": "kod weryfikacyjny: [code]",
    "CVV 123": "CVV [code]",
    "TAN 445566": "TAN [code]",
    "use sk-abcdefghijklmnopqrstuvwx1234": "use [key]",
    "AKIAIOSFODNN7EXAMPLE": "[key]",
}
PLAIN = (
    "Where is my order O-10014? I paid 173.90 USD on 2026-05-04.",
    "order #W2378156, items 4107812777 and 1304426904, payment credit_card_4421486",
    "appointment A-20031 on 4 May 2026 at 10:30, patient P-1007",
    "tracking 1Z999AA10123456784, 9400 1000 0000 0000 0000 00, RB123456785DE, JJD000390007612345678",
    "call +4917612345678, +1 (555) 010-9999 or 030 901820, fax 0049 30 901820",
    "49.90 49.90 49.90 49.90 and 1,299.00 + 1,299.00",
    "2026-11-30 11:39:35, 2026-12-01 08:00:00",
    "4111 1111 1111 1112",
    "order 4111-1111",
    "I forgot my password, please reset it for order O-10014",
    "my password is wrong, and the password reset mail of 3 May never came",
    "Question about my password: how do I change it?",
    "postal code 12345, discount code 20500, error code 500100, code 123456",
    "a tan 1000 thread sheet, and 2 pins",
    "Ich habe nie 12345678 gesehen",
    "DE89 is our room; GB is on my plate AB12 CDE",
    "My card ends in 4242, and I will pay the other 1000 with it",
    "ISBN 978-3-16-148410-0, EAN 4006381333931, IMEI of my phone is on the box",
)


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_becomes_a_placeholder_and_stays_one(text: str) -> None:
    done = CodeRedactor().redact(text)
    assert done.text == SECRETS[text]
    assert done.found
    assert CodeRedactor().redact(done.text).text == done.text
    assert taken_out([done.text]) == list(dict.fromkeys(done.found))


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert CodeRedactor().redact(text).text == text


def test_the_last_four_are_told_only_where_they_may_be_and_a_kind_that_is_needed_stays() -> None:
    text = "card 4111 1111 1111 1111, account DE89 3704 0044 0532 0130 00"
    assert CodeRedactor(last_four=False).redact(text).text == "card [card], account [iban]"
    kept = CodeRedactor(keep=[Secret.IBAN]).redact(text)
    assert kept.text == "card [card ••1111], account DE89 3704 0044 0532 0130 00"
    assert kept.found == (Secret.CARD,)


@given(st.text(max_size=400))
def test_whatever_is_written_it_is_done_once(text: str) -> None:
    once = CodeRedactor().redact(text)
    again = CodeRedactor().redact(once.text)
    assert again.text == once.text
    assert len(PLACEHOLDER.findall(once.text)) >= len(once.found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_customer_is_told_in_their_language(language: str) -> None:
    told = notice([Secret.CARD, Secret.PASSWORD, Secret.CODE], language)
    assert words("secrets")["card"][language] in told
    assert told.count(words("secrets")["secret"][language]) == 1
    assert "{{" not in told
    assert notice([], language) == ""
    assert notice([Secret.CARD], "tlh") == notice([Secret.CARD], "en")


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order O-10016? I ordered it on 2026-05-04 and paid 173.90 USD. My phone is +49 176 1234567. " * 3,
        *SECRETS,
    ],
)
def test_a_message_costs_less_than_it_may(text: str) -> None:
    redactor = CodeRedactor()
    redactor.redact(text)
    times = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(20):
            redactor.redact(text)
        times.append((time.process_time() - began) / 20 * 1e6)
    assert min(times) < MESSAGE_MICROSECONDS, times


@pytest.mark.parametrize(
    "part", ["1 ", "DE89 ", "ab12 ", "12-", "password ", "PIN: ", "4111 ", "a", "-----BEGIN PRIVATE KEY----- "]
)
def test_no_text_makes_it_slow(part: str) -> None:
    text = (part * 8_000)[:8_000]
    began = time.process_time()
    CodeRedactor().redact(text)
    assert time.process_time() - began < 0.2
