CREATE FUNCTION handrail.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END
$$;

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
CREATE TABLE handrail.cases (
    case_id text PRIMARY KEY,
    customer_id text NOT NULL,
    channel text NOT NULL,
    status text NOT NULL CONSTRAINT cases_status CHECK (
        status IN ('Working', 'AwaitingCustomer', 'AwaitingApproval', 'WithHuman', 'Resolved', 'Closed')
    ),
    topic text,
    tier smallint NOT NULL CONSTRAINT cases_tier CHECK (tier BETWEEN 0 AND 2),
    queue text,
    risk text,
    reason text,
    language text,
    reply text,
    confidence double precision CONSTRAINT cases_confidence CHECK (confidence BETWEEN 0 AND 1),
    assignee text,
    turn integer NOT NULL CONSTRAINT cases_turn CHECK (turn >= 1),
    due_at timestamptz,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL CONSTRAINT cases_version CHECK (version >= 0),
    content_digest text NOT NULL,
    usage jsonb NOT NULL DEFAULT '{}',
    usage_version integer NOT NULL DEFAULT -1,
    priority smallint CONSTRAINT cases_priority CHECK (priority BETWEEN 1 AND 5),
    recused text [] NOT NULL DEFAULT '{}',
    halted text
);
COMMENT ON COLUMN handrail.cases.halted IS
'the turn, by its token, that begins no effect any more: its customer edited or withdrew words that it goes by';
COMMENT ON COLUMN handrail.cases.recused IS 'people who said that they should not decide it, as names are compared';
COMMENT ON COLUMN handrail.cases.usage IS 'what the model calls of the whole case used, as of usage_version';

CREATE INDEX cases_by_status ON handrail.cases (status, updated_at DESC, case_id);
CREATE INDEX cases_by_topic ON handrail.cases (topic, updated_at DESC, case_id);
CREATE INDEX cases_by_reason ON handrail.cases (reason, updated_at DESC, case_id) WHERE reason IS NOT NULL;
CREATE INDEX cases_by_time ON handrail.cases (updated_at DESC, case_id);

CREATE TRIGGER cases_never_go_back BEFORE UPDATE ON handrail.cases
FOR EACH ROW WHEN (NEW.version < OLD.version OR NEW.usage_version < OLD.usage_version)
EXECUTE FUNCTION handrail.refuse('a case''s version never goes back');

CREATE TABLE handrail.messages (
    case_id text NOT NULL REFERENCES handrail.cases,
    message_id text NOT NULL,
    author text NOT NULL CONSTRAINT messages_author CHECK (author IN ('customer', 'assistant', 'person', 'system')),
    text text NOT NULL,
    at timestamptz NOT NULL,
    turn integer NOT NULL,
    sequence integer NOT NULL,
    language text,
    by text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    thanks boolean,
    approved boolean,
    corrects text,
    edited_at timestamptz,
    withdrawn_at timestamptz,
    part_of text,
    PRIMARY KEY (case_id, message_id)
);
COMMENT ON COLUMN handrail.messages.thanks IS
'a customer''s message that says thanks or goodbye and nothing else; null where nobody has read it for that';
COMMENT ON COLUMN handrail.messages.approved IS
'words of the assistant''s that a person approved; null where nobody noted it';
COMMENT ON COLUMN handrail.messages.corrects IS
'the customer''s message that these words were put in the place of';
COMMENT ON COLUMN handrail.messages.edited_at IS
'since when other words of the customer''s stand for these, which are kept as they were said';
COMMENT ON COLUMN handrail.messages.withdrawn_at IS
'since when the customer has withdrawn these words, which are kept for those who acted on them';
COMMENT ON COLUMN handrail.messages.part_of IS
'the customer''s message, too long for one, whose next words these are';
CREATE INDEX messages_in_order ON handrail.messages (case_id, sequence, at, message_id);
CREATE INDEX messages_recorded ON handrail.messages (recorded_at) WHERE author = 'assistant';

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

CREATE TABLE handrail.classifications (
    case_id text NOT NULL REFERENCES handrail.cases,
    version integer NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE handrail.handoffs (
    case_id text NOT NULL REFERENCES handrail.cases,
    version integer NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE handrail.audit (
    case_id text NOT NULL REFERENCES handrail.cases,
    entry_id text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    details jsonb NOT NULL,
    salt text DEFAULT gen_random_uuid()::text || gen_random_uuid()::text,
    PRIMARY KEY (case_id, entry_id)
);
COMMENT ON COLUMN handrail.audit.salt IS
'goes into the digest of the details; none where the details were taken out, and for entries from before there were digests';
CREATE TRIGGER audit_only_grows BEFORE DELETE OR TRUNCATE ON handrail.audit
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the audit only grows');

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
CREATE TRIGGER audit_keeps BEFORE UPDATE ON handrail.audit
FOR EACH ROW EXECUTE FUNCTION handrail.audit_keeps();

CREATE TABLE handrail.audit_chain (
    sequence bigint PRIMARY KEY,
    case_id text NOT NULL,
    entry_id text NOT NULL,
    previous text NOT NULL,
    case_sequence bigint NOT NULL,
    case_previous text NOT NULL,
    hash text NOT NULL,
    digest text,
    UNIQUE (case_id, entry_id),
    UNIQUE (case_id, case_sequence)
);
COMMENT ON TABLE handrail.audit_chain IS
'a link for every audit entry, in the order of commits: each hash covers the entry, the link before it and the one before it of its case';
COMMENT ON COLUMN handrail.audit_chain.digest IS
'of the salt and the details; without one the hash covers the details themselves, as before there were digests';
CREATE TRIGGER audit_chain_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.audit_chain
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the audit only grows');

CREATE TABLE handrail.audit_head (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT audit_head_single CHECK (single),
    sequence bigint NOT NULL,
    hash text NOT NULL
);
COMMENT ON TABLE handrail.audit_head IS 'where the chain ends; its one row is locked while a transaction commits its entries';
INSERT INTO handrail.audit_head (sequence, hash) VALUES (0, repeat('0', 64));
CREATE TRIGGER audit_head_goes_on BEFORE UPDATE ON handrail.audit_head
FOR EACH ROW WHEN (NEW.sequence <> OLD.sequence + 1)
EXECUTE FUNCTION handrail.refuse('the audit''s head goes on by one');
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON handrail.audit_head
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the audit''s head stays');

CREATE FUNCTION handrail.audit_hash(link handrail.audit_chain, entry handrail.audit)
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

CREATE FUNCTION handrail.chain(entry handrail.audit) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION handrail.chain_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handrail.chain(NEW);
    RETURN NULL;
END
$$;

-- Deferred: the one lock that every writer shares is taken last and held for the commit alone.
CREATE CONSTRAINT TRIGGER audit_is_chained AFTER INSERT ON handrail.audit DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION handrail.chain_new();

CREATE TABLE handrail.approvals (
    case_id text NOT NULL REFERENCES handrail.cases,
    approval_id text NOT NULL,
    revision integer NOT NULL,
    request jsonb NOT NULL,
    request_id text NOT NULL GENERATED ALWAYS AS (request ->> 'request_id') STORED,
    status text NOT NULL CONSTRAINT approvals_status CHECK (
        status IN ('open', 'approved', 'edited', 'revised', 'rejected', 'answered', 'expired', 'withdrawn')
    ),
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    update_names text[] NOT NULL,
    decision jsonb,
    version integer NOT NULL,
    yes jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (case_id, approval_id, revision),
    CONSTRAINT approvals_decided CHECK (
        (status IN ('approved', 'edited', 'revised', 'rejected', 'answered')) = (decision IS NOT NULL)
    ),
    CONSTRAINT approvals_by_enough CHECK (
        status NOT IN ('approved', 'edited')
        OR coalesce((request ->> 'quorum')::integer, 1)
        <= CASE jsonb_typeof(decision -> 'approvers') WHEN 'array' THEN jsonb_array_length(decision -> 'approvers') ELSE 1 END
    )
);
COMMENT ON COLUMN handrail.approvals.yes IS 'who approved so far; the decision names everybody who stands behind it';
COMMENT ON COLUMN handrail.approvals.revision IS
'counts case-wide: what is asked again under the same id after a decision is a row of its own';

CREATE INDEX approvals_open ON handrail.approvals (due_at, case_id, approval_id) WHERE status = 'open';
CREATE INDEX approvals_changed ON handrail.approvals (case_id) WHERE status IN ('edited', 'revised', 'rejected');

CREATE TRIGGER approvals_settle_once BEFORE UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    OLD.status <> 'open'
    AND (NEW.status, NEW.request, NEW.decision, NEW.yes) IS DISTINCT FROM (OLD.status, OLD.request, OLD.decision, OLD.yes)
)
EXECUTE FUNCTION handrail.refuse_unless_forgotten('an approval is settled once');
CREATE TRIGGER approvals_stay BEFORE DELETE OR TRUNCATE ON handrail.approvals
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('an approval is never deleted');

CREATE FUNCTION handrail.approvers(decision jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT coalesce(
    (
        SELECT string_agg(y ->> 'reviewer', ', ' ORDER BY n)
        FROM jsonb_array_elements(
            CASE jsonb_typeof(decision -> 'approvers') WHEN 'array' THEN decision -> 'approvers' ELSE '[]' END
        ) WITH ORDINALITY AS a (y, n)
    ),
    decision ->> 'reviewer'
)
$$;

CREATE FUNCTION handrail.permitted(
    ruling text, arguments_hash text, approval_status text, decided_hash text, wanted_hash text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
SELECT ruling NOT IN ('confirm', 'block')
    AND coalesce(approval_status, 'approved') IN ('approved', 'edited')
    AND (
        (ruling = 'allow' AND arguments_hash = wanted_hash)
        OR (approval_status IS NOT NULL AND decided_hash = wanted_hash)
    ) IS TRUE
$$;
COMMENT ON FUNCTION handrail.permitted IS
'may exactly these arguments run: allowed by the guardrail, or approved by a person; whoever was asked must have said yes';

CREATE FUNCTION handrail.strictness(ruling text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
SELECT array_position(ARRAY['allow', 'confirm', 'require_approval', 'block'], ruling)
$$;

CREATE TABLE handrail.actions (
    effect_id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES handrail.cases,
    kind text NOT NULL CONSTRAINT actions_kind CHECK (kind IN ('read', 'effect', 'reply')),
    action text NOT NULL,
    call_id text,
    confidence double precision,
    revision integer NOT NULL,
    version integer NOT NULL,
    arguments jsonb NOT NULL,
    arguments_hash text NOT NULL,
    ruling text NOT NULL CONSTRAINT actions_ruling CHECK (ruling IN ('allow', 'confirm', 'require_approval', 'block')),
    verdict jsonb NOT NULL,
    policy_version text NOT NULL,
    approval_id text,
    approval_status text,
    approval_revision integer,
    approved_by text,
    decided_arguments jsonb,
    decided_hash text,
    outcome text CONSTRAINT actions_outcome CHECK (outcome IN ('applied', 'refused')),
    applied_hash text,
    applied_at timestamptz,
    result jsonb,
    code text,
    message text,
    status text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN outcome IS NOT NULL THEN outcome
            WHEN ruling = 'block' THEN 'blocked'
            WHEN approval_status = 'rejected' THEN 'rejected'
            WHEN approval_status IN ('approved', 'edited') THEN 'approved'
            WHEN approval_status IS NULL AND ruling = 'allow' THEN 'allowed'
            ELSE 'held'
        END
    ) STORED,
    recorded_at timestamptz,
    ruled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (case_id, approval_id, approval_revision) REFERENCES handrail.approvals,
    CONSTRAINT actions_applied_as_permitted CHECK (
        outcome IS NULL
        OR (
            kind = 'effect'
            AND applied_hash IS NOT NULL
            AND applied_at IS NOT NULL
            AND (
                (outcome = 'refused' AND code = 'taken_back') IS TRUE
                OR (code IN ('found_made', 'found_not_made')) IS TRUE
                OR handrail.permitted(ruling, arguments_hash, approval_status, decided_hash, applied_hash)
            )
        )
    ),
    CONSTRAINT actions_nothing_without_outcome CHECK (
        outcome IS NOT NULL OR num_nonnulls(applied_hash, applied_at, result, code, message) = 0
    )
);
CREATE INDEX actions_by_case ON handrail.actions (case_id, applied_at, effect_id);
CREATE INDEX actions_recorded ON handrail.actions (recorded_at) WHERE recorded_at IS NOT NULL;
CREATE INDEX actions_ruled ON handrail.actions (ruled_at DESC, effect_id) WHERE kind = 'effect';
COMMENT ON COLUMN handrail.actions.ruled_at IS 'when the guardrail first ruled on it';

CREATE TRIGGER actions_happen_once BEFORE UPDATE ON handrail.actions
FOR EACH ROW WHEN (OLD.outcome IS NOT NULL)
EXECUTE FUNCTION handrail.refuse('an effect happens once');
CREATE TRIGGER actions_stay BEFORE TRUNCATE ON handrail.actions
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the ledger never forgets');
CREATE TRIGGER actions_stay_or_go BEFORE DELETE ON handrail.actions
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_unless_forgotten('the ledger never forgets');
CREATE TABLE handrail.effect_attempts (
    effect_id text PRIMARY KEY,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    said_unknown boolean NOT NULL DEFAULT FALSE
);
COMMENT ON TABLE handrail.effect_attempts IS
'attempts at effects of other systems, noted before anything is sent: until one is answered or settled, nobody knows whether '
'it was made';
COMMENT ON COLUMN handrail.effect_attempts.said_unknown IS
'its tool said that nobody knows whether it was made, or its customer undid their yes once it had been sent: it is never made '
'again by itself';

-- Asked once the row is held: whoever waited for it reads what was sent meanwhile, which a condition of theirs would not.
CREATE FUNCTION handrail.keep_what_was_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM handrail.effect_attempts AS t WHERE t.effect_id = OLD.effect_id) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION handrail.keep_what_was_sent IS
'the ruling, the arguments and the approval of an effect that may have been made are those under which it was sent';
CREATE TRIGGER actions_sent_as_ruled BEFORE UPDATE ON handrail.actions
FOR EACH ROW WHEN (OLD.outcome IS NULL AND NEW.outcome IS NULL)
EXECUTE FUNCTION handrail.keep_what_was_sent();

CREATE VIEW handrail.effects AS
SELECT
    case_id,
    effect_id,
    action,
    CASE WHEN applied_hash = arguments_hash THEN arguments ELSE decided_arguments END AS arguments,
    outcome AS status,
    coalesce(result, '{}') AS result,
    code,
    message,
    applied_at
FROM handrail.actions
WHERE outcome IS NOT NULL;

-- Whoever comes first has the say: an effect whose transaction holds its row is waited for and is done; of every other one the
-- ledger holds from here on that it was refused, and each later look at it finds that. What another system was sent and did not
-- answer may have been made: it stays of unknown outcome, and is not sent again.
CREATE FUNCTION handrail.take_back(of_case text, effect_ids text [], noted_at timestamptz, entry jsonb)
RETURNS text [] LANGUAGE plpgsql AS $$
DECLARE
    stopped text[];
    done text[];
    unknown text[];
BEGIN
    -- First the case, as with every step of it: taken behind an action it could deadlock with one.
    PERFORM FROM handrail.cases AS c WHERE c.case_id = of_case FOR NO KEY UPDATE;
    PERFORM FROM handrail.actions AS a
    WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) ORDER BY a.effect_id FOR UPDATE;
    WITH sent AS (
        UPDATE handrail.effect_attempts AS t SET said_unknown = TRUE
        FROM handrail.actions AS a
        WHERE t.effect_id = a.effect_id AND a.case_id = of_case AND a.effect_id = ANY(effect_ids) AND a.outcome IS NULL
        RETURNING t.effect_id
    )

    SELECT coalesce(array_agg(s.effect_id ORDER BY s.effect_id), '{}') INTO unknown FROM sent AS s;
    WITH refused AS (
        UPDATE handrail.actions AS a SET
            outcome = 'refused',
            applied_hash = a.arguments_hash,
            applied_at = noted_at,
            recorded_at = clock_timestamp(),
            code = 'taken_back',
            message = CASE
                WHEN entry ->> 'action' = 'confirm:corrected' THEN 'The customer wanted it otherwise before this was done.'
                ELSE 'The customer took their yes back before this was done.'
            END
        WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) AND a.kind = 'effect' AND a.outcome IS NULL
            AND a.effect_id <> ALL(unknown)
        RETURNING a.effect_id, a.action, a.arguments_hash
    ),

    noted AS (
        INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
        SELECT
            of_case, r.effect_id || ':refused', noted_at, 'customer', 'effect:refused',
            jsonb_build_object('effect_id', r.effect_id, 'action', r.action, 'arguments_hash', r.arguments_hash)
        FROM refused AS r
        ON CONFLICT (case_id, entry_id) DO NOTHING
    )

    SELECT coalesce(array_agg(r.effect_id ORDER BY r.effect_id), '{}') INTO stopped FROM refused AS r;
    SELECT coalesce(array_agg(a.effect_id ORDER BY a.effect_id), '{}') INTO done
    FROM handrail.actions AS a
    WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) AND a.outcome = 'applied';
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    SELECT
        of_case, e.entry_id, e.at, e.actor, e.action,
        e.details || jsonb_build_object('stopped', to_jsonb(stopped), 'done', to_jsonb(done), 'unknown', to_jsonb(unknown))
    FROM jsonb_populate_record(NULL::handrail.audit, entry) AS e
    -- A correction of what is all done by then is a new request, and undoes nothing.
    WHERE e.action <> 'confirm:corrected' OR NOT done @> effect_ids
    ON CONFLICT (case_id, entry_id) DO NOTHING;
    RETURN done;
