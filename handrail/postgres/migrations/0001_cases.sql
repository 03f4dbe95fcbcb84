CREATE FUNCTION handrail.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END
$$;

CREATE TABLE handrail.cases (
    case_id text PRIMARY KEY,
    customer_id text NOT NULL,
    channel text NOT NULL,
    status text NOT NULL CONSTRAINT cases_status CHECK (
        status IN ('Working', 'AwaitingCustomer', 'AwaitingApproval', 'WithHuman', 'Resolved', 'Closed')
    ),
    topic text,
    tier smallint NOT NULL CONSTRAINT cases_tier CHECK (tier BETWEEN 0 AND 2),
    queue text,
    risk text,
    reason text,
    language text,
    reply text,
    confidence double precision CONSTRAINT cases_confidence CHECK (confidence BETWEEN 0 AND 1),
    assignee text,
    turn integer NOT NULL CONSTRAINT cases_turn CHECK (turn >= 1),
    due_at timestamptz,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL CONSTRAINT cases_version CHECK (version >= 0),
    content_digest text NOT NULL,
    usage jsonb NOT NULL DEFAULT '{}',
    usage_version integer NOT NULL DEFAULT -1
);
COMMENT ON COLUMN handrail.cases.usage IS 'what the model calls of the whole case used, as of usage_version';

CREATE INDEX cases_by_status ON handrail.cases (status, updated_at DESC, case_id);
CREATE INDEX cases_by_topic ON handrail.cases (topic, updated_at DESC, case_id);
CREATE INDEX cases_by_reason ON handrail.cases (reason, updated_at DESC, case_id) WHERE reason IS NOT NULL;
CREATE INDEX cases_by_time ON handrail.cases (updated_at DESC, case_id);

CREATE TRIGGER cases_never_go_back BEFORE UPDATE ON handrail.cases
FOR EACH ROW WHEN (NEW.version < OLD.version OR NEW.usage_version < OLD.usage_version)
EXECUTE FUNCTION handrail.refuse('a case''s version never goes back');

CREATE TABLE handrail.messages (
    case_id text NOT NULL REFERENCES handrail.cases,
    message_id text NOT NULL,
    author text NOT NULL CONSTRAINT messages_author CHECK (author IN ('customer', 'assistant', 'person', 'system')),
    text text NOT NULL,
    at timestamptz NOT NULL,
    turn integer NOT NULL,
    sequence integer NOT NULL,
    language text,
    by text,
    PRIMARY KEY (case_id, message_id)
);
CREATE INDEX messages_in_order ON handrail.messages (case_id, sequence, at, message_id);

CREATE TABLE handrail.classifications (
    case_id text NOT NULL REFERENCES handrail.cases,
    version integer NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE handrail.handoffs (
    case_id text NOT NULL REFERENCES handrail.cases,
    version integer NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE handrail.audit (
    case_id text NOT NULL REFERENCES handrail.cases,
    entry_id text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    details jsonb NOT NULL,
    PRIMARY KEY (case_id, entry_id)
);
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.audit
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the audit only grows');
