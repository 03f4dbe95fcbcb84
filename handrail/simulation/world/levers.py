"""The bounds of the agent in a simulation: controls and policies of the day; and a router that remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handrail.domain.actions.proposals import Proposal, Verdict
from handrail.domain.autonomy.controls import Control, concerning
from handrail.domain.autonomy.topics import LeverSettings, Topic
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import Classification
from handrail.domain.team.hours import Span
from handrail.domain.team.staff import Window
from handrail.ports import Policies, Router


class ControlsOfDay:
    """The port `Lever` over the controls that were in force when the day began."""

    def __init__(self) -> None:
        self.controls: Sequence[Control] = ()

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        """Return the controls' settings of the topic, and of each tool."""
        found = concerning(self.controls, topic.name, [])
        return LeverSettings(topic=found.settings(None), tools={tool: found.settings(tool) for tool in tools})


class PoliciesOfDay:
    """The port `Policies` over those in force today: the business's own, or the mistaken ones.

    `wronged` are the cases in which the mistaken ones ruled otherwise than the business's own would have.
    """

    def __init__(self, right: Policies, mistaken: Policies) -> None:
        self._right, self._mistaken = right, mistaken
        self.mistake = False
        self.wronged: set[str] = set()

    def rule(self, proposal: Proposal, facts: dict[str, Any]) -> Verdict:
        """The strictest ruling."""
        found = self._now.rule(proposal, facts)
        if self.mistake and self._right.rule(proposal, facts).ruling is not found.ruling:
            self.wronged.add(str(facts["case.case_id"]))
        return found

    def names_action(self, action: str) -> bool:
        """Return whether a policy names the action."""
        return self._now.names_action(action)

    def names(self) -> list[str]:
        """Ids of policies and rules."""
        return self._now.names()

    @property
    def _now(self) -> Policies:
        return self._mistaken if self.mistake else self._right


class RememberingRouter:
    """The port `Router`, which classifies equal texts once: templates repeat."""

    MOST = 20_000

    def __init__(self, router: Router) -> None:
        self._router = router
        self._known: dict[tuple[Any, ...], Classification] = {}

    async def classify(
        self, text: str, *, topic_before: str | None, flags: Sequence[str] = (), language: str | None = None
    ) -> Classification:
        """Routing's view of the text."""
        key = (text, topic_before, tuple(flags), language)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= self.MOST:
                self._known.clear()
            known = self._known[key] = await self._router.classify(
                text, topic_before=topic_before, flags=flags, language=language
            )
        return known.model_copy(deep=True)


class NoWindows:
    """The store of on-call windows, in which there are none: shifts alone say who works."""

    async def windows(self, within: Span) -> Sequence[Window]:
        """Read nothing."""
        return []
