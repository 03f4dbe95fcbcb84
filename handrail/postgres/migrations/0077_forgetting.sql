-- A customer can be forgotten: what holds them is deleted or blanked, case by case, and the audit still verifies.

CREATE TABLE handrail.erasures (
    case_id text PRIMARY KEY,
    forget_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.erasures IS
'cases of forgotten customers: their rows may be deleted and blanked, and nothing is written to them any more';

CREATE TABLE handrail.forgettings (
    forget_id text PRIMARY KEY,
    pseudonym text NOT NULL,
    asked_by text NOT NULL CONSTRAINT forgettings_asked_by CHECK (asked_by <> ''),
    at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    proof jsonb NOT NULL
);
COMMENT ON TABLE handrail.forgettings IS 'what was forgotten when, in numbers; nothing in it leads back to anybody';

CREATE TABLE handrail.legal_holds (
    hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id text NOT NULL,
    reason text NOT NULL CONSTRAINT legal_holds_reason CHECK (reason <> ''),
    set_by text NOT NULL CONSTRAINT legal_holds_set_by CHECK (set_by <> ''),
    set_at timestamptz NOT NULL,
    cleared_by text,
    cleared_because text,
    cleared_at timestamptz,
    CONSTRAINT legal_holds_cleared CHECK (num_nonnulls(cleared_by, cleared_because, cleared_at) IN (0, 3))
);
CREATE UNIQUE INDEX legal_holds_in_force ON handrail.legal_holds (customer_id) WHERE cleared_at IS NULL;
COMMENT ON TABLE handrail.legal_holds IS 'customers who must not be forgotten for now, and why';

CREATE FUNCTION handrail.refuse_unless_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM handrail.erasures AS e WHERE e.case_id = OLD.case_id) THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE FUNCTION handrail.refuse_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM handrail.erasures AS e WHERE e.case_id = NEW.case_id)
        AND current_setting('handrail.erasing', TRUE) IS DISTINCT FROM NEW.case_id
    THEN
        RAISE EXCEPTION 'the customer of this case was forgotten; nothing is written to it any more'
        USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER cases_stay_forgotten BEFORE UPDATE ON handrail.cases
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_forgotten();
CREATE TRIGGER messages_stay_forgotten BEFORE INSERT ON handrail.messages
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_forgotten();
CREATE TRIGGER turns_stay_forgotten BEFORE INSERT OR UPDATE ON handrail.turns
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_forgotten();

-- The audit: a link covers a salted digest of an entry's details, so that they can go and the chain stays whole.

ALTER TABLE handrail.audit ADD COLUMN salt text;
ALTER TABLE handrail.audit ALTER COLUMN salt SET DEFAULT gen_random_uuid()::text || gen_random_uuid()::text;
COMMENT ON COLUMN handrail.audit.salt IS
'goes into the digest of the details; none where the details were taken out, and for entries from before there were digests';
ALTER TABLE handrail.audit_chain ADD COLUMN digest text;
COMMENT ON COLUMN handrail.audit_chain.digest IS
'of the salt and the details; without one the hash covers the details themselves, as before there were digests';

CREATE OR REPLACE FUNCTION handrail.audit_hash(link handrail.audit_chain, entry handrail.audit)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT encode(
    sha256(
        convert_to(
            jsonb_build_array(
                link.sequence, link.previous, link.case_sequence, link.case_previous, entry.case_id, entry.entry_id,
                to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.actor, entry.action,
                CASE WHEN link.digest IS NULL THEN entry.details ELSE to_jsonb(link.digest) END
            )::text,
            'UTF8'
        )
    ),
    'hex'
)
$$;

CREATE OR REPLACE FUNCTION handrail.chain(entry handrail.audit) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head handrail.audit_head;
    link handrail.audit_chain;
BEGIN
    SELECT h.* INTO STRICT head FROM handrail.audit_head AS h FOR UPDATE;
    SELECT c.* INTO link FROM handrail.audit_chain AS c
    WHERE c.case_id = entry.case_id ORDER BY c.case_sequence DESC LIMIT 1;
    link.case_previous := coalesce(link.hash, repeat('0', 64));
    link.case_sequence := coalesce(link.case_sequence, 0) + 1;
    link.sequence := head.sequence + 1;
    link.previous := head.hash;
    link.case_id := entry.case_id;
    link.entry_id := entry.entry_id;
    link.digest := encode(sha256(convert_to(entry.salt || entry.details::text, 'UTF8')), 'hex');
    link.hash := handrail.audit_hash(link, entry);
    INSERT INTO handrail.audit_chain SELECT link.*;
    UPDATE handrail.audit_head SET sequence = link.sequence, hash = link.hash;