END
$$;
COMMENT ON FUNCTION handrail.take_back IS
'the customer took their yes to these effects back: gives those that were done by then, none of the others is begun any more';

CREATE VIEW handrail.asked AS
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
COMMENT ON VIEW handrail.asked IS
'what customers were asked before effects: exactly what they read of each, and how each of their answers was read';

CREATE TABLE handrail.review_gates (
    topic text NOT NULL,
    version text NOT NULL,
    began_at timestamptz NOT NULL,
    PRIMARY KEY (topic, version)
);
COMMENT ON TABLE handrail.review_gates IS 'human-review gates, each from the first case that met it';

CREATE TABLE handrail.reviews (
    case_id text NOT NULL,
    approval_id text NOT NULL,
    revision integer NOT NULL,
    topic text NOT NULL,
    outcome text NOT NULL CONSTRAINT reviews_outcome CHECK (outcome IN ('approved', 'edited', 'rejected')),
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, approval_id, revision),
    FOREIGN KEY (case_id, approval_id, revision) REFERENCES handrail.approvals
);
COMMENT ON TABLE handrail.reviews IS 'what people decided on replies and effects, under the topic that the case had then';
CREATE INDEX reviews_by_topic ON handrail.reviews (topic, decided_at) INCLUDE (outcome, case_id);

CREATE FUNCTION handrail.note_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.reviews (case_id, approval_id, revision, topic, outcome, decided_at)
    SELECT NEW.case_id, NEW.approval_id, NEW.revision, c.topic, NEW.status, (NEW.decision ->> 'decided_at')::timestamptz
    FROM handrail.cases AS c
    WHERE c.case_id = NEW.case_id AND c.topic IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER approvals_are_counted AFTER INSERT OR UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    NEW.status IN ('approved', 'edited', 'rejected') AND NEW.request ->> 'kind' = 'approval'
)
EXECUTE FUNCTION handrail.note_review();
CREATE INDEX cases_by_customer ON handrail.cases (customer_id, topic, updated_at DESC);

CREATE TABLE handrail.controls (
    control_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CONSTRAINT controls_scope CHECK (
        scope ~ '^(global|(topic|tool|segment):[A-Za-z0-9][A-Za-z0-9_.-]{0,119})$'
    ),
    level text NOT NULL CONSTRAINT controls_level CHECK (level IN ('auto', 'review', 'draft', 'off')),
    hand text NOT NULL CONSTRAINT controls_hand CHECK (hand IN ('person', 'handrail', 'drill')),
    reason text NOT NULL CONSTRAINT controls_reason CHECK (reason <> ''),
    actor text NOT NULL CONSTRAINT controls_actor CHECK (actor <> ''),
    asked_at timestamptz NOT NULL DEFAULT now(),
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    waited boolean NOT NULL
);
COMMENT ON COLUMN handrail.controls.waited IS
'whether every effect and reply that was under way had ended before this was set';
CREATE INDEX controls_newest ON handrail.controls (scope, hand, control_id DESC);

CREATE TRIGGER controls_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.controls
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('controls are only added to');

CREATE TABLE handrail.controls_standing (
    control_id bigint PRIMARY KEY,
    scope text NOT NULL,
    level text NOT NULL,
    hand text NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    asked_at timestamptz NOT NULL,
    set_at timestamptz NOT NULL,
    expires_at timestamptz,
    waited boolean NOT NULL
);
COMMENT ON TABLE handrail.controls_standing IS
'of the controls those that count now or may yet: not expired, and no newer one of the same scope and hand lasts as long';

