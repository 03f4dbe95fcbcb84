"""Links to the page on which the human behind an agent answers: signed, for exactly what was asked, until it is due."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from handrail.domain.actions.asked import AskedEffect, newest_question
from handrail.domain.actions.confirmations import asked_hash
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import IDENTIFIER
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.domain.http.cases import HumanQuestion

PATH = "/confirm/"
SHORTEST_KEY = 32
HASH = 64


class LinkInvalid(HandrailError):
    """The address of a page is none that the house gave."""


class LinkedQuestion(NamedTuple):
    """The question that a link is for: of a case, exactly this, until `due`, in seconds since 1970."""

    case_id: str
    asked: str
    due: int


class ConfirmLinks:
    """Makes and reads links. `address` is how people reach the house from outside."""

    def __init__(self, key: str, address: str) -> None:
        if len(key) < SHORTEST_KEY:
            raise InvalidInput(
                f"HANDRAIL_AGENTS_KEY: has {len(key)} characters, {SHORTEST_KEY} are needed. It signs the links on which "
                "people confirm what agents ask for: `openssl rand -hex 32` makes one, the same for every process of the API."
            )
        self._key, self._address = key.encode(), address.rstrip("/")

    def question(self, view: CaseView) -> HumanQuestion | None:
        """Return the question that waits for the human behind the case's agent, with its link; None where none does."""
        effects = waiting(view)
        if not effects:
            return None
        link = f"{self._address}{PATH}{self.token(view.case_id, about(effects), effects[0].due_at)}"
        return HumanQuestion(link=link, effects=[one.line for one in effects], due_at=effects[0].due_at)

    def token(self, case_id: str, asked: str, due_at: datetime) -> str:
        """Sign what the link is for."""
        linked = LinkedQuestion(case_id, asked, int(due_at.timestamp()))
        return f"{linked.asked}{linked.due:x}.{self._signed('link', linked)}.{case_id}"

    def read(self, token: str) -> LinkedQuestion:
        """Return what the link is for. Raises: LinkInvalid."""
        head, _, rest = token.partition(".")
        signature, _, case_id = rest.partition(".")
        try:
            linked = LinkedQuestion(case_id, head[:HASH], int(head[HASH:], 16))
        except ValueError:
            raise LinkInvalid("This address is none that we gave.") from None
        fits = signature.isascii() and IDENTIFIER.fullmatch(case_id) is not None
        if not fits or not hmac.compare_digest(signature, self._signed("link", linked)):
            raise LinkInvalid("This address is none that we gave.")
        return linked

    def message_id(self, linked: LinkedQuestion) -> str:
        """Return the id under which the one answer counts: nobody outside can take it beforehand."""
        return f"page-{self._signed('answer', linked)[:40]}"

    def _signed(self, purpose: str, linked: LinkedQuestion) -> str:
        text = "\n".join(["handrail confirm", purpose, linked.case_id, linked.asked, str(linked.due)])
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def waiting(view: CaseView) -> Sequence[AskedEffect]:
    """Return the effects about which the human behind an agent is asked just now."""
    if not view.by_agent or view.status is not CaseStatus.AWAITING_CUSTOMER or not view.asked:
        return []
    newest = newest_question(view.asked)
    return newest if not any(one.answers for one in newest) and newest[0].due_at > datetime.now(UTC) else []


def about(effects: Sequence[AskedEffect]) -> str:
    """Return the hash of what is asked."""
    return asked_hash((one.proposal_id, one.arguments_hash) for one in effects)
