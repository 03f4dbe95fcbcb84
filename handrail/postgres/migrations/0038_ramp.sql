-- Ramps: a candidate release beside the one in force, and which release answered each case.

CREATE TABLE handrail.ramps (
    ramp_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release text NOT NULL,
    base text NOT NULL,
    parts jsonb NOT NULL,
    candidate jsonb NOT NULL,
    owner text NOT NULL CONSTRAINT ramps_owner CHECK (owner <> ''),
    evaluation_id text REFERENCES handrail.evaluations,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.ramps IS
'candidate releases that serve, or served, a share of the customers beside the release in force; the newest counts';
CREATE TRIGGER ramps_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.ramps
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('ramps are only added to');

CREATE TABLE handrail.ramp_steps (
    step_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ramp_id bigint NOT NULL REFERENCES handrail.ramps,
    kind text NOT NULL CONSTRAINT ramp_steps_kind CHECK (kind IN ('start', 'step', 'stop', 'rollback')),
    percent double precision NOT NULL CONSTRAINT ramp_steps_percent CHECK (percent BETWEEN 0 AND 100),
    actor text NOT NULL CONSTRAINT ramp_steps_actor CHECK (actor <> ''),
    words text NOT NULL,
    evidence jsonb NOT NULL,
    alarm_id bigint REFERENCES handrail.drift_alarms,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT ramp_steps_end CHECK (kind NOT IN ('stop', 'rollback') OR percent = 0)
);
COMMENT ON TABLE handrail.ramp_steps IS 'each change of a ramp, by whom and why; its newest step counts';
CREATE INDEX ramp_steps_newest ON handrail.ramp_steps (ramp_id, step_id DESC);
CREATE TRIGGER ramp_steps_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.ramp_steps
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the steps of ramps are only added to');

CREATE TABLE handrail.case_releases (
    case_id text NOT NULL REFERENCES handrail.cases,
    release text NOT NULL,
    ramp_id bigint REFERENCES handrail.ramps,
    arm text CONSTRAINT case_releases_arm CHECK (arm IN ('control', 'candidate')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT case_releases_ramp CHECK (num_nonnulls(ramp_id, arm) IN (0, 2))
);
COMMENT ON TABLE handrail.case_releases IS
'the releases that answered a case: written before the first answer while a ramp goes, else with the end of a turn';
CREATE UNIQUE INDEX case_releases_once ON handrail.case_releases (case_id, release, coalesce(ramp_id, 0));
CREATE INDEX case_releases_by_ramp ON handrail.case_releases (ramp_id, case_id) WHERE ramp_id IS NOT NULL;
CREATE TRIGGER case_releases_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.case_releases
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('what answered a case is only added to');

CREATE FUNCTION handrail.note_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.case_releases (case_id, release, ramp_id, arm, at)
    VALUES (NEW.case_id, NEW.details ->> 'release', (NEW.details ->> 'ramp')::bigint, NEW.details ->> 'arm', NEW.at)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_tells_releases AFTER INSERT ON handrail.audit
FOR EACH ROW WHEN (NEW.action LIKE 'turn:%' AND NEW.details ? 'release')
EXECUTE FUNCTION handrail.note_release();

CREATE OR REPLACE VIEW handrail.overview AS
SELECT
    c.case_id,
    c.customer_id,
    c.channel,
    c.status,
    c.topic,
    c.tier,
    c.queue,
    c.risk,
    c.reason,
    c.language,
    coalesce(
        c.reply,
        (
            SELECT m.text FROM handrail.messages AS m
            WHERE m.case_id = c.case_id AND m.author IN ('assistant', 'person')
            ORDER BY m.sequence DESC, m.at DESC, m.message_id DESC LIMIT 1
        )
    ) AS reply,
    c.confidence,
    c.assignee,
    c.turn,
    c.due_at,
    c.opened_at,
    c.updated_at,
    c.version,
    c.content_digest,
    c.usage,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.revision, a.approval_id), '[]')
        FROM handrail.approvals AS a WHERE a.case_id = c.case_id
    ) AS approvals,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.applied_at, e.effect_id), '[]')
        FROM handrail.effects AS e WHERE e.case_id = c.case_id
    ) AS effects,
    (
        SELECT k.body FROM handrail.classifications AS k
        WHERE k.case_id = c.case_id ORDER BY k.version DESC LIMIT 1
    ) AS classification,
    c.priority,
    w.release,
    w.arm
FROM handrail.cases AS c LEFT JOIN LATERAL (
    SELECT r.release, r.arm FROM handrail.case_releases AS r WHERE r.case_id = c.case_id ORDER BY r.at DESC, r.release LIMIT 1
) AS w ON TRUE;