-- One after the other: the key is that of every change, and none that is under way elsewhere may be missed here.
CREATE FUNCTION handrail.stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7240118322904157);
    DELETE FROM handrail.controls_standing WHERE expires_at <= clock_timestamp();
    DELETE FROM handrail.controls_standing AS older USING added
    WHERE added.scope = older.scope AND added.hand = older.hand AND added.control_id > older.control_id
        AND coalesce(added.expires_at, 'infinity') >= coalesce(older.expires_at, 'infinity');
    INSERT INTO handrail.controls_standing (
        control_id, scope, level, hand, reason, actor, asked_at, set_at, expires_at, waited
    )
    SELECT control_id, scope, level, hand, reason, actor, asked_at, set_at, expires_at, waited
    FROM (
        SELECT *, max(coalesce(expires_at, 'infinity')) OVER (
            PARTITION BY scope, hand ORDER BY control_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS newer_last
        FROM handrail.controls
        WHERE control_id >= (SELECT min(control_id) FROM added)
    ) AS one
    WHERE coalesce(expires_at, 'infinity') > greatest(newer_last, clock_timestamp())
        AND (level <> 'auto' OR expires_at IS NOT NULL)
    ON CONFLICT (control_id) DO NOTHING;
    NOTIFY handrail_controls;
    RETURN NULL;
END
$$;
CREATE TRIGGER controls_stand AFTER INSERT ON handrail.controls
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION handrail.stand();

CREATE VIEW handrail.controls_in_force AS
SELECT newest.*
FROM (
    SELECT DISTINCT ON (scope, hand) *
    FROM handrail.controls_standing
    WHERE expires_at IS NULL OR expires_at > clock_timestamp()
    ORDER BY scope ASC, hand ASC, control_id DESC
) AS newest
WHERE newest.level <> 'auto';
COMMENT ON VIEW handrail.controls_in_force IS
'what each hand said last about each scope and what has not expired; the strictest that concerns a case holds';

CREATE TABLE handrail.model_health (
    worker text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    calls integer NOT NULL CONSTRAINT model_health_calls CHECK (calls >= 0),
    failed integer NOT NULL CONSTRAINT model_health_failed CHECK (failed BETWEEN 0 AND calls),
    slow integer NOT NULL CONSTRAINT model_health_slow CHECK (slow BETWEEN 0 AND calls)
);
COMMENT ON TABLE handrail.model_health IS 'written by workers before 0011 only: model_calls counts cases instead of calls';

CREATE TABLE handrail.model_calls (
    served text NOT NULL,
    case_id text NOT NULL,
    at timestamptz NOT NULL,
    failed boolean NOT NULL,
    slow boolean NOT NULL,
    name text,
    PRIMARY KEY (served, case_id)
);
COMMENT ON TABLE handrail.model_calls IS
'how the latest model call of each case went; served is the model and the server that were asked, name what the server calls it';
CREATE INDEX model_calls_latest ON handrail.model_calls (served, at DESC);

CREATE TABLE handrail.model_pauses (
    served text PRIMARY KEY,
    until timestamptz NOT NULL,
    asked_at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.model_pauses IS 'until when a model''s server asks to be left alone';

CREATE TABLE handrail.model_notices (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    served text NOT NULL,
    name text NOT NULL CONSTRAINT model_notices_name CHECK (name <> ''),
    kin text NOT NULL CONSTRAINT model_notices_kin CHECK (kin IN ('first', 'same', 'version', 'other')),
    accepted boolean NOT NULL,
    words text NOT NULL,
    actor text NOT NULL CONSTRAINT model_notices_actor CHECK (actor <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.model_notices IS 'the names under which models answered, what was first seen and every change';
CREATE INDEX model_notices_by_name ON handrail.model_notices (served, name, notice_id DESC);
CREATE TRIGGER model_notices_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.model_notices
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('what was noticed of models is only added to');

CREATE TABLE handrail.model_pauses_ended (
    end_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    served text NOT NULL,
    until timestamptz NOT NULL,
    words text NOT NULL CONSTRAINT model_pauses_ended_words CHECK (words <> ''),
    actor text NOT NULL CONSTRAINT model_pauses_ended_actor CHECK (actor <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.model_pauses_ended IS
'who had a model asked again before its server wanted it, and why; until is what the pause had been';
CREATE TRIGGER model_pauses_ended_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.model_pauses_ended
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('who ended a pause is only added to');

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
CREATE INDEX queue_items_by_queue ON handrail.queue_items (queue, tier, priority, due_at);

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
CREATE TABLE handrail.owner (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT owner_single CHECK (single),
    name text NOT NULL,
    package text NOT NULL,
    stamped_at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.owner IS 'whose database this is: a business''s cases are never worked on by another';
CREATE TABLE handrail.openings (
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    case_id text,
    at timestamptz NOT NULL,
    words text NOT NULL,
    input text NOT NULL,
    taken boolean NOT NULL,
    settled_at timestamptz,
    settled_by text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workflow_id, run_id),
    CONSTRAINT openings_settled CHECK (num_nonnulls(settled_at, settled_by) IN (0, 2)),
    CONSTRAINT openings_taken CHECK (NOT taken OR case_id IS NOT NULL)
);
COMMENT ON TABLE handrail.openings IS
'starts that were not as the contract says, as they came: taken as a case for a person, or refused, until somebody has seen to it';
CREATE INDEX openings_to_see ON handrail.openings (at) WHERE NOT taken AND settled_at IS NULL;
CREATE TABLE handrail.turns (
    case_id text PRIMARY KEY REFERENCES handrail.cases (case_id) ON DELETE CASCADE,
    token text NOT NULL,
    asked_at timestamptz NOT NULL,
    attempt integer NOT NULL,
    node text,
    state jsonb,
    result jsonb,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT turns_state CHECK (node IS NULL OR state IS NOT NULL),
    CONSTRAINT turns_end CHECK (num_nonnulls(state, result) <= 1)
);
COMMENT ON TABLE handrail.turns IS
'the journal: what the newest turn of a case came by so far, so that nothing is asked for twice; its end once it has ended';

-- One statement writes a step of a case: each round trip costs a worker more than what it writes. Every statement within sees
-- what was committed before it began, so the controls are read as they are once the lock is held.

CREATE FUNCTION handrail.commit_step(step jsonb, hold bigint, cleared bigint []) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    wanted handrail.cases := jsonb_populate_record(NULL::handrail.cases, step -> 'row');
    stands handrail.cases;
    saying text[] := ARRAY(
        SELECT m ->> 'message_id' FROM jsonb_array_elements(step -> 'messages') AS m WHERE m ->> 'author' = 'assistant'
    );
BEGIN
    IF saying <> '{}' THEN
        -- First of all locks: taken behind another it could deadlock.
        PERFORM pg_advisory_xact_lock_shared(hold);
        IF EXISTS (SELECT FROM handrail.controls_in_force AS c WHERE c.control_id <> ALL(cleared))
            AND EXISTS (
                SELECT FROM unnest(saying) AS s (message_id)
                WHERE NOT EXISTS (
                    SELECT FROM handrail.messages AS m
                    WHERE m.case_id = wanted.case_id AND m.message_id = s.message_id AND m.author = 'assistant'
                )
            )
        THEN
            RETURN FALSE;
        END IF;
    END IF;
    PERFORM handrail.save_row(wanted);
    -- Not FOR UPDATE: foreign keys of a concurrent effect must still be able to look at the case.
    SELECT c.* INTO STRICT stands FROM handrail.cases AS c WHERE c.case_id = wanted.case_id FOR NO KEY UPDATE;
    IF stands.customer_id <> wanted.customer_id
        OR (wanted.content_digest <> '' AND stands.content_digest NOT IN ('', wanted.content_digest))
    THEN
        RAISE EXCEPTION 'the case stands with other content' USING ERRCODE = 'HR001';
    END IF;
    IF stands.content_digest <> wanted.content_digest AND wanted.content_digest <> '' THEN
        UPDATE handrail.cases AS c SET content_digest = wanted.content_digest WHERE c.case_id = wanted.case_id;
    END IF;
    PERFORM handrail.save_step(step);
    RETURN TRUE;
END
$$;
COMMENT ON FUNCTION handrail.commit_step IS
'false, and nothing is written, where words of the assistant''s are new and a control is in force that is not among the cleared';

CREATE FUNCTION handrail.save_row(wanted handrail.cases) RETURNS void LANGUAGE plpgsql AS $$
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

-- Everything but the row, which stands. Each part may be written again, and in any order of commits.
CREATE FUNCTION handrail.save_step(step jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted handrail.cases := jsonb_populate_record(NULL::handrail.cases, step -> 'row');
    ended handrail.turns := jsonb_populate_record(NULL::handrail.turns, step #> '{turn,key}');
    going handrail.turns := jsonb_populate_record(NULL::handrail.turns, nullif(step -> 'key', 'null'));
    message handrail.messages;
    approval handrail.approvals;
    proposed handrail.actions;
    ruled jsonb;
BEGIN
    -- Before the journal is taken: of what people change or refuse, it holds what the agent had read.
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
    IF ended.token IS NOT NULL THEN
        -- A reply or an end behind whoever took the case; that people get it is said whoever has it, unless it is over.
        PERFORM FROM handrail.cases AS c
        WHERE c.case_id = wanted.case_id AND c.version >= wanted.version AND c.status <> wanted.status
            AND (
                c.status = 'Closed'
                OR (wanted.status <> 'WithHuman' AND (c.status IN ('WithHuman', 'Resolved') OR c.turn > wanted.turn))
            );
        IF FOUND THEN
            RAISE EXCEPTION 'people have the case, or it is over' USING ERRCODE = 'HR002';
        END IF;
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
        -- Nothing is written beside a turn that has its case: a newer row tells of whoever took it, with or without a journal.
        PERFORM FROM handrail.cases AS c
        WHERE c.case_id = wanted.case_id AND c.version > wanted.version
            AND (c.status IN ('WithHuman', 'Resolved', 'Closed') OR c.turn > wanted.turn);
        IF FOUND THEN
            RAISE EXCEPTION 'people have the case, a later turn has, or it is over' USING ERRCODE = 'HR002';
        END IF;
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

-- An action carries what became of the newest approval that was asked for it; the request's id is the action's.
CREATE FUNCTION handrail.bind_approvals(one_case text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE handrail.actions AS a SET
        approval_id = newest.approval_id,
        approval_status = newest.status,
        approval_revision = newest.revision,
        approved_by = CASE WHEN newest.status IN ('approved', 'edited') THEN handrail.approvers(newest.decision) END,
        decided_arguments = newest.decision -> 'arguments',
        decided_hash = newest.decision ->> 'arguments_hash'
    FROM (
        SELECT DISTINCT ON (request_id) request_id, approval_id, status, revision, decision
        FROM handrail.approvals
        WHERE case_id = one_case AND request ->> 'kind' = 'approval'
        ORDER BY request_id ASC, revision DESC
    ) AS newest
    WHERE a.case_id = one_case
        AND a.effect_id = newest.request_id
        AND a.outcome IS NULL
        AND (a.approval_revision, a.approval_status, coalesce(a.approved_by, ''))
        IS DISTINCT FROM (
            newest.revision,
            newest.status,
            CASE WHEN newest.status IN ('approved', 'edited') THEN handrail.approvers(newest.decision) ELSE '' END
        );
END
$$;

CREATE INDEX cases_by_opening ON handrail.cases (opened_at, case_id);

CREATE TABLE handrail.outcome_settings (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT outcome_settings_single CHECK (single),
    version text NOT NULL,
    excluded_channels text[] NOT NULL,
    survey_share double precision NOT NULL CONSTRAINT outcome_settings_share CHECK (survey_share BETWEEN 0 AND 1),
    set_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.outcome_settings IS 'outcomes.yaml as it is in force; version is the start of the file''s SHA-256';
INSERT INTO handrail.outcome_settings (version, excluded_channels, survey_share)
VALUES ('', '{a2a,bench,conformance,drill,file,rehearsal,sample,simulation,test}', 0.5);

CREATE TABLE handrail.outcome_definitions (
    indicator text PRIMARY KEY,
    version integer NOT NULL,
    matures_after interval NOT NULL
);
COMMENT ON TABLE handrail.outcome_definitions IS
'how long each indicator waits behind the moment that it counts from; one that is not here counts nothing';

CREATE TABLE handrail.surveys (
    case_id text PRIMARY KEY REFERENCES handrail.cases,
    offered_at timestamptz NOT NULL,
    share double precision NOT NULL
);
COMMENT ON TABLE handrail.surveys IS 'cases whose customers are asked for a rating: a fixed share by hash of the id, whatever the end';

CREATE TABLE handrail.ratings (
    case_id text NOT NULL REFERENCES handrail.cases,
    survey_id text NOT NULL,
    csat smallint CONSTRAINT ratings_csat CHECK (csat BETWEEN 1 AND 5),
    nps smallint CONSTRAINT ratings_nps CHECK (nps BETWEEN 0 AND 10),
    solved boolean,
    comment text CONSTRAINT ratings_comment CHECK (length(comment) <= 4000),
    rated_at timestamptz NOT NULL,
    changes integer NOT NULL DEFAULT 0,
    PRIMARY KEY (case_id, survey_id),
    CONSTRAINT ratings_say_something CHECK (num_nonnulls(csat, nps, solved) > 0)
);
COMMENT ON TABLE handrail.ratings IS 'what customers said of their cases, once for each survey; comment is a customer''s own text';

CREATE TABLE handrail.rating_links (
    link_hash text PRIMARY KEY CONSTRAINT rating_links_hash CHECK (link_hash ~ '^[0-9a-f]{64}$'),
    case_id text NOT NULL REFERENCES handrail.cases,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.rating_links IS
'links with which the customer of one case may rate it and nothing else: of each its SHA-256 alone';
CREATE INDEX rating_links_by_end ON handrail.rating_links (expires_at);

-- The first eight hexadecimal digits of the id's MD5 as a part of 1: the same for a case whenever it is asked.
CREATE FUNCTION handrail.survey_place(case_id text) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
SELECT ('x' || left(md5(case_id), 8))::bit(32)::bigint::double precision / 4294967296
$$;

CREATE FUNCTION handrail.offer_survey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.surveys (case_id, offered_at, share)
    SELECT NEW.case_id, NEW.updated_at, s.survey_share
    FROM handrail.outcome_settings AS s
    WHERE NEW.channel <> ALL(s.excluded_channels) AND handrail.survey_place(NEW.case_id) < s.survey_share
    ON CONFLICT (case_id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_offer_a_survey AFTER INSERT OR UPDATE OF status ON handrail.cases
FOR EACH ROW WHEN (NEW.status IN ('Resolved', 'Closed'))
EXECUTE FUNCTION handrail.offer_survey();

CREATE INDEX cases_by_matter ON handrail.cases (customer_id, topic, opened_at);

CREATE TABLE handrail.kept_outcomes (
    opened_at timestamptz NOT NULL,
    ended_at timestamptz,
    survey_offered_at timestamptz,
    first_reply_at timestamptz,
    counts integer NOT NULL,
    hits integer NOT NULL,
    decided integer NOT NULL,
    edited integer NOT NULL,
    rejected integer NOT NULL,
    confirmations_asked integer NOT NULL,
    confirmations_refused integer NOT NULL,
    customer_id text NOT NULL,
    agent_seconds double precision NOT NULL,
    customer_seconds double precision NOT NULL,
    waiting_seconds double precision NOT NULL,
    person_seconds double precision NOT NULL,
    cost_usd double precision,
    csat smallint,
    nps smallint,
    case_id text PRIMARY KEY REFERENCES handrail.cases,
    topic text,
    tier smallint NOT NULL,
    language text,
    channel text NOT NULL,
    model text,
    prompt text,
    policy text,
    graph text,
    ended_by text,
    handled_by text NOT NULL,
    escalated_at timestamptz,
    last_escalated_at timestamptz,
    reopened_at timestamptz,
    next_opened_at timestamptz,
    repeated_at timestamptz,
    second_contact_at timestamptz,
    hand_backs integer NOT NULL,
    policy_hits integer NOT NULL,
    confidence double precision,
    confirmed boolean,
    rated_at timestamptz,
    effects_held integer NOT NULL,
    effects_passed integer NOT NULL,
    effects_wrong integer NOT NULL,
    holds_decided integer NOT NULL,
    holds_approved integer NOT NULL
);
COMMENT ON TABLE handrail.kept_outcomes IS
'the outcome of each case as it was when it was last worked off; ask handrail.case_outcomes, which adds what changed since';
COMMENT ON COLUMN handrail.kept_outcomes.counts IS
'a bit for each indicator, by handrail.outcome_place, that the case concerns; bit 25 while it has not ended';
COMMENT ON COLUMN handrail.kept_outcomes.hits IS 'a bit for each share whose numerator the case is in';
COMMENT ON COLUMN handrail.kept_outcomes.policy_hits IS 'proposals that a rule held, blocked or had confirmed, whatever came of them';
COMMENT ON COLUMN handrail.kept_outcomes.effects_held IS 'effects that a rule held for a person; what the dial alone held is no rule''s';
COMMENT ON COLUMN handrail.kept_outcomes.effects_passed IS 'effects that no rule held, carried out or decided by a person whom the dial had asked';
COMMENT ON COLUMN handrail.kept_outcomes.effects_wrong IS
'of those passed: a person changed or rejected it, or people got the case behind it, or the customer came back within 48 hours or denies';
COMMENT ON COLUMN handrail.kept_outcomes.holds_decided IS 'proposals that a rule held for a person who decided on them';
COMMENT ON COLUMN handrail.kept_outcomes.holds_approved IS 'of those decided: approved as they were';
CREATE INDEX kept_outcomes_by_opening ON handrail.kept_outcomes (opened_at);
CREATE INDEX kept_outcomes_by_matter ON handrail.kept_outcomes (customer_id, topic, opened_at);

CREATE TABLE handrail.outcome_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id text NOT NULL
);
COMMENT ON TABLE handrail.outcome_changes IS
'cases whose outcome may have changed, several times each; added to by whatever writes the record, emptied by refresh_outcomes';

CREATE FUNCTION handrail.outcome_place(indicator text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
SELECT array_position(
    ARRAY[
        'first_contact_confirmed', 'first_contact_unconfirmed', 'repeat_48h', 'repeat_7d', 'escalation',
        'second_contact_escalation', 'edits', 'rejections', 'hand_backs', 'confirmations_refused', 'abandonment',
        'policy_hits', 'survey_response', 'satisfied', 'cost_known', 'held_up', 'first_reply_seconds', 'resolution_seconds',
        'agent_seconds', 'customer_seconds', 'waiting_seconds', 'person_seconds', 'cost_usd', 'csat', 'nps', 'still open',
        'policy_stops', 'without_topic', 'policy_holds', 'holds_approved', 'policy_misses'
    ],
    indicator
) - 1
$$;

CREATE FUNCTION handrail.outcomes_of(wanted text[]) RETURNS SETOF handrail.kept_outcomes LANGUAGE sql STABLE AS $$
WITH looked_at AS MATERIALIZED (
    SELECT c.* FROM unnest(wanted) AS w (case_id)
    INNER JOIN handrail.cases AS c ON w.case_id = c.case_id
    INNER JOIN handrail.outcome_settings AS o ON c.channel <> ALL(o.excluded_channels)
),

audited AS MATERIALIZED (
    SELECT
        c.case_id,
        min(e.at) FILTER (WHERE e.action IN ('turn:Resolved', 'resolve', 'close')) AS ended_at,
        (
            array_agg(
                CASE
                    WHEN e.action = 'turn:Resolved' THEN 'agent'
                    WHEN e.action = 'resolve' THEN 'person'
                    WHEN e.actor = 'clock' THEN 'silence'
                    ELSE 'closed'
                END ORDER BY e.at, e.action DESC
            ) FILTER (WHERE e.action IN ('turn:Resolved', 'resolve', 'close'))
        )[1] AS ended_by,
        min(e.at) FILTER (WHERE e.action IN ('turn:WithHuman', 'hand_over')) AS escalated_at,
        max(e.at) FILTER (WHERE e.action IN ('turn:WithHuman', 'hand_over')) AS last_escalated_at,
        count(*) FILTER (WHERE e.action IN ('claim', 'reply', 'resolve')) AS steps_of_people,
        (count(*) FILTER (WHERE e.action = 'hand_back'))::integer AS hand_backs,
        -- What the dial alone held is no rule's. Entries of before name no rules; of those the dial has touched none counts.
        (
            count(DISTINCT coalesce(e.details ->> 'proposal_id', e.entry_id)) FILTER (
                WHERE e.action IN ('ruled:confirm', 'ruled:require_approval', 'ruled:block')
                    AND (e.details ? 'stopped_by' OR NOT e.details ? 'lowered_by')
            )
        )::integer AS policy_hits,
        (count(DISTINCT e.details ->> 'question_id') FILTER (WHERE e.action = 'confirm:asked'))::integer AS asked,
        (
            count(DISTINCT e.details ->> 'question_id')
            FILTER (WHERE e.action IN ('confirm:refused', 'confirm:taken_back'))
        )::integer AS refused,
        (array_agg(e.details ->> 'model' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'model' <> ''))[1] AS model,
        (array_agg(e.details ->> 'prompt' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'prompt' <> ''))[1] AS prompt,
        (array_agg(e.details ->> 'graph' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'graph' <> ''))[1] AS graph
    FROM looked_at AS c LEFT JOIN handrail.audit AS e ON c.case_id = e.case_id
    GROUP BY c.case_id
),

-- Each proposal that a person was asked about, once; where the dial, unsure routing or an edit alone asked, no rule did.
put_to_people AS MATERIALIZED (
    SELECT
        v.case_id,
        v.request_id AS effect_id,
        bool_or(jsonb_path_exists(v.request, '$.rules[*] ? (!(@ like_regex "/(autonomy|confidence_gate|edited)$"))')) AS by_rule,
        bool_or(v.status IN ('approved', 'edited', 'revised', 'rejected')) AS decided,
        bool_or(v.status IN ('edited', 'revised', 'rejected')) AS changed
    FROM looked_at AS c INNER JOIN handrail.approvals AS v ON c.case_id = v.case_id
    WHERE v.request ->> 'kind' = 'approval'
    GROUP BY v.case_id, v.request_id
),

held AS MATERIALIZED (
    SELECT
        q.case_id,
        count(*)::integer AS decided,
        (count(*) FILTER (WHERE NOT q.changed))::integer AS approved
    FROM put_to_people AS q WHERE q.by_rule AND q.decided
    GROUP BY q.case_id
),

ruled AS MATERIALIZED (
    SELECT
        w.case_id,
        (count(*) FILTER (WHERE w.ruling <> 'allow'))::integer AS policy_stops,
        (array_agg(w.policy_version ORDER BY w.ruled_at DESC, w.effect_id))[1] AS policy,
        (count(*) FILTER (WHERE w.kind = 'effect' AND q.by_rule))::integer AS held,
        (count(*) FILTER (WHERE w.kind = 'effect' AND p.passed))::integer AS passed,
        (
            count(*) FILTER (
                WHERE w.kind = 'effect' AND p.passed AND (q.changed OR a.last_escalated_at >= w.applied_at)
            )
        )::integer AS noticed
    FROM looked_at AS c
    INNER JOIN audited AS a ON c.case_id = a.case_id
    INNER JOIN handrail.actions AS w ON c.case_id = w.case_id
    LEFT JOIN put_to_people AS q ON w.case_id = q.case_id AND w.effect_id = q.effect_id
    CROSS JOIN LATERAL (
        SELECT q.by_rule IS NOT TRUE AND (q.decided IS TRUE OR w.outcome IS NOT DISTINCT FROM 'applied') AS passed
    ) AS p
    GROUP BY w.case_id
),

decided AS MATERIALIZED (
    SELECT
        v.case_id,
        (count(*) FILTER (WHERE v.status IN ('approved', 'edited', 'revised', 'rejected')))::integer AS decided,
        (count(*) FILTER (WHERE v.status IN ('edited', 'revised')))::integer AS edited,
        (count(*) FILTER (WHERE v.status = 'rejected'))::integer AS rejected
    FROM looked_at AS c INNER JOIN handrail.approvals AS v ON c.case_id = v.case_id
    WHERE v.request ->> 'kind' = 'approval'
    GROUP BY v.case_id
),

said AS MATERIALIZED (
    SELECT
        m.case_id,
        min(m.at) FILTER (WHERE m.author IN ('assistant', 'person')) AS first_reply_at,
        bool_or(m.author = 'assistant') AS by_agent,
        min(m.at) FILTER (WHERE m.author = 'customer' AND m.thanks IS NOT TRUE AND m.at > a.ended_at) AS came_back_at,
        min(m.at) FILTER (WHERE m.author = 'person' AND m.at > a.ended_at) AS followed_up_at
    FROM audited AS a INNER JOIN handrail.messages AS m ON a.case_id = m.case_id
    GROUP BY m.case_id
),

rated AS MATERIALIZED (
    SELECT DISTINCT ON (q.case_id) q.case_id, q.csat, q.nps, q.solved, q.rated_at
    FROM looked_at AS c INNER JOIN handrail.ratings AS q ON c.case_id = q.case_id
    ORDER BY q.case_id, q.rated_at DESC, q.survey_id DESC
),

-- How long a case was with whom until it first ended: agent, customer, waiting (for a person), person.
events AS (
    SELECT a.case_id, a.ended_at, c.opened_at AS at, 0 AS rank, 'agent' AS code
    FROM audited AS a INNER JOIN looked_at AS c ON a.case_id = c.case_id
    WHERE a.ended_at IS NOT NULL
    UNION ALL
    SELECT a.case_id, a.ended_at, e.at, CASE WHEN e.action IN ('claim', 'reply', 'hand_back') THEN 3 ELSE 2 END, CASE
        WHEN e.action = 'turn:AwaitingCustomer' THEN 'customer'
        WHEN e.action = 'reply' THEN 'customer of a person'
        WHEN e.action = 'claim' THEN 'person'
        WHEN e.action = 'hand_back' THEN 'agent'
        ELSE 'waiting'
    END
    FROM audited AS a INNER JOIN handrail.audit AS e ON a.case_id = e.case_id AND a.ended_at >= e.at
    WHERE e.action IN (
        'turn:AwaitingCustomer', 'reply', 'claim', 'hand_back', 'turn:WithHuman', 'hand_over', 'release', 'overdue'
    )
    UNION ALL
    SELECT a.case_id, a.ended_at, p.at, 1, p.code
    FROM audited AS a
    INNER JOIN handrail.approvals AS v ON a.case_id = v.case_id
    CROSS JOIN LATERAL (
        VALUES (v.opened_at, 'waiting'), ((v.decision ->> 'decided_at')::timestamptz, 'agent')
    ) AS p (at, code)
    WHERE p.at <= a.ended_at
    UNION ALL
    SELECT a.case_id, a.ended_at, m.at, 1, NULL
    FROM audited AS a INNER JOIN handrail.messages AS m ON a.case_id = m.case_id AND a.ended_at >= m.at
    WHERE m.author = 'customer'
),

numbered AS (
    SELECT
        case_id,
        at,
        rank,
        code,
        lead(at, 1, ended_at) OVER in_order - at AS lasted,
        count(code) OVER in_order AS stretch
    FROM events WINDOW in_order AS (PARTITION BY case_id ORDER BY at, rank)
),

stretches AS (
    SELECT
        case_id,
        lasted,
        code IS NULL AS written,
        first_value(code) OVER (PARTITION BY case_id, stretch ORDER BY at, rank) AS code
    FROM numbered
),

spent AS MATERIALIZED (
    SELECT
        case_id,
        sum(seconds) FILTER (WHERE code = 'agent') AS agent,
        sum(seconds) FILTER (WHERE code = 'customer') AS customer,
        sum(seconds) FILTER (WHERE code = 'waiting') AS waiting,
        sum(seconds) FILTER (WHERE code = 'person') AS person
    FROM (
        SELECT case_id, extract(EPOCH FROM lasted)::double precision AS seconds, CASE
            WHEN written AND code = 'customer' THEN 'agent'
            WHEN written AND code = 'customer of a person' THEN 'person'
            WHEN code = 'customer of a person' THEN 'customer'
            ELSE code
        END AS code
        FROM stretches
    ) AS parts
    GROUP BY case_id
),

facts AS (
    SELECT
        c.*,
        a.ended_at,
        a.ended_by,
        a.escalated_at,
        a.last_escalated_at,
        a.hand_backs,
        a.asked,
        a.refused,
        a.model,
        a.prompt,
        a.graph,
        CASE
            WHEN a.escalated_at IS NULL AND a.steps_of_people = 0 AND coalesce(d.decided, 0) = 0 THEN 'agent'
            WHEN m.by_agent THEN 'mixed'
            ELSE 'person'
        END AS handled_by,
        m.first_reply_at,
        -- An answer to what a person asked behind the end is that person's follow-up, no new contact.
        CASE WHEN m.followed_up_at <= m.came_back_at THEN NULL ELSE m.came_back_at END AS reopened_at,
        n.next_opened_at,
        b.followed,
        coalesce(d.decided, 0) AS decided,
        coalesce(d.edited, 0) AS edited,
        coalesce(d.rejected, 0) AS rejected,
        a.policy_hits,
        coalesce(p.policy_stops, 0) AS policy_stops,
        p.policy,
        coalesce(p.held, 0) AS effects_held,
        coalesce(p.passed, 0) AS effects_passed,
        coalesce(p.noticed, 0) AS effects_noticed,
        coalesce(h.decided, 0) AS holds_decided,
        coalesce(h.approved, 0) AS holds_approved,
        CASE
            WHEN c.usage ->> 'calls' IS NULL THEN NULL
            WHEN (c.usage ->> 'calls')::integer = 0 THEN 0
            ELSE nullif((c.usage ->> 'cost_usd')::double precision, 0)
        END AS cost_usd,
        s.offered_at,
        r.csat,
        r.nps,
        coalesce(r.solved, CASE WHEN r.csat >= 4 THEN TRUE END) AS confirmed,
        r.rated_at,
        coalesce(t.agent, 0) AS agent_seconds,
        coalesce(t.customer, 0) AS customer_seconds,
        coalesce(t.waiting, 0) AS waiting_seconds,
        coalesce(t.person, 0) AS person_seconds
    FROM looked_at AS c
    INNER JOIN audited AS a ON c.case_id = a.case_id
    LEFT JOIN ruled AS p ON c.case_id = p.case_id
    LEFT JOIN decided AS d ON c.case_id = d.case_id
    LEFT JOIN held AS h ON c.case_id = h.case_id
    LEFT JOIN said AS m ON c.case_id = m.case_id
    LEFT JOIN rated AS r ON c.case_id = r.case_id
    LEFT JOIN spent AS t ON c.case_id = t.case_id
    LEFT JOIN handrail.surveys AS s ON c.case_id = s.case_id
    CROSS JOIN LATERAL (
        SELECT min(x.opened_at) AS next_opened_at
        FROM handrail.cases AS x INNER JOIN handrail.outcome_settings AS o ON x.channel <> ALL(o.excluded_channels)
        WHERE x.customer_id = c.customer_id AND x.topic = c.topic AND x.case_id <> c.case_id AND x.opened_at > a.ended_at
    ) AS n
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM handrail.cases AS x
            INNER JOIN handrail.outcome_settings AS o ON x.channel <> ALL(o.excluded_channels)
            INNER JOIN handrail.audit AS e ON x.case_id = e.case_id
            WHERE x.customer_id = c.customer_id AND x.topic = c.topic AND x.case_id <> c.case_id
                AND e.action IN ('turn:Resolved', 'resolve', 'close')
                AND e.at < c.opened_at AND e.at >= c.opened_at - interval '168 hours'
        ) AS followed
    ) AS b
),

dated AS (
    SELECT
        f.*,
        least(f.reopened_at, f.next_opened_at) AS repeated_at,
        CASE WHEN f.followed THEN f.opened_at ELSE f.reopened_at END AS second_contact_at
    FROM facts AS f
),

judged AS (
    SELECT
        f.*,
        coalesce(f.repeated_at <= f.ended_at + interval '168 hours', FALSE) AS repeated,
        coalesce(f.repeated_at <= f.ended_at + interval '48 hours', FALSE) AS repeated_soon,
        coalesce(f.ended_by IN ('agent', 'person'), FALSE) AS answered,
        f.offered_at IS NOT NULL AND f.csat IS NOT NULL AS graded
    FROM dated AS f
)

SELECT
    f.opened_at,
    f.ended_at,
    f.offered_at,
    f.first_reply_at,
    1 | 2 | 4 | 8 | 16
    | ((f.second_contact_at IS NOT NULL)::integer << 5)
    | ((f.decided > 0)::integer << 6)
    | ((f.decided > 0)::integer << 7)
    | ((f.escalated_at IS NOT NULL)::integer << 8)
    | ((f.asked > 0)::integer << 9)
    | (1 << 10) | (1 << 11)
    | ((f.offered_at IS NOT NULL)::integer << 12)
    | (f.graded::integer << 13)
    | (1 << 14)
    | ((f.confidence IS NOT NULL AND f.model IS NOT NULL)::integer << 15)
    | ((f.first_reply_at IS NOT NULL)::integer << 16)
    | (f.answered::integer * ((1 << 17) | (1 << 18) | (1 << 19) | (1 << 20) | (1 << 21)))
    | ((f.cost_usd IS NOT NULL)::integer << 22)
    | (f.graded::integer << 23)
    | ((f.offered_at IS NOT NULL AND f.nps IS NOT NULL)::integer << 24)
    | ((f.ended_at IS NULL)::integer << 25)
    | (1 << 26) | (1 << 27)
    | ((f.effects_held + f.effects_passed > 0)::integer << 28)
    | ((f.holds_decided > 0)::integer << 29)
    | ((f.effects_passed > 0)::integer << 30),
    (f.answered AND NOT f.repeated AND f.confirmed IS TRUE)::integer
    | ((f.answered AND NOT f.repeated AND f.confirmed IS NULL)::integer << 1)
    | (f.repeated_soon::integer << 2)
    | (f.repeated::integer << 3)
    | ((f.escalated_at IS NOT NULL)::integer << 4)
    | (coalesce(f.last_escalated_at >= f.second_contact_at, FALSE)::integer << 5)
    | ((f.hand_backs > 0)::integer << 8)
    | (coalesce(f.ended_by = 'silence', FALSE)::integer << 10)
    | ((f.policy_hits > 0)::integer << 11)
    | ((f.rated_at IS NOT NULL)::integer << 12)
    | (coalesce(f.csat >= 4, FALSE)::integer << 13)
    | ((f.cost_usd IS NOT NULL)::integer << 14)
    | (
        coalesce(
            f.ended_by = 'agent' AND NOT f.repeated AND f.escalated_at IS NULL AND f.edited + f.rejected = 0
            AND f.confirmed IS NOT FALSE,
            FALSE
        )::integer << 15
    )
    | ((f.policy_stops > 0)::integer << 26)
    | ((coalesce(f.topic, 'out_of_scope') = 'out_of_scope')::integer << 27),
    f.decided,
    f.edited,
    f.rejected,
    f.asked,
    f.refused,
    f.customer_id,
    f.agent_seconds,
    f.customer_seconds,
    f.waiting_seconds,
    f.person_seconds,
    f.cost_usd,
    f.csat,
    f.nps,
    f.case_id,
    f.topic,
    f.tier,
    f.language,
    f.channel,
    f.model,
    f.prompt,
    f.policy,
    f.graph,
    f.ended_by,
    f.handled_by,
    f.escalated_at,
    f.last_escalated_at,
    f.reopened_at,
    f.next_opened_at,
    f.repeated_at,
    f.second_contact_at,
    f.hand_backs,
    f.policy_hits,
    f.confidence,
    f.confirmed,
    f.rated_at,
    f.effects_held,
    f.effects_passed,
    CASE WHEN f.repeated_soon OR f.confirmed IS FALSE THEN f.effects_passed ELSE f.effects_noticed END,
    f.holds_decided,
    f.holds_approved
FROM judged AS f
$$;
COMMENT ON FUNCTION handrail.outcomes_of IS
'the outcomes of these cases out of the record as it is; none for a case of an excluded channel';

-- A case that comes, ends or changes its topic is, or is no longer, a second contact of others of its customer's.
CREATE FUNCTION handrail.outcomes_touched(changed text[]) RETURNS SETOF text LANGUAGE sql STABLE ROWS 100 AS $$
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
COMMENT ON FUNCTION handrail.outcomes_touched IS
'these cases, and those of the same customers about the same topics whose outcome follows from them';

CREATE FUNCTION handrail.outcomes_pending() RETURNS SETOF text LANGUAGE sql STABLE ROWS 100 AS $$
SELECT handrail.outcomes_touched(ARRAY(SELECT DISTINCT c.case_id FROM handrail.outcome_changes AS c))
$$;
COMMENT ON FUNCTION handrail.outcomes_pending IS 'cases whose kept outcome may be out of date';

CREATE TABLE handrail.packed_outcomes (
    day date PRIMARY KEY,
    cases integer NOT NULL,
    topics text[] NOT NULL,
    tiers text[] NOT NULL,
    languages text[] NOT NULL,
    channels text[] NOT NULL,
    models text[] NOT NULL,
    prompts text[] NOT NULL,
    policies text[] NOT NULL,
    graphs text[] NOT NULL,
    handlers text[] NOT NULL,
    runs integer[] NOT NULL,
    excluded_at bytea NOT NULL,
    opened_at bytea NOT NULL,
    ended_at bytea NOT NULL,
    survey_offered_at bytea NOT NULL,
    first_reply_at bytea NOT NULL,
    counts bytea NOT NULL,
    hits bytea NOT NULL,
    decided bytea NOT NULL,
    edited bytea NOT NULL,
    rejected bytea NOT NULL,
    confirmations_asked bytea NOT NULL,
    confirmations_refused bytea NOT NULL,
    customer bytea NOT NULL,
    agent_seconds bytea NOT NULL,
    customer_seconds bytea NOT NULL,
    waiting_seconds bytea NOT NULL,
    person_seconds bytea NOT NULL,
    cost_usd bytea NOT NULL,
    csat bytea NOT NULL,
    nps bytea NOT NULL,
    confidence bytea NOT NULL,
    releases text[] NOT NULL,
    effects_held bytea NOT NULL,
    effects_ruled bytea NOT NULL,
    effects_passed bytea NOT NULL,
    effects_wrong bytea NOT NULL,
    holds_decided bytea NOT NULL,
    holds_approved bytea NOT NULL
);
COMMENT ON TABLE handrail.packed_outcomes IS
'kept_outcomes again, by column: a day of UTC in a row, for handrail metrics; written and taken away by functions alone';
COMMENT ON COLUMN handrail.packed_outcomes.runs IS
'how many cases on end share a topic, a tier and so on, which stand at the same places of the other arrays';
COMMENT ON COLUMN handrail.packed_outcomes.excluded_at IS 'when cases of excluded channels were opened; they have no other column';
COMMENT ON COLUMN handrail.packed_outcomes.customer IS 'a hash of each case''s customer';
ALTER TABLE handrail.packed_outcomes
ALTER COLUMN excluded_at SET STORAGE EXTERNAL,
ALTER COLUMN opened_at SET STORAGE EXTERNAL,
ALTER COLUMN ended_at SET STORAGE EXTERNAL,
ALTER COLUMN survey_offered_at SET STORAGE EXTERNAL,
ALTER COLUMN first_reply_at SET STORAGE EXTERNAL,
ALTER COLUMN counts SET STORAGE EXTERNAL,
ALTER COLUMN hits SET STORAGE EXTERNAL,
ALTER COLUMN decided SET STORAGE EXTERNAL,
ALTER COLUMN edited SET STORAGE EXTERNAL,
ALTER COLUMN rejected SET STORAGE EXTERNAL,
ALTER COLUMN confirmations_asked SET STORAGE EXTERNAL,
ALTER COLUMN confirmations_refused SET STORAGE EXTERNAL,
ALTER COLUMN customer SET STORAGE EXTERNAL,
ALTER COLUMN agent_seconds SET STORAGE EXTERNAL,
ALTER COLUMN customer_seconds SET STORAGE EXTERNAL,
ALTER COLUMN waiting_seconds SET STORAGE EXTERNAL,
ALTER COLUMN person_seconds SET STORAGE EXTERNAL,
ALTER COLUMN cost_usd SET STORAGE EXTERNAL,
ALTER COLUMN csat SET STORAGE EXTERNAL,
ALTER COLUMN nps SET STORAGE EXTERNAL,
ALTER COLUMN confidence SET STORAGE EXTERNAL;

CREATE FUNCTION handrail.days_without_pack(since date, until date) RETURNS SETOF date LANGUAGE sql STABLE ROWS 10 AS $$
SELECT d.day::date
FROM (
    SELECT (min(c.opened_at) AT TIME ZONE 'UTC')::date AS oldest, (max(c.opened_at) AT TIME ZONE 'UTC')::date AS newest
    FROM handrail.cases AS c
) AS e
CROSS JOIN LATERAL generate_series(
    -- Of an empty record nothing, and no endless series.
    CASE WHEN e.oldest IS NOT NULL THEN greatest(since, e.oldest)::timestamp END,
    least(until, e.newest)::timestamp,
    interval '1 day'
) AS d (day)
WHERE NOT EXISTS (SELECT FROM handrail.packed_outcomes AS p WHERE p.day = d.day::date)
    AND EXISTS (
        SELECT FROM handrail.cases AS c
        WHERE c.opened_at >= d.day AT TIME ZONE 'UTC' AND c.opened_at < (d.day + interval '1 day') AT TIME ZONE 'UTC'
    )
$$;
COMMENT ON FUNCTION handrail.days_without_pack IS 'days of UTC, both ends among them, with cases and without a pack';

CREATE FUNCTION handrail.pack_outcomes(until date, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
BEGIN
    -- Whoever brings outcomes up to date takes packs away; one that was made of what stood before would stay.
    PERFORM pg_advisory_xact_lock(7240118322904190);
    INSERT INTO handrail.packed_outcomes
    SELECT p.*
    FROM (SELECT d.day FROM handrail.days_without_pack('-infinity', until) AS d (day) ORDER BY d.day LIMIT most) AS n
    CROSS JOIN LATERAL handrail.pack_of_outcomes(n.day) AS p;
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken;
END
$$;
COMMENT ON FUNCTION handrail.pack_outcomes IS
'packs at most so many days up to that one, and gives how many there were';

CREATE FUNCTION handrail.refresh_outcomes(most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
    changed text[];
    touched text[];
    fresh handrail.kept_outcomes[];
    gone timestamptz[];
    come timestamptz[];
BEGIN
    -- Of two at once, the one with the older snapshot might write last.
    PERFORM pg_advisory_xact_lock(7240118322904190);
    WITH gone AS (
        DELETE FROM handrail.outcome_changes AS c
        WHERE c.change_id IN (SELECT x.change_id FROM handrail.outcome_changes AS x ORDER BY x.change_id LIMIT most)
        RETURNING c.case_id
    )
    SELECT count(*), array_agg(DISTINCT g.case_id) INTO taken, changed FROM gone AS g;
    IF taken = 0 THEN
        RETURN 0;
    END IF;
    touched := ARRAY(SELECT handrail.outcomes_touched(changed));
    fresh := ARRAY(SELECT o FROM handrail.outcomes_of(touched) AS o);
    WITH old AS (
        DELETE FROM handrail.kept_outcomes AS k
        WHERE k.case_id = ANY(touched)
            AND NOT EXISTS (SELECT FROM unnest(fresh) AS f WHERE f.case_id = k.case_id AND f IS NOT DISTINCT FROM k)
        RETURNING k.opened_at
    )
    SELECT array_agg(o.opened_at) INTO gone FROM old AS o;
    WITH new AS (
        INSERT INTO handrail.kept_outcomes AS k SELECT f.* FROM unnest(fresh) AS f
        ON CONFLICT (case_id) DO NOTHING
        RETURNING k.opened_at
    )
    SELECT array_agg(n.opened_at) INTO come FROM new AS n;
    DELETE FROM handrail.packed_outcomes AS p
    WHERE p.day IN (
        SELECT (m.opened_at AT TIME ZONE 'UTC')::date FROM unnest(gone || come) AS m (opened_at)
        UNION ALL
        -- Cases of excluded channels, which are not kept, are counted as such; which release answered is packed, and not kept.
        SELECT (c.opened_at AT TIME ZONE 'UTC')::date FROM handrail.cases AS c
        WHERE c.case_id = ANY(changed)
            AND (
                NOT EXISTS (SELECT FROM handrail.kept_outcomes AS k WHERE k.case_id = c.case_id)
                OR EXISTS (SELECT FROM handrail.case_releases AS r WHERE r.case_id = c.case_id)
            )
    );
    RETURN taken;
END
$$;
COMMENT ON FUNCTION handrail.refresh_outcomes IS
'works off at most so many changes, and gives how many there were';

CREATE FUNCTION handrail.note_outcome_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.outcome_changes (case_id) SELECT DISTINCT n.case_id FROM changed AS n;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_come_change_outcomes AFTER INSERT ON handrail.cases
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER cases_change_outcomes AFTER UPDATE ON handrail.cases
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER audit_changes_outcomes AFTER INSERT ON handrail.audit
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER messages_change_outcomes AFTER INSERT ON handrail.messages
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER messages_read_change_outcomes AFTER UPDATE ON handrail.messages
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER actions_come_change_outcomes AFTER INSERT ON handrail.actions
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER actions_change_outcomes AFTER UPDATE ON handrail.actions
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER approvals_come_change_outcomes AFTER INSERT ON handrail.approvals
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER approvals_change_outcomes AFTER UPDATE ON handrail.approvals
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER surveys_change_outcomes AFTER INSERT ON handrail.surveys
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER ratings_come_change_outcomes AFTER INSERT ON handrail.ratings
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();
CREATE TRIGGER ratings_change_outcomes AFTER UPDATE ON handrail.ratings
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();

CREATE FUNCTION handrail.recount_channels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.outcome_changes (case_id)
    SELECT c.case_id FROM handrail.cases AS c
    WHERE c.customer_id IN (
        SELECT x.customer_id FROM handrail.cases AS x
        WHERE (x.channel = ANY(OLD.excluded_channels)) <> (x.channel = ANY(NEW.excluded_channels))
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER settings_change_outcomes AFTER UPDATE OF excluded_channels ON handrail.outcome_settings
FOR EACH ROW WHEN (NEW.excluded_channels <> OLD.excluded_channels)
EXECUTE FUNCTION handrail.recount_channels();

CREATE VIEW handrail.outcome_rows AS
SELECT k.* FROM handrail.kept_outcomes AS k
WHERE NOT EXISTS (SELECT FROM handrail.outcomes_pending() AS p (case_id) WHERE p.case_id = k.case_id)
UNION ALL
SELECT o.* FROM handrail.outcomes_of(ARRAY(SELECT handrail.outcomes_pending())) AS o;
COMMENT ON VIEW handrail.outcome_rows IS 'what is kept, and what is not kept yet, computed';

CREATE VIEW handrail.case_outcomes AS
SELECT
    case_id,
    customer_id,
    opened_at,
    topic,
    tier,
    language,
    channel,
    model,
    prompt,
    policy,
    graph,
    ended_at,
    ended_by,
    handled_by,
    first_reply_at,
    escalated_at,
    last_escalated_at,
    reopened_at,
    next_opened_at,
    repeated_at,
    second_contact_at,
    decided,
    edited,
    rejected,
    hand_backs,
    confirmations_asked,
    confirmations_refused,
    cost_usd,
    policy_hits,
    confidence,
    survey_offered_at,
    csat,
    nps,
    confirmed,
    rated_at
FROM handrail.outcome_rows;
COMMENT ON VIEW handrail.case_outcomes IS
'one row for each case of a channel that is not excluded; ended_at is when it first ended, a contact behind that is a second one';

CREATE VIEW handrail.outcome_values AS
SELECT
    d.indicator,
    d.version,
    i.counts_from + d.matures_after AS matures_at,
    i.numerator,
    i.denominator,
    o.case_id,
    o.customer_id,
    o.opened_at,
    o.topic,
    o.tier,
    o.language,
    o.channel,
    o.model,
    o.prompt,
    o.policy,
    o.graph,
    o.ended_at,
    o.ended_by,
    o.handled_by,
    o.first_reply_at,
    o.escalated_at,
    o.last_escalated_at,
    o.reopened_at,
    o.next_opened_at,
    o.repeated_at,
    o.second_contact_at,
    o.decided,
    o.edited,
    o.rejected,
    o.hand_backs,
    o.confirmations_asked,
    o.confirmations_refused,
    o.cost_usd,
    o.policy_hits,
    o.confidence,
    o.survey_offered_at,
    o.csat,
    o.nps,
    o.confirmed,
    o.rated_at
FROM handrail.outcome_rows AS o
CROSS JOIN LATERAL (
    VALUES
    ('first_contact_confirmed', o.ended_at, o.hits & 1, o.counts & 1),
    ('first_contact_unconfirmed', o.ended_at, o.hits >> 1 & 1, o.counts >> 1 & 1),
    ('repeat_48h', o.ended_at, o.hits >> 2 & 1, o.counts >> 2 & 1),
    ('repeat_7d', o.ended_at, o.hits >> 3 & 1, o.counts >> 3 & 1),
    ('escalation', o.ended_at, o.hits >> 4 & 1, o.counts >> 4 & 1),
    ('second_contact_escalation', o.ended_at, o.hits >> 5 & 1, o.counts >> 5 & 1),
    ('edits', o.ended_at, o.edited, o.decided),
    ('rejections', o.ended_at, o.rejected, o.decided),
    ('hand_backs', o.ended_at, o.hits >> 8 & 1, o.counts >> 8 & 1),
    ('confirmations_refused', o.ended_at, o.confirmations_refused, o.confirmations_asked),
    ('abandonment', o.ended_at, o.hits >> 10 & 1, o.counts >> 10 & 1),
    ('policy_hits', o.ended_at, o.hits >> 11 & 1, o.counts >> 11 & 1),
    ('survey_response', o.survey_offered_at, o.hits >> 12 & 1, o.counts >> 12 & 1),
    ('satisfied', o.survey_offered_at, o.hits >> 13 & 1, o.counts >> 13 & 1),
    ('cost_known', o.ended_at, o.hits >> 14 & 1, o.counts >> 14 & 1),
    ('held_up', o.ended_at, o.hits >> 15 & 1, o.counts >> 15 & 1),
    (
        'first_reply_seconds', coalesce(o.first_reply_at, o.ended_at),
        extract(EPOCH FROM o.first_reply_at - o.opened_at)::double precision, o.counts >> 16 & 1
    ),
    (
        'resolution_seconds', o.ended_at, extract(EPOCH FROM o.ended_at - o.opened_at)::double precision,
        o.counts >> 17 & 1
    ),
    ('agent_seconds', o.ended_at, o.agent_seconds, o.counts >> 18 & 1),
    ('customer_seconds', o.ended_at, o.customer_seconds, o.counts >> 19 & 1),
    ('waiting_seconds', o.ended_at, o.waiting_seconds, o.counts >> 20 & 1),
    ('person_seconds', o.ended_at, o.person_seconds, o.counts >> 21 & 1),
    ('cost_usd', o.ended_at, o.cost_usd, o.counts >> 22 & 1),
    ('csat', o.survey_offered_at, o.csat, o.counts >> 23 & 1),
    (
        'nps', o.survey_offered_at, CASE WHEN o.nps >= 9 THEN 100 WHEN o.nps >= 7 THEN 0 ELSE -100 END,
        o.counts >> 24 & 1
    ),
    ('policy_stops', o.ended_at, o.hits >> 26 & 1, o.counts >> 26 & 1),
    ('without_topic', o.ended_at, o.hits >> 27 & 1, o.counts >> 27 & 1),
    ('policy_holds', o.ended_at, o.effects_held, o.effects_held + o.effects_passed),
    ('holds_approved', o.ended_at, o.holds_approved, o.holds_decided),
    ('policy_misses', o.ended_at, o.effects_wrong, o.effects_passed)
) AS i (indicator, counts_from, numerator, denominator)
INNER JOIN handrail.outcome_definitions AS d ON i.indicator = d.indicator
WHERE i.denominator > 0 OR o.ended_at IS NULL;
COMMENT ON VIEW handrail.outcome_values IS
'each case under each indicator that concerns it; before matures_at, or where that is null, the case counts for nothing yet';

CREATE VIEW handrail.outcome_first_contact_confirmed AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'first_contact_confirmed';
CREATE VIEW handrail.outcome_first_contact_unconfirmed AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'first_contact_unconfirmed';
CREATE VIEW handrail.outcome_repeat_48h AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'repeat_48h';
CREATE VIEW handrail.outcome_repeat_7d AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'repeat_7d';
CREATE VIEW handrail.outcome_escalation AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'escalation';
CREATE VIEW handrail.outcome_second_contact_escalation AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'second_contact_escalation';
CREATE VIEW handrail.outcome_edits AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'edits';
CREATE VIEW handrail.outcome_rejections AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'rejections';
CREATE VIEW handrail.outcome_hand_backs AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'hand_backs';
CREATE VIEW handrail.outcome_confirmations_refused AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'confirmations_refused';
CREATE VIEW handrail.outcome_abandonment AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'abandonment';
CREATE VIEW handrail.outcome_policy_hits AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'policy_hits';
CREATE VIEW handrail.outcome_cost_known AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'cost_known';
CREATE VIEW handrail.outcome_survey_response AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'survey_response';
CREATE VIEW handrail.outcome_satisfied AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'satisfied';
CREATE VIEW handrail.outcome_held_up AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'held_up';
CREATE VIEW handrail.outcome_first_reply_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'first_reply_seconds';
CREATE VIEW handrail.outcome_resolution_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'resolution_seconds';
CREATE VIEW handrail.outcome_agent_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'agent_seconds';
CREATE VIEW handrail.outcome_customer_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'customer_seconds';
CREATE VIEW handrail.outcome_waiting_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'waiting_seconds';
CREATE VIEW handrail.outcome_person_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'person_seconds';
CREATE VIEW handrail.outcome_cost_usd AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'cost_usd';
CREATE VIEW handrail.outcome_csat AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'csat';
CREATE VIEW handrail.outcome_nps AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'nps';
CREATE VIEW handrail.outcome_policy_stops AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'policy_stops';
CREATE VIEW handrail.outcome_without_topic AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'without_topic';
CREATE VIEW handrail.outcome_policy_holds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'policy_holds';
CREATE VIEW handrail.outcome_holds_approved AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'holds_approved';
CREATE VIEW handrail.outcome_policy_misses AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'policy_misses';

-- The quality loop: the steps of each of the business's days, the sample of cases that ended on it, and what scorers say.

CREATE TABLE handrail.quality_steps (
    day date NOT NULL,
    step text NOT NULL CONSTRAINT quality_steps_step CHECK (step ~ '^[a-z][a-z0-9_]{0,39}$'),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    done_at timestamptz,
    result jsonb,
    tries integer NOT NULL DEFAULT 0 CONSTRAINT quality_steps_tries CHECK (tries >= 0),
    tried_at timestamptz,
    error text,
    PRIMARY KEY (day, step),
    CONSTRAINT quality_steps_limits CHECK (since < until),
    CONSTRAINT quality_steps_result CHECK ((done_at IS NULL) = (result IS NULL))
);
COMMENT ON TABLE handrail.quality_steps IS
'what was done for each of the business''s days; tries and error are of attempts that failed, error is null once it is done';

CREATE TABLE handrail.quality_samples (
    day date NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    topic text NOT NULL,
    risk text NOT NULL
    CONSTRAINT quality_samples_risk CHECK (risk IN ('escalated', 'effect', 'policy_hit', 'low_confidence', 'plain')),
    stratum text NOT NULL GENERATED ALWAYS AS (topic || '/' || risk) STORED,
    stratum_cases integer NOT NULL,
    stratum_drawn integer NOT NULL,
    place integer NOT NULL,
    probability double precision NOT NULL CONSTRAINT quality_samples_probability CHECK (probability > 0 AND probability <= 1),
    for_people boolean NOT NULL,
    people_probability double precision NOT NULL
    CONSTRAINT quality_samples_people CHECK (people_probability >= 0 AND people_probability <= probability),
    PRIMARY KEY (day, case_id),
    CONSTRAINT quality_samples_stratum CHECK (place BETWEEN 1 AND stratum_drawn AND stratum_drawn <= stratum_cases)
);
COMMENT ON TABLE handrail.quality_samples IS
'cases drawn of those that ended on the day; place is the order within the stratum, by hash of day and case';
CREATE INDEX quality_samples_by_case ON handrail.quality_samples (case_id);

CREATE TABLE handrail.quality_scores (
    day date NOT NULL,
    case_id text NOT NULL,
    scorer text NOT NULL,
    version integer NOT NULL,
    verdict text NOT NULL CONSTRAINT quality_scores_verdict CHECK (verdict IN ('good', 'bad', 'unmeasured')),
    evidence jsonb NOT NULL,
    scored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (day, case_id, scorer),
    FOREIGN KEY (day, case_id) REFERENCES handrail.quality_samples
);
COMMENT ON TABLE handrail.quality_scores IS 'what a scorer says of a drawn case; unmeasured is neither good nor bad';

CREATE VIEW handrail.quality_scored AS
SELECT
    s.day,
    s.case_id,
    c.customer_id,
    s.topic,
    s.risk,
    s.stratum,
    s.stratum_cases,
    s.stratum_drawn,
    s.probability,
    1 / s.probability AS weight,
    r.scorer,
    r.version,
    r.verdict,
    r.evidence
FROM handrail.quality_samples AS s
INNER JOIN handrail.cases AS c ON s.case_id = c.case_id
INNER JOIN handrail.quality_scores AS r ON s.day = r.day AND s.case_id = r.case_id;
COMMENT ON VIEW handrail.quality_scored IS
'each verdict with the weight of its case: the cases of its day for which it stands';

-- The ends of cases by time: what ended on a day is looked for each day.
CREATE INDEX audit_ends ON handrail.audit (at, case_id) WHERE action IN ('turn:Resolved', 'resolve', 'close');
CREATE INDEX audit_of_people ON handrail.audit (at, case_id) WHERE action IN ('claim', 'reply', 'resolve', 'hand_back');

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

CREATE TABLE handrail.release_days (
    day date PRIMARY KEY,
    release text NOT NULL,
    parts jsonb NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.release_days IS 'the release in force when a day of the business had ended, as its watch saw it';
CREATE TRIGGER release_days_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.release_days
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('days of releases are only added to');

CREATE TABLE handrail.quality_calibrations (
    calibration_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    criterion text NOT NULL,
    judge text NOT NULL,
    opened boolean NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.quality_calibrations IS 'calibrations of judges and closings of their gates; the newest of a criterion counts';
CREATE INDEX quality_calibrations_newest ON handrail.quality_calibrations (criterion, calibration_id DESC);
CREATE TRIGGER quality_calibrations_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.quality_calibrations
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('calibrations are only added to');

CREATE TABLE handrail.drift_days (
    indicator text NOT NULL,
    topic text NOT NULL,
    dimension text NOT NULL,
    value text NOT NULL,
    day date NOT NULL,
    cases double precision NOT NULL CONSTRAINT drift_days_cases CHECK (cases >= 0),
    bad double precision NOT NULL CONSTRAINT drift_days_bad CHECK (bad >= 0),
    version integer NOT NULL,
    definitions text NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (indicator, topic, dimension, value, day)
);
COMMENT ON TABLE handrail.drift_days IS
'mature figures by day of the business, counted once; topic is empty for all cases, dimension is all where it is no slice';
CREATE INDEX drift_days_by_day ON handrail.drift_days (day) WHERE dimension = 'all';

CREATE TABLE handrail.drift_levels (
    topic text NOT NULL,
    day date NOT NULL,
    level text NOT NULL CONSTRAINT drift_levels_level CHECK (level IN ('auto', 'review', 'draft', 'off')),
    PRIMARY KEY (topic, day)
);
COMMENT ON TABLE handrail.drift_levels IS 'the strictest level at which a topic was at any time of a day';

CREATE TABLE handrail.drift_thresholds (
    place text PRIMARY KEY,
    threshold double precision NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.drift_thresholds IS 'thresholds that were found by simulation, by what was simulated';

CREATE TABLE handrail.drift_baselines (
    baseline_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    indicator text NOT NULL,
    topic text NOT NULL,
    since date NOT NULL,
    until date NOT NULL,
    watch_from date NOT NULL,
    days integer NOT NULL,
    version integer NOT NULL,
    definitions text NOT NULL,
    levels jsonb NOT NULL,
    cases double precision NOT NULL,
    bad double precision NOT NULL,
    rates double precision[] NOT NULL,
    errors double precision[] NOT NULL,
    spread double precision NOT NULL,
    shift double precision NOT NULL,
    alarms double precision NOT NULL CONSTRAINT drift_baselines_alarms CHECK (alarms > 0),
    threshold double precision NOT NULL,
    shortage text,
    accepted_by text NOT NULL CONSTRAINT drift_baselines_by CHECK (accepted_by <> ''),
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT drift_baselines_days CHECK (since < until AND until <= watch_from)
);
COMMENT ON TABLE handrail.drift_baselines IS
'what is normal for a series, as a named person accepted it; the newest of a series counts, and none is ever changed';
CREATE INDEX drift_baselines_newest ON handrail.drift_baselines (indicator, topic, baseline_id DESC);
CREATE TRIGGER drift_baselines_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.drift_baselines
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('baselines are only added to');

CREATE TABLE handrail.drift_alarms (
    alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    detector text NOT NULL,
    day date NOT NULL,
    first_day date NOT NULL,
    indicator text NOT NULL,
    topic text NOT NULL,
    baseline_id bigint REFERENCES handrail.drift_baselines,
    evidence jsonb NOT NULL,
    proved_on date,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    acknowledged_by text,
    acknowledged_at timestamptz,
    "real" boolean,
    note text,
    calibration_id bigint REFERENCES handrail.quality_calibrations,
    CONSTRAINT drift_alarms_acknowledged CHECK (num_nonnulls(acknowledged_by, acknowledged_at, "real", note) IN (0, 4))
);
COMMENT ON TABLE handrail.drift_alarms IS 'alarms, each once, and what a named person said of it';
CREATE UNIQUE INDEX drift_alarms_of_a_baseline ON handrail.drift_alarms (baseline_id) WHERE baseline_id IS NOT NULL;
CREATE UNIQUE INDEX drift_alarms_of_a_calibration ON handrail.drift_alarms (calibration_id) WHERE calibration_id IS NOT NULL;
CREATE UNIQUE INDEX drift_alarms_of_a_day ON handrail.drift_alarms (day, kind, indicator, topic) WHERE baseline_id IS NULL;
CREATE TRIGGER drift_alarms_stay BEFORE DELETE OR TRUNCATE ON handrail.drift_alarms
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('an alarm is never deleted');
CREATE TRIGGER drift_alarms_are_acknowledged_once BEFORE UPDATE ON handrail.drift_alarms
FOR EACH ROW WHEN (
    OLD.acknowledged_by IS NOT NULL OR (OLD.proved_on IS NOT NULL AND NEW.proved_on IS DISTINCT FROM OLD.proved_on)
    OR (NEW.kind, NEW.day, NEW.first_day, NEW.evidence) IS DISTINCT FROM (OLD.kind, OLD.day, OLD.first_day, OLD.evidence)
)
EXECUTE FUNCTION handrail.refuse('an alarm is acknowledged once and otherwise stays as it was raised');

CREATE TABLE handrail.governor_steps (
    step_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CONSTRAINT governor_steps_kind CHECK (kind IN ('down', 'paged', 'kept', 'raised')),
    day date NOT NULL,
    topic text NOT NULL,
    level text NOT NULL CONSTRAINT governor_steps_level CHECK (level IN ('auto', 'review', 'draft', 'off')),
    rule text NOT NULL,
    alarm_id bigint REFERENCES handrail.drift_alarms,
    control_id bigint,
    volume double precision NOT NULL,
    words text NOT NULL,
    evidence jsonb NOT NULL,
    actor text NOT NULL CONSTRAINT governor_steps_actor CHECK (actor <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.governor_steps IS
'what the governor did about alarms (down), asked of people instead (paged) or left (kept), and what people raised again';
CREATE UNIQUE INDEX governor_steps_once ON handrail.governor_steps (alarm_id, topic, level) WHERE alarm_id IS NOT NULL;
CREATE INDEX governor_steps_by_topic ON handrail.governor_steps (topic, step_id DESC);
CREATE TRIGGER governor_steps_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.governor_steps
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the governor''s steps are only added to');

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
CREATE TRIGGER releases_change_outcomes AFTER INSERT ON handrail.case_releases
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();

-- Behind the releases that it tells cases apart by.
CREATE FUNCTION handrail.pack_of_outcomes(wanted date) RETURNS SETOF handrail.packed_outcomes LANGUAGE sql STABLE ROWS 1 AS $$
WITH found AS MATERIALIZED (
    SELECT
        k.*,
        row_number() OVER (
            ORDER BY
                k.topic, k.tier, k.language, k.channel, k.model, k.prompt, k.policy, k.graph, k.handled_by, k.release, k.case_id
        )::integer AS place,
        dense_rank() OVER (
            ORDER BY k.topic, k.tier, k.language, k.channel, k.model, k.prompt, k.policy, k.graph, k.handled_by, k.release
        ) AS run
    FROM (
        SELECT
            o.*,
            (
                SELECT r.release FROM handrail.case_releases AS r
                WHERE r.case_id = o.case_id ORDER BY r.at DESC, r.release LIMIT 1
            ) AS release
        FROM handrail.kept_outcomes AS o
        WHERE o.opened_at >= wanted::timestamp AT TIME ZONE 'UTC'
            AND o.opened_at < (wanted + 1)::timestamp AT TIME ZONE 'UTC'
    ) AS k
),

runs AS (
    SELECT
        f.run,
        count(*)::integer AS cases,
        min(f.topic) AS topic,
        min(f.tier)::text AS tier,
        min(f.language) AS language,
        min(f.channel) AS channel,
        min(f.model) AS model,
        min(f.prompt) AS prompt,
        min(f.policy) AS policy,
        min(f.graph) AS graph,
        min(f.handled_by) AS handled_by,
        min(f.release) AS release
    FROM found AS f GROUP BY f.run
),

dimensions AS (
    SELECT
        coalesce(array_agg(r.topic ORDER BY r.run), '{}') AS topics,
        coalesce(array_agg(r.tier ORDER BY r.run), '{}') AS tiers,
        coalesce(array_agg(r.language ORDER BY r.run), '{}') AS languages,
        coalesce(array_agg(r.channel ORDER BY r.run), '{}') AS channels,
        coalesce(array_agg(r.model ORDER BY r.run), '{}') AS models,
        coalesce(array_agg(r.prompt ORDER BY r.run), '{}') AS prompts,
        coalesce(array_agg(r.policy ORDER BY r.run), '{}') AS policies,
        coalesce(array_agg(r.graph ORDER BY r.run), '{}') AS graphs,
        coalesce(array_agg(r.handled_by ORDER BY r.run), '{}') AS handlers,
        coalesce(array_agg(r.release ORDER BY r.run), '{}') AS releases,
        coalesce(array_agg(r.cases ORDER BY r.run), '{}') AS cases
    FROM runs AS r
),

-- Moments are microseconds since 2000, the highest number where there is none; other numbers that are not known are NaN.
packed AS (
    SELECT
        count(*)::integer AS cases,
        string_agg(timestamptz_send(f.opened_at), ''::bytea ORDER BY f.place) AS opened_at,
        string_agg(timestamptz_send(coalesce(f.ended_at, 'infinity')), ''::bytea ORDER BY f.place) AS ended_at,
        string_agg(timestamptz_send(coalesce(f.survey_offered_at, 'infinity')), ''::bytea ORDER BY f.place)
            AS survey_offered_at,
        string_agg(timestamptz_send(coalesce(f.first_reply_at, 'infinity')), ''::bytea ORDER BY f.place) AS first_reply_at,
        string_agg(int4send(f.counts), ''::bytea ORDER BY f.place) AS counts,
        string_agg(int4send(f.hits), ''::bytea ORDER BY f.place) AS hits,
        string_agg(int4send(f.decided), ''::bytea ORDER BY f.place) AS decided,
        string_agg(int4send(f.edited), ''::bytea ORDER BY f.place) AS edited,
        string_agg(int4send(f.rejected), ''::bytea ORDER BY f.place) AS rejected,
        string_agg(int4send(f.confirmations_asked), ''::bytea ORDER BY f.place) AS confirmations_asked,
        string_agg(int4send(f.confirmations_refused), ''::bytea ORDER BY f.place) AS confirmations_refused,
        string_agg(int8send(hashtextextended(f.customer_id, 0)), ''::bytea ORDER BY f.place) AS customer,
        string_agg(float8send(f.agent_seconds), ''::bytea ORDER BY f.place) AS agent_seconds,
        string_agg(float8send(f.customer_seconds), ''::bytea ORDER BY f.place) AS customer_seconds,
        string_agg(float8send(f.waiting_seconds), ''::bytea ORDER BY f.place) AS waiting_seconds,
        string_agg(float8send(f.person_seconds), ''::bytea ORDER BY f.place) AS person_seconds,
        string_agg(float8send(coalesce(f.cost_usd, 'NaN')), ''::bytea ORDER BY f.place) AS cost_usd,
        string_agg(float4send(coalesce(f.csat, 'NaN'::real)), ''::bytea ORDER BY f.place) AS csat,
        string_agg(float4send(coalesce(f.nps, 'NaN'::real)), ''::bytea ORDER BY f.place) AS nps,
        string_agg(float8send(coalesce(f.confidence, 'NaN')), ''::bytea ORDER BY f.place) AS confidence,
        string_agg(int4send(f.effects_held), ''::bytea ORDER BY f.place) AS effects_held,
        string_agg(int4send(f.effects_held + f.effects_passed), ''::bytea ORDER BY f.place) AS effects_ruled,
        string_agg(int4send(f.effects_passed), ''::bytea ORDER BY f.place) AS effects_passed,
        string_agg(int4send(f.effects_wrong), ''::bytea ORDER BY f.place) AS effects_wrong,
        string_agg(int4send(f.holds_decided), ''::bytea ORDER BY f.place) AS holds_decided,
        string_agg(int4send(f.holds_approved), ''::bytea ORDER BY f.place) AS holds_approved
    FROM found AS f
)

SELECT
    wanted,
    p.cases,
    d.topics,
    d.tiers,
    d.languages,
    d.channels,
    d.models,
    d.prompts,
    d.policies,
    d.graphs,
    d.handlers,
    d.cases,
    e.opened_at,
    coalesce(p.opened_at, ''),
    coalesce(p.ended_at, ''),
    coalesce(p.survey_offered_at, ''),
    coalesce(p.first_reply_at, ''),
    coalesce(p.counts, ''),
    coalesce(p.hits, ''),
    coalesce(p.decided, ''),
    coalesce(p.edited, ''),
    coalesce(p.rejected, ''),
    coalesce(p.confirmations_asked, ''),
    coalesce(p.confirmations_refused, ''),
    coalesce(p.customer, ''),
    coalesce(p.agent_seconds, ''),
    coalesce(p.customer_seconds, ''),
    coalesce(p.waiting_seconds, ''),
    coalesce(p.person_seconds, ''),
    coalesce(p.cost_usd, ''),
    coalesce(p.csat, ''),
    coalesce(p.nps, ''),
    coalesce(p.confidence, ''),
    d.releases,
    coalesce(p.effects_held, ''),
    coalesce(p.effects_ruled, ''),
    coalesce(p.effects_passed, ''),
    coalesce(p.effects_wrong, ''),
    coalesce(p.holds_decided, ''),
    coalesce(p.holds_approved, '')
FROM packed AS p
CROSS JOIN dimensions AS d
CROSS JOIN (
    SELECT coalesce(string_agg(timestamptz_send(c.opened_at), ''::bytea ORDER BY c.opened_at), '') AS opened_at
    FROM handrail.cases AS c
    WHERE c.opened_at >= wanted::timestamp AT TIME ZONE 'UTC' AND c.opened_at < (wanted + 1)::timestamp AT TIME ZONE 'UTC'
        AND NOT EXISTS (SELECT FROM found AS f WHERE f.case_id = c.case_id)
) AS e
$$;
COMMENT ON FUNCTION handrail.pack_of_outcomes IS 'the kept outcomes of cases that were opened on that day of UTC, by column';

CREATE TABLE handrail.shadows (
    shadow_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release text NOT NULL,
    base text NOT NULL,
    parts jsonb NOT NULL,
    candidate jsonb NOT NULL,
    share double precision NOT NULL CONSTRAINT shadows_share CHECK (share > 0 AND share <= 100),
    budget jsonb NOT NULL,
    owner text NOT NULL CONSTRAINT shadows_owner CHECK (owner <> ''),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.shadows IS
'candidate releases that answer, or answered, real cases where nobody sees it; the newest counts';
CREATE TRIGGER shadows_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.shadows
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('shadows are only added to');

CREATE TABLE handrail.shadow_steps (
    step_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shadow_id bigint NOT NULL REFERENCES handrail.shadows,
    kind text NOT NULL CONSTRAINT shadow_steps_kind CHECK (kind IN ('start', 'stop', 'rest')),
    actor text NOT NULL CONSTRAINT shadow_steps_actor CHECK (actor <> ''),
    words text NOT NULL,
    day date,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT shadow_steps_day CHECK ((kind = 'rest') = (day IS NOT NULL))
);
COMMENT ON TABLE handrail.shadow_steps IS
'each step of a shadow, by whom and why; one that rests has used up the budget of that day';
CREATE UNIQUE INDEX shadow_steps_once ON handrail.shadow_steps (shadow_id, kind, coalesce(day, '-infinity'));
CREATE TRIGGER shadow_steps_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.shadow_steps
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the steps of shadows are only added to');

CREATE TABLE handrail.shadow_answers (
    shadow_id bigint NOT NULL REFERENCES handrail.shadows,
    case_id text NOT NULL REFERENCES handrail.cases,
    day date NOT NULL,
    state text NOT NULL CONSTRAINT shadow_answers_state CHECK (state IN ('begun', 'answered', 'failed')),
    tries integer NOT NULL DEFAULT 1,
    calls bigint NOT NULL DEFAULT 0,
    lookups bigint NOT NULL DEFAULT 0,
    tokens bigint NOT NULL DEFAULT 0,
    usd double precision NOT NULL DEFAULT 0,
    answer jsonb,
    why text NOT NULL DEFAULT '',
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    PRIMARY KEY (shadow_id, case_id),
    CONSTRAINT shadow_answers_end CHECK ((state = 'begun') = (ended_at IS NULL)),
    CONSTRAINT shadow_answers_answer CHECK ((state = 'answered') <= (answer IS NOT NULL))
);
COMMENT ON TABLE handrail.shadow_answers IS
'what a candidate would have answered in the first turn of a case, and what asking it used of the day''s budget';
CREATE INDEX shadow_answers_by_day ON handrail.shadow_answers (day);

-- A part of 1 out of the candidate's key and the case's id, by SHA-256: `place_of` in Python gives the same.
CREATE FUNCTION handrail.shadow_place(key text, case_id text) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
SELECT ('x' || left(encode(sha256(
    convert_to(key, 'UTF8') || '\x00'::bytea || convert_to(case_id, 'UTF8')
), 'hex'), 13))::bit(52)::bigint::double precision / 4503599627370496
$$;

CREATE VIEW handrail.overview AS
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

CREATE TABLE handrail.customer_links (
    link_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merged text NOT NULL,
    kept text NOT NULL,
    reason text NOT NULL,
    contradictions text [] NOT NULL,
    by text NOT NULL CONSTRAINT customer_links_by CHECK (by <> ''),
    at timestamptz NOT NULL,
    undone_by text,
    undone_because text,
    undone_at timestamptz,
    CONSTRAINT customer_links_of_two CHECK (
        (merged <> kept AND merged <> '' AND kept <> '' AND reason <> '') OR (merged = '' AND kept = '' AND reason = '')
    ),
    CONSTRAINT customer_links_undone CHECK (num_nonnulls(undone_by, undone_because, undone_at) IN (0, 3))
);
CREATE UNIQUE INDEX customer_links_in_force ON handrail.customer_links (merged) WHERE undone_at IS NULL AND merged <> '';
CREATE INDEX customer_links_by_kept ON handrail.customer_links (kept) WHERE undone_at IS NULL;
COMMENT ON TABLE handrail.customer_links IS
'which customer ids are one person, who said so and why; a link is undone, never changed or deleted; one of forgotten ids is blank';

CREATE FUNCTION handrail.customer_links_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.link_id, NEW.contradictions, NEW."by", NEW.at) IS DISTINCT FROM (OLD.link_id, OLD.contradictions, OLD."by", OLD.at)
        OR (NEW.merged <> '' AND (
            OLD.undone_at IS NOT NULL OR (NEW.merged, NEW.kept, NEW.reason) IS DISTINCT FROM (OLD.merged, OLD.kept, OLD.reason)
        ))
        OR (NEW.merged = '' AND (NEW.undone_by, NEW.undone_at) IS DISTINCT FROM (OLD.undone_by, OLD.undone_at))
    THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER customer_links_keep BEFORE UPDATE ON handrail.customer_links
FOR EACH ROW EXECUTE FUNCTION handrail.customer_links_keep('a link of customers is undone, never changed');
CREATE TRIGGER customer_links_stay BEFORE DELETE OR TRUNCATE ON handrail.customer_links
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('a link of customers is undone, never changed');

CREATE FUNCTION handrail.kin(customer text) RETURNS text [] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    found text [] := ARRAY[customer];
    more text [];
BEGIN
    LOOP
        SELECT array_agg(DISTINCT x.id) INTO more
        FROM (
            SELECT l.kept FROM handrail.customer_links AS l
            WHERE l.merged = ANY(found) AND l.merged <> '' AND l.undone_at IS NULL
            UNION ALL
            SELECT l.merged FROM handrail.customer_links AS l WHERE l.kept = ANY(found) AND l.undone_at IS NULL
        ) AS x (id)
        WHERE x.id <> ALL(found);
        IF more IS NULL THEN
            RETURN found;
        END IF;
        found := found || more;
    END LOOP;
END
$$;
COMMENT ON FUNCTION handrail.kin IS 'all ids of the person who has this customer id, this one first';

-- Locks in one order, of all ids of a person. Who those are is read before the locks and once more behind them: had somebody
-- merged or parted them meanwhile, the locks go with the block, and it begins anew, so that no lock is taken out of order.
CREATE FUNCTION handrail.hold_kin(customers text [], alone boolean) RETURNS text [] LANGUAGE plpgsql AS $$
DECLARE
    held text [];
    place bigint;
BEGIN
    LOOP
        held := ARRAY(SELECT DISTINCT k FROM unnest(customers) AS c CROSS JOIN unnest(handrail.kin(c)) AS k ORDER BY k);
        BEGIN
            FOR place IN SELECT DISTINCT hashtextextended(h, 10) AS key FROM unnest(held) AS h ORDER BY key LOOP
                IF alone THEN
                    PERFORM pg_advisory_xact_lock(place);
                ELSE
                    PERFORM pg_advisory_xact_lock_shared(place);
                END IF;
            END LOOP;
            IF held = ARRAY(
                SELECT DISTINCT k FROM unnest(customers) AS c CROSS JOIN unnest(handrail.kin(c)) AS k ORDER BY k
            ) THEN
                RETURN held;
            END IF;
            RAISE EXCEPTION 'these customers are others by now' USING ERRCODE = 'HR004';
        EXCEPTION WHEN SQLSTATE 'HR004' THEN
            NULL;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION handrail.hold_kin IS
'keeps who these customers are as it is until the transaction ends: effects share the locks, who merges or parts has them alone';

-- One statement says whether an effect may be made. Every statement within sees what was committed before it began, so the
-- controls are read as they are once the locks are held.
CREATE FUNCTION handrail.begin_effect(wanted text, wanted_hash text, hold bigint, of_turn jsonb DEFAULT NULL) RETURNS TABLE (
    case_id text,
    customer_id text,
    action text,
    status text,
    ruling text,
    approval_status text,
    outcome text,
    applied_hash text,
    watched jsonb,
    decided_on_these boolean,
    permitted boolean,
    controls jsonb,
    unreadable text,
    kin text [],
    said_unknown boolean
) LANGUAGE plpgsql AS $$
DECLARE
    of_case text;
BEGIN
    -- First of all locks: taken behind another it could deadlock.
    PERFORM pg_advisory_xact_lock_shared(hold);
    -- Kept until the transaction ends: whoever takes the journal over waits for the effect, and reads of it then.
    IF of_turn IS NOT NULL THEN
        PERFORM FROM handrail.turns AS t
        WHERE t.case_id = of_turn ->> 'case_id' AND t.token = of_turn ->> 'token'
            AND t.attempt = (of_turn ->> 'attempt')::integer AND t.result IS NULL
        FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another attempt, or a person, has the case' USING ERRCODE = 'HR002';
        END IF;
    END IF;
    SELECT
        a.case_id, c.customer_id, a.action, a.status, a.ruling, a.approval_status, a.outcome, a.applied_hash,
        a.verdict -> 'watched', coalesce(a.decided_hash = wanted_hash, FALSE),
        handrail.permitted(a.ruling, a.arguments_hash, a.approval_status, a.decided_hash, wanted_hash) AND a.kind = 'effect',
        c.status
    INTO
        case_id, customer_id, action, status, ruling, approval_status, outcome, applied_hash,
        watched, decided_on_these, permitted, of_case
    FROM handrail.actions AS a
    INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
    WHERE a.effect_id = wanted
    FOR UPDATE OF a;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF of_turn IS NOT NULL AND of_case = 'Closed' THEN
        RAISE EXCEPTION 'the case is closed' USING ERRCODE = 'HR002';
    END IF;
    -- Asked once the row is held: whoever waited for it may have waited through the change.
    IF outcome IS NULL AND EXISTS (
        SELECT FROM handrail.cases AS h WHERE h.case_id = of_turn ->> 'case_id' AND h.halted = of_turn ->> 'token'
    ) THEN
        RAISE EXCEPTION 'the customer edited or withdrew words that the turn goes by' USING ERRCODE = 'HR005';
    END IF;
    PERFORM handrail.hold_kin(ARRAY[customer_id], FALSE);
    kin := handrail.kin(customer_id);
    said_unknown := EXISTS (SELECT FROM handrail.effect_attempts AS t WHERE t.effect_id = wanted AND t.said_unknown);
    BEGIN
        SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.control_id), '[]') INTO controls
        FROM handrail.controls_in_force AS f;
    EXCEPTION WHEN OTHERS THEN
        unreadable := SQLSTATE;
    END;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION handrail.begin_effect IS
'what the ledger holds of an effect, its row locked, the controls in force and all ids of its customer, kept as they are until '
'the transaction ends; said_unknown: its tool said that nobody knows whether it was made; '
'unreadable: the state of the error that kept the controls from being read; nothing comes back for an effect without a verdict; '
'of_turn: the attempt at a turn that wants it, refused with HR002 where the journal is not its own any more, '
'or the case is closed, and with HR005 where the turn is halted and the effect has no outcome; null asks nothing';

CREATE TABLE handrail.quality_judgements (
    day date NOT NULL,
    purpose text NOT NULL CONSTRAINT quality_judgements_purpose CHECK (purpose IN ('sample', 'anchor', 'calibration')),
    judge text NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    criterion text NOT NULL,
    run smallint NOT NULL CONSTRAINT quality_judgements_run CHECK (run >= 1),
    verdict text CONSTRAINT quality_judgements_verdict CHECK (verdict IN ('pass', 'fail')),
    unmeasured text,
    quote text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    fingerprint text,
    usage jsonb NOT NULL DEFAULT '{}',
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (day, purpose, judge, case_id, criterion, run),
    CONSTRAINT quality_judgements_says_something CHECK (num_nonnulls(verdict, unmeasured) = 1)
);
COMMENT ON TABLE handrail.quality_judgements IS
'each call of a judge, kept before the next one; judge is the start of a hash of model, prompt and criterion';
CREATE INDEX quality_judgements_newest ON handrail.quality_judgements (judge, asked_at DESC) WHERE model <> '';
CREATE TRIGGER quality_judgements_only_grow BEFORE DELETE OR TRUNCATE ON handrail.quality_judgements
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('judgements are only added to');
CREATE TRIGGER quality_judgements_keep BEFORE UPDATE ON handrail.quality_judgements
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_unless_forgotten('judgements are only added to');

CREATE TABLE handrail.case_event (
    case_id text NOT NULL REFERENCES handrail.cases,
    sequence bigint NOT NULL CONSTRAINT case_event_sequence CHECK (sequence >= 1),
    position bigint NOT NULL CONSTRAINT case_event_position CHECK (position >= 1),
    kind text NOT NULL CONSTRAINT case_event_kind CHECK (
        kind IN (
            'opened', 'message', 'reply', 'status', 'waiting', 'assigned', 'decided', 'effect', 'handoff', 'resolved',
            'reopened', 'closed', 'rated', 'message.edited', 'message.withdrawn'
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
CREATE TRIGGER case_event_only_grows BEFORE DELETE OR TRUNCATE ON handrail.case_event
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('events are only added to');
CREATE TRIGGER case_event_keeps BEFORE UPDATE ON handrail.case_event
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_unless_forgotten('events are only added to');

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
        jsonb_build_object(
            'message_id', NEW.message_id, 'author', NEW.author, 'by', NEW."by", 'turn', NEW.turn,
            'approved', nullif(NEW.approved, FALSE), 'corrects', NEW.corrects
        )
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER messages_tell AFTER INSERT ON handrail.messages
FOR EACH ROW EXECUTE FUNCTION handrail.draft_message();

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
CREATE TRIGGER approvals_come_tell AFTER INSERT ON handrail.approvals
FOR EACH ROW EXECUTE FUNCTION handrail.draft_approval();
CREATE TRIGGER approvals_tell AFTER UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    (NEW.status, NEW.yes) IS DISTINCT FROM (OLD.status, OLD.yes) AND NEW.request -> 'forgotten' IS NULL
)
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

CREATE TABLE handrail.arrivals (
    case_id text NOT NULL,
    message_id text NOT NULL,
    channel text NOT NULL,
    address text CONSTRAINT arrivals_address CHECK (address <> ''),
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (case_id, message_id)
);
COMMENT ON TABLE handrail.arrivals IS
'how a customer''s message came in, noted before its case hears of it; without an address they read the reply where they wrote';

CREATE TABLE handrail.departures (
    case_id text NOT NULL,
    message_id text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    answers text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CONSTRAINT departures_state CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    words text,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    PRIMARY KEY (case_id, message_id),
    FOREIGN KEY (case_id, message_id) REFERENCES handrail.messages,
    CONSTRAINT departures_settled CHECK ((state = 'waiting') = (settled_at IS NULL))
);
COMMENT ON TABLE handrail.departures IS
'the outbox: what was said to a customer and has to be brought to them, by the channel of their latest message, which it answers';
CREATE INDEX departures_due ON handrail.departures (channel, next_at) WHERE state = 'waiting';
CREATE INDEX departures_failed ON handrail.departures (settled_at) WHERE state = 'failed';

CREATE FUNCTION handrail.message_answered(of_case text) RETURNS text STABLE LANGUAGE sql AS $$
SELECT coalesce(m.part_of, m.corrects, m.message_id) FROM handrail.messages AS m
WHERE m.case_id = of_case AND m.author = 'customer' AND (m.part_of IS NOT NULL OR m.message_id NOT LIKE '~%')
ORDER BY m.sequence DESC, m.at DESC, m.message_id DESC LIMIT 1
$$;
COMMENT ON FUNCTION handrail.message_answered IS
'the customer''s latest message, as it came in: parts and corrections, which stand behind it, arrived with it; '
'older parts name no message and count for none';

CREATE FUNCTION handrail.note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest text := handrail.message_answered(NEW.case_id);
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
CREATE TRIGGER messages_depart AFTER INSERT ON handrail.messages
FOR EACH ROW WHEN (NEW.author <> 'customer') EXECUTE FUNCTION handrail.note_departure();

CREATE FUNCTION handrail.way_out(event handrail.case_event) RETURNS jsonb LANGUAGE sql STABLE AS $$
SELECT coalesce(
    (
        SELECT jsonb_build_object('channel', d.channel, 'address', d.address)
        FROM handrail.departures AS d
        WHERE event.kind = 'reply'
            AND d.case_id = event.case_id
            AND d.message_id = event.body ->> 'message_id'
            AND d.channel <> 'mail'
    ),
    '{}'
)
$$;
COMMENT ON FUNCTION handrail.way_out IS
'channel and address of a reply that a channel of the company''s own brings to the customer; nothing for any other event';

CREATE TABLE handrail.mails (
    mail_id text PRIMARY KEY,
    incoming boolean NOT NULL,
    header_id text,
    "references" text[] NOT NULL DEFAULT '{}',
    sender text,
    recipient text,
    subject text NOT NULL DEFAULT '',
    vouched text NOT NULL DEFAULT '',
    automatic boolean NOT NULL DEFAULT FALSE,
    disposition text CONSTRAINT mails_disposition CHECK (
        disposition IN ('opened', 'continued', 'people', 'automatic', 'bounce', 'own', 'unreadable')
    ),
    words text NOT NULL DEFAULT '',
    case_id text,
    message_id text,
    customer_id text,
    size integer NOT NULL,
    raw bytea NOT NULL,
    bounced text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    swept_at timestamptz,
    CONSTRAINT mails_in_have_a_disposition CHECK (incoming = (disposition IS NOT NULL))
);
COMMENT ON TABLE handrail.mails IS
'mail as it came in and as it was sent; settled once the case has heard of it, or the mail server has taken it';
COMMENT ON COLUMN handrail.mails.swept_at IS 'when its source went, with all that was attached: its time was over';
CREATE INDEX mails_by_header_id ON handrail.mails (header_id) WHERE header_id IS NOT NULL;
CREATE INDEX mails_by_case ON handrail.mails (case_id, at) WHERE case_id IS NOT NULL;
CREATE INDEX mails_by_time ON handrail.mails (at);
CREATE INDEX mails_automatic_out ON handrail.mails (recipient, at) WHERE NOT incoming AND automatic;
CREATE INDEX mails_with_source ON handrail.mails (at) WHERE swept_at IS NULL;

CREATE TABLE handrail.mail_attachments (
    mail_id text NOT NULL REFERENCES handrail.mails,
    position integer NOT NULL,
    name text NOT NULL,
    size integer NOT NULL,
    kind text NOT NULL,
    sha256 text NOT NULL,
    refused text,
    PRIMARY KEY (mail_id, position)
);
COMMENT ON TABLE handrail.mail_attachments IS
'attachments by reference: their bytes stand in the raw mail; kind is what the first bytes say, whatever the sender wrote';

CREATE TABLE handrail.mailboxes (
    mailbox text PRIMARY KEY,
    validity bigint NOT NULL,
    uid bigint NOT NULL,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.mailboxes IS 'up to which UID each mailbox was read, under which UIDVALIDITY';

CREATE TABLE handrail.webhook_endpoints (
    endpoint_id text PRIMARY KEY,
    url text NOT NULL,
    kinds text[] NOT NULL,
    owner text NOT NULL CONSTRAINT webhook_endpoints_owner CHECK (owner <> ''),
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at timestamptz,
    disabled_because text,
    removed_at timestamptz,
    roles text[] NOT NULL DEFAULT '{}',
    queues text[] NOT NULL DEFAULT '{}',
    CONSTRAINT webhook_endpoints_disabled CHECK (num_nonnulls(disabled_at, disabled_because) IN (0, 2))
);
COMMENT ON TABLE handrail.webhook_endpoints IS
'where events are sent; no kinds means all of them; roles and queues narrow what waits for people; owner answers for the receiver';

CREATE TABLE handrail.webhook_secrets (
    endpoint_id text NOT NULL REFERENCES handrail.webhook_endpoints,
    secret_id bigint GENERATED ALWAYS AS IDENTITY,
    sealed text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz,
    PRIMARY KEY (endpoint_id, secret_id)
);
COMMENT ON TABLE handrail.webhook_secrets IS
'signing secrets, encrypted with a key that the database does not hold; every message is signed with all that have not ended';

CREATE TABLE handrail.webhook_messages (
    message_id text PRIMARY KEY,
    endpoint_id text NOT NULL REFERENCES handrail.webhook_endpoints,
    case_id text NOT NULL,
    sequence bigint NOT NULL,
    state text NOT NULL DEFAULT 'pending' CONSTRAINT webhook_messages_state CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    words text,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempted_at timestamptz,
    next_at timestamptz,
    UNIQUE (endpoint_id, case_id, sequence),
    FOREIGN KEY (case_id, sequence) REFERENCES handrail.case_event
);
COMMENT ON TABLE handrail.webhook_messages IS
'each event for each endpoint that wants it: one message, whose id stays over every attempt';
CREATE INDEX webhook_messages_pending ON handrail.webhook_messages (endpoint_id, case_id, sequence) WHERE state = 'pending';
CREATE INDEX webhook_messages_dead ON handrail.webhook_messages (endpoint_id, attempted_at) WHERE state = 'dead';
CREATE INDEX webhook_messages_settled ON handrail.webhook_messages (attempted_at) WHERE state <> 'pending';

CREATE TABLE handrail.webhook_cursor (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT webhook_cursor_single CHECK (single),
    position bigint NOT NULL
);
COMMENT ON TABLE handrail.webhook_cursor IS 'up to which event messages were made; the one row is locked while more are';
INSERT INTO handrail.webhook_cursor (position) SELECT coalesce(max(e.position), 0) FROM handrail.case_event AS e;

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

CREATE FUNCTION handrail.address_webhooks(most bigint) RETURNS TABLE (endpoint_id text, case_id text) LANGUAGE plpgsql AS $$
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
COMMENT ON FUNCTION handrail.address_webhooks IS
'one message for each endpoint that wants an event and was there by then, of at most so many events; workers do it one after the other';

CREATE TABLE handrail.quality_label_tasks (
    case_id text NOT NULL REFERENCES handrail.cases,
    criterion text NOT NULL,
    wording text NOT NULL,
    day date NOT NULL,
    chosen_from text NOT NULL CONSTRAINT quality_label_tasks_chosen_from CHECK (chosen_from IN ('fail', 'pass', 'unmeasured')),
    probability double precision NOT NULL CONSTRAINT quality_label_tasks_probability CHECK (
        probability > 0 AND probability <= 1
    ),
    twice boolean NOT NULL,
    PRIMARY KEY (case_id, criterion, wording)
);
COMMENT ON TABLE handrail.quality_label_tasks IS
'cases that people are to label, with the probability of their choice; wording is the start of the question''s hash';

CREATE TABLE handrail.quality_labels (
    case_id text NOT NULL,
    criterion text NOT NULL,
    wording text NOT NULL,
    reviewer text NOT NULL,
    verdict text NOT NULL CONSTRAINT quality_labels_verdict CHECK (verdict IN ('pass', 'fail', 'cannot_say')),
    note text NOT NULL DEFAULT '',
    first_at timestamptz NOT NULL,
    given_at timestamptz NOT NULL,
    changes integer NOT NULL DEFAULT 0,
    PRIMARY KEY (case_id, criterion, wording, reviewer),
    FOREIGN KEY (case_id, criterion, wording) REFERENCES handrail.quality_label_tasks
);
COMMENT ON TABLE handrail.quality_labels IS 'verdicts of people, who did not see the judge''s; the earliest first_at is the first';

CREATE TABLE handrail.quality_anchors (
    criterion text NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    since date NOT NULL,
    PRIMARY KEY (criterion, case_id)
);
COMMENT ON TABLE handrail.quality_anchors IS 'old transcripts that are judged again every day: what moves there is the judge';

CREATE TABLE handrail.canary_answers (
    day date NOT NULL,
    served text NOT NULL,
    canary text NOT NULL,
    prompt smallint NOT NULL,
    number smallint NOT NULL,
    text text NOT NULL,
    model text NOT NULL DEFAULT '',
    fingerprint text,
    usage jsonb NOT NULL DEFAULT '{}',
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (day, served, canary, prompt, number)
);
COMMENT ON TABLE handrail.canary_answers IS 'the agent''s model on the same prompts every day; canary is the start of the prompts'' hash';

CREATE TABLE handrail.canary_baselines (
    baseline_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    served text NOT NULL,
    canary text NOT NULL,
    since date NOT NULL,
    until date NOT NULL,
    answers integer NOT NULL,
    models text[] NOT NULL,
    reason text NOT NULL CONSTRAINT canary_baselines_reason CHECK (reason <> ''),
    actor text NOT NULL CONSTRAINT canary_baselines_actor CHECK (actor <> ''),
    at timestamptz NOT NULL,
    CONSTRAINT canary_baselines_days CHECK (since <= until)
);
COMMENT ON TABLE handrail.canary_baselines IS 'days whose answers a named person vouched for; the newest counts';
CREATE TRIGGER canary_baselines_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.canary_baselines
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('baselines are only added to');

CREATE TABLE handrail.canary_days (
    day date NOT NULL,
    served text NOT NULL,
    canary text NOT NULL,
    baseline_id bigint REFERENCES handrail.canary_baselines,
    hit boolean NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (day, served, canary)
);
COMMENT ON TABLE handrail.canary_days IS 'each day''s comparison with the baseline';

CREATE TABLE handrail.api_keys (
    key_id text PRIMARY KEY CONSTRAINT api_keys_id CHECK (key_id ~ '^[a-z0-9]{12}$'),
    caller text NOT NULL,
    name text NOT NULL CONSTRAINT api_keys_name CHECK (name <> ''),
    environment text NOT NULL CONSTRAINT api_keys_environment CHECK (environment ~ '^[a-z]{2,12}$'),
    secret_hash text NOT NULL CONSTRAINT api_keys_secret_hash CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
    scopes text [] NOT NULL CONSTRAINT api_keys_scopes CHECK (scopes <> '{}'),
    person text,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    last_used_at timestamptz,
    CONSTRAINT api_keys_revoked CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
COMMENT ON TABLE handrail.api_keys IS
'keys of the HTTP API: of each secret its SHA-256 alone; the keys of a rotation share their caller';
CREATE INDEX api_keys_by_caller ON handrail.api_keys (caller);

CREATE TABLE handrail.api_answers (
    caller text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint text NOT NULL,
    claim text NOT NULL,
    held_until timestamptz NOT NULL,
    claimed_at timestamptz NOT NULL,
    status smallint CONSTRAINT api_answers_status CHECK (status BETWEEN 200 AND 499),
    headers jsonb,
    body bytea,
    PRIMARY KEY (caller, idempotency_key),
    CONSTRAINT api_answers_whole CHECK ((status IS NULL) = (headers IS NULL) AND (status IS NULL) = (body IS NULL))
);
COMMENT ON TABLE handrail.api_answers IS
'answers of the HTTP API by caller and idempotency key, given again byte for byte; without a status while the first is at work';
CREATE INDEX api_answers_by_age ON handrail.api_answers (claimed_at);

-- The desk: who is signed in, who reads a case now, and what somebody began to write.

CREATE TABLE handrail.desk_sessions (
    token_hash text PRIMARY KEY CONSTRAINT desk_sessions_hash CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    person text NOT NULL,
    key_id text,
    expires_at timestamptz NOT NULL,
    principal jsonb,
    CONSTRAINT desk_sessions_vouched CHECK ((key_id IS NULL) <> (principal IS NULL))
);
COMMENT ON TABLE handrail.desk_sessions IS
'who signed in at the desk, with which key or by an identity provider; of the token in the cookie its SHA-256 alone';
CREATE INDEX desk_sessions_by_end ON handrail.desk_sessions (expires_at);

CREATE TABLE handrail.desk_readers (
    case_id text NOT NULL REFERENCES handrail.cases,
    person text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, person)
);
COMMENT ON TABLE handrail.desk_readers IS 'who opened the page of a case, and when last';

CREATE TABLE handrail.desk_drafts (
    case_id text NOT NULL REFERENCES handrail.cases,
    person text NOT NULL,
    kind text NOT NULL CONSTRAINT desk_drafts_kind CHECK (kind IN ('reply', 'note', 'answer')),
    text text NOT NULL CONSTRAINT desk_drafts_text CHECK (text <> ''),
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, person, kind)
);
COMMENT ON TABLE handrail.desk_drafts IS
'words that somebody began on the page of a case and has not sent; whoever holds the case next sees them';

CREATE INDEX queue_items_by_due ON handrail.queue_items ((coalesce(due_at, '9999-01-01Z')), case_id);
CREATE INDEX cases_by_assignee ON handrail.cases (assignee) WHERE assignee IS NOT NULL;
CREATE INDEX cases_by_queue ON handrail.cases (queue) WHERE queue IS NOT NULL;

CREATE TABLE handrail.api_vouchers (
    update_id text PRIMARY KEY,
    case_id text NOT NULL,
    person text NOT NULL CONSTRAINT api_vouchers_person CHECK (person <> ''),
    caller text NOT NULL,
    about text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.api_vouchers IS
'updates of which the HTTP API knows beyond doubt who sends them, noted before they are sent; about is what is decided, hashed';
CREATE INDEX api_vouchers_by_age ON handrail.api_vouchers (at);

CREATE TABLE handrail.api_tokens (
    token_hash text PRIMARY KEY CONSTRAINT api_tokens_hash CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    customer_id text NOT NULL,
    caller text NOT NULL,
    minted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT api_tokens_expire CHECK (minted_at < expires_at)
);
COMMENT ON TABLE handrail.api_tokens IS 'short-lived tokens of single customers, minted by a backend: of each its SHA-256 alone';
CREATE INDEX api_tokens_by_end ON handrail.api_tokens (expires_at);

CREATE TABLE handrail.agent_cases (
    case_id text NOT NULL,
    caller text NOT NULL,
    person text,
    context_id text NOT NULL CONSTRAINT agent_cases_context CHECK (context_id <> ''),
    customer_id text,
    noted_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, caller)
);
COMMENT ON TABLE handrail.agent_cases IS
'who spoke for a case as an agent, noted before it is opened or spoken to: they find it as their task, and decide nothing in it; customer_id is null until they say whose case it is';
CREATE INDEX agent_cases_by_caller ON handrail.agent_cases (caller, noted_at DESC, case_id DESC);

CREATE TABLE handrail.owner_keys (
    key_id text PRIMARY KEY CONSTRAINT owner_keys_id CHECK (key_id ~ '^o[0-9a-f]{24}$'),
    customer_id text UNIQUE,
    master_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.owner_keys IS
'keys that wrap keys of data: a customer''s, or without one that of a single workflow whose customer is not known';
CREATE INDEX owner_keys_by_master ON handrail.owner_keys (master_id, key_id);

CREATE TABLE handrail.data_keys (
    key_id text PRIMARY KEY CONSTRAINT data_keys_id CHECK (key_id ~ '^d[0-9a-f]{24}$'),
    namespace text NOT NULL,
    sealed_for text NOT NULL,
    workflow_id text NOT NULL,
    owner_id text NOT NULL REFERENCES handrail.owner_keys ON DELETE CASCADE,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.data_keys IS 'keys that payloads are encrypted with, one a workflow';
COMMENT ON COLUMN handrail.data_keys.sealed_for IS
'the workflow that payloads are bound to; empty where whoever encrypted them could not know it, as the Web UI';
COMMENT ON COLUMN handrail.data_keys.workflow_id IS 'the workflow that the key belongs to; empty until its first reader tells';
CREATE UNIQUE INDEX data_keys_of_workflow ON handrail.data_keys (namespace, sealed_for) WHERE sealed_for <> '';
CREATE INDEX data_keys_by_workflow ON handrail.data_keys (workflow_id);
CREATE INDEX data_keys_by_owner ON handrail.data_keys (owner_id);

CREATE TABLE handrail.shredded_keys (
    key_id text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.shredded_keys IS 'ids of keys of data that are gone for good, so that whoever meets one is told so';
CREATE INDEX shredded_keys_by_time ON handrail.shredded_keys (at);

CREATE FUNCTION handrail.tell_shredded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY handrail_shredded;
    RETURN NULL;
END
$$;
CREATE TRIGGER shredded_keys_are_told AFTER INSERT ON handrail.shredded_keys
FOR EACH STATEMENT EXECUTE FUNCTION handrail.tell_shredded();

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

CREATE TABLE handrail.desk_batches (
    batch_id text PRIMARY KEY,
    person text NOT NULL,
    action text NOT NULL,
    amount numeric NOT NULL,
    unit text NOT NULL,
    seconds double precision CONSTRAINT desk_batches_seconds CHECK (seconds >= 0),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.desk_batches IS
'approvals that a person gave several at once; seconds is from when the page was shown until it was sent, null over HTTP';
CREATE INDEX desk_batches_by_time ON handrail.desk_batches (at);

CREATE TABLE handrail.desk_batch_rows (
    batch_id text NOT NULL REFERENCES handrail.desk_batches,
    place integer NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    approval_id text NOT NULL,
    revision integer NOT NULL,
    title text NOT NULL,
    status text CONSTRAINT desk_batch_rows_status CHECK (
        status IN ('open', 'approved', 'edited', 'revised', 'rejected', 'answered', 'expired', 'withdrawn')
    ),
    refused text NOT NULL DEFAULT '',
    code text NOT NULL DEFAULT '',
    PRIMARY KEY (batch_id, place),
    CONSTRAINT desk_batch_rows_settled CHECK ((status IS NULL) = (refused <> ''))
);
COMMENT ON TABLE handrail.desk_batch_rows IS 'what became of each row of a batch: its approval''s status, or why it was refused';

CREATE TABLE handrail.deploy_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment text NOT NULL CONSTRAINT deploy_changes_deployment CHECK (deployment <> ''),
    act text NOT NULL CONSTRAINT deploy_changes_act CHECK (act IN ('promote', 'ramp', 'rollback', 'prune')),
    build_id text NOT NULL,
    before text NOT NULL,
    percent double precision CONSTRAINT deploy_changes_percent CHECK (percent BETWEEN 0 AND 100),
    actor text NOT NULL CONSTRAINT deploy_changes_actor CHECK (actor <> ''),
    words text NOT NULL,
    evidence jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.deploy_changes IS
'each change of which build gets the cases, by whom and on what grounds; an empty build is workers without a version';
CREATE INDEX deploy_changes_newest ON handrail.deploy_changes (deployment, change_id DESC);
CREATE TRIGGER deploy_changes_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.deploy_changes
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('changes of deployments are only added to');

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

-- Forgetting a customer.

CREATE TRIGGER cases_stay_forgotten BEFORE UPDATE ON handrail.cases
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_forgotten();
CREATE TRIGGER messages_stay_forgotten BEFORE INSERT ON handrail.messages
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_forgotten();
CREATE TRIGGER turns_stay_forgotten BEFORE INSERT OR UPDATE ON handrail.turns
FOR EACH ROW EXECUTE FUNCTION handrail.refuse_forgotten();

CREATE FUNCTION handrail.tell_shredded_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.shredded_keys (key_id) VALUES (OLD.key_id) ON CONFLICT (key_id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER data_keys_are_told AFTER DELETE ON handrail.data_keys
FOR EACH ROW EXECUTE FUNCTION handrail.tell_shredded_key();

-- An update that changes no row is refused, too, unless a customer is just being forgotten.
CREATE FUNCTION handrail.refuse_unless_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('handrail.erasing', TRUE), '') = '' THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON handrail.audit
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse_unless_erasing('the audit only grows');

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

-- A case that the front door answers for stands here until the record has it, so that nothing answered is ever lost.

CREATE TABLE handrail.case_starts (
    case_id text PRIMARY KEY,
    customer_id text NOT NULL,
    opening jsonb NOT NULL,
    content_digest text NOT NULL CONSTRAINT case_starts_content_digest CHECK (content_digest <> ''),
    identity text NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL,
    taken_until timestamptz NOT NULL,
    begun_at timestamptz
);
COMMENT ON TABLE handrail.case_starts IS
'cases that were answered for: begun by whoever takes them up first, and gone from here once the record has them';
COMMENT ON COLUMN handrail.case_starts.taken_until IS 'whoever took it up last begins it by then or not at all';
CREATE INDEX case_starts_due ON handrail.case_starts (due_at) WHERE begun_at IS NULL;
CREATE INDEX case_starts_of_customer ON handrail.case_starts (customer_id);

-- Of another content it is another message, which would be lost.
CREATE FUNCTION handrail.start_is_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM handrail.case_starts AS s WHERE s.case_id = NEW.case_id AND s.content_digest = NEW.content_digest;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_were_kept AFTER INSERT ON handrail.cases
FOR EACH ROW EXECUTE FUNCTION handrail.start_is_recorded();
