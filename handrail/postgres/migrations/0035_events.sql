CREATE TABLE handrail.case_event (
    case_id text NOT NULL REFERENCES handrail.cases,
    sequence bigint NOT NULL CONSTRAINT case_event_sequence CHECK (sequence >= 1),
    position bigint NOT NULL CONSTRAINT case_event_position CHECK (position >= 1),
    kind text NOT NULL CONSTRAINT case_event_kind CHECK (
        kind IN (
            'opened', 'message', 'reply', 'status', 'waiting', 'assigned', 'decided', 'effect', 'handoff', 'resolved',
            'reopened', 'closed', 'rated'
        )
    ),
    body jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, sequence),
    UNIQUE (position)
);
COMMENT ON TABLE handrail.case_event IS
'what happened to each case: sequence counts within the case and position over all cases, both without gaps and in the order of '
'commits; body holds ids and statuses, never anybody''s words';
CREATE TRIGGER case_event_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.case_event
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('events are only added to');

CREATE TABLE handrail.case_event_drafts (
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    draft_id bigint GENERATED ALWAYS AS IDENTITY,
    case_id text NOT NULL,
    rank smallint NOT NULL,
    kind text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (transaction, draft_id)
);
COMMENT ON TABLE handrail.case_event_drafts IS
'what a transaction has to tell when it commits; numbered and taken out by then, so that nobody ever sees a row here';

CREATE TABLE handrail.case_event_telling (
    transaction xid8 PRIMARY KEY DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE handrail.case_event_telling IS
'the transaction that has drafts, once, however many: its row is what numbers them at the commit, and is gone by then';

CREATE FUNCTION handrail.draft_event(of_case text, rank integer, kind text, body jsonb) RETURNS void LANGUAGE sql AS $$
INSERT INTO handrail.case_event_drafts (case_id, rank, kind, body) VALUES (of_case, rank, kind, jsonb_strip_nulls(body));
INSERT INTO handrail.case_event_telling DEFAULT VALUES ON CONFLICT DO NOTHING
$$;

-- Numbers are given under the one lock that the audit's chain takes, too: taken last and held for the commit alone. So
-- whoever gets the next number reads every earlier one, and no reader sees a number before the one below it.
CREATE FUNCTION handrail.tell_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched text[];
    of_case text;
BEGIN
    DELETE FROM handrail.case_event_telling AS t WHERE t.transaction = NEW.transaction;
    PERFORM FROM handrail.audit_head FOR UPDATE;
    WITH told AS (
        DELETE FROM handrail.case_event_drafts AS d WHERE d.transaction = pg_current_xact_id()
        RETURNING d.case_id, d.rank, d.draft_id, d.kind, d.body
    ),

    written AS (
        INSERT INTO handrail.case_event (case_id, sequence, position, kind, body, at)
        SELECT
            t.case_id,
            coalesce((SELECT max(e.sequence) FROM handrail.case_event AS e WHERE e.case_id = t.case_id), 0)
            + row_number() OVER (PARTITION BY t.case_id ORDER BY t.rank, t.draft_id),
            (SELECT coalesce(max(e.position), 0) FROM handrail.case_event AS e) + row_number() OVER (ORDER BY t.rank, t.draft_id),
            t.kind,
            t.body,
            clock_timestamp()
        FROM told AS t
        RETURNING case_id
    )

    SELECT array_agg(DISTINCT w.case_id) INTO touched FROM written AS w;
    IF cardinality(touched) > 100 THEN
        touched := ARRAY[''];
    END IF;
    FOREACH of_case IN ARRAY touched LOOP
        PERFORM pg_notify('handrail_events', of_case);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION handrail.tell_events IS
'number the drafts of the transaction that commits: first of what happened, then of what that made of the case';
CREATE CONSTRAINT TRIGGER drafts_are_told AFTER INSERT ON handrail.case_event_telling DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION handrail.tell_events();

CREATE FUNCTION handrail.draft_case() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF NEW.status = 'WithHuman' AND (before <> 'WithHuman' OR (NEW.queue, NEW.tier) IS DISTINCT FROM (OLD.queue, OLD.tier)) THEN
        PERFORM handrail.draft_event(NEW.case_id, 8, 'waiting', with_whom || jsonb_build_object('before', before));
    END IF;
    IF NEW.assignee IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.assignee IS DISTINCT FROM OLD.assignee) THEN
        PERFORM handrail.draft_event(NEW.case_id, 9, 'assigned', jsonb_build_object('by', NEW.assignee));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_come_tell AFTER INSERT ON handrail.cases
