#!/usr/bin/env bash
# Babel 2.18.0: parse_date cannot read most of what format_date writes.
#
# Guess: parse_date(format_date(day, locale=l), locale=l) == day, as both have 'medium' as their default format; and a date
# whose month does not exist is refused.
# Seen: the default form is read in 4 of 19 locales; in the other 15 ("Nov 8, 2026", "8 nov. 2026") it ends in IndexError, since
# only digits are looked for. "13/08/2026" in American order (no month has the number 13) is taken as 13 August without a word.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check babel==2.18.0
"$work/venv/bin/python" - > "$work/seen" <<'PY'
from datetime import date

from babel.dates import format_date, parse_date

LOCALES = """en_US en_GB en_CA en_AU de_DE de_AT de_CH fr_FR fr_CA fr_CH es_ES es_MX it_IT nl_NL nl_BE sv_SE pl_PL pt_PT
pt_BR""".split()
DAY = date(2026, 11, 8)


def read(locale):
    try:
        return "same" if parse_date(format_date(DAY, locale=locale), locale=locale) == DAY else "other day"
    except Exception as error:
        return type(error).__name__


found = [read(locale) for locale in LOCALES]
for outcome in sorted(set(found)):
    print(outcome, found.count(outcome))
print(parse_date("13/08/2026", locale="en_US", format="short"))
PY
cat "$work/seen"
diff "$work/seen" - <<'WANTED'
IndexError 15
same 4
2026-08-13
WANTED
