CREATE TABLE handrail.webhook_endpoints (
    endpoint_id text PRIMARY KEY,
    url text NOT NULL,
    kinds text[] NOT NULL,
    owner text NOT NULL CONSTRAINT webhook_endpoints_owner CHECK (owner <> ''),
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at timestamptz,
    disabled_because text,
    removed_at timestamptz,
    CONSTRAINT webhook_endpoints_disabled CHECK (num_nonnulls(disabled_at, disabled_because) IN (0, 2))
);
COMMENT ON TABLE handrail.webhook_endpoints IS
'where events are sent; no kinds means all of them, owner is who answers for the receiver';

CREATE TABLE handrail.webhook_secrets (
    endpoint_id text NOT NULL REFERENCES handrail.webhook_endpoints,
    secret_id bigint GENERATED ALWAYS AS IDENTITY,
    sealed text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz,
    PRIMARY KEY (endpoint_id, secret_id)
);
COMMENT ON TABLE handrail.webhook_secrets IS
'signing secrets, encrypted with a key that the database does not hold; every message is signed with all that have not ended';

CREATE TABLE handrail.webhook_messages (
    message_id text PRIMARY KEY,
    endpoint_id text NOT NULL REFERENCES handrail.webhook_endpoints,
    case_id text NOT NULL,
    sequence bigint NOT NULL,
    state text NOT NULL DEFAULT 'pending' CONSTRAINT webhook_messages_state CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    words text,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempted_at timestamptz,
    next_at timestamptz,
    UNIQUE (endpoint_id, case_id, sequence),
    FOREIGN KEY (case_id, sequence) REFERENCES handrail.case_event
);
COMMENT ON TABLE handrail.webhook_messages IS
'each event for each endpoint that wants it: one message, whose id stays over every attempt';
CREATE INDEX webhook_messages_pending ON handrail.webhook_messages (endpoint_id, case_id, sequence) WHERE state = 'pending';
CREATE INDEX webhook_messages_dead ON handrail.webhook_messages (endpoint_id, attempted_at) WHERE state = 'dead';

CREATE TABLE handrail.webhook_cursor (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT webhook_cursor_single CHECK (single),
    position bigint NOT NULL
);
COMMENT ON TABLE handrail.webhook_cursor IS 'up to which event messages were made; the one row is locked while more are';
INSERT INTO handrail.webhook_cursor (position) SELECT coalesce(max(e.position), 0) FROM handrail.case_event AS e;