END
$$;

CREATE FUNCTION handrail.audit_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.details <> '{}' OR NEW.salt IS NOT NULL
        OR (NEW.case_id, NEW.entry_id, NEW.at, NEW.actor, NEW.action)
        IS DISTINCT FROM (OLD.case_id, OLD.entry_id, OLD.at, OLD.actor, OLD.action)
        OR NOT EXISTS (SELECT FROM handrail.erasures AS e WHERE e.case_id = OLD.case_id)
    THEN
        RAISE EXCEPTION 'the audit only grows' USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER audit_only_grows ON handrail.audit;
CREATE TRIGGER audit_only_grows BEFORE DELETE OR TRUNCATE ON handrail.audit
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the audit only grows');
CREATE TRIGGER audit_keeps BEFORE UPDATE ON handrail.audit
FOR EACH ROW EXECUTE FUNCTION handrail.audit_keeps();

-- What was only added to gives up the rows of forgotten customers, and no others.

DROP TRIGGER approvals_settle_once ON handrail.approvals;
CREATE TRIGGER approvals_settle_once BEFORE UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    OLD.status <> 'open'
    AND (NEW.status, NEW.request, NEW.decision, NEW.yes) IS DISTINCT FROM (OLD.status, OLD.request, OLD.decision, OLD.yes)
)
EXECUTE FUNCTION handrail.refuse_unless_forgotten('an approval is settled once');
DROP TRIGGER approvals_tell ON handrail.approvals;
CREATE TRIGGER approvals_tell AFTER UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    (NEW.status, NEW.yes) IS DISTINCT FROM (OLD.status, OLD.yes) AND NEW.request -> 'forgotten' IS NULL
)
EXECUTE FUNCTION handrail.draft_approval();

DROP TRIGGER actions_stay ON handrail.actions;
CREATE TRIGGER actions_stay BEFORE TRUNCATE ON handrail.actions
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the ledger never forgets');
CREATE TRIGGER actions_stay_or_go BEFORE DELETE ON handrail.actions
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_unless_forgotten('the ledger never forgets');

DROP TRIGGER case_event_only_grows ON handrail.case_event;
CREATE TRIGGER case_event_only_grows BEFORE DELETE OR TRUNCATE ON handrail.case_event
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('events are only added to');
CREATE TRIGGER case_event_keeps BEFORE UPDATE ON handrail.case_event
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_unless_forgotten('events are only added to');

DROP TRIGGER quality_judgements_only_grow ON handrail.quality_judgements;
CREATE TRIGGER quality_judgements_only_grow BEFORE DELETE OR TRUNCATE ON handrail.quality_judgements
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('judgements are only added to');
CREATE TRIGGER quality_judgements_keep BEFORE UPDATE ON handrail.quality_judgements
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_unless_forgotten('judgements are only added to');

-- The outcome of a forgotten case stands as it was counted: what it was counted from is gone.
CREATE OR REPLACE FUNCTION handrail.outcomes_touched(changed text[]) RETURNS SETOF text LANGUAGE sql STABLE ROWS 100 AS $$
WITH matters AS (
    SELECT customer_id, topic, min(opened_at) AS oldest, max(opened_at) AS newest
    FROM (
        SELECT c.customer_id, c.topic, c.opened_at FROM handrail.cases AS c WHERE c.case_id = ANY(changed)
        UNION ALL
        SELECT k.customer_id, k.topic, k.opened_at FROM handrail.kept_outcomes AS k WHERE k.case_id = ANY(changed)
    ) AS both_topics
    GROUP BY customer_id, topic
),

touched AS (
    SELECT unnest(changed) AS case_id
    UNION
    SELECT k.case_id
    FROM matters AS m INNER JOIN handrail.kept_outcomes AS k ON m.customer_id = k.customer_id AND m.topic = k.topic
    WHERE k.opened_at >= m.oldest
        OR (k.ended_at < m.newest AND (k.next_opened_at IS NULL OR k.next_opened_at >= m.oldest))
)

SELECT t.case_id FROM touched AS t
WHERE NOT EXISTS (SELECT FROM handrail.erasures AS e WHERE e.case_id = t.case_id)
$$;

