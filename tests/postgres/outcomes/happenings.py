"""Things that happen to cases, drawn by chance: whatever may change an outcome, in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from psycopg.types.json import Jsonb

from handrail.postgres.pool import Pool
from tests.postgres.build import NOON

TOPICS = ("refund", "address", "out_of_scope", None)
CHANNELS = ("api", "api", "api", "email", "drill")
AUDITED = (
    *(
        "turn:Resolved",
        "resolve",
        "close",
        "turn:AwaitingCustomer",
        "turn:WithHuman",
        "hand_over",
        "claim",
        "reply",
        "release",
    ),
    *("ruled:allow", "ruled:confirm", "ruled:block"),
    *("hand_back", "overdue", "confirm:asked", "confirm:refused", "confirm:taken_back", "confirm:corrected"),
)


@dataclass
class Happenings:
    """Cases of a few customers, and what happens to them."""

    random: Random
    cases: dict[str, datetime] = field(default_factory=dict)
    made: int = 0

    async def happen(self, pool: Pool, times: int) -> None:
        """Let so many things happen, each in a transaction of its own."""
        async with pool.connection() as connection:
            for _ in range(times):
                await connection.execute(*self._statement())

    def _statement(self) -> tuple[bytes, dict[str, Any]]:
        self.made += 1
        if len(self.cases) < 3 or self.random.random() < 0.15:
            return self._opening()
        case_id = self.random.choice(list(self.cases))
        about = {"case_id": case_id, "n": self.made, "at": self.cases[case_id] + self._later()}
        draw = self.random.random()
        if draw < 0.45:
            return AUDIT, {
                **about,
                "action": self.random.choice(AUDITED),
                "actor": self.random.choice(("ann", "clock")),
                "details": Jsonb({"question_id": self.random.choice("pq"), "model": self.random.choice(("", "m-1", "m-2"))}),
            }
        if draw < 0.7:
            said = {"author": self.random.choice(("customer", "customer", "assistant", "person")), **about}
            return MESSAGE, said
        return self._rarer(about)

    def _rarer(self, about: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        kind = self.random.choice(("held", "decided", "ruled", "applied", "rated", "status", "topic", "usage", "channels"))
        match kind:
            case "held":
                rules = self.random.choice(
                    (
                        ["refunds/above_100", "owner/autonomy"],
                        ["owner/autonomy", "handrail/confidence_gate"],
                        ["refunds/above_100"],
                    )
                )
                return HELD, {**about, "rules": Jsonb(rules), "effect": self._effect(about)}
            case "decided":
                return DECIDED, {**about, "status": self.random.choice(("approved", "edited", "rejected", "withdrawn"))}
            case "ruled":
                effect = self._effect(about)
                return RULED, {**about, "ruling": self.random.choice(("allow", "block")), "effect": effect}
            case "applied":
                return APPLIED, {**about, "effect": self._effect(about)}
            case "rated":
                return RATED, {**about, "csat": self.random.randint(1, 5), "nps": self.random.choice((None, 3, 8, 10))}
            case "status":
                return STATUS, {**about, "status": self.random.choice(("Resolved", "Closed", "Working"))}
            case "topic":
                return TOPIC, {**about, "topic": self.random.choice(TOPICS)}
            case "usage":
                return USAGE, {**about, "usage": Jsonb(self.random.choice(({}, {"calls": 0}, {"calls": 2, "cost_usd": 0.5})))}
            case _:
                return CHANNELS_SET, {"channels": self.random.choice((["drill"], ["drill", "email"], ["test"]))}

    def _opening(self) -> tuple[bytes, dict[str, Any]]:
        case_id = f"case-{self.made}"
        self.cases[case_id] = NOON + timedelta(hours=self.random.randrange(24 * 30))
        return OPENED, {
            "case_id": case_id,
            "customer": f"C{self.random.randrange(6)}",
            "topic": self.random.choice(TOPICS),
            "channel": self.random.choice(CHANNELS),
            "confidence": self.random.choice((None, 0.42, 0.9, 1.0)),
            "at": self.cases[case_id],
        }

    def _effect(self, about: dict[str, Any]) -> str:
        # Few of a case, so that what a person was asked is now and then what was carried out.
        return f"{about['case_id']} {self.random.randrange(3)}"

    def _later(self) -> timedelta:
        # No two at once: of those, time alone says nothing about which came first.
        hours = self.random.choice((0, 1, 2, 5, 30, 47, 48, 49, 100, 168, 200))
        return timedelta(hours=hours, microseconds=self.made)


OPENED = b"""
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, turn, confidence, opened_at, updated_at, version, content_digest
) VALUES (%(case_id)s, %(customer)s, %(channel)s, 'Working', %(topic)s, 0, 1, %(confidence)s, %(at)s, %(at)s, 1, '')
"""
AUDIT = b"""
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
VALUES (%(case_id)s, %(n)s::text, %(at)s, %(actor)s, %(action)s, %(details)s)
"""
MESSAGE = b"""
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
VALUES (%(case_id)s, 'm-' || %(n)s::text, %(author)s, 'words', %(at)s, 1, %(n)s)
"""
HELD = b"""
INSERT INTO handrail.approvals (case_id, approval_id, revision, request, status, opened_at, due_at, update_names, version)
VALUES (
    %(case_id)s, 'r', %(n)s, jsonb_build_object('request_id', %(effect)s::text, 'kind', 'approval', 'rules', %(rules)s::jsonb),
    'open', %(at)s, %(at)s, '{}', 1
)
"""
DECIDED = b"""
UPDATE handrail.approvals SET status = %(status)s, decision = CASE WHEN %(status)s <> 'withdrawn'
    THEN jsonb_build_object('decided_at', opened_at + interval '1 hour', 'reviewer', 'ann') END
WHERE case_id = %(case_id)s AND status = 'open'
"""
RULED = b"""
INSERT INTO handrail.actions (
    effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version
) VALUES (%(effect)s, %(case_id)s, 'effect', 'pay', 1, 1, '{}', '', %(ruling)s, '{}', 'v' || %(n)s::text)
ON CONFLICT (effect_id) DO NOTHING
"""
APPLIED = b"""
INSERT INTO handrail.actions AS a (
    effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version, outcome,
    applied_hash, applied_at
) VALUES (%(effect)s, %(case_id)s, 'effect', 'pay', 1, 1, '{}', '', 'allow', '{}', 'v' || %(n)s::text, 'applied', '', %(at)s)
ON CONFLICT (effect_id) DO UPDATE SET
    ruling = 'allow', outcome = 'applied', applied_hash = '', applied_at = excluded.applied_at
WHERE a.outcome IS NULL
"""
RATED = b"""
INSERT INTO handrail.ratings (case_id, survey_id, csat, nps, rated_at) VALUES (%(case_id)s, 'end', %(csat)s, %(nps)s, %(at)s)
ON CONFLICT (case_id, survey_id) DO UPDATE SET csat = excluded.csat, nps = excluded.nps, rated_at = excluded.rated_at
"""
STATUS = b"UPDATE handrail.cases SET status = %(status)s, updated_at = %(at)s WHERE case_id = %(case_id)s"
TOPIC = b"UPDATE handrail.cases SET topic = %(topic)s WHERE case_id = %(case_id)s"
USAGE = b"UPDATE handrail.cases SET usage = %(usage)s WHERE case_id = %(case_id)s"
CHANNELS_SET = b"UPDATE handrail.outcome_settings SET excluded_channels = %(channels)s"
