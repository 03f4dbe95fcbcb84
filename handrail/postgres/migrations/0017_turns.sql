CREATE TABLE handrail.turns (
    case_id text PRIMARY KEY REFERENCES handrail.cases (case_id) ON DELETE CASCADE,
    token text NOT NULL,
    asked_at timestamptz NOT NULL,
    attempt integer NOT NULL,
    node text,
    state jsonb,
    result jsonb,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT turns_state CHECK (node IS NULL OR state IS NOT NULL),
    CONSTRAINT turns_end CHECK (num_nonnulls(state, result) <= 1)
);
COMMENT ON TABLE handrail.turns IS
'the journal: what the newest turn of a case came by so far, so that nothing is asked for twice; its end once it has ended';
