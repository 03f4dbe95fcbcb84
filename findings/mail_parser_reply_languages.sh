#!/usr/bin/env bash
# mail-parser-reply 1.36: what "the newest reply" is, for the line that Gmail puts above a quote, by language.
#
# Guess: the parser lists thirteen languages, so `parse_reply` with a mail's own language gives the newest reply alone in
#   English, German, French, Spanish, Italian, Dutch, Swedish and Polish, and misses Portuguese, which it does not list.
# Seen: it gives the reply alone in English, German, French, Italian and Swedish. It keeps the whole quote
#   - in Spanish, whose pattern asks for two blanks before "escribió" and is excluded by its own negative look-ahead;
#   - in Dutch, where Gmail puts the sender behind the verb ("schreef Shop <...>:") and the pattern ends with the verb;
#   - in Polish, where Gmail begins with the day of the week and the pattern with "Dnia";
#   - in Portuguese.
#   A Polish customer's own list loses everything from its second line on: a single "Data: ..." is taken for a mail's headers,
#   where every other language asks for two.
# So: a reader of replies in these languages needs marks of its own, and must not believe a single header line.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mail-parser-reply==1.36
cat >"$work/run.py" <<'PY'
from importlib.metadata import version

from mailparser_reply import EmailReplyParser

ABOVE = {
    "en": "On Mon, 2 Mar 2026 at 10:00, Shop <help@shop.example> wrote:",
    "de": "Am Mo., 2. März 2026 um 10:00 Uhr schrieb Shop <help@shop.example>:",
    "fr": "Le lun. 2 mars 2026 à 10:00, Shop <help@shop.example> a écrit :",
    "es": "El lun, 2 mar 2026 a las 10:00, Shop (<help@shop.example>) escribió:",
    "it": "Il giorno lun 2 mar 2026 alle ore 10:00 Shop <help@shop.example> ha scritto:",
    "nl": "Op ma 2 mrt 2026 om 10:00 schreef Shop <help@shop.example>:",
    "sv": "Den mån 2 mars 2026 kl 10:00 skrev Shop <help@shop.example>:",
    "pl": "pon., 2 mar 2026 o 10:00 Shop <help@shop.example> napisał(a):",
    "pt": "Em seg., 2 de mar. de 2026 às 10:00, Shop <help@shop.example> escreveu:",
}
print("version", version("mail-parser-reply"))
for language, above in ABOVE.items():
    reply = EmailReplyParser(languages=[language]).parse_reply(f"It is 4711.\n\n{above}\n\n> Which number?")
    print(language, "reply alone" if reply == "It is 4711." else "keeps the quote" if "Which number" in reply else repr(reply))
own = "Dzień dobry,\nData: 12 maja 2026\nNumer: 4711\nProszę o zwrot."
print("own list", repr(EmailReplyParser(languages=["pl"]).parse_reply(own)))
PY
"$work/venv/bin/python" "$work/run.py" | tee "$work/seen"
diff "$work/seen" - <<'SEEN'
version 1.36
en reply alone
de reply alone
fr reply alone
es keeps the quote
it reply alone
nl keeps the quote
sv reply alone
pl keeps the quote
pt keeps the quote
own list 'Dzień dobry,'
SEEN
