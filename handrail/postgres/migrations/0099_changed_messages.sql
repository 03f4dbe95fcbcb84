-- A customer edits or withdraws what they wrote: what was said is kept, with a mark.
ALTER TABLE handrail.messages
ADD COLUMN corrects text,
ADD COLUMN edited_at timestamptz,
ADD COLUMN withdrawn_at timestamptz,
ADD COLUMN part_of text;
COMMENT ON COLUMN handrail.messages.corrects IS
'the customer''s message that these words were put in the place of';
COMMENT ON COLUMN handrail.messages.edited_at IS
'since when other words of the customer''s stand for these, which are kept as they were said';
COMMENT ON COLUMN handrail.messages.withdrawn_at IS
'since when the customer has withdrawn these words, which are kept for those who acted on them';
COMMENT ON COLUMN handrail.messages.part_of IS
'the customer''s message, too long for one, whose next words these are';

CREATE FUNCTION handrail.answered_before_edit(edited handrail.messages) RETURNS boolean STABLE LANGUAGE sql AS $$
SELECT EXISTS (
    SELECT FROM handrail.messages AS r
    WHERE r.case_id = edited.case_id AND r.author IN ('assistant', 'person')
        AND (r.sequence, r.at) > (edited.sequence, edited.at)
        AND NOT EXISTS (
            SELECT FROM handrail.messages AS n
            WHERE n.case_id = edited.case_id AND n.corrects = coalesce(edited.corrects, edited.message_id)
                AND (n.sequence, n.at, n.message_id) > (edited.sequence, edited.at, edited.message_id)
                AND (n.sequence, n.at) < (r.sequence, r.at)
        )
)
$$;
COMMENT ON FUNCTION handrail.answered_before_edit IS
'did an answer follow the message before other words came in its place: who judges that answer needs the old ones';

-- The parts of a long message go with it, whichever of them is recorded first.
CREATE FUNCTION handrail.mark_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE handrail.messages AS p SET
        edited_at = greatest(p.edited_at, w.edited_at),
        withdrawn_at = coalesce(p.withdrawn_at, w.withdrawn_at)
    FROM handrail.messages AS w
    WHERE p.case_id = NEW.case_id AND w.case_id = NEW.case_id AND p.part_of = w.message_id
        AND NEW.message_id IN (p.message_id, w.message_id)
        AND (p.edited_at, p.withdrawn_at)
        IS DISTINCT FROM (greatest(p.edited_at, w.edited_at), coalesce(p.withdrawn_at, w.withdrawn_at));
    RETURN NULL;
END
$$;
CREATE TRIGGER messages_mark_parts AFTER INSERT OR UPDATE ON handrail.messages
FOR EACH ROW WHEN (NEW.part_of IS NOT NULL OR NEW.edited_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL)
EXECUTE FUNCTION handrail.mark_parts();

-- No answer to a question tells what its customer has withdrawn.
CREATE OR REPLACE VIEW handrail.asked AS
SELECT
    q.case_id,
    q.details ->> 'question_id' AS question_id,
    e.effect ->> 'proposal_id' AS proposal_id,
    e.effect ->> 'action' AS action,
    coalesce(e.effect ->> 'line', e.effect ->> 'action') AS line,
    coalesce(q.details ->> 'message_id', '') AS message_id,
    q.at AS asked_at,
    (q.details ->> 'due_at')::timestamptz AS due_at,
    e.place,
    (
        SELECT
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'kind', split_part(n.action, ':', 2),
                        'at', n.at,
                        'message_id', coalesce(n.details ->> 'message_id', ''),
                        'words', coalesce(left(CASE WHEN m.withdrawn_at IS NULL THEN m.text END, 960), '')
                    )
                    ORDER BY l.case_sequence
                ),
                '[]'
            )
        FROM handrail.audit AS n
        INNER JOIN handrail.audit_chain AS l ON n.case_id = l.case_id AND n.entry_id = l.entry_id
        LEFT JOIN handrail.messages AS m ON n.case_id = m.case_id AND n.details ->> 'message_id' = m.message_id
        WHERE n.case_id = q.case_id
            AND n.action LIKE 'confirm:%'
            AND n.action <> 'confirm:asked'
            AND n.details ->> 'question_id' = q.details ->> 'question_id'
    ) AS answers,
    coalesce(e.effect ->> 'arguments_hash', '') AS arguments_hash
