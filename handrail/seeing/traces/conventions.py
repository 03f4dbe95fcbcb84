"""Names of spans and attributes: OpenTelemetry's conventions for generative AI, pinned, and those that Handrail adds.

The conventions are still in development and move: all their names stand here, so that a new version is an edit of one file.
No attribute of theirs that carries content (messages, instructions, arguments, results) is used.
"""

from __future__ import annotations

GENAI_VERSION = "semantic-conventions-genai 0.1.0"
"""The version whose names these are."""
GENERAL_VERSION = "1.41.1"
"""The version of the general conventions that it builds on: http, db, error."""

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
AGENT = "gen_ai.agent.name"
CONVERSATION = "gen_ai.conversation.id"
REQUEST_MODEL = "gen_ai.request.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
TOOL = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
INVOKE_AGENT, CHAT, EXECUTE_TOOL = "invoke_agent", "chat", "execute_tool"
OPENAI = "openai"
"""The provider by the protocol that is spoken, whoever answers."""
FUNCTION = "function"

ERROR = "error.type"
DATABASE = "db.system.name"
POSTGRESQL = "postgresql"
QUERY = "db.query.summary"
"""The name of one of our own queries; never its text."""

CASE = "handrail.case"
NODE = "handrail.node"
OUTCOME = "handrail.outcome"
TOPIC = "handrail.topic"
WORKFLOW = "temporal.workflow.id"
RUN = "temporal.run.id"
ACTIVITY = "temporal.activity.type"
ATTEMPT = "temporal.activity.attempt"
UPDATE = "temporal.update.name"

HTTP = ("http.request.method", "http.route", "http.response.status_code", "url.scheme", "server.address", "server.port")
"""Those of the HTTP server's span; its path and query hold ids and words, and stay here."""
RESOURCE = (
    *("service.name", "service.version", "service.instance.id"),
    *("telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"),
)
ALLOWED = frozenset(
    {
        *(OPERATION, PROVIDER, AGENT, CONVERSATION, REQUEST_MODEL, INPUT_TOKENS, OUTPUT_TOKENS, TOOL, TOOL_TYPE),
        *(ERROR, DATABASE, QUERY, CASE, NODE, OUTCOME, TOPIC, WORKFLOW, RUN, ACTIVITY, ATTEMPT, UPDATE),
        *HTTP,
    }
)
"""The attributes that may leave the house; all others are dropped where spans are sent."""
