"""Sending one message: signed, to the very address that was looked at, with bounds on time and on what comes back."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import urlsplit

import httpx

from handrail.domain.errors import InvalidInput
from handrail.domain.webhooks import Answered
from handrail.webhooks.addresses import Resolve, Target, look_up, target

SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024
AGENT = "Handrail-Webhooks/1"


class HttpSender:
    """The port `WebhookSender` over HTTP. `loopback` allows this machine itself, for development and tests."""

    def __init__(
        self,
        *,
        loopback: bool = False,
        resolve: Resolve = look_up,
        trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._loopback, self._resolve, self._trust, self._seconds = loopback, resolve, trust, seconds

    async def send(self, url: str, message_id: str, body: bytes, secrets: list[str], at: datetime) -> Answered:
        """Sign with every secret and send, once; what goes wrong is an answer, too. Redirects are not followed."""
        if not secrets:
            return Answered(words="there is no secret to sign with; make one with `handrail webhooks rotate`")
        try:
            async with asyncio.timeout(self._seconds):
                there = await target(url, self._resolve, loopback=self._loopback)
                return await self._post(url, there, body, signed(message_id, body, secrets, at), at)
        except InvalidInput as error:
            return Answered(words=str(error).removesuffix("."))
        except TimeoutError:
            return Answered(words=f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, OSError, ssl.SSLError) as error:
            return Answered(words=f"{type(error).__name__}: {error}"[:300])

    @cached_property
    def _verify(self) -> ssl.SSLContext:
        """The certificates that are trusted: read from disk once, and not for each message."""
        return self._trust if self._trust is not None else httpx.create_ssl_context(trust_env=False)

    async def _post(self, url: str, there: Target, body: bytes, headers: dict[str, str], at: datetime) -> Answered:
        # The connection goes to the address; name and certificate are those of the URL.
        parts = urlsplit(url)
        address = f"[{there.address}]" if ":" in there.address else there.address
        direct = parts._replace(netloc=f"{address}:{there.port}").geturl()
        sent = {**headers, "host": parts.netloc}
        extensions = {"sni_hostname": there.host} if there.scheme == "https" else {}
        async with (
            httpx.AsyncClient(verify=self._verify, trust_env=False, follow_redirects=False, timeout=self._seconds) as client,
            client.stream("POST", direct, content=body, headers=sent, extensions=extensions) as answer,
        ):
            read = 0
            async for piece in answer.aiter_raw():
                read += len(piece)
                if read > LARGEST_ANSWER:
                    break
            return Answered(
                status=answer.status_code, words=words(answer.status_code), after=asked(answer.headers.get("retry-after"), at)
            )


def signed(message_id: str, body: bytes, secrets: list[str], at: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks: the signature is of exactly these bytes, once with each secret."""
    from standardwebhooks import Webhook

    moment = at.astimezone(UTC)
    signatures = [Webhook(secret).sign(message_id, moment, body.decode()) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def words(status: int) -> str:
    """Return the answer in words."""
    if 300 <= status < 400:
        return f"answered {status}; redirects are not followed"
    return f"answered {status}"


def asked(retry_after: str | None, now: datetime) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or as a date; None where it asks for none."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