CREATE FUNCTION handrail.counted(done jsonb, what text, rows bigint) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN rows > 0 THEN done || jsonb_build_object(what, coalesce((done ->> what)::bigint, 0) + rows) ELSE done END
$$;

CREATE FUNCTION handrail.erase_audit(of_case text, by_forget text, asked_by text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    erased bigint;
    remains text;
BEGIN
    UPDATE handrail.audit AS a SET details = '{}', salt = NULL WHERE a.case_id = of_case AND a.action <> 'forgotten';
    GET DIAGNOSTICS erased = ROW_COUNT;
    -- What stays of the entries is vouched for by one that is chained like any other.
    SELECT encode(
        sha256(
            convert_to(
                string_agg(
                    jsonb_build_array(
                        c.sequence, c.previous, c.case_sequence, c.case_previous, a.case_id, a.entry_id,
                        to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor, a.action, c.hash
                    )::text,
                    E'\n' ORDER BY c.case_sequence
                ),
                'UTF8'
            )
        ),
        'hex'
    ) INTO remains
    FROM handrail.audit AS a INNER JOIN handrail.audit_chain AS c ON a.case_id = c.case_id AND a.entry_id = c.entry_id
    WHERE a.case_id = of_case AND a.action <> 'forgotten';
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    VALUES (
        of_case, 'forgotten:' || by_forget, now(), asked_by, 'forgotten',
        jsonb_build_object('forget_id', by_forget, 'entries', erased, 'remains', remains)
    )
    ON CONFLICT DO NOTHING;
    RETURN erased;
END
$$;
COMMENT ON FUNCTION handrail.erase_audit IS
'takes the details out of a case''s entries; one more entry says so, with a hash of what stays of them';

CREATE FUNCTION handrail.erase_work(of_case text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    done jsonb := '{}';
    n bigint;
BEGIN
    DELETE FROM handrail.departures AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'departures', n);
    DELETE FROM handrail.desk_replies AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'desk_replies', n);
    DELETE FROM handrail.letters AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'letters', n);
    DELETE FROM handrail.arrivals AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'arrivals', n);
    DELETE FROM handrail.desk_drafts AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'desk_drafts', n);
    UPDATE handrail.desk_batch_rows AS x SET title = '', refused = CASE WHEN x.refused = '' THEN '' ELSE 'forgotten' END
    WHERE x.case_id = of_case AND x.title <> '';
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'desk_batch_rows', n);
    DELETE FROM handrail.turns AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'turns', n);
    DELETE FROM handrail.effect_attempts AS x
    WHERE x.effect_id IN (SELECT a.effect_id FROM handrail.actions AS a WHERE a.case_id = of_case);
    DELETE FROM handrail.actions AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'actions', n);
    UPDATE handrail.approvals AS x SET
        request = jsonb_strip_nulls(
            jsonb_build_object(
                'request_id', x.request -> 'request_id', 'kind', x.request -> 'kind', 'action', x.request -> 'action',
                'forgotten', TRUE
            )
        ),
        decision = CASE WHEN x.decision IS NOT NULL THEN jsonb_strip_nulls(
            jsonb_build_object(
                'decision', x.decision -> 'decision', 'reviewer', x.decision -> 'reviewer',
                'decided_at', x.decision -> 'decided_at'
            )
        ) END,
        update_names = '{}',
        yes = '[]'
    WHERE x.case_id = of_case AND x.request -> 'forgotten' IS NULL;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'approvals', n);
    DELETE FROM handrail.messages AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'messages', n);
    DELETE FROM handrail.classifications AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'classifications', n);
    DELETE FROM handrail.handoffs AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'handoffs', n);
    RETURN done;
END
$$;

CREATE FUNCTION handrail.erase_quality(of_case text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    done jsonb := '{}';
    n bigint;
    theirs text[];
BEGIN
    DELETE FROM handrail.correction_evidence AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'correction_evidence', n);
    WITH gone AS (DELETE FROM handrail.correction_sources AS x WHERE x.case_id = of_case RETURNING x.correction_id)
    SELECT array_agg(g.correction_id) INTO theirs FROM gone AS g;
    DELETE FROM handrail.corrections AS x
    WHERE x.correction_id = ANY(theirs)
        AND NOT EXISTS (SELECT FROM handrail.correction_sources AS s WHERE s.correction_id = x.correction_id);
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'corrections', n);
    DELETE FROM handrail.shadow_answers AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'shadow_answers', n);
    DELETE FROM handrail.rating_links AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'rating_links', n);
    DELETE FROM handrail.ratings AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'ratings', n);
    UPDATE handrail.quality_labels AS x SET note = '' WHERE x.case_id = of_case AND x.note <> '';
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'quality_labels', n);
    UPDATE handrail.quality_judgements AS x SET quote = '' WHERE x.case_id = of_case AND x.quote <> '';
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'quality_judgements', n);
    UPDATE handrail.quality_scores AS x SET evidence = '{}' WHERE x.case_id = of_case AND x.evidence <> '{}';
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'quality_scores', n);
    RETURN done;
