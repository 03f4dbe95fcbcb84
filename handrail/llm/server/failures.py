"""Errors of the client as errors of the domain.

Their words are ours alone: a server's message may repeat the key or the customer's text, and it ends in histories and logs.
"""

from __future__ import annotations

import re

import openai

from handrail.domain.errors import ModelFailed, ModelRejected, ModelUnavailable
from handrail.llm.server.waits import asked_wait

TRANSIENT = frozenset((408, 409, 425, 429))
USED_UP = frozenset(("insufficient_quota", "billing_hard_limit_reached"))
CODE = re.compile(r"[a-z][a-z_]{1,39}")
REMEDIES = {
    400: "it refuses the request as malformed or too long; check HANDRAIL_MODEL, that the model takes tools, "
    "and HANDRAIL_MODEL_HEADERS for a gateway that wants headers of its own",
    401: "check OPENAI_API_KEY",
    403: "the key may not use this model",
    404: "check HANDRAIL_MODEL and OPENAI_BASE_URL, which ends in /v1 for most servers",
    422: "it cannot process the request; check that the model takes tools",
    429: "it limits the rate or the quota is used up",
    500: "its server has trouble; a gateway may also answer so for a model that it does not know, check HANDRAIL_MODEL",
}


def translated(error: Exception, model: str) -> ModelFailed | None:
    """The domain's error for one of the client's, or None where it is no failure of the model's server."""
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return ModelUnavailable(f"Model {model!r}: no answer in time; HANDRAIL_MODEL_TIMEOUT_SECONDS is the limit.")
    if isinstance(error, openai.APIConnectionError):
        return ModelUnavailable(f"Model {model!r}: its server is not reached or hangs up; check OPENAI_BASE_URL.")
    if isinstance(error, openai.APIStatusError):
        return _status(error, model)
    if isinstance(error, openai.APIError | ValueError | RecursionError | KeyError | TypeError | IndexError | AttributeError):
        # langchain-openai raises bare built-in errors, with the body in them, for a body that is no chat completion.
        return ModelUnavailable(f"Model {model!r}: its server's answer is no chat completion ({type(error).__name__}).")
    return None


def _status(error: openai.APIStatusError, model: str) -> ModelFailed:
    status = error.status_code
    code = error.code if isinstance(error.code, str) and CODE.fullmatch(error.code) else None
    words = f"Model {model!r}: HTTP {status}{f' ({code})' if code else ''}; "
    if code in USED_UP:
        return ModelRejected(words + "the quota is used up; waiting does not help.")
    if status in TRANSIENT or status >= 500:
        wait = asked_wait(error.response.headers, status)
        patience = f"; it asks for {wait:g} s of patience" if wait else ""
        return ModelUnavailable(words + REMEDIES.get(status, "its server has trouble") + patience + ".", wait)
    return ModelRejected(words + REMEDIES.get(status, "its server refuses the request") + ".")
