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

-- How long a case was with whom until it first ended: agent, customer, waiting (for a person), person.
CREATE FUNCTION handrail.case_seconds(wanted text, until timestamptz, OUT agent double precision, OUT customer double precision,
    OUT waiting double precision, OUT person double precision) LANGUAGE sql STABLE AS $$
WITH events AS (
    SELECT c.opened_at AS at, 0 AS rank, 'agent' AS code FROM handrail.cases AS c WHERE c.case_id = wanted
    UNION ALL
    SELECT a.at, CASE WHEN a.action IN ('claim', 'reply', 'hand_back') THEN 3 ELSE 2 END, CASE
        WHEN a.action = 'turn:AwaitingCustomer' THEN 'customer'
        WHEN a.action = 'reply' THEN 'customer of a person'
        WHEN a.action = 'claim' THEN 'person'
        WHEN a.action = 'hand_back' THEN 'agent'
        ELSE 'waiting'
    END
    FROM handrail.audit AS a
    WHERE a.case_id = wanted AND a.at <= until AND a.action IN (
        'turn:AwaitingCustomer', 'reply', 'claim', 'hand_back', 'turn:WithHuman', 'hand_over', 'release', 'overdue'
    )
    UNION ALL
    SELECT p.opened_at, 1, 'waiting' FROM handrail.approvals AS p WHERE p.case_id = wanted AND p.opened_at <= until
    UNION ALL
    SELECT (p.decision ->> 'decided_at')::timestamptz, 1, 'agent' FROM handrail.approvals AS p
    WHERE p.case_id = wanted AND p.decision IS NOT NULL AND (p.decision ->> 'decided_at')::timestamptz <= until
    UNION ALL
    SELECT m.at, 1, NULL FROM handrail.messages AS m WHERE m.case_id = wanted AND m.author = 'customer' AND m.at <= until
),

numbered AS (
    SELECT at, rank, code, lead(at, 1, until) OVER in_order - at AS lasted, count(code) OVER in_order AS stretch
    FROM events WINDOW in_order AS (ORDER BY at, rank)
),

told AS (
    SELECT lasted, code IS NULL AS written, first_value(code) OVER (PARTITION BY stretch ORDER BY at, rank) AS code
    FROM numbered
),

spent AS (
    SELECT extract(EPOCH FROM lasted)::double precision AS seconds, CASE
        WHEN written AND code = 'customer' THEN 'agent'
        WHEN written AND code = 'customer of a person' THEN 'person'
        WHEN code = 'customer of a person' THEN 'customer'
        ELSE code
    END AS code
    FROM told
)

SELECT
    coalesce(sum(seconds) FILTER (WHERE code = 'agent'), 0),
    coalesce(sum(seconds) FILTER (WHERE code = 'customer'), 0),
    coalesce(sum(seconds) FILTER (WHERE code = 'waiting'), 0),
    coalesce(sum(seconds) FILTER (WHERE code = 'person'), 0)
FROM spent
$$;
COMMENT ON FUNCTION handrail.case_seconds IS
'seconds until the case first ended, by whom it waited for; a message that answers wakes whoever had asked';

CREATE VIEW handrail.case_outcomes AS
SELECT
    c.case_id,
    c.customer_id,
    c.opened_at,
    c.topic,
    c.tier,
    c.language,
    c.channel,
    a.model,
    a.prompt,
    p.policy,
    a.graph,
    a.ended_at,
    a.ended_by,
    CASE
        WHEN a.escalated_at IS NULL AND a.steps_of_people = 0 AND d.decided = 0 THEN 'agent'
        WHEN said.by_agent THEN 'mixed'
        ELSE 'person'
    END AS handled_by,
    said.first_reply_at,
    a.escalated_at,
    a.last_escalated_at,
    again.reopened_at,
    again.next_opened_at,
    least(again.reopened_at, again.next_opened_at) AS repeated_at,
    CASE WHEN before.followed THEN c.opened_at ELSE again.reopened_at END AS second_contact_at,
    d.decided,
    d.edited,
    d.rejected,
    a.hand_backs,
    a.confirmations_asked,
    a.confirmations_refused,
    CASE
        WHEN c.usage ->> 'calls' IS NULL THEN NULL
        WHEN (c.usage ->> 'calls')::integer = 0 THEN 0
        ELSE nullif((c.usage ->> 'cost_usd')::double precision, 0)
    END AS cost_usd,
    p.policy_hits,
    c.confidence,
    s.offered_at AS survey_offered_at,
    r.csat,
    r.nps,
    coalesce(r.solved, CASE WHEN r.csat >= 4 THEN TRUE END) AS confirmed,
    r.rated_at
