ALTER TABLE handrail.cases ADD COLUMN recused text [] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN handrail.cases.recused IS 'people who said that they should not decide it, as names are compared';

CREATE OR REPLACE FUNCTION handrail.save_row(wanted handrail.cases) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.cases (
        case_id, customer_id, channel, status, topic, tier, queue, priority, risk, reason, language, reply, confidence,
        assignee, turn, due_at, opened_at, updated_at, version, content_digest, recused
    ) VALUES (
        wanted.case_id, wanted.customer_id, wanted.channel, wanted.status, wanted.topic, wanted.tier, wanted.queue,
        wanted.priority, wanted.risk, wanted.reason, wanted.language, wanted.reply, wanted.confidence, wanted.assignee,
        wanted.turn, wanted.due_at, wanted.opened_at, wanted.updated_at, wanted.version, wanted.content_digest,
        coalesce(wanted.recused, '{}')
    )
    ON CONFLICT (case_id) DO UPDATE SET
        status = excluded.status,
        topic = excluded.topic,
        tier = excluded.tier,
        queue = excluded.queue,
        priority = excluded.priority,
        risk = excluded.risk,
        reason = excluded.reason,
        language = excluded.language,
        reply = excluded.reply,
        confidence = excluded.confidence,
        assignee = excluded.assignee,
        turn = excluded.turn,
        due_at = excluded.due_at,
        updated_at = excluded.updated_at,
        version = excluded.version,
        recused = coalesce(wanted.recused, cases.recused)
    WHERE cases.version < excluded.version;
END
$$;

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
    w.arm,
    c.recused
FROM handrail.cases AS c LEFT JOIN LATERAL (
    SELECT r.release, r.arm FROM handrail.case_releases AS r WHERE r.case_id = c.case_id ORDER BY r.at DESC, r.release LIMIT 1
) AS w ON TRUE;

CREATE OR REPLACE FUNCTION handrail.draft_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := 'Working';
    stands jsonb := jsonb_build_object('status', NEW.status);
    with_whom jsonb := jsonb_build_object(
        'for', 'person', 'status', NEW.status, 'queue', NEW.queue, 'tier', NEW.tier, 'priority', NEW.priority,
        'reason', NEW.reason, 'due_at', NEW.due_at
    );
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM handrail.draft_event(
            NEW.case_id, 0, 'opened', jsonb_build_object('customer_id', NEW.customer_id, 'channel', NEW.channel)
        );
    ELSE
        before := OLD.status;
    END IF;
    IF NEW.status <> before THEN
        stands := stands || jsonb_build_object('before', before);
        IF before = 'Resolved' AND NEW.status <> 'Closed' THEN
            PERFORM handrail.draft_event(NEW.case_id, 1, 'reopened', stands);
        ELSIF NEW.status IN ('Resolved', 'Closed') THEN
            PERFORM handrail.draft_event(NEW.case_id, 7, lower(NEW.status), stands);
        ELSIF NEW.status <> 'WithHuman' THEN
            PERFORM handrail.draft_event(NEW.case_id, 7, 'status', stands);
        END IF;
    END IF;
    -- Whoever had it let it go because they should not decide it: it waits for the others again, who are told.
    IF NEW.status = 'WithHuman' AND (
        before <> 'WithHuman' OR (NEW.queue, NEW.tier) IS DISTINCT FROM (OLD.queue, OLD.tier)
        OR (NEW.assignee IS NULL AND OLD.assignee IS NOT NULL AND NEW.recused <> OLD.recused)
    ) THEN
        PERFORM handrail.draft_event(NEW.case_id, 8, 'waiting', with_whom || jsonb_build_object('before', before));
    END IF;
    IF NEW.assignee IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.assignee IS DISTINCT FROM OLD.assignee) THEN
        PERFORM handrail.draft_event(NEW.case_id, 9, 'assigned', jsonb_build_object('by', NEW.assignee));
    END IF;
    RETURN NULL;
END
$$;

DROP FUNCTION handrail.what_waits;
CREATE FUNCTION handrail.what_waits(event handrail.case_event) RETURNS TABLE (
    case_id text, topic text, approval jsonb, need jsonb, due_at timestamptz, holder text, recused text []
) LANGUAGE sql STABLE AS $$
SELECT
    event.case_id,
    c.topic,
    to_jsonb(a),
    CASE WHEN q.case_id IS NOT NULL THEN jsonb_build_object('queue', q.queue, 'tier', q.tier, 'language', q.language) END,
    coalesce(a.due_at, q.due_at),
    coalesce(CASE WHEN q.lease_until >= now() THEN q.holder END, q.assignee),
    c.recused
FROM handrail.cases AS c
LEFT JOIN handrail.approvals AS a
    ON event.body ->> 'for' = 'approval'
    AND c.case_id = a.case_id
    AND event.body ->> 'approval_id' = a.approval_id
    AND (event.body ->> 'revision')::integer = a.revision
    AND a.status = 'open'
LEFT JOIN handrail.queue_items AS q
    ON event.body ->> 'for' = 'person' AND c.case_id = q.case_id AND event.body ->> 'queue' = q.queue
WHERE c.case_id = event.case_id
$$;
COMMENT ON FUNCTION handrail.what_waits IS 'what began to wait with the event, as it stands now';

CREATE FUNCTION handrail.tell_nobody_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.drift_alarms (kind, detector, day, first_day, indicator, topic, evidence)
    SELECT
        'nobody', 'recusals', (NEW.at AT TIME ZONE 'UTC')::date, (NEW.at AT TIME ZONE 'UTC')::date, 'case ' || NEW.case_id,
        coalesce(c.topic, ''), jsonb_build_object('words', NEW.details ->> 'nobody_left', 'case_ids', jsonb_build_array(NEW.case_id))
    FROM handrail.cases AS c WHERE c.case_id = NEW.case_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION handrail.tell_nobody_left IS 'an alarm for the owner: after a recusal nobody is left who could decide or answer';
CREATE TRIGGER audit_tells_nobody_left AFTER INSERT ON handrail.audit
FOR EACH ROW WHEN (NEW.action = 'recuse' AND NEW.details ? 'nobody_left')
EXECUTE FUNCTION handrail.tell_nobody_left();
