CREATE FUNCTION handrail.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
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
    priority smallint CONSTRAINT cases_priority CHECK (priority BETWEEN 1 AND 5)
);
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
    PRIMARY KEY (case_id, message_id)
);
CREATE INDEX messages_in_order ON handrail.messages (case_id, sequence, at, message_id);
CREATE INDEX messages_recorded ON handrail.messages (recorded_at) WHERE author = 'assistant';

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
    PRIMARY KEY (case_id, entry_id)
);
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.audit
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the audit only grows');

CREATE TABLE handrail.audit_chain (
    sequence bigint PRIMARY KEY,
    case_id text NOT NULL,
    entry_id text NOT NULL,
    previous text NOT NULL,
    case_sequence bigint NOT NULL,
    case_previous text NOT NULL,
    hash text NOT NULL,
    UNIQUE (case_id, entry_id),
    UNIQUE (case_id, case_sequence)
);
COMMENT ON TABLE handrail.audit_chain IS
'a link for every audit entry, in the order of commits: each hash covers the entry, the link before it and the one before it of its case';
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

CREATE FUNCTION handrail.audit_hash(link handrail.audit_chain, entry handrail.audit) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT encode(
    sha256(
        convert_to(
            jsonb_build_array(
                link.sequence, link.previous, link.case_sequence, link.case_previous, entry.case_id, entry.entry_id,
                to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.actor, entry.action, entry.details
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

CREATE TRIGGER approvals_settle_once BEFORE UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    OLD.status <> 'open'
    AND (NEW.status, NEW.request, NEW.decision, NEW.yes) IS DISTINCT FROM (OLD.status, OLD.request, OLD.decision, OLD.yes)
)
EXECUTE FUNCTION handrail.refuse('an approval is settled once');
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
            AND handrail.permitted(ruling, arguments_hash, approval_status, decided_hash, applied_hash)
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
CREATE TRIGGER actions_stay BEFORE DELETE OR TRUNCATE ON handrail.actions
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the ledger never forgets');
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
    c.priority
FROM handrail.cases AS c;

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
        assignee, turn, due_at, opened_at, updated_at, version, content_digest
    ) VALUES (
        wanted.case_id, wanted.customer_id, wanted.channel, wanted.status, wanted.topic, wanted.tier, wanted.queue,
        wanted.priority, wanted.risk, wanted.reason, wanted.language, wanted.reply, wanted.confidence, wanted.assignee,
        wanted.turn, wanted.due_at, wanted.opened_at, wanted.updated_at, wanted.version, wanted.content_digest
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
        version = excluded.version
    WHERE cases.version < excluded.version;
END
$$;

-- Everything but the row, which stands. Each part may be written again, and in any order of commits.
CREATE FUNCTION handrail.save_step(step jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted handrail.cases := jsonb_populate_record(NULL::handrail.cases, step -> 'row');
    ended handrail.turns := jsonb_populate_record(NULL::handrail.turns, step #> '{turn,key}');
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
            OR (t.token = excluded.token AND t.result IS NULL);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the turn has ended already, or a later one has begun' USING ERRCODE = 'HR002';
        END IF;
    ELSIF wanted.status = 'Closed' THEN
        DELETE FROM handrail.turns AS t WHERE t.case_id = wanted.case_id;
    END IF;
    FOR message IN SELECT * FROM jsonb_populate_recordset(NULL::handrail.messages, step -> 'messages') LOOP
        INSERT INTO handrail.messages AS m (case_id, message_id, author, text, at, turn, sequence, language, by)
        VALUES (
            wanted.case_id, message.message_id, message.author, message.text, message.at, message.turn, message.sequence,
            message.language, message."by"
        )
        ON CONFLICT (case_id, message_id) DO UPDATE SET language = excluded.language
        WHERE m.language IS NULL AND excluded.language IS NOT NULL;
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
