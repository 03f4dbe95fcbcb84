"""The labels of figures, each with the list of values that it may have: a customer's words make no series.

What businesses define has its list from the definitions in force; everything that is on no list is counted as `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping

OTHER = "other"
EVERYTHING = "all"
"""The topic of a control over everything."""
REASONS = frozenset(
    {
        *("action_failed", "action_refused", "agent_asked", "approval_expired", "approval_rejected", "autonomy_off", "bounds"),
        *("cancelled", "customer_asked", "customer_unsure", "draft", "effect_lost", "facts_unavailable", "frustrated"),
        "further_wish",
        *(
            "graph_changed",
            "graph_error",
            "guardrail",
            "low_confidence",
            "model_rejected",
            "model_unavailable",
            "no_answer",
            "no_progress",
        ),
        *("odd_message", "out_of_scope", "outcome_unknown", "people_only", "policy_block", "repeated_question", "risk"),
        *("run_lost", "second_contact", "switched_off", "unknown_customer", "unsupported_language", "withdrawn"),
    }
)
"""Reasons for which a case goes to a person."""
WORK = frozenset(
    {
        *("the healer of stranded cases", "the reconciler", "the ear for the switch", "the schedule of the quality loop"),
        *("the outcomes", "the kept outcomes", "the tools from outside", "the shadow", "webhooks", "reading mail"),
        *("sending mail", "the figures of the record", "the ear for shredded keys", "sending letters", "the deployment"),
        *("cases that begin", "the connection to Temporal", "sweeping what is kept too long", "the tail of events"),
        "replies that leave",
    }
)
"""Work beside the cases that tells of its trouble."""
TURN_OUTCOMES = (
    "resolved",
    "awaiting_customer",
    "with_human",
    "closed",
    "awaiting_approval",
    "cut_short",
    "failed",
    "retried",
)
CALL_OUTCOMES = ("answered", "unavailable", "rejected", "switched_off")
EFFECT_OUTCOMES = ("applied", "refused", "unknown", "failed", "held")
FIXED: Mapping[str, Collection[str]] = {
    "age": ("under_15m", "under_1h", "under_4h", "over_4h"),
    "channel": ("mail", "webhook"),
    "file": ("server_ca", "client_cert"),
    "kind": ("prompt", "completion", "workflow", "activity"),
    "outcome": (*TURN_OUTCOMES, *CALL_OUTCOMES, *EFFECT_OUTCOMES),
    "reason": REASONS,
    "ruling": ("allow", "confirm", "require_approval", "block"),
    "tier": ("1", "2"),
    "work": WORK,
}
DEFINED = ("topic", "tool", "rule", "model", "route", "status")
"""Labels whose list comes from the definitions in force, or from the code that serves."""
Allowed = Callable[[], Container[str]]


class Labels:
    """The lists; those of `DEFINED` are given once they are known, and a label has no value but `other` until then."""

    def __init__(self) -> None:
        self._defined: dict[str, Allowed] = {}

    def define(self, **lists: Allowed) -> None:
        """Take what gives a label's list; it is asked each time. Raises: ValueError: no label of `DEFINED` has that name."""
        if unknown := lists.keys() - set(DEFINED):
            raise ValueError(f"no label {min(unknown)!r} takes a list. There are {', '.join(DEFINED)}.")
        self._defined.update(lists)

    def fit(self, label: str, value: str) -> str:
        """Return the value where it is on the label's list, else `other`."""
        fixed = FIXED.get(label)
        allowed: Container[str] = fixed if fixed is not None else self._defined[label]() if label in self._defined else ()
        return value if value in allowed else OTHER
