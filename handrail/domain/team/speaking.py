"""Speaking for others: whoever spoke in a case as somebody's agent decides nothing in it, by whatever name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from handrail.domain.team.commands import same_name
from handrail.domain.team.reviewers import NotAdmitted, Reviewers


class AgentSpeaker(NamedTuple):
    """A caller who spoke in a case as an agent, and the person whom the key or token stood for, if anybody."""

    caller: str
    person: str | None


def refuse_speaker(speakers: Iterable[AgentSpeaker], who: str, reviewers: Reviewers, caller: str = "") -> None:
    """Check that neither the caller nor the person spoke in the case; a person is one under all their names.

    Raises:
        NotAdmitted: one of them did.
    """
    name = reviewers.called(who)
    for one in speakers:
        if (caller and one.caller == caller) or (one.person and same_name(reviewers.called(one.person), name)):
            raise NotAdmitted("approval: whoever spoke for this case as an agent does not decide in it. Somebody else has to.")
