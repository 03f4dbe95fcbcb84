#!/usr/bin/env bash
# wordllama 0.4.0.post1: the wheel carries its weights and its tokenizer, and the tokenizer is not found there.
#
# Guess: as both files lie in the installed package, WordLlama.load(disable_download=True) works on a machine without a network.
# Seen: FileNotFoundError. The weights are read from the package; the tokenizer of the same model is looked for, by the error's
# words, in "project root or cache", so that a fresh machine downloads what it has. A copy in a cache folder's `tokenizers` is
# found. Handrail's embeddings use another package, whose model did better.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check wordllama==0.4.0.post1
HOME=$work "$work/venv/bin/python" - "$work/cache" 2>/dev/null > "$work/seen" <<'PY'
import shutil
import sys
from pathlib import Path

import wordllama

package = Path(wordllama.__file__).parent
for name in sorted(path.relative_to(package).as_posix() for path in package.rglob("l2_supercat*.s*")):
    print("carried:", name)
[tokenizer] = (package / "tokenizers").glob("l2_supercat*")
print("carried:", tokenizer.relative_to(package).as_posix())


def load(**options):
    try:
        return wordllama.WordLlama.load(disable_download=True, **options).embed("where is my parcel").shape
    except FileNotFoundError as error:
        return type(error).__name__


print("as installed:", load())
cache = Path(sys.argv[1])
(cache / "tokenizers").mkdir(parents=True)
shutil.copy(tokenizer, cache / "tokenizers")
print("tokenizer copied into a cache:", load(cache_dir=cache))
PY
cat "$work/seen"
diff "$work/seen" - <<'WANTED'
carried: weights/l2_supercat_256.safetensors
carried: tokenizers/l2_supercat_tokenizer_config.json
as installed: FileNotFoundError
tokenizer copied into a cache: (1, 256)
WANTED
