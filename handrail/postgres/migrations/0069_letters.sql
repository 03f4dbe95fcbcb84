-- People are told what waits for them: by a letter of the house, or by webhooks of a queue or a role.

CREATE TABLE handrail.letters (
    letter_id text PRIMARY KEY,
    kind text NOT NULL CONSTRAINT letters_kind CHECK (kind IN ('waiting', 'transcript')),
    recipient text NOT NULL,
    address text NOT NULL CONSTRAINT letters_address CHECK (address <> ''),
    language text NOT NULL,
    case_id text,
    state text NOT NULL DEFAULT 'waiting' CONSTRAINT letters_state CHECK (state IN ('waiting', 'sent', 'failed', 'dropped')),
    attempts integer NOT NULL DEFAULT 0,
    words text,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    CONSTRAINT letters_settled CHECK ((state = 'waiting') = (settled_at IS NULL)),
    CONSTRAINT letters_about_a_case CHECK ((kind = 'transcript') = (case_id IS NOT NULL))
);
COMMENT ON TABLE handrail.letters IS
'mail of the house that is no reply: what waits for a person, and transcripts for customers; dropped where nothing was left to say';
CREATE INDEX letters_due ON handrail.letters (next_at) WHERE state = 'waiting';
CREATE INDEX letters_of ON handrail.letters (kind, recipient, noted_at);

CREATE TABLE handrail.notices (
    person text NOT NULL,
    position bigint NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    approval_id text,
    revision integer,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    letter_id text REFERENCES handrail.letters,
    dropped_at timestamptz,
    PRIMARY KEY (person, position),
    UNIQUE (person, case_id, approval_id, revision),
    CONSTRAINT notices_of_an_approval CHECK ((approval_id IS NULL) = (revision IS NULL))
);
COMMENT ON TABLE handrail.notices IS
'what each person is told of by mail, once: the event by which it began to wait, and the letter that tells it';
CREATE INDEX notices_untold ON handrail.notices (person) WHERE letter_id IS NULL AND dropped_at IS NULL;
CREATE INDEX notices_by_letter ON handrail.notices (letter_id) WHERE letter_id IS NOT NULL;

CREATE TABLE handrail.notice_cursor (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT notice_cursor_single CHECK (single),
    position bigint NOT NULL
);
COMMENT ON TABLE handrail.notice_cursor IS 'up to which event people were told; without a row nobody was ever to be told';

ALTER TABLE handrail.webhook_endpoints ADD COLUMN roles text[] NOT NULL DEFAULT '{}';
ALTER TABLE handrail.webhook_endpoints ADD COLUMN queues text[] NOT NULL DEFAULT '{}';
COMMENT ON TABLE handrail.webhook_endpoints IS
'where events are sent; no kinds means all of them; roles and queues narrow what waits for people; owner answers for the receiver';

CREATE FUNCTION handrail.wanted_by(endpoint handrail.webhook_endpoints, event handrail.case_event) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
SELECT (endpoint.kinds = '{}' OR event.kind = ANY(endpoint.kinds))
    AND (
        event.kind <> 'waiting'
        OR (endpoint.roles = '{}' AND endpoint.queues = '{}')
        OR coalesce(event.body -> 'roles' ?| endpoint.roles, FALSE)
        OR coalesce(event.body ->> 'queue' = ANY(endpoint.queues), FALSE)
    )
$$;
COMMENT ON FUNCTION handrail.wanted_by IS 'whether the endpoint wants the event';

CREATE OR REPLACE FUNCTION handrail.address_webhooks(most bigint) RETURNS TABLE (endpoint_id text, case_id text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    known bigint;
    until bigint;
BEGIN
    -- Where nothing is new, nothing is locked and nothing written.
    IF NOT EXISTS (
        SELECT FROM handrail.webhook_cursor AS c WHERE c.position < (SELECT max(e.position) FROM handrail.case_event AS e)
    ) THEN
        RETURN;
    END IF;
    SELECT c.position INTO STRICT known FROM handrail.webhook_cursor AS c FOR UPDATE;
    SELECT least(max(e.position), known + most) INTO until FROM handrail.case_event AS e;
    RETURN QUERY
    INSERT INTO handrail.webhook_messages AS m (message_id, endpoint_id, case_id, sequence)
    SELECT
        'msg_' || left(encode(sha256(convert_to(w.endpoint_id || '/' || e.case_id || '/' || e.sequence, 'UTF8')), 'hex'), 32),
        w.endpoint_id, e.case_id, e.sequence
    FROM handrail.case_event AS e
    CROSS JOIN handrail.webhook_endpoints AS w
    WHERE e.position > known
        AND e.position <= until
        AND w.removed_at IS NULL
        AND w.added_at <= e.at
        AND handrail.wanted_by(w, e)
    ORDER BY e.position
    ON CONFLICT DO NOTHING
    RETURNING m.endpoint_id, m.case_id;
    UPDATE handrail.webhook_cursor AS c SET position = until WHERE c.position < until;
END
$$;

CREATE OR REPLACE FUNCTION handrail.draft_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about jsonb := jsonb_build_object(
        'approval_id', NEW.approval_id, 'revision', NEW.revision, 'kind', NEW.request ->> 'kind',
        'action', NEW.request ->> 'action'
    );
BEGIN
    IF NEW.status = 'open' THEN
        PERFORM handrail.draft_event(
            NEW.case_id, 6, 'waiting',
            about || jsonb_build_object(
                'for', 'approval', 'due_at', NEW.due_at, 'yes', jsonb_array_length(NEW.yes),
                'quorum', coalesce((NEW.request ->> 'quorum')::integer, 1),
                'roles', coalesce(nullif(NEW.request -> 'roles', '[]'), jsonb_build_array(NEW.request -> 'role'))
            )
        );
    ELSE
        PERFORM handrail.draft_event(
            NEW.case_id, 3, 'decided',
            about || jsonb_build_object('status', NEW.status, 'by', handrail.approvers(NEW.decision))
        );
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION handrail.what_waits(event handrail.case_event) RETURNS TABLE (
    case_id text, topic text, approval jsonb, need jsonb, due_at timestamptz, holder text
) LANGUAGE sql STABLE AS $$
SELECT
    event.case_id,
    c.topic,
    to_jsonb(a),
    CASE WHEN q.case_id IS NOT NULL THEN jsonb_build_object('queue', q.queue, 'tier', q.tier, 'language', q.language) END,
    coalesce(a.due_at, q.due_at),
    coalesce(CASE WHEN q.lease_until >= now() THEN q.holder END, q.assignee)
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
