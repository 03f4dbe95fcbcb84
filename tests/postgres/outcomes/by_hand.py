"""A record that was made by hand: a line for each case, with the hours behind its opening at which something happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from handrail.postgres.pool import Pool
from tests.postgres.build import NOON

AUDITED = {"resolved": "turn:Resolved", "asks": "turn:AwaitingCustomer", "people": "turn:WithHuman"}
SAYS = {"customer": "customer", "agent": "assistant", "person": "person"}


@dataclass(frozen=True)
class Made:
    """A case: customer, days since its opening, steps as `HOURS WHAT[@WHO]`, and its row."""

    customer: str
    days: float
    steps: str
    topic: str = "refund"
    channel: str = "api"
    confidence: float | None = None
    usage: dict[str, Any] | None = None
    csat: int | None = None
    nps: int | None = None
    solved: bool | None = None

    @property
    def opened(self) -> datetime:
        return NOON - timedelta(days=self.days)


def known(cost: float, calls: int = 2) -> dict[str, Any]:
    return {"calls": calls, "cost_usd": cost}


MODEL = 0.9
RULED: dict[str, dict[str, Any]] = {
    "ruled:require_approval": {"proposal_id": "p", "stopped_by": ["refunds/above_100"], "lowered_by": ["owner"]},
    "ruled:block": {"proposal_id": "p"},
    "lowered": {"proposal_id": "p", "lowered_by": ["owner"]},
}
"""Rulings in the audit: by a rule, by one that an older entry does not name, and by the dial alone."""
HOLDING = {"held": ["owner/autonomy", "refunds/above_100"], "asked_of": ["owner/autonomy"]}
"""Rules of what a person is asked: a policy's besides the dial's, and the dial's alone."""
ANSWERS = {word: f"confirm:{word}" for word in ("asked", "refused", "taken_back", "corrected")}
RECORD: dict[str, Made] = {
    # ended by the agent: confirmed, unconfirmed, denied
    "a1": Made("C1", 30, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.02), csat=5, nps=10),
    "a2": Made("C2", 30, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.04)),
    "a3": Made("C3", 30, "0.5 applied, 1 agent, 1 resolved", confidence=0.55, usage=known(0.03), csat=2, nps=3, solved=False),
    # the same matter again: 20 hours behind the end in another channel, then with people
    "b1": Made("C4", 30, "0.5 applied, 1 agent, 1 resolved", confidence=MODEL, usage=known(0.01)),
    "b2": Made("C4", 29.125, "1 people, 2 claim, 4 person, 4 resolve", channel="email", usage=known(0, calls=0)),
    # reopened 100 hours behind the end; answered again by the agent
    "b3": Made(
        "C5", 30, "0.5 applied, 1 agent, 1 resolved, 101 customer, 102 agent, 102 resolved", confidence=0.52, usage=known(0.05)
    ),
    # reopened within a day, and then with people
    "b4": Made("C6", 30, "1 agent, 1 resolved, 13 customer, 14 people, 15 claim, 16 person, 16 resolve", confidence=0.51),
    # not the same matter: another topic, an excluded channel, nine days later, an answer to a person's own question
    "c1": Made("C7", 30, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.02)),
    "c2": Made("C7", 29.5, "1 agent, 1 resolved", topic="address", confidence=MODEL, usage=known(0.02)),
    "c3": Made("C8", 30, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.02)),
    "c4": Made("C8", 29.5, "1 agent, 1 resolved", channel="drill", csat=1),
    "c5": Made("C9", 30, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.02)),
    "c6": Made("C9", 20, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.02)),
    "c7": Made("C10", 30, "1 people, 1 claim, 2 person, 2 resolve, 30 person, 31 customer", usage=known(0, calls=3)),
    # silence, and closed by a person without an answer
    "d1": Made("C11", 30, "1 agent, 1 asks, 169 close@clock", confidence=MODEL, usage=known(0.02)),
    "d2": Made("C12", 30, "1 people, 5 close@ann", usage=known(0.01)),
    # too young: for 7 days, for 48 hours too, and still open
    "e1": Made("C13", 3, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.02)),
    "e2": Made("C14", 1, "1 agent, 1 resolved", confidence=MODEL, usage=known(0.02)),
    "e3": Made("C15", 30, "1 agent, 1 asks"),
    "e4": Made("C16", 30, "2 people"),
    # with people and back: 1 h agent, 2 h waiting, 2 h person, 2 h customer
    "f1": Made("C17", 30, "0.5 applied, 1 people, 3 claim, 4 reply, 4 person, 6 customer, 7 resolve", usage=known(0.02)),
    # approvals: changed, as they were, rejected and handed back, and one more that was withdrawn with its customer's yes
    "g1": Made(
        "C18", 30, "1 ruled:require_approval, 1 held, 2 edited, 2.5 agent, 2.5 resolved", confidence=MODEL, usage=known(0.02)
    ),
    "g2": Made(
        "C19",
        30,
        "0.5 lowered, 0.5 asked_of, 0.5 held, 1.5 approved, 2 agent, 2 resolved",
        confidence=MODEL,
        usage=known(0.02),
    ),
    "g3": Made("C20", 30, "1 asked_of, 2 rejected, 2 people, 3 hand_back, 4 agent, 4 resolved", confidence=MODEL),
    "g4": Made(
        "C21", 30, "1 asked, 1 held, 2 taken_back, 2 withdrawn, 2 people, 3 claim, 4 person, 4 resolve", usage=known(0.02)
    ),
    # questions to the customer: a no, a yes that was then corrected
    "h1": Made(
        "C22",
        30,
        "1 asked, 1 asks, 2 customer, 2 refused, 2 applied, 3 agent, 3 resolved",
        confidence=MODEL,
        usage=known(0.02),
    ),
    "h2": Made(
        "C23",
        30,
        "1 asked, 1 asks, 2 customer, 3 corrected, 3 agent, 3 resolved",
        confidence=MODEL,
        usage=known(0.02),
        csat=4,
        nps=8,
    ),
    # what a rule stopped
    "i1": Made("C24", 30, "1 blocked, 1 ruled:block, 1 people, 2 claim, 3 person, 3 resolve", usage=known(0.02)),
}
"""Every case but the drill's has a survey; the shares of what is rated are computed from those."""


