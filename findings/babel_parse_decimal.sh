#!/usr/bin/env bash
# Babel 2.18.0: parse_decimal takes a foreign decimal mark for grouping and multiplies the amount by a hundred.
#
# Guess: parse_decimal("19,99", "en_US") is refused, or 19.99; it was expected to be as strict about where a group begins as its
# output is. Seen: 1999, without a word, and 1250 for "12.50" in German. `strict=True` refuses both, but it also refuses the
# plain blank that people type for the no-break blank in "1 234,50" (French), which the default takes; and neither takes the
# straight apostrophe of a Swiss keyboard, "1'234.50".
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check babel==2.18.0
"$work/venv/bin/python" - > "$work/seen" <<'PY'
from babel.numbers import NumberFormatError, parse_decimal

for written, locale in [("19,99", "en_US"), ("12.50", "de_DE"), ("1 234,50", "fr_FR"), ("1'234.50", "de_CH")]:
    row = []
    for strict in (False, True):
        try:
            row.append(str(parse_decimal(written, locale=locale, strict=strict)))
        except NumberFormatError:
            row.append("refused")
    print(written, locale, *row, sep=" | ")
PY
cat "$work/seen"
diff "$work/seen" - <<'WANTED'
19,99 | en_US | 1999 | refused
12.50 | de_DE | 1250 | refused
1 234,50 | fr_FR | 1234.50 | refused
1'234.50 | de_CH | refused | refused
WANTED
