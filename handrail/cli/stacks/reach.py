"""A look at the model server that the environment names, before anything is started: what is wrong is said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.domain.counting import listed
from handrail.embedded.process import StackFailed

if TYPE_CHECKING:
    from handrail.settings import Settings

SECONDS = 3.0
BAD_REQUEST = 400
KNOWN = 8
"""So many of a server's models are named."""


async def look(settings: Settings) -> list[str]:
    """Tell what people should know about the model server, in lines; empty for the offline model.

    Raises:
        StackFailed: the address is wrong for certain.
    """
    from handrail.settings import model_url

    url = model_url(settings)
    if url is None:
        return []
    key = "with OPENAI_API_KEY" if settings.openai_api_key else "without a key, as OPENAI_API_KEY is not set"
    lines = [f"model {settings.model} at {url}, {key}"]
    return lines if settings.openai_base_url is None else [*lines, *await _asked(settings, url.rstrip("/"))]


async def _asked(settings: Settings, url: str) -> list[str]:
    import httpx

    secret = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    headers = {**settings.headers, "Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(timeout=SECONDS, headers=headers) as client:
        try:
            answer = await client.get(f"{url}/models")
            if answer.status_code == httpx.codes.NOT_FOUND and not url.endswith("/v1"):
                better = await client.get(f"{url}/v1/models")
                if better.status_code in (httpx.codes.OK, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                    raise StackFailed(f"OPENAI_BASE_URL: nothing is served at {url}, but at {url}/v1: add /v1.")
        except (httpx.HTTPError, httpx.InvalidURL):
            return ["it does not answer yet; cases are tried again for a while, then people get them"]
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        refused = "it refuses OPENAI_API_KEY" if settings.openai_api_key else "it wants a key: set OPENAI_API_KEY"
        return [f"{refused} (HTTP {answer.status_code})"]
    if not answer.is_success:
        return [_unlisted(answer.status_code, settings)]
    return _served(answer, settings.model)


def _unlisted(status: int, settings: Settings) -> str:
    """Words for a server that does not name its models: many gateways do not, some want more headers first."""
    words = f"it does not list its models (HTTP {status}), so nobody could look whether it has {settings.model}"
    if status == BAD_REQUEST and not settings.headers:
        return f"{words}; a gateway may want headers of its own: set HANDRAIL_MODEL_HEADERS"
    return words


def _served(answer: object, model: str) -> list[str]:
    """Words where the server names its models, and the one that is asked for is not among them."""
    try:
        names = [str(one["id"]) for one in answer.json()["data"]]  # type: ignore[attr-defined]
    except (ValueError, TypeError, KeyError):
        return []
    if not names or model in names:
        return []
    return [f"it names {listed(names, KNOWN)} as its models; HANDRAIL_MODEL={model} may be none of them"]