END
$$;

CREATE FUNCTION handrail.erase_traffic(of_case text, who text, addresses text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    done jsonb := '{}';
    n bigint;
    theirs text[] := ARRAY(
        SELECT m.mail_id FROM handrail.mails AS m
        WHERE m.case_id = of_case
            OR m.customer_id = who
            OR ((m.sender = ANY(addresses) OR m.recipient = ANY(addresses)) AND m.customer_id IS NULL AND m.case_id IS NULL)
    );
BEGIN
    DELETE FROM handrail.mail_attachments AS x WHERE x.mail_id = ANY(theirs);
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'mail_attachments', n);
    DELETE FROM handrail.mails AS x WHERE x.mail_id = ANY(theirs);
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'mails', n);
    DELETE FROM handrail.openings AS x
    WHERE x.case_id = of_case OR position(to_jsonb(who)::text IN x.input) > 0;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'openings', n);
    DELETE FROM handrail.api_vouchers AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'api_vouchers', n);
    DELETE FROM handrail.api_tokens AS x WHERE x.customer_id = who;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'api_tokens', n);
    DELETE FROM handrail.agent_cases AS x WHERE x.case_id = of_case OR x.customer_id = who;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'agent_cases', n);
    DELETE FROM handrail.api_answers AS x
    WHERE position(convert_to(to_jsonb(who)::text, 'UTF8') IN x.body) > 0
        OR position(convert_to(to_jsonb(of_case)::text, 'UTF8') IN x.body) > 0;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'api_answers', n);
    DELETE FROM handrail.legal_holds AS x WHERE x.customer_id = who AND x.cleared_at IS NOT NULL;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'legal_holds', n);
    UPDATE handrail.webhook_messages AS x SET words = NULL WHERE x.case_id = of_case AND x.words IS NOT NULL;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'webhook_messages', n);
    RETURN done;
END
$$;
COMMENT ON FUNCTION handrail.erase_traffic IS
'mail, answers and tokens of a case and of a customer, either of which may be null';

CREATE FUNCTION handrail.erase_case(of_case text, who text, by_forget text, pseudonym text, asked_by text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    done jsonb := '{}';
    n bigint;
BEGIN
    PERFORM FROM handrail.cases AS c WHERE c.case_id = of_case FOR NO KEY UPDATE;
    PERFORM set_config('handrail.erasing', of_case, TRUE);
    INSERT INTO handrail.erasures (case_id, forget_id) VALUES (of_case, by_forget) ON CONFLICT DO NOTHING;
    done := handrail.erase_traffic(of_case, who, '{}')
        || handrail.erase_work(of_case)
        || handrail.erase_quality(of_case);
    n := handrail.erase_audit(of_case, by_forget, asked_by);
    done := handrail.counted(done, 'audit', n);
    UPDATE handrail.case_event AS x SET body = x.body - 'customer_id' WHERE x.case_id = of_case AND x.body ? 'customer_id';
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'case_event', n);
    UPDATE handrail.kept_outcomes AS x SET customer_id = pseudonym WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'kept_outcomes', n);
    DELETE FROM handrail.packed_outcomes AS p
    WHERE p.day = (SELECT (c.opened_at AT TIME ZONE 'UTC')::date FROM handrail.cases AS c WHERE c.case_id = of_case);
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'packed_outcomes', n);
    -- A case that Temporal had lost may stand open; nobody is to take it up again.
    UPDATE handrail.cases AS x SET
        customer_id = pseudonym,
        reply = NULL,
        content_digest = '',
        status = 'Closed'
    WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'cases', n);
    RETURN done;
END
$$;
COMMENT ON FUNCTION handrail.erase_case IS
'deletes or blanks all that holds the customer of a case, in one transaction; what stays is counted and belongs to nobody';
