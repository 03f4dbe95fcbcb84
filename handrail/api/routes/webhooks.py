"""Routes of webhooks: where events are sent, with which secrets, and what nobody took."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from handrail.api.access.callers import WebhookManager
from handrail.api.answering.bodies import answered
from handrail.api.answering.once import CountsOnce, Once
from handrail.api.problems.documented import refusals
from handrail.api.services import Services
from handrail.domain.case.messages import check_name
from handrail.domain.errors import InvalidInput
from handrail.domain.http.bodies import IDENTIFIER, HttpBody
from handrail.domain.http.webhooks import (
    DeadMessageList,
    NewWebhook,
    ReplayedMessages,
    ReplayWebhook,
    RotateWebhook,
    TryWebhook,
    WebhookAnswer,
    WebhookList,
    WebhookSecret,
)
from handrail.domain.webhooks import NumberedSecret, WebhookEndpoint, wanted_of
from handrail.webhooks.managing import WebhookOffice

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
EndpointId = Annotated[str, Path(pattern=IDENTIFIER)]
PRIVATE = {"cache-control": "no-store"}


@router.post("", status_code=201, responses=refusals(409, 413), response_model=WebhookSecret)
async def add_webhook(body: NewWebhook, caller: WebhookManager, services: Services, once: CountsOnce) -> Response:
    """Send events there from now on; the answer holds the signing secret, which no other route tells."""
    owner = body.owner or caller.person
    if owner is None:
        raise InvalidInput("owner: is missing. Say who answers for the receiver.")
    whose = check_name("owner", owner)
    wanted = wanted_of(body.kinds, body.roles, body.queues)
    return await _secret(services.webhooks, once, body, lambda: services.webhooks.add(body.url, wanted, whose), 201)


@router.get("", responses=refusals(), response_model=WebhookList)
async def list_webhooks(caller: WebhookManager, services: Services) -> Response:
    """List where events are sent."""
    return answered(WebhookList(webhooks=await services.webhooks.all()))


@router.get("/{endpoint_id}", responses=refusals(404), response_model=WebhookEndpoint)
async def show_webhook(endpoint_id: EndpointId, caller: WebhookManager, services: Services) -> Response:
    """Look at a webhook: whether it is disabled, and why."""
    return answered(await services.webhooks.one(endpoint_id))


@router.delete("/{endpoint_id}", status_code=204, responses=refusals(404), response_class=Response)
async def remove_webhook(endpoint_id: EndpointId, caller: WebhookManager, services: Services) -> Response:
    """Send nothing more there, for good."""
    await services.webhooks.remove(endpoint_id)
    return Response(status_code=204)


@router.post("/{endpoint_id}/rotate", responses=refusals(404, 409, 413), response_model=WebhookSecret)
async def rotate_webhook(
    endpoint_id: EndpointId, caller: WebhookManager, services: Services, once: CountsOnce, body: RotateWebhook | None = None
) -> Response:
    """Make a new secret; the one before signs on beside it for a day."""
    return await _secret(services.webhooks, once, body, lambda: services.webhooks.rotate(endpoint_id), 200)


@router.post("/{endpoint_id}/test", responses=refusals(404, 413), response_model=WebhookAnswer)
async def try_webhook(
    endpoint_id: EndpointId, caller: WebhookManager, services: Services, body: TryWebhook | None = None
) -> Response:
    """Send a signed test message now, and tell the receiver's answer."""
    found = await services.webhooks.test(endpoint_id)
    return answered(WebhookAnswer(taken=found.taken, status=found.status, words=found.words))


@router.get("/{endpoint_id}/dead", responses=refusals(404), response_model=DeadMessageList)
async def list_dead_messages(
    endpoint_id: EndpointId,
    caller: WebhookManager,
    services: Services,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """List messages that nobody took in three days, and why."""
    return answered(DeadMessageList(messages=await services.webhooks.dead(endpoint_id, limit)))


@router.post("/{endpoint_id}/replay", responses=refusals(404, 413), response_model=ReplayedMessages)
async def replay_messages(
    endpoint_id: EndpointId, caller: WebhookManager, services: Services, body: ReplayWebhook | None = None
) -> Response:
    """Send dead messages again, each under its own id; a webhook that was disabled is enabled."""
    message_id = body.message_id if body else None
    return answered(ReplayedMessages(replayed=await services.webhooks.replay(endpoint_id, message_id)))


async def _secret(
    office: WebhookOffice, once: Once, body: HttpBody | None, make: Callable[[], Awaitable[NumberedSecret]], status: int
) -> Response:
    """Have a secret made once, and add it to the answer: what is kept under the key names it by its number alone."""

    once.needed(None)

    async def work() -> Response:
        return answered(await make(), status)

    made = await once.run(body, work)
    if made.status_code != status:
        return made
    number = NumberedSecret.model_validate_json(bytes(made.body))
    secret = WebhookSecret(**number.model_dump(), secret=await office.reveal(number))
    kept = {name: value for name, value in made.headers.items() if name not in ("content-length", "content-type")}
    return answered(secret, status, {**kept, **PRIVATE})
