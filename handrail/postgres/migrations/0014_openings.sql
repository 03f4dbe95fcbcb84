CREATE TABLE handrail.openings (
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    case_id text,
    at timestamptz NOT NULL,
    words text NOT NULL,
    input text NOT NULL,
    taken boolean NOT NULL,
    settled_at timestamptz,
    settled_by text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workflow_id, run_id),
    CONSTRAINT openings_settled CHECK (num_nonnulls(settled_at, settled_by) IN (0, 2)),
    CONSTRAINT openings_taken CHECK (NOT taken OR case_id IS NOT NULL)
);
COMMENT ON TABLE handrail.openings IS
'starts that were not as the contract says, as they came: taken as a case for a person, or refused, until somebody has seen to it';
CREATE INDEX openings_to_see ON handrail.openings (at) WHERE NOT taken AND settled_at IS NULL;
