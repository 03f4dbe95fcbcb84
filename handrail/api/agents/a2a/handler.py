"""Handrail as an agent of A2A 1.0: a task is a case, found by whoever opened it alone; a context is a conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import NoReturn

from a2a.server.context import ServerCallContext
from a2a.server.events import Event
from a2a.server.request_handlers.request_handler import RequestHandler
from a2a.types.a2a_pb2 import (
    AgentCard,
    CancelTaskRequest,
    DeleteTaskPushNotificationConfigRequest,
    GetExtendedAgentCardRequest,
    GetTaskPushNotificationConfigRequest,
    GetTaskRequest,
    ListTaskPushNotificationConfigsRequest,
    ListTaskPushNotificationConfigsResponse,
    ListTasksRequest,
    ListTasksResponse,
    SendMessageRequest,
    SubscribeToTaskRequest,
    Task,
    TaskPushNotificationConfig,
)
from a2a.utils.errors import (
    ExtendedAgentCardNotConfiguredError,
    PushNotificationNotSupportedError,
    TaskNotCancelableError,
    UnsupportedOperationError,
)

from handrail.api.agents.a2a.conversations import Conversations, caller_of
from handrail.api.agents.a2a.errors import refused
from handrail.api.agents.a2a.tasks import TERMINAL

NO_CANCEL = "A case is not cut off from outside: say what is no longer wanted, in the same task."
NO_PUSH = (
    "Push notifications are not sent here. Follow the task with SubscribeToTask, or have the house send its webhooks "
    "(`handrail webhooks add`)."
)
NO_CARD = "There is one card, the public one."
NO_STREAM = "The task is over: there is nothing to follow. Get it instead."


class CaseRequestHandler(RequestHandler):
    """The SDK's handler over the house's conversations. Raises `A2AError` in the words of the HTTP API."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def on_message_send(self, params: SendMessageRequest, context: ServerCallContext) -> Task:
        """Open a case or say something in one, and wait for the answer unless the caller does not want to."""
        try:
            no_push(params)
            seconds = 0.0 if params.configuration.return_immediately else self._conversations.seconds
            return await self._conversations.said(caller_of(context), params, seconds)
        except Exception as error:  # noqa: BLE001 - told in words, or kept inside
            raise refused(error) from None

    async def on_message_send_stream(
        self, params: SendMessageRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event, None]:
        """Say something, then tell how the task goes on, until somebody else has the word."""
        try:
            no_push(params)
            caller = caller_of(context)
            task = await self._conversations.said(caller, params, 0.0)
            yield task
            async for event in self._conversations.followed(caller, task, until_asked=True):
                yield event
        except Exception as error:  # noqa: BLE001 - told in words, or kept inside
            raise refused(error) from None

    async def on_subscribe_to_task(
        self, params: SubscribeToTaskRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event, None]:
        """Tell how the task stands and goes on, until it is over: whoever lost a stream misses nothing."""
        try:
            caller = caller_of(context)
            task = await self._conversations.found(caller, params.id, None)
            if task.status.state in TERMINAL:
                raise UnsupportedOperationError(NO_STREAM)
            yield task
            async for event in self._conversations.followed(caller, task, until_asked=False):
                yield event
        except Exception as error:  # noqa: BLE001 - told in words, or kept inside
            raise refused(error) from None

    async def on_get_task(self, params: GetTaskRequest, context: ServerCallContext) -> Task:
        """Return the caller's own task."""
        try:
            length = params.history_length if params.HasField("history_length") else None
            return await self._conversations.found(caller_of(context), params.id, length)
        except Exception as error:  # noqa: BLE001 - told in words, or kept inside
            raise refused(error) from None

    async def on_list_tasks(self, params: ListTasksRequest, context: ServerCallContext) -> ListTasksResponse:
        """Return a page of the caller's own tasks, the last begun first."""
        try:
            return await self._conversations.listed(caller_of(context), params)
        except Exception as error:  # noqa: BLE001 - told in words, or kept inside
            raise refused(error) from None

    async def on_cancel_task(self, params: CancelTaskRequest, context: ServerCallContext) -> NoReturn:
        """Refuse, in words, once the task is known to be the caller's."""
        await self._own(params.id, context)
        raise TaskNotCancelableError(NO_CANCEL)

    async def on_create_task_push_notification_config(
        self, params: TaskPushNotificationConfig, context: ServerCallContext
    ) -> NoReturn:
        """Refuse, in words, whatever task and address it names."""
        raise PushNotificationNotSupportedError(NO_PUSH)

    async def on_get_task_push_notification_config(
        self, params: GetTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> NoReturn:
        """Refuse, in words."""
        raise PushNotificationNotSupportedError(NO_PUSH)

    async def on_list_task_push_notification_configs(
        self, params: ListTaskPushNotificationConfigsRequest, context: ServerCallContext
    ) -> ListTaskPushNotificationConfigsResponse:
        """Refuse, in words."""
        raise PushNotificationNotSupportedError(NO_PUSH)

    async def on_delete_task_push_notification_config(
        self, params: DeleteTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> None:
        """Refuse, in words."""
        raise PushNotificationNotSupportedError(NO_PUSH)

    async def on_get_extended_agent_card(self, params: GetExtendedAgentCardRequest, context: ServerCallContext) -> AgentCard:
        """Refuse, in words."""
        raise ExtendedAgentCardNotConfiguredError(NO_CARD)

    async def _own(self, task_id: str, context: ServerCallContext) -> None:
        try:
            await self._conversations.found(caller_of(context), task_id, 0)
        except Exception as error:  # noqa: BLE001 - told in words, or kept inside
            raise refused(error) from None


def no_push(wanted: SendMessageRequest) -> None:
    """Refuse a wish for push notifications, where there is one. Raises: PushNotificationNotSupportedError."""
    if wanted.configuration.HasField("task_push_notification_config"):
        raise PushNotificationNotSupportedError(NO_PUSH)
