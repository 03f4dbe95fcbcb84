"""The catalogue of figures: every name that is served beside Temporal's own, with its labels, on one screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FigureKind(StrEnum):
    """A counter only grows; a gauge is what it is now; seconds are counted by how many there were of each length."""

    COUNTER = "counter"
    GAUGE = "gauge"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure; `words` say what it counts, in which unit where the name does not. `read` ones come from the record."""

    name: str
    kind: FigureKind
    words: str
    labels: tuple[str, ...] = ()
    read: bool = False


COUNTER, GAUGE, SECONDS = FigureKind.COUNTER, FigureKind.GAUGE, FigureKind.SECONDS
TURNS = Figure("handrail_turns", COUNTER, "turns that this worker ran, by what became of them", ("outcome",))
TURN_SECONDS = Figure("handrail_turn_seconds", SECONDS, "how long a turn took, waits for the model within")
ESCALATIONS = Figure("handrail_escalations", COUNTER, "cases that went to a person, by reason", ("reason",))
VERDICTS = Figure("handrail_verdicts", COUNTER, "rules that hit a proposal, by ruling", ("ruling", "rule"))
EFFECTS = Figure("handrail_effects", COUNTER, "effects that were asked for, by what became of them", ("tool", "outcome"))
MODEL_CALLS = Figure("handrail_model_calls", COUNTER, "calls of a language model", ("model", "outcome"))
MODEL_TOKENS = Figure("handrail_model_tokens", COUNTER, "tokens sent and received", ("model", "kind"))
MODEL_COST = Figure("handrail_model_cost_micro_usd", COUNTER, "cost at the prices of the settings, in millionths", ("model",))
MODEL_SECONDS = Figure("handrail_model_seconds", SECONDS, "how long a model took to answer", ("model",))
HTTP = Figure("handrail_http_requests", COUNTER, "requests that the API answered, by kind of answer", ("status",))
HTTP_SECONDS = Figure(
    "handrail_http_seconds", SECONDS, "how long the API took to answer, waits for a reply within", ("route",)
)
TROUBLE = Figure("handrail_background_trouble", GAUGE, "1 while work beside the cases is in trouble", ("work",))
BACKLOG = Figure("handrail_task_backlog", GAUGE, "tasks that wait for a worker", ("kind",))
BACKLOG_AGE = Figure("handrail_task_backlog_age_seconds", GAUGE, "how long the oldest task has waited", ("kind",))
POLLERS = Figure("handrail_task_pollers", GAUGE, "workers that asked for tasks within 90 seconds", ("kind",))
TEMPORAL_UP = Figure("handrail_temporal_reachable", GAUGE, "1 while Temporal answers this process")
RECORD_UP = Figure("handrail_record_reachable", GAUGE, "1 while PostgreSQL answers this process")
RECORD_READ = Figure("handrail_record_read_timestamp_seconds", GAUGE, "when figures were last read from the record")
CERTIFICATES = Figure("handrail_certificate_ends_timestamp_seconds", GAUGE, "when a certificate for Temporal ends", ("file",))

RECORD = tuple(
    Figure(name, GAUGE, words, labels, read=True)
    for name, words, labels in (
        ("handrail_approvals_waiting", "approvals that wait for a person, by how long they have", ("age",)),
        ("handrail_approvals_overdue", "approvals whose time is over and that nobody decided", ()),
        ("handrail_queue_waiting", "cases in the queues of people", ("tier",)),
        ("handrail_queue_overdue", "cases in the queues of people that nobody answered in time", ("tier",)),
        ("handrail_queue_oldest_seconds", "age of the oldest case that nobody has taken", ("tier",)),
        ("handrail_switch_on", "1 while the agent is switched off for everything", ()),
        ("handrail_control_level", "a live control: 0 auto, 1 review, 2 draft, 3 off; topic `all` is everything", ("topic",)),
        ("handrail_outbox_waiting", "messages on their way out of the house", ("channel",)),
        ("handrail_outbox_oldest_seconds", "age of the oldest message on its way out, from when it may leave", ("channel",)),
        (
            "handrail_dead_letters",
            "messages that were given up: webhooks until sent again, others of the last day",
            ("channel",),
        ),
        ("handrail_webhook_endpoints_disabled", "webhook endpoints that take nothing more", ()),
        ("handrail_case_starts_waiting", "cases that were answered for and have not begun", ()),
        ("handrail_case_starts_oldest_seconds", "age of the oldest case that was answered for and has not begun", ()),
        ("handrail_openings_refused", "inputs that no case could take and that nobody settled", ()),
        ("handrail_effects_unknown", "effects sent to another system of which nobody knows whether they were made", ()),
        ("handrail_day_steps_late", "steps of the quality loop that are not done a day after their day ended", ()),
        ("handrail_alarms_open", "alarms of the quality loop that nobody acknowledged", ()),
        ("handrail_model_pauses", "model servers that asked to be left alone", ()),
    )
)
FIGURES: Mapping[str, Figure] = {
    one.name: one
    for one in (
        TURNS,
        TURN_SECONDS,
        ESCALATIONS,
        VERDICTS,
        EFFECTS,
        MODEL_CALLS,
        MODEL_TOKENS,
        MODEL_COST,
        MODEL_SECONDS,
        HTTP,
        HTTP_SECONDS,
        TROUBLE,
        BACKLOG,
        BACKLOG_AGE,
        POLLERS,
        TEMPORAL_UP,
        RECORD_UP,
        RECORD_READ,
        CERTIFICATES,
        *RECORD,
    )
}