async def write(pool: Pool) -> None:
    """Write the record behind the repositories' backs."""
    async with pool.connection() as connection, connection.transaction():
        for case_id, one in RECORD.items():
            await connection.execute(CASE, row(case_id, one))
            for n, step in enumerate(filter(None, one.steps.split(", "))):
                hours, _, what = step.partition(" ")
                about = {"case_id": case_id, "n": n, "at": one.opened + timedelta(hours=float(hours))}
                await connection.execute(*statement(about, what))
            if any(value is not None for value in (one.csat, one.nps, one.solved)):
                about = {"case_id": case_id, "csat": one.csat, "nps": one.nps, "solved": one.solved, "at": NOON}
                await connection.execute(RATING, about)


def row(case_id: str, one: Made) -> dict[str, Any]:
    ended = any(word in one.steps for word in ("resolve", "close"))
    return {
        "case_id": case_id,
        "customer": one.customer,
        "channel": one.channel,
        "topic": one.topic,
        "status": "Closed" if ended else "Working",
        "confidence": one.confidence,
        "opened": one.opened,
        "usage": Jsonb(one.usage or {}),
    }


def statement(about: dict[str, Any], what: str) -> tuple[bytes, dict[str, Any]]:
    """The statement of one step, and its parameters."""
    word, _, who = what.partition("@")
    if word in SAYS:
        return MESSAGE, {**about, "author": SAYS[word]}
    if word in HOLDING:
        return HELD, {**about, "rules": Jsonb(HOLDING[word])}
    if word == "applied":
        return APPLIED, about
    if word in ("edited", "approved", "rejected", "withdrawn"):
        decision = None if word == "withdrawn" else Jsonb({"decided_at": about["at"].isoformat(), "reviewer": "ann"})
        return DECIDED, {**about, "status": word, "decision": decision}
    if word == "blocked":
        return BLOCKED, about
    actions = {**AUDITED, **ANSWERS, "lowered": "ruled:require_approval"}
    details = {"question_id": "q"} if word in ANSWERS else {"model": "m-1"} if word in AUDITED else RULED.get(word, {})
    return AUDIT, {**about, "actor": who or "ann", "action": actions.get(word, word), "details": Jsonb(details)}


CASE = b"""
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, turn, confidence, opened_at, updated_at, version, content_digest, usage
) VALUES (
    %(case_id)s, %(customer)s, %(channel)s, %(status)s, %(topic)s, 0, 1, %(confidence)s, %(opened)s, %(opened)s, 1, '',
    %(usage)s
)
"""
MESSAGE = b"""
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
VALUES (%(case_id)s, 'm-' || %(n)s::text, %(author)s, 'words', %(at)s, 1, %(n)s)
"""
AUDIT = b"""
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
VALUES (%(case_id)s, %(case_id)s || %(n)s::text, %(at)s, %(actor)s, %(action)s, %(details)s)
"""
HELD = b"""
WITH ledger AS (
    INSERT INTO handrail.actions (
        effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version
    ) VALUES (%(case_id)s || %(n)s::text, %(case_id)s, 'effect', 'pay', 1, 1, '{}', '', 'allow', '{}', 'v1')
)

INSERT INTO handrail.approvals (case_id, approval_id, revision, request, status, opened_at, due_at, update_names, version)
VALUES (
    %(case_id)s, 'r' || %(n)s::text, 1,
    jsonb_build_object('request_id', %(case_id)s || %(n)s::text, 'kind', 'approval', 'rules', %(rules)s::jsonb), 'open',
    %(at)s, %(at)s, '{}', 1
)
"""
APPLIED = b"""
INSERT INTO handrail.actions (
    effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version,
    outcome, applied_hash, applied_at
) VALUES (
    %(case_id)s || %(n)s::text, %(case_id)s, 'effect', 'pay', 1, 1, '{}', '', 'allow', '{}', 'v1', 'applied', '', %(at)s
)
"""
DECIDED = b"""
UPDATE handrail.approvals SET status = %(status)s, decision = %(decision)s WHERE case_id = %(case_id)s
"""
BLOCKED = b"""
INSERT INTO handrail.actions (
    effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version
) VALUES (%(case_id)s || %(n)s::text, %(case_id)s, 'effect', 'pay', 1, 1, '{}', '', 'block', '{}', 'v1')
"""
RATING = b"""
INSERT INTO handrail.ratings (case_id, survey_id, csat, nps, solved, rated_at)
VALUES (%(case_id)s, 'end', %(csat)s, %(nps)s, %(solved)s, %(at)s)
"""
