-- What people corrected, as tests; what evaluations found; which releases passed one.

CREATE TABLE handrail.correction_evidence (
    case_id text NOT NULL,
    approval_id text NOT NULL,
    revision integer NOT NULL,
    state jsonb NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (case_id, approval_id, revision),
    FOREIGN KEY (case_id, approval_id, revision) REFERENCES handrail.approvals
);
COMMENT ON TABLE handrail.correction_evidence IS
'what the agent had read when people changed or refused its proposal, until the correction is collected';

CREATE FUNCTION handrail.keep_correction_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.correction_evidence (case_id, approval_id, revision, state)
    SELECT NEW.case_id, NEW.approval_id, NEW.revision, jsonb_build_object(
        'facts', t.state -> 'facts',
        'exchanges', t.state -> 'exchanges',
        'answered_by', t.state -> 'answered_by',
        'prompt_version', t.state -> 'prompt_version',
        'graph_version', t.state -> 'graph_version'
    )
    FROM handrail.turns AS t
    WHERE t.case_id = NEW.case_id AND t.state IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
-- The journal of the turn that asked is still there: the decision is recorded before the next step of the turn begins.
CREATE TRIGGER approvals_keep_evidence AFTER UPDATE OF status ON handrail.approvals
FOR EACH ROW WHEN (
    OLD.status = 'open' AND NEW.status IN ('edited', 'revised', 'rejected') AND NEW.request ->> 'kind' = 'approval'
)
EXECUTE FUNCTION handrail.keep_correction_evidence();

CREATE TABLE handrail.corrections (
    correction_id text PRIMARY KEY,
    kind text NOT NULL CONSTRAINT corrections_kind CHECK (kind IN ('edit', 'rejection', 'takeover', 'hand_back')),
    topic text NOT NULL,
    action text NOT NULL,
    reason text NOT NULL,
    body jsonb NOT NULL,
    words text[] NOT NULL,
    done_words text[] NOT NULL,
    done_key text NOT NULL,
    loosens boolean NOT NULL,
    held_out boolean NOT NULL,
    state text NOT NULL DEFAULT 'new' CONSTRAINT corrections_state CHECK (state IN ('new', 'accepted', 'retired')),
    accepted jsonb NOT NULL DEFAULT '[]',
    happened_at timestamptz NOT NULL,
    collected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz,
    retired_by text,
    retired_because text,
    CONSTRAINT corrections_by_enough CHECK (
        state <> 'accepted' OR jsonb_array_length(accepted) >= CASE WHEN loosens THEN 2 ELSE 1 END
    ),
    CONSTRAINT corrections_retired CHECK (
        num_nonnulls(retired_at, retired_by, retired_because) = CASE WHEN state = 'retired' THEN 3 ELSE 0 END
    )
);
COMMENT ON TABLE handrail.corrections IS
'what people did instead of what the agent proposed, without personal data; one third is held out and shown to nobody';
COMMENT ON COLUMN handrail.corrections.loosens IS 'more was done than proposed, or what was refused: two people have to accept it';
CREATE INDEX corrections_alike ON handrail.corrections (kind, topic, action) WHERE state <> 'retired';

CREATE TRIGGER corrections_say_the_same BEFORE UPDATE ON handrail.corrections
FOR EACH ROW WHEN (
    OLD.state = 'retired'
    OR (OLD.state = 'accepted' AND NEW.state = 'new')
    OR (NEW.kind, NEW.topic, NEW.action, NEW.reason, NEW.body, NEW.loosens, NEW.held_out)
    IS DISTINCT FROM (OLD.kind, OLD.topic, OLD.action, OLD.reason, OLD.body, OLD.loosens, OLD.held_out)
)
EXECUTE FUNCTION handrail.refuse('a correction goes from new to accepted to retired, and says what it said');

CREATE TABLE handrail.correction_sources (
    case_id text NOT NULL REFERENCES handrail.cases,
    source text NOT NULL,
    correction_id text NOT NULL REFERENCES handrail.corrections,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, source)
);
COMMENT ON TABLE handrail.correction_sources IS
'what of the record each correction was made of, once; several where people corrected nearly the same';
CREATE INDEX correction_sources_of ON handrail.correction_sources (correction_id);

CREATE VIEW handrail.corrections_shown AS
SELECT
    c.correction_id,
    c.kind,
    c.topic,
    c.action,
    c.reason,
    c.body,
    c.loosens,
    c.state,
    c.accepted,
    c.happened_at,
    c.collected_at,
    c.retired_at,
    c.retired_by,
    c.retired_because,
    (SELECT count(*) FROM handrail.correction_sources AS s WHERE s.correction_id = c.correction_id)::integer AS seen
FROM handrail.corrections AS c
WHERE NOT c.held_out;
COMMENT ON VIEW handrail.corrections_shown IS 'the corrections that people may read: those that are not held out';

CREATE TABLE handrail.evaluations (
    evaluation_id text PRIMARY KEY,
    release text NOT NULL,
    parts jsonb NOT NULL,
    baseline text,
    held_out boolean NOT NULL,
    passed boolean NOT NULL,
    asked_by text NOT NULL CONSTRAINT evaluations_asked_by CHECK (asked_by <> ''),
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    report jsonb NOT NULL
);
COMMENT ON TABLE handrail.evaluations IS
'what replaying corrections found; release is the content hash of all that answered, and a held-out one reports counts alone';
CREATE INDEX evaluations_by_release ON handrail.evaluations (release, ended_at DESC);
CREATE TRIGGER evaluations_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.evaluations
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('evaluations are only added to');

CREATE TABLE handrail.releases (
    pass_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release text NOT NULL,
    parts jsonb NOT NULL,
    evaluation_id text NOT NULL REFERENCES handrail.evaluations,
    passed_by text NOT NULL CONSTRAINT releases_passed_by CHECK (passed_by <> ''),
    words text NOT NULL,
    passed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.releases IS 'which releases a person let through, and on which evaluation';
CREATE INDEX releases_newest ON handrail.releases (release, pass_id DESC);
CREATE TRIGGER releases_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.releases
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('releases are only added to');
