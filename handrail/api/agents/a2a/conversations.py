"""Conversations of agents over A2A: what their messages do, which tasks they find, and how a task goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from a2a.server.context import ServerCallContext
from a2a.types.a2a_pb2 import ListTasksRequest, ListTasksResponse, SendMessageRequest, Task, TaskStatusUpdateEvent
from a2a.utils.errors import ContentTypeNotSupportedError, TaskNotFoundError, UnsupportedOperationError

from handrail.api.agents import talking
from handrail.api.agents.a2a.errors import NOT_FOUND
from handrail.api.agents.a2a.tasks import TERMINAL, WAITING, sign_in, state_of, status_of, task_of
from handrail.api.answering.cursors import behind, packed
from handrail.api.services import ApiServices
from handrail.domain.access.principals import NotAuthenticated, Principal
from handrail.domain.case.messages import IDENTIFIER, check_identifier, standing
from handrail.domain.errors import InvalidInput, UnknownCase
from handrail.domain.http.agents import AgentCase, AgentTask
from handrail.events.tail import EventTail

CHANNEL = "a2a"
NO_MORE = "The task is over, so nothing more is said in it. Send the message without a task, in the same context."
PRINCIPAL = "principal"
"""Under this name the call's context holds who calls."""
BEAT_SECONDS = 15.0
HISTORY, MOST_HISTORY = 20, 50
PAGE, MOST_PAGE = 20, 50


def caller_of(context: ServerCallContext) -> Principal:
    """Return who calls, as an agent. Raises: NotAuthenticated: the gate let nobody in."""
    found = context.state.get(PRINCIPAL)
    if not isinstance(found, Principal):
        raise NotAuthenticated("Nobody is known here. Send `Authorization: Bearer` with a key.")
    return found.as_agent()


class Conversations:
    """Conversations over the services of the API; `seconds` is how long a call waits for an answer."""

    def __init__(self, services: ApiServices, tail: EventTail, seconds: float = 20.0) -> None:
        self._services, self._tail, self.seconds = services, tail, seconds

    async def said(self, caller: Principal, given: SendMessageRequest, seconds: float) -> Task:
        """Open a case with the message, or say it in the task that it names; the same message again counts once.

        Raises:
            TaskNotFoundError: the task is none of the caller's.
            UnsupportedOperationError: it is over.
            ContentTypeNotSupportedError: the message holds something else than text.
            InvalidInput, RateLimited, ScopeMissing, CaseConflict.
        """
        message = given.message
        message_id, text = check_identifier("messageId", message.message_id), text_of(given)
        named = message.metadata.fields["customer_id"].string_value if "customer_id" in message.metadata.fields else None
        if not message.task_id or await self._nobody(caller, message.task_id):
            return await self._begun(caller, message_id, text, message.context_id, named or None, seconds)
        part = await self._part(caller, message.task_id)
        if message.context_id and message.context_id != part.context_id:
            raise InvalidInput("contextId: is not that of the task. Leave it out.")
        before = await talking.look(self._services, caller, part.case_id)
        if state_of(before) in TERMINAL:
            raise UnsupportedOperationError(NO_MORE)
        case = await talking.say(self._services, caller, part.case_id, text, message_id, CHANNEL, seconds)
        return await self._task(part, case, HISTORY)

    async def found(self, caller: Principal, task_id: str, history: int | None) -> Task:
        """Return the caller's task with its newest messages. Raises: TaskNotFoundError."""
        part = await self._part(caller, task_id)
        if part.customer_id is None:
            return sign_in(part)
        try:
            case = await talking.look(self._services, caller, part.case_id)
        except UnknownCase:
            raise TaskNotFoundError(NOT_FOUND) from None
        return await self._task(part, case, HISTORY if history is None else history)

    async def listed(self, caller: Principal, given: ListTasksRequest) -> ListTasksResponse:
        """Return a page of the caller's tasks; a filter by status looks at this page alone. Raises: InvalidInput."""
        size = min(given.page_size if given.HasField("page_size") else PAGE, MOST_PAGE)
        before = behind(given.page_token) if given.page_token else None
        if size < 1:
            raise InvalidInput(f"pageSize: is {size}. Ask for 1 to {MOST_PAGE} tasks.")
        parts = await self._services.tasks.of_caller(caller.caller, given.context_id or None, before, size + 1)
        length = given.history_length if given.HasField("history_length") else 0
        answer = ListTasksResponse(page_size=size)
        for part in parts[:size]:
            try:
                task = await self.found(caller, part.case_id, length)
            except TaskNotFoundError:
                continue
            if not given.status or task.status.state == given.status:
                answer.tasks.append(task)
        if len(parts) > size:
            answer.next_page_token = packed(parts[size - 1].noted_at, parts[size - 1].case_id)
        answer.total_size = await self._services.tasks.count(caller.caller, given.context_id or None)
        return answer

    async def followed(
        self, caller: Principal, task: Task, *, until_asked: bool
    ) -> AsyncGenerator[TaskStatusUpdateEvent, None]:
        """Yield each change of the task's status, until it is over, or with `until_asked` until the caller has the word."""
        ends = TERMINAL | WAITING if until_asked else TERMINAL
        if task.status.state in ends:
            return
        part, seen = await self._part(caller, task.id), task.status.SerializeToString(deterministic=True)
        async for happened in self._tail.of_case(task.id, 0, BEAT_SECONDS):
            if not happened:
                continue
            case = await talking.look(self._services, caller, task.id)
            status = status_of(part, case)
            now = status.SerializeToString(deterministic=True)
            if now != seen:
                seen = now
                yield TaskStatusUpdateEvent(task_id=task.id, context_id=part.context_id, status=status)
            if status.state in ends:
                return

    async def _begun(
        self, caller: Principal, message_id: str, text: str, context_id: str, named: str | None, seconds: float
    ) -> Task:
        case_id, whose = talking.case_of(caller, message_id), talking.customer_of(caller, named)
        if context_id and not IDENTIFIER.fullmatch(context_id):
            raise InvalidInput("contextId: is no id. Use 1 to 120 letters, digits, '_', '.', ':' or '-'; or leave it out.")
        part = await talking.note(self._services, caller, case_id, context_id or None, whose)
        if whose is None:
            return sign_in(part)
        case = await talking.open_case(self._services, caller, text, message_id, whose, CHANNEL, seconds)
        return await self._task(part, case, HISTORY)

    async def _nobody(self, caller: Principal, task_id: str) -> bool:
        """Return whether the task waits for its caller to say for whom they speak."""
        return (await self._part(caller, task_id)).customer_id is None

    async def _part(self, caller: Principal, task_id: str) -> AgentTask:
        part = await self._services.tasks.find(task_id, caller.caller) if IDENTIFIER.fullmatch(task_id) else None
        if part is None:
            raise TaskNotFoundError(NOT_FOUND)
        return part

    async def _task(self, part: AgentTask, case: AgentCase, history: int) -> Task:
        most = max(0, min(history, MOST_HISTORY))
        messages = standing(await self._services.record.transcript(part.case_id))[-most:] if most else []
        return task_of(part, case, messages)


def text_of(given: SendMessageRequest) -> str:
    """Return the words of the message. Raises: ContentTypeNotSupportedError: a part of it is no text."""
    kinds = {one.WhichOneof("content") for one in given.message.parts}
    if kinds != {"text"}:
        raise ContentTypeNotSupportedError("parts: hold something else than text. Send text parts alone, at least one.")
    return "\n\n".join(one.text for one in given.message.parts)