FOR EACH ROW EXECUTE FUNCTION handrail.draft_case();
CREATE TRIGGER cases_tell AFTER UPDATE ON handrail.cases
FOR EACH ROW WHEN ((NEW.status, NEW.queue, NEW.tier, NEW.assignee) IS DISTINCT FROM (OLD.status, OLD.queue, OLD.tier, OLD.assignee))
EXECUTE FUNCTION handrail.draft_case();

CREATE FUNCTION handrail.draft_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.draft_event(
        NEW.case_id,
        CASE NEW.author WHEN 'customer' THEN 2 ELSE 5 END,
        CASE NEW.author WHEN 'customer' THEN 'message' ELSE 'reply' END,
        jsonb_build_object('message_id', NEW.message_id, 'author', NEW.author, 'by', NEW."by", 'turn', NEW.turn)
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER messages_tell AFTER INSERT ON handrail.messages
FOR EACH ROW EXECUTE FUNCTION handrail.draft_message();

CREATE FUNCTION handrail.draft_approval() RETURNS trigger LANGUAGE plpgsql AS $$
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
                'quorum', coalesce((NEW.request ->> 'quorum')::integer, 1)
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
CREATE TRIGGER approvals_come_tell AFTER INSERT ON handrail.approvals
FOR EACH ROW EXECUTE FUNCTION handrail.draft_approval();
CREATE TRIGGER approvals_tell AFTER UPDATE ON handrail.approvals
FOR EACH ROW WHEN ((NEW.status, NEW.yes) IS DISTINCT FROM (OLD.status, OLD.yes))
EXECUTE FUNCTION handrail.draft_approval();

CREATE FUNCTION handrail.draft_effect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.draft_event(
        NEW.case_id, 4, 'effect',
        jsonb_build_object('effect_id', NEW.effect_id, 'action', NEW.action, 'status', NEW.outcome, 'code', NEW.code)
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER actions_come_tell AFTER INSERT ON handrail.actions
FOR EACH ROW WHEN (NEW.outcome IS NOT NULL) EXECUTE FUNCTION handrail.draft_effect();
CREATE TRIGGER actions_tell AFTER UPDATE OF outcome ON handrail.actions
FOR EACH ROW WHEN (OLD.outcome IS NULL AND NEW.outcome IS NOT NULL) EXECUTE FUNCTION handrail.draft_effect();

CREATE FUNCTION handrail.draft_handoff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.draft_event(NEW.case_id, 6, 'handoff', jsonb_build_object('version', NEW.version));
    RETURN NULL;
END
$$;
CREATE TRIGGER handoffs_tell AFTER INSERT ON handrail.handoffs
FOR EACH ROW EXECUTE FUNCTION handrail.draft_handoff();

CREATE FUNCTION handrail.draft_rating() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.draft_event(
        NEW.case_id, 9, 'rated',
        jsonb_build_object(
            'survey_id', NEW.survey_id, 'csat', NEW.csat, 'nps', NEW.nps, 'solved', NEW.solved, 'changes', NEW.changes
        )
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER ratings_tell AFTER INSERT OR UPDATE ON handrail.ratings
FOR EACH ROW EXECUTE FUNCTION handrail.draft_rating();
