"""A model whose client is loaded beside the work: the OpenAI library takes a second that no decision should wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from handrail.domain.llm.agent import ModelAnswer, ModelRequest
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion

if TYPE_CHECKING:
    from handrail.llm.chat import ChatModel


class LateModel:
    """The ports `LanguageModel` and `Consultant`; `make` builds the model in a thread, once, and a call waits for it."""

    def __init__(self, make: Callable[[], ChatModel]) -> None:
        self._make = make
        self._loading: asyncio.Task[ChatModel] | None = None

    async def load(self) -> ChatModel:
        """Build the model, or wait for it; a call that is given up leaves it loading."""
        if self._loading is None or (self._loading.done() and self._failed(self._loading)):
            self._loading = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._loading)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """See `handrail.llm.chat.ChatModel.complete`."""
        return await (await self.load()).complete(request)

    async def consult(self, question: ConsultQuestion) -> ModelOpinion:
        """See `handrail.llm.chat.ChatModel.consult`."""
        return await (await self.load()).consult(question)

    async def aclose(self) -> None:
        """Close the connections, where there are any."""
        if self._loading is not None:
            (model,) = await asyncio.gather(self._loading, return_exceptions=True)
            if not isinstance(model, BaseException):
                await model.aclose()

    @staticmethod
    def _failed(task: asyncio.Task[ChatModel]) -> bool:
        return task.cancelled() or task.exception() is not None
