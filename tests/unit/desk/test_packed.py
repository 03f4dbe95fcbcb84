"""Pages are packed for whoever asks themselves, and never where another site has them fetched."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from handrail.pages.packed import LEAST_BYTES, Packed

LONG = "Where is my order O-10016? " * 400


async def page(request: Request) -> Response:
    return PlainTextResponse(LONG[: int(request.path_params["length"])])


@pytest.mark.parametrize(
    ("headers", "length", "packed"),
    [
        ({"sec-fetch-site": "same-origin"}, len(LONG), True),
        ({"sec-fetch-site": "none"}, len(LONG), True),
        ({"sec-fetch-site": "same-origin"}, LEAST_BYTES - 1, False),
        ({"sec-fetch-site": "same-origin", "accept-encoding": "identity"}, len(LONG), False),
        ({"sec-fetch-site": "cross-site"}, len(LONG), False),
        ({"sec-fetch-site": "same-site"}, len(LONG), False),
        ({}, len(LONG), False),
    ],
)
async def test_a_page_is_packed_for_who_asks_themselves(headers: dict[str, str], length: int, *, packed: bool) -> None:
    app = Packed(Starlette(routes=[Route("/{length}", page)]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://desk") as browser:
        answer = await browser.get(f"/{length}", headers=headers)
    assert answer.text == LONG[:length]
    assert ("content-encoding" in answer.headers) is packed
    assert (answer.num_bytes_downloaded < length / 10) is packed
