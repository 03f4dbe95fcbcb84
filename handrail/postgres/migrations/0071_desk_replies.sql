-- A person's reply at the desk waits a moment before it leaves, so that it can be taken back.

CREATE TABLE handrail.desk_replies (
    case_id text NOT NULL REFERENCES handrail.cases,
    message_id text NOT NULL,
    person text NOT NULL,
    principal jsonb NOT NULL,
    text text NOT NULL CONSTRAINT desk_replies_text CHECK (text <> ''),
    note text NOT NULL,
    resolves boolean NOT NULL,
    state text NOT NULL DEFAULT 'held' CONSTRAINT desk_replies_state CHECK (state IN ('held', 'leaving', 'refused')),
    held_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    leaves_at timestamptz NOT NULL,
    taken_until timestamptz,
    words text NOT NULL DEFAULT '',
    code text NOT NULL DEFAULT '',
    PRIMARY KEY (case_id, message_id)
);
COMMENT ON TABLE handrail.desk_replies IS
'replies of people that have not left: held until leaves_at, then told to the case, and gone from here; refused ones are drafts again';
CREATE UNIQUE INDEX desk_replies_one_at_a_time ON handrail.desk_replies (case_id) WHERE state <> 'refused';
CREATE INDEX desk_replies_due ON handrail.desk_replies (leaves_at) WHERE state <> 'refused';

-- An answer to a question of the agent's is kept as a draft, like a reply.
ALTER TABLE handrail.desk_drafts DROP CONSTRAINT desk_drafts_kind;
ALTER TABLE handrail.desk_drafts ADD CONSTRAINT desk_drafts_kind CHECK (kind IN ('reply', 'note', 'answer'));
