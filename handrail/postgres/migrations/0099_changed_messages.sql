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
