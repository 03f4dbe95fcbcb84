-- Approvals that a person gave several at once at the desk, with how long each row was looked at.

CREATE TABLE handrail.desk_batches (
    batch_id text PRIMARY KEY,
    person text NOT NULL,
    action text NOT NULL,
    amount numeric NOT NULL,
    unit text NOT NULL,
    seconds double precision NOT NULL CONSTRAINT desk_batches_seconds CHECK (seconds >= 0),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.desk_batches IS
'approvals that a person gave several at once; seconds is from when the page was shown until it was sent';
CREATE INDEX desk_batches_by_time ON handrail.desk_batches (at);

CREATE TABLE handrail.desk_batch_rows (
    batch_id text NOT NULL REFERENCES handrail.desk_batches,
    place integer NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    approval_id text NOT NULL,
    revision integer NOT NULL,
    title text NOT NULL,
    status text CONSTRAINT desk_batch_rows_status CHECK (
        status IN ('open', 'approved', 'edited', 'revised', 'rejected', 'answered', 'expired', 'withdrawn')
    ),
    refused text NOT NULL DEFAULT '',
    code text NOT NULL DEFAULT '',
    PRIMARY KEY (batch_id, place),
    CONSTRAINT desk_batch_rows_settled CHECK ((status IS NULL) = (refused <> ''))
);
COMMENT ON TABLE handrail.desk_batch_rows IS 'what became of each row of a batch: its approval''s status, or why it was refused';
