"""A watch over the names under which a model's server answers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from handrail.domain.llm.names import (
    CONFIRMING_CASES,
    LATEST_CASES,
    AcceptedName,
    Approved,
    Kin,
    Meaning,
    Meanings,
    NameChange,
    Notice,
)
from handrail.ports import ModelRecord

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

LONGEST_NAME = 200
log = logging.getLogger("handrail.model")


def name_of(message: AIMessage) -> str:
    """The model's name in the server's words; empty where it gives none."""
    given = str(message.response_metadata.get("model_name") or "")
    return "".join(one for one in given if one.isprintable()).strip()[:LONGEST_NAME]


class NameWatch:
    """A watch over the names of one model on one server. A known name costs nothing; a new one is put down for all workers."""

    def __init__(self, record: ModelRecord, served: str, approved: Approved, meanings: Meanings) -> None:
        self._record = record
        self._served = served
        self._approved = approved
        self._meanings = meanings
        self._fine: set[tuple[str, str | None]] = set()

    def fine(self, message: AIMessage) -> bool:
        """Return whether there is nothing to look up. An answer without a name says nothing."""
        return not name_of(message) or _signature(message) in self._fine

    async def hear(self, message: AIMessage) -> NameChange | None:
        """The change that this answer proves, after its case was put down in the record."""
        name, fingerprint = _signature(message)
        known = await self._record.known(self._served)
        kin = self._approved.kin(name, fingerprint, known)
        if kin in (Kin.FIRST, Kin.SAME):
            await self._learn(name, fingerprint)
            self._fine.add((name, fingerprint))
            return None
        latest = await self._record.latest(self._served, LATEST_CASES)
        if latest.count(name) < CONFIRMING_CASES:
            return None
        change = NameChange(words=self._approved.words(name, fingerprint, known, kin), meaning=self._meanings.of(kin))
        await self._learn(name, fingerprint)
        if change.meaning is not Meaning.REVIEW:
            self._fine.add((name, fingerprint))
        return change

    async def _learn(self, name: str, fingerprint: str | None) -> None:
        def judge(known: list[AcceptedName]) -> Notice | None:
            kin = self._approved.kin(name, fingerprint, known)
            if kin is Kin.SAME and any(one.name == name for one in known):
                return None
            accepted = kin in (Kin.FIRST, Kin.SAME) or self._meanings.of(kin) is not Meaning.REVIEW
            words = self._approved.words(name, fingerprint, known, kin)
            return Notice(name=name, kin=kin, accepted=accepted, words=words)

        notice = await self._record.learn(self._served, judge)
        if notice:
            quiet = notice.kin in (Kin.FIRST, Kin.SAME) or self._meanings.of(notice.kin) is Meaning.IGNORE
            log.log(logging.INFO if quiet else logging.WARNING, "%s", notice.words)


def _signature(message: AIMessage) -> tuple[str, str | None]:
    fingerprint = message.response_metadata.get("system_fingerprint")
    return name_of(message), str(fingerprint) if fingerprint else None
