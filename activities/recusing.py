"""The activity about somebody who should not decide: who it is, and whether anybody else is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from temporalio import activity

from activities.people import identified
from handrail.domain.errors import InvalidInput
from handrail.domain.team.commands import NOBODY, same_name
from handrail.domain.team.recusing import Recusal, Recusing, known_to_decide, nobody_left
from handrail.domain.team.reviewers import Reviewers
from handrail.domain.team.staff import Roster
from handrail.ports import Identities, ReviewersInForce, Staff


class RecusalActivities:
    """Reaches the case's history and the people there are through ports."""

    def __init__(
        self,
        identities: Identities,
        reviewers: ReviewersInForce,
        staff: Staff,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._identities, self._reviewers, self._staff, self._now = identities, reviewers, staff, now

    @activity.defn(name="people.recuse")
    async def recuse(self, asked: Recusing) -> Recusal:
        """Return the recusal with who it is, and who is left.

        Raises:
            InvalidInput: nobody is called that, so nobody would be out of it.
        """
        reviewers, roster = self._reviewers.now(), await self._staff.roster(self._now())
        decision = await identified(self._identities, reviewers, asked.sent.source, asked.sent.decision)
        refuse_unknown(decision.reviewer, reviewers, roster)
        return Recusal(decision=decision, nobody_left=nobody_left(asked, decision.reviewer, reviewers, roster))


def refuse_unknown(who: str, reviewers: Reviewers, roster: Roster) -> None:
    """Raises: InvalidInput: it is a name by which nobody decides or takes cases."""
    member = any(same_name(one.name, who) for one in roster.people)
    if who == NOBODY or not (known_to_decide(who, reviewers) or member):
        raise InvalidInput(
            f"reviewer: {who!r} is nobody in reviewers.yaml or people.yaml, so nobody would be out of it. Give your own name."
        )
