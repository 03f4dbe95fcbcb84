"""An identity provider on this machine: its keys and its sign-in over HTTP, and tokens that it signs."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "desk", "a secret between the two"


class Provider:
    """A provider at which one person is signed in already: whoever is sent there comes back with a code, which counts once."""

    def __init__(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": "first"})]
        self.asked: dict[str, dict[str, str]] = {}
        self.says: dict[str, Any] = {}
        self.elsewhere: dict[str, str] = {}
        self.audience = CLIENT
        provider = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
                if path == "/authorize":
                    code = f"code-{len(provider.asked)}"
                    provider.asked[code] = query
                    self.send_response(302)
                    self.send_header(
                        "location", f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
                    )
                    self.end_headers()
                    return
                self.answer(provider.documents().get(path))

            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                self.answer(provider.redeemed(form, self.headers.get("authorization", "")), refused=400)

            def answer(self, document: dict[str, Any] | None, refused: int = 404) -> None:
                self.send_response(200 if document and "error" not in document else refused)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(document or {}).encode())

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"

    def documents(self) -> dict[str, dict[str, Any]]:
        """What lies where."""
        own = {name: f"{self.issuer}/{path}" for name, path in (("jwks_uri", "keys"), ("token_endpoint", "token"))}
        about = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", **own, **self.elsewhere}
        published = [one.as_dict(private=False) for one in self.keys]
        return {
            "/.well-known/openid-configuration": about,
            "/keys": {"keys": [{"kty": "EC", "crv": "unheard-of"}, *published]},
        }

    def redeemed(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """The tokens for a code, for whoever knows the verifier and the secret; once."""
        asked = self.asked.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or asked["code_challenge"] != proof or asked["redirect_uri"] != form["redirect_uri"]:
            return {"error": "invalid_grant"}
        if authorization != basic:
            return {"error": "invalid_client"}
        token = self.token(aud=self.audience, nonce=asked["nonce"], **self.says)
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": token}

    def token(self, **changes: Any) -> str:
        """A token as it should be, but for the changes."""
        claims = {
            "iss": self.issuer,
            "aud": "handrail",
            "sub": "u-1",
            "exp": int(time.time()) + 300,
            "email": "ann@example.com",
            "scope": "openid cases:read approvals:decide",
        }
        return jwt.encode({"alg": "RS256", "kid": self.keys[-1].kid}, {**claims, **changes}, self.keys[-1])


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that serves for as long as the block lasts."""
    found = Provider()
    thread = Thread(target=found.server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        found.server.shutdown()
        thread.join()
        found.server.server_close()
