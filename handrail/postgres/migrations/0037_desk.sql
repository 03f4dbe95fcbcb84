-- The desk: who is signed in, who reads a case now, and what somebody began to write.

CREATE TABLE handrail.desk_sessions (
    token_hash text PRIMARY KEY CONSTRAINT desk_sessions_hash CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    person text NOT NULL,
    key_id text NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.desk_sessions IS
'who signed in at the desk with which key: of the token in the cookie its SHA-256 alone; a session ends with its key';
CREATE INDEX desk_sessions_by_end ON handrail.desk_sessions (expires_at);

CREATE TABLE handrail.desk_readers (
    case_id text NOT NULL REFERENCES handrail.cases,
    person text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, person)
);
COMMENT ON TABLE handrail.desk_readers IS 'who opened the page of a case, and when last';

CREATE TABLE handrail.desk_drafts (
    case_id text NOT NULL REFERENCES handrail.cases,
    person text NOT NULL,
    kind text NOT NULL CONSTRAINT desk_drafts_kind CHECK (kind IN ('reply', 'note')),
    text text NOT NULL CONSTRAINT desk_drafts_text CHECK (text <> ''),
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, person, kind)
);
COMMENT ON TABLE handrail.desk_drafts IS
'words that somebody began on the page of a case and has not sent; whoever holds the case next sees them';

CREATE INDEX queue_items_by_due ON handrail.queue_items ((coalesce(due_at, '9999-01-01Z')), case_id);