FROM handrail.outcome_settings AS o
INNER JOIN handrail.cases AS c ON c.channel <> ALL(o.excluded_channels)
CROSS JOIN LATERAL (
    SELECT
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
        (count(*) FILTER (WHERE e.action IN ('claim', 'reply', 'resolve')))::integer AS steps_of_people,
        (count(*) FILTER (WHERE e.action = 'hand_back'))::integer AS hand_backs,
        (count(DISTINCT e.details ->> 'question_id') FILTER (WHERE e.action = 'confirm:asked'))::integer AS confirmations_asked,
        (count(DISTINCT e.details ->> 'question_id') FILTER (WHERE e.action = 'confirm:refused'))::integer
        AS confirmations_refused,
        (array_agg(e.details ->> 'model' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'model' <> ''))[1] AS model,
        (array_agg(e.details ->> 'prompt' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'prompt' <> ''))[1] AS prompt,
        (array_agg(e.details ->> 'graph' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'graph' <> ''))[1] AS graph
    FROM handrail.audit AS e WHERE e.case_id = c.case_id
) AS a
CROSS JOIN LATERAL (
    SELECT
        (count(*) FILTER (WHERE w.ruling <> 'allow'))::integer AS policy_hits,
        (array_agg(w.policy_version ORDER BY w.ruled_at DESC, w.effect_id))[1] AS policy
    FROM handrail.actions AS w WHERE w.case_id = c.case_id
) AS p
CROSS JOIN LATERAL (
    SELECT
        (count(*) FILTER (WHERE v.status IN ('approved', 'edited', 'revised', 'rejected')))::integer AS decided,
        (count(*) FILTER (WHERE v.status IN ('edited', 'revised')))::integer AS edited,
        (count(*) FILTER (WHERE v.status = 'rejected'))::integer AS rejected
    FROM handrail.approvals AS v WHERE v.case_id = c.case_id AND v.request ->> 'kind' = 'approval'
) AS d
CROSS JOIN LATERAL (
    SELECT
        min(m.at) FILTER (WHERE m.author IN ('assistant', 'person')) AS first_reply_at,
        coalesce(bool_or(m.author = 'assistant'), FALSE) AS by_agent
    FROM handrail.messages AS m WHERE m.case_id = c.case_id
) AS said
CROSS JOIN LATERAL (
    SELECT
        (
            -- An answer to what a person asked behind the end is that person's follow-up, no new contact.
            SELECT min(m.at) FROM handrail.messages AS m
            WHERE m.case_id = c.case_id AND m.author = 'customer' AND m.at > a.ended_at
                AND NOT EXISTS (
                    SELECT FROM handrail.messages AS q
                    WHERE q.case_id = c.case_id AND q.author = 'person' AND q.at > a.ended_at AND q.at <= m.at
                )
        ) AS reopened_at,
        (
            SELECT min(n.opened_at) FROM handrail.cases AS n
            WHERE n.customer_id = c.customer_id AND n.topic = c.topic AND n.case_id <> c.case_id
                AND n.opened_at > a.ended_at AND n.channel <> ALL(o.excluded_channels)
        ) AS next_opened_at
) AS again
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM handrail.cases AS b INNER JOIN handrail.audit AS e ON b.case_id = e.case_id
        WHERE b.customer_id = c.customer_id AND b.topic = c.topic AND b.case_id <> c.case_id
            AND b.channel <> ALL(o.excluded_channels)
            AND e.action IN ('turn:Resolved', 'resolve', 'close')
            AND e.at < c.opened_at AND e.at >= c.opened_at - interval '7 days'
    ) AS followed
) AS before
LEFT JOIN handrail.surveys AS s ON s.case_id = c.case_id
LEFT JOIN LATERAL (
    SELECT q.csat, q.nps, q.solved, q.rated_at FROM handrail.ratings AS q
    WHERE q.case_id = c.case_id ORDER BY q.rated_at DESC, q.survey_id DESC LIMIT 1
) AS r ON TRUE;
COMMENT ON VIEW handrail.case_outcomes IS
'one row for each case of a channel that is not excluded; ended_at is when it first ended, a contact behind that is a second one';

-- One line for each indicator: what it counts from, what it counts, out of what. A mean has a value and a denominator of 1.
CREATE VIEW handrail.outcome_values AS
SELECT
    d.indicator,
    d.version,
    i.counts_from + d.matures_after AS matures_at,
    i.numerator,
    i.denominator,
    o.*