FROM handrail.audit AS q
CROSS JOIN LATERAL jsonb_array_elements(q.details -> 'effects') WITH ORDINALITY AS e (effect, place)
WHERE q.action = 'confirm:asked';

CREATE OR REPLACE FUNCTION handrail.save_step(step jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted handrail.cases := jsonb_populate_record(NULL::handrail.cases, step -> 'row');
    ended handrail.turns := jsonb_populate_record(NULL::handrail.turns, step #> '{turn,key}');
    going handrail.turns := jsonb_populate_record(NULL::handrail.turns, nullif(step -> 'key', 'null'));
    message handrail.messages;
    approval handrail.approvals;
    proposed handrail.actions;
    ruled jsonb;
BEGIN
    IF ended.token IS NOT NULL THEN
        INSERT INTO handrail.turns AS t (case_id, token, asked_at, attempt, result)
        VALUES (wanted.case_id, ended.token, ended.asked_at, ended.attempt, step #> '{turn,result}')
        ON CONFLICT (case_id) DO UPDATE SET
            token = excluded.token,
            asked_at = excluded.asked_at,
            attempt = excluded.attempt,
            node = NULL,
            state = NULL,
            result = excluded.result,
            at = clock_timestamp()
        WHERE (t.token <> excluded.token AND t.asked_at <= excluded.asked_at)
            OR (t.token = excluded.token AND t.result IS NULL AND t.attempt <= excluded.attempt);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the turn has ended already, or a later one has begun' USING ERRCODE = 'HR002';
        END IF;
    ELSIF going.token IS NOT NULL THEN
        -- The attempt takes the journal before it may make an effect; where another makes one, it waits for that.
        INSERT INTO handrail.turns AS t (case_id, token, asked_at, attempt)
        VALUES (wanted.case_id, going.token, going.asked_at, going.attempt)
        ON CONFLICT (case_id) DO UPDATE SET
            token = excluded.token,
            asked_at = excluded.asked_at,
            attempt = excluded.attempt,
            node = CASE WHEN t.token = excluded.token THEN t.node END,
            state = CASE WHEN t.token = excluded.token THEN t.state END,
            result = NULL,
            at = clock_timestamp()
        WHERE (t.token <> excluded.token AND t.asked_at <= excluded.asked_at)
            OR (t.token = excluded.token AND t.result IS NULL AND t.attempt <= excluded.attempt);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another attempt goes on, or the turn has ended' USING ERRCODE = 'HR002';
        END IF;
    ELSIF wanted.status = 'Closed' THEN
        DELETE FROM handrail.turns AS t WHERE t.case_id = wanted.case_id;
    ELSIF wanted.status IN ('WithHuman', 'Resolved') THEN
        -- People have the case, and no turn's end says so: an attempt that is not over makes nothing more.
        UPDATE handrail.turns AS t SET node = NULL, state = NULL, result = '{}', at = clock_timestamp()
        FROM handrail.cases AS c
        WHERE t.case_id = wanted.case_id AND t.result IS NULL
            AND c.case_id = wanted.case_id AND c.version = wanted.version AND c.status = wanted.status;
    END IF;
    FOR message IN SELECT * FROM jsonb_populate_recordset(NULL::handrail.messages, step -> 'messages') LOOP
        INSERT INTO handrail.messages AS m (
            case_id, message_id, author, text, at, turn, sequence, language, by, thanks, approved, corrects, edited_at,
            withdrawn_at, part_of
        ) VALUES (
            wanted.case_id, message.message_id, message.author, message.text, message.at, message.turn, message.sequence,
            message.language, message."by", message.thanks, message.approved, message.corrects, message.edited_at,
            message.withdrawn_at, message.part_of
        )
        -- What was said stays as it was said; that it was edited or withdrawn never goes away.
        ON CONFLICT (case_id, message_id) DO UPDATE SET
            language = coalesce(m.language, excluded.language),
            edited_at = greatest(m.edited_at, excluded.edited_at),
            withdrawn_at = coalesce(m.withdrawn_at, excluded.withdrawn_at)
        WHERE (m.language IS NULL AND excluded.language IS NOT NULL)
            OR excluded.edited_at > coalesce(m.edited_at, '-infinity')
            OR (m.withdrawn_at IS NULL AND excluded.withdrawn_at IS NOT NULL);
    END LOOP;
    IF jsonb_typeof(step -> 'classification') = 'object' THEN
        INSERT INTO handrail.classifications (case_id, version, body, at)
        VALUES (wanted.case_id, wanted.version, step -> 'classification', wanted.updated_at)
        ON CONFLICT (case_id, version) DO NOTHING;
    END IF;
    IF jsonb_typeof(step -> 'handoff') = 'object' THEN
        INSERT INTO handrail.handoffs (case_id, version, body, at)
        VALUES (wanted.case_id, wanted.version, step -> 'handoff', (step #>> '{handoff,at}')::timestamptz)
        ON CONFLICT (case_id, version) DO NOTHING;
    END IF;
    IF jsonb_typeof(step -> 'usage') = 'object' THEN
        UPDATE handrail.cases AS c SET usage = step -> 'usage', usage_version = wanted.version
        WHERE c.case_id = wanted.case_id AND c.usage_version < wanted.version;
    END IF;
    -- Settled wins over open whatever comes first; of two open ones the newer commit wins. Once settled, nothing changes.
    FOR approval IN SELECT * FROM jsonb_populate_recordset(NULL::handrail.approvals, step -> 'approvals') LOOP
        INSERT INTO handrail.approvals AS a (
            case_id, approval_id, revision, request, status, opened_at, due_at, update_names, decision, version, yes
        ) VALUES (
            wanted.case_id, approval.approval_id, approval.revision, approval.request, approval.status, approval.opened_at,
            approval.due_at, approval.update_names, approval.decision, wanted.version, approval.yes
        )
        ON CONFLICT (case_id, approval_id, revision) DO UPDATE SET
            request = excluded.request,
            status = excluded.status,
            opened_at = excluded.opened_at,
            due_at = excluded.due_at,
            update_names = excluded.update_names,
            decision = excluded.decision,
            version = excluded.version,
            yes = excluded.yes
        WHERE (a.status = 'open' AND excluded.status <> 'open')
            OR (a.status = 'open' AND a.version < excluded.version AND a.request = excluded.request);
    END LOOP;
    IF (step ->> 'begun_again')::boolean THEN
        -- The run that opened them was abandoned; what is still open was committed again, under this version.
        UPDATE handrail.approvals AS a SET status = 'withdrawn', version = wanted.version
        WHERE a.case_id = wanted.case_id AND a.status = 'open' AND a.version < wanted.version;
    END IF;
    -- The newest revision's newest ruling holds; of two rulings of the same step the stricter one.
    FOR ruled IN SELECT r.value FROM jsonb_array_elements(step -> 'rulings') AS r (value) LOOP
        proposed := jsonb_populate_record(NULL::handrail.actions, ruled -> 'proposal');
        INSERT INTO handrail.actions AS a (
            effect_id, case_id, kind, action, call_id, confidence, revision, version, arguments, arguments_hash, ruling,
            verdict, policy_version
        ) VALUES (
            ruled #>> '{proposal,proposal_id}', wanted.case_id, proposed.kind, proposed.action, proposed.call_id,
            proposed.confidence, proposed.revision, wanted.version, proposed.arguments, proposed.arguments_hash,
            ruled #>> '{verdict,ruling}', ruled -> 'verdict', ruled #>> '{verdict,policy_version}'
        )
        ON CONFLICT (effect_id) DO UPDATE SET
            kind = excluded.kind,
            action = excluded.action,
            call_id = excluded.call_id,
            confidence = excluded.confidence,
            revision = excluded.revision,
            version = excluded.version,
            arguments = excluded.arguments,
            arguments_hash = excluded.arguments_hash,
            ruling = excluded.ruling,
            verdict = excluded.verdict,
            policy_version = excluded.policy_version
        WHERE a.outcome IS NULL
            AND a.case_id = excluded.case_id
            AND (a.revision, a.version, handrail.strictness(a.ruling))
            < (excluded.revision, excluded.version, handrail.strictness(excluded.ruling));
        PERFORM FROM handrail.actions AS a
        WHERE a.effect_id = ruled #>> '{proposal,proposal_id}' AND a.case_id <> wanted.case_id;
        IF FOUND THEN
            RAISE EXCEPTION '%', ruled #>> '{proposal,proposal_id}' USING ERRCODE = 'HR003';
        END IF;
    END LOOP;
    IF step -> 'rulings' <> '[]' OR step -> 'approvals' <> '[]' OR (step ->> 'begun_again')::boolean THEN
        PERFORM handrail.bind_approvals(wanted.case_id);
    END IF;
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    SELECT wanted.case_id, e.entry_id, e.at, e.actor, e.action, e.details
    FROM jsonb_populate_recordset(NULL::handrail.audit, step -> 'audit') AS e
    ON CONFLICT (case_id, entry_id) DO NOTHING;
END
$$;

-- A later migration validates it: reading every event under this lock would stop all cases meanwhile.
ALTER TABLE handrail.case_event DROP CONSTRAINT case_event_kind,
ADD CONSTRAINT case_event_kind CHECK (
    kind IN (
        'opened', 'message', 'reply', 'status', 'waiting', 'assigned', 'decided', 'effect', 'handoff', 'resolved',
        'reopened', 'closed', 'rated', 'message.edited', 'message.withdrawn'
    )
) NOT VALID;

CREATE OR REPLACE FUNCTION handrail.draft_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.draft_event(
        NEW.case_id,
        CASE NEW.author WHEN 'customer' THEN 2 ELSE 5 END,
        CASE NEW.author WHEN 'customer' THEN 'message' ELSE 'reply' END,
        jsonb_build_object(
            'message_id', NEW.message_id, 'author', NEW.author, 'by', NEW."by", 'turn', NEW.turn,
            'approved', nullif(NEW.approved, FALSE), 'corrects', NEW.corrects
        )
    );
    RETURN NULL;
END
$$;

-- One event of each edit, under the message's own id: that of what it says now.
CREATE FUNCTION handrail.draft_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.draft_event(
        NEW.case_id, 3, 'message.edited', jsonb_build_object('message_id', NEW.corrects, 'correction', NEW.message_id)
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER messages_edited_tell AFTER INSERT ON handrail.messages
FOR EACH ROW WHEN (NEW.corrects IS NOT NULL) EXECUTE FUNCTION handrail.draft_edit();

CREATE FUNCTION handrail.draft_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.draft_event(
        NEW.case_id, 3, 'message.withdrawn', jsonb_build_object('message_id', NEW.message_id)
    );
    RETURN NULL;
END
$$;
-- A correction goes with the message that it corrects.
CREATE TRIGGER messages_come_withdrawn_tell AFTER INSERT ON handrail.messages
FOR EACH ROW WHEN (NEW.withdrawn_at IS NOT NULL AND NEW.corrects IS NULL) EXECUTE FUNCTION handrail.draft_withdrawal();
CREATE TRIGGER messages_withdrawn_tell AFTER UPDATE ON handrail.messages
FOR EACH ROW WHEN (OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL AND NEW.corrects IS NULL)
EXECUTE FUNCTION handrail.draft_withdrawal();

CREATE OR REPLACE FUNCTION handrail.note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest text := (
        SELECT coalesce(m.corrects, m.message_id) FROM handrail.messages AS m
        WHERE m.case_id = NEW.case_id AND m.author = 'customer'
        ORDER BY m.sequence DESC, m.at DESC, m.message_id DESC LIMIT 1
    );
    way handrail.arrivals;
BEGIN
    SELECT a.* INTO way FROM handrail.arrivals AS a WHERE a.case_id = NEW.case_id AND a.message_id = latest;
    IF way.address IS NOT NULL THEN
        INSERT INTO handrail.departures (case_id, message_id, channel, address, answers)
        VALUES (NEW.case_id, NEW.message_id, way.channel, way.address, latest);
        PERFORM pg_notify('handrail_departures', way.channel);
    END IF;
    RETURN NULL;
END
$$;
