"""The HTTP client of a model: what a server answers is mended before anybody reads it."""

from __future__ import annotations

import json
from typing import Any

import openai

from handrail.llm.parsing.shapes import mended

OK = 200
OF_THE_OLD_BODY = frozenset(("content-length", "content-encoding", "content-type", "transfer-encoding"))


class MendingClient(openai.DefaultAsyncHttpxClient):
    """Sends as the client of `openai` does; completions come back in the one shape of `mended`, all else untouched."""

    async def send(self, request: Any, **options: Any) -> Any:
        """The response; a body that is no JSON stays as it is."""
        response = await super().send(request, **options)
        if response.status_code != OK or options.get("stream"):
            return response
        try:
            body = json.loads(response.content)
        except (ValueError, RecursionError):
            return response
        headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in OF_THE_OLD_BODY]
        headers.append(("content-type", "application/json"))
        content = json.dumps(mended(body)).encode()
        better = type(response)(OK, headers=headers, content=content, request=request, extensions=response.extensions)
        better.elapsed = response.elapsed
        return better
