ALTER TABLE handrail.cases ADD COLUMN priority smallint CONSTRAINT cases_priority CHECK (priority BETWEEN 1 AND 5);

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
    c.priority
FROM handrail.cases AS c;

CREATE TABLE handrail.queue_items (
    case_id text PRIMARY KEY REFERENCES handrail.cases,
    queue text NOT NULL,
    tier smallint NOT NULL,
    priority smallint NOT NULL,
    language text,
    reason text,
    due_at timestamptz,
    entered_at timestamptz NOT NULL,
    assignee text,
    holder text,
    lease_id text,
    leased_at timestamptz,
    lease_until timestamptz,
    offers integer NOT NULL DEFAULT 0,
    CONSTRAINT queue_items_lease CHECK (num_nonnulls(holder, lease_id, leased_at, lease_until) IN (0, 4))
);
COMMENT ON TABLE handrail.queue_items IS
'one row for each case that is WithHuman, kept by triggers on cases; assignee is whom the case itself names, holder who leased it';

CREATE INDEX queue_items_in_order ON handrail.queue_items (priority, due_at, entered_at, case_id);

CREATE FUNCTION handrail.keep_in_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'WithHuman' THEN
        DELETE FROM handrail.queue_items WHERE case_id = NEW.case_id;
        RETURN NULL;
    END IF;
    INSERT INTO handrail.queue_items AS q (
        case_id, queue, tier, priority, language, reason, due_at, entered_at, assignee
    ) VALUES (
        NEW.case_id, coalesce(NEW.queue, ''), NEW.tier, coalesce(NEW.priority, 3), NEW.language, NEW.reason, NEW.due_at,
        NEW.updated_at, NEW.assignee
    )
    ON CONFLICT (case_id) DO UPDATE SET
        queue = excluded.queue,
        tier = excluded.tier,
        priority = excluded.priority,
        language = excluded.language,
        reason = excluded.reason,
        due_at = excluded.due_at,
        assignee = excluded.assignee;
    -- Passed on to others, or to somebody who did not lease it: whoever leased it has lost it.
    UPDATE handrail.queue_items SET holder = NULL, lease_id = NULL, leased_at = NULL, lease_until = NULL
    WHERE case_id = NEW.case_id
        AND TG_OP = 'UPDATE'
        AND (
            (NEW.queue, NEW.tier) IS DISTINCT FROM (OLD.queue, OLD.tier)
            OR (NEW.assignee IS DISTINCT FROM OLD.assignee AND NEW.assignee IS DISTINCT FROM holder)
        );
    RETURN NULL;
END
$$;

CREATE TRIGGER cases_enter_the_queue AFTER INSERT ON handrail.cases
FOR EACH ROW WHEN (NEW.status = 'WithHuman')
EXECUTE FUNCTION handrail.keep_in_queue();
CREATE TRIGGER cases_move_in_the_queue AFTER UPDATE ON handrail.cases
FOR EACH ROW WHEN (NEW.status = 'WithHuman' OR OLD.status = 'WithHuman')
EXECUTE FUNCTION handrail.keep_in_queue();

INSERT INTO handrail.queue_items (case_id, queue, tier, priority, language, reason, due_at, entered_at, assignee)
SELECT case_id, coalesce(queue, ''), tier, 3, language, reason, due_at, updated_at, assignee
FROM handrail.cases WHERE status = 'WithHuman';

CREATE TABLE handrail.on_call (
    window_id text PRIMARY KEY,
    person text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT on_call_lasts CHECK (ends_at > starts_at)
);
COMMENT ON TABLE handrail.on_call IS 'hours that people work on top of their shifts';
CREATE INDEX on_call_by_time ON handrail.on_call (ends_at, starts_at);