FROM handrail.case_outcomes AS o
CROSS JOIN LATERAL handrail.case_seconds(o.case_id, o.ended_at) AS t
CROSS JOIN LATERAL (
    SELECT
        coalesce(o.repeated_at <= o.ended_at + interval '7 days', FALSE) AS repeated,
        coalesce(o.ended_by IN ('agent', 'person'), FALSE) AS answered
) AS f
CROSS JOIN LATERAL (
    VALUES
    ('first_contact_confirmed', o.ended_at, (f.answered AND NOT f.repeated AND o.confirmed IS TRUE)::integer, 1),
    ('first_contact_unconfirmed', o.ended_at, (f.answered AND NOT f.repeated AND o.confirmed IS NULL)::integer, 1),
    ('repeat_48h', o.ended_at, coalesce(o.repeated_at <= o.ended_at + interval '48 hours', FALSE)::integer, 1),
    ('repeat_7d', o.ended_at, f.repeated::integer, 1),
    ('escalation', o.ended_at, (o.escalated_at IS NOT NULL)::integer, 1),
    (
        'second_contact_escalation', o.ended_at, coalesce(o.last_escalated_at >= o.second_contact_at, FALSE)::integer,
        (o.second_contact_at IS NOT NULL)::integer
    ),
    ('edits', o.ended_at, o.edited, o.decided),
    ('rejections', o.ended_at, o.rejected, o.decided),
    ('hand_backs', o.ended_at, (o.hand_backs > 0)::integer, (o.escalated_at IS NOT NULL)::integer),
    ('confirmations_refused', o.ended_at, o.confirmations_refused, o.confirmations_asked),
    ('abandonment', o.ended_at, (o.ended_by = 'silence')::integer, 1),
    ('policy_hits', o.ended_at, (o.policy_hits > 0)::integer, 1),
    ('cost_known', o.ended_at, (o.cost_usd IS NOT NULL)::integer, 1),
    (
        'survey_response', o.survey_offered_at, (o.rated_at IS NOT NULL)::integer, (o.survey_offered_at IS NOT NULL)::integer
    ),
    (
        'satisfied', o.survey_offered_at, (o.csat >= 4)::integer,
        (o.survey_offered_at IS NOT NULL AND o.csat IS NOT NULL)::integer
    ),
    (
        'held_up', o.ended_at,
        (o.ended_by = 'agent' AND NOT f.repeated AND o.escalated_at IS NULL AND o.edited + o.rejected = 0
        AND o.confirmed IS NOT FALSE)::integer,
        (o.confidence IS NOT NULL AND o.model IS NOT NULL)::integer
    ),
    (
        'first_reply_seconds', coalesce(o.first_reply_at, o.ended_at),
        extract(EPOCH FROM o.first_reply_at - o.opened_at)::double precision, (o.first_reply_at IS NOT NULL)::integer
    ),
    ('resolution_seconds', o.ended_at, extract(EPOCH FROM o.ended_at - o.opened_at)::double precision, f.answered::integer),
    ('agent_seconds', o.ended_at, t.agent, f.answered::integer),
    ('customer_seconds', o.ended_at, t.customer, f.answered::integer),
    ('waiting_seconds', o.ended_at, t.waiting, f.answered::integer),
    ('person_seconds', o.ended_at, t.person, f.answered::integer),
    ('cost_usd', o.ended_at, o.cost_usd, (o.cost_usd IS NOT NULL)::integer),
    (
        'csat', o.survey_offered_at, o.csat,
        (o.survey_offered_at IS NOT NULL AND o.csat IS NOT NULL)::integer
    ),
    (
        'nps', o.survey_offered_at, CASE WHEN o.nps >= 9 THEN 100 WHEN o.nps >= 7 THEN 0 ELSE -100 END,
        (o.survey_offered_at IS NOT NULL AND o.nps IS NOT NULL)::integer
    )
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
    CONSTRAINT drift_alarms_acknowledged CHECK (num_nonnulls(acknowledged_by, acknowledged_at, "real", note) IN (0, 4))
);
COMMENT ON TABLE handrail.drift_alarms IS 'alarms, each once, and what a named person said of it';
CREATE UNIQUE INDEX drift_alarms_of_a_baseline ON handrail.drift_alarms (baseline_id) WHERE baseline_id IS NOT NULL;
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

-- One statement says whether an effect may be made. Every statement within sees what was committed before it began, so the
-- controls are read as they are once the locks are held.
CREATE FUNCTION handrail.begin_effect(wanted text, wanted_hash text, hold bigint) RETURNS TABLE (
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
    unreadable text
) LANGUAGE plpgsql AS $$
BEGIN
    -- First of all locks: taken behind another it could deadlock.
    PERFORM pg_advisory_xact_lock_shared(hold);
    SELECT
        a.case_id, c.customer_id, a.action, a.status, a.ruling, a.approval_status, a.outcome, a.applied_hash,
        a.verdict -> 'watched', coalesce(a.decided_hash = wanted_hash, FALSE),
        handrail.permitted(a.ruling, a.arguments_hash, a.approval_status, a.decided_hash, wanted_hash) AND a.kind = 'effect'
    INTO
        case_id, customer_id, action, status, ruling, approval_status, outcome, applied_hash,
        watched, decided_on_these, permitted
    FROM handrail.actions AS a
    INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
    WHERE a.effect_id = wanted
    FOR UPDATE OF a;
    IF NOT FOUND THEN
        RETURN;
    END IF;
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
'what the ledger holds of an effect, its row locked, and the controls in force, kept as they are until the transaction ends; '
'unreadable: the state of the error that kept the controls from being read; nothing comes back for an effect without a verdict';
