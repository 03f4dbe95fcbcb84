"""An identity provider's address for tokens, over HTTP on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs


@dataclass
class Provider:
    """Gives out token-1, token-2 and so on; `asked` is what it was sent, `refusal` what it says instead."""

    seconds: int = 3_600
    refusal: tuple[int, object] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def token(self) -> str:
        """The one given last."""
        return f"token-{len(self.asked)}"

    def answer(self, form: dict[str, str]) -> tuple[int, object]:
        """Give one out, or refuse."""
        self.asked.append(form)
        return self.refusal or (200, {"access_token": self.token, "token_type": "Bearer", "expires_in": self.seconds})

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address, for as long as the block lasts."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["content-length"])).decode()
                status, content = provider.answer({name: values[0] for name, values in parse_qs(sent).items()})
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *about: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
