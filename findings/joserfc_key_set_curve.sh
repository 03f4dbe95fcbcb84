#!/usr/bin/env bash
# joserfc 1.8.0, cryptography 50.0.2: a published key set in which one key stands on a curve that joserfc does not know.
#
# Setting: a service checks bearer tokens against the key set that its identity provider publishes. The provider signs with P-256,
# as ever, and publishes one more key for others: on a brainpool curve, as health services in Germany do, or of a new kind.
#
# Guess: RFC 7517, section 5, asks to ignore keys that are not understood, and joserfc ignores an unknown `kty`; so it ignores an
# unknown `crv`, too, and tokens of the known key are good as before.
#
# Seen: an unknown `kty` is ignored. An unknown `crv` makes the import of the whole set raise a KeyError, which is none of joserfc's
# own errors: whoever catches `JoseError` answers every request, of everybody, with an internal error from the day on which the
# provider publishes that key. Handrail reads a key set key by key and leaves out what joserfc does not understand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'joserfc==1.8.0' 'cryptography==50.0.2'

cat >"$folder/keys.py" <<'PYTHON'
import base64

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet


def number(value):
    return base64.urlsafe_b64encode(value.to_bytes(32, "big")).decode().rstrip("=")


brainpool = ec.generate_private_key(ec.BrainpoolP256R1()).public_key().public_numbers()
point = {"x": number(brainpool.x), "y": number(brainpool.y)}
OTHERS = {
    "none": None,
    "unknown kty": {"kty": "NEW", "kid": "other", "use": "sig", **point},
    "unknown crv": {"kty": "EC", "crv": "BP-256", "kid": "other", "use": "sig", **point},
}

ours = ECKey.generate_key("P-256", {"kid": "ours", "use": "sig"})
token = jwt.encode({"alg": "ES256", "kid": "ours"}, {"sub": "backend"}, ours)
for name, other in OTHERS.items():
    published = {"keys": [ours.as_dict(private=False), *([other] if other else [])]}
    try:
        print(f"{name}: {jwt.decode(token, KeySet.import_key_set(published)).claims['sub']}")
    except Exception as error:
        print(f"{name}: {error!r}, a JoseError: {isinstance(error, JoseError)}")
PYTHON

seen=$("$folder/env/bin/python" "$folder/keys.py" 2>&1)
expected="none: backend
unknown kty: backend
unknown crv: KeyError('BP-256'), a JoseError: False"
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "joserfc behaves otherwise now" >&2; exit 1; }
