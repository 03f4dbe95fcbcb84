"""A model whose client is loaded beside the work: the OpenAI library takes a second that no decision should wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from handrail.domain.llm.agent import ModelAnswer, ModelRequest
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.llm.server.cooldown import Cooldown

if TYPE_CHECKING:
    from handrail.llm.chat import ChatModel


class LateModel:
    """The ports `LanguageModel` and `Consultant`; `make` builds the model in a thread, once, and a call waits for it.

    `cooldown` is that of the model's calls, where they keep one.
    """

    def __init__(self, make: Callable[[], ChatModel], cooldown: Cooldown | None = None) -> None:
        self._make, self._cooldown = make, cooldown
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

    async def resting(self) -> float:
        """Return the seconds for which the model is to be left alone, 0 where it may be asked. Raises: see `ModelRecord`."""
        return await self._cooldown.left() if self._cooldown else 0.0

    async def aclose(self) -> None:
        """Close the connections, where there are any."""
        if self._loading is not None:
            (model,) = await asyncio.gather(self._loading, return_exceptions=True)
            if not isinstance(model, BaseException):
                await model.aclose()

    @staticmethod
    def _failed(task: asyncio.Task[ChatModel]) -> bool:
        return task.cancelled() or task.exception() is not None
