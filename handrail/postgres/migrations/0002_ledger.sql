CREATE TABLE handrail.approvals (
    case_id text NOT NULL REFERENCES handrail.cases,
    approval_id text NOT NULL,
    revision integer NOT NULL,
    request jsonb NOT NULL,
    request_id text NOT NULL GENERATED ALWAYS AS (request ->> 'request_id') STORED,
    status text NOT NULL CONSTRAINT approvals_status CHECK (
        status IN ('open', 'approved', 'edited', 'rejected', 'answered', 'expired', 'withdrawn')
    ),
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    update_names text[] NOT NULL,
    decision jsonb,
    version integer NOT NULL,
    PRIMARY KEY (case_id, approval_id, revision),
    CONSTRAINT approvals_decided CHECK (
        (status IN ('approved', 'edited', 'rejected', 'answered')) = (decision IS NOT NULL)
    )
);
COMMENT ON COLUMN handrail.approvals.revision IS
'counts case-wide: what is asked again under the same id after a decision is a row of its own';

CREATE INDEX approvals_open ON handrail.approvals (due_at, case_id, approval_id) WHERE status = 'open';

CREATE TRIGGER approvals_settle_once BEFORE UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    OLD.status <> 'open'
    AND (NEW.status, NEW.request, NEW.decision - ARRAY['reviewer', 'identity'])
    IS DISTINCT FROM (OLD.status, OLD.request, OLD.decision - ARRAY['reviewer', 'identity'])
)
EXECUTE FUNCTION handrail.refuse('an approval is settled once');
CREATE TRIGGER approvals_stay BEFORE DELETE OR TRUNCATE ON handrail.approvals
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('an approval is never deleted');

CREATE FUNCTION handrail.permitted(
    ruling text, arguments_hash text, approval_status text, decided_hash text, wanted_hash text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
SELECT ruling <> 'block'
    AND coalesce(approval_status, 'approved') IN ('approved', 'edited')
    AND (
        (ruling = 'allow' AND arguments_hash = wanted_hash)
        OR (approval_status IS NOT NULL AND decided_hash = wanted_hash)
    ) IS TRUE
$$;
COMMENT ON FUNCTION handrail.permitted IS
'may exactly these arguments run: allowed by the guardrail, or approved by a person; whoever was asked must have said yes';

CREATE FUNCTION handrail.strictness(ruling text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
SELECT array_position(ARRAY['allow', 'require_approval', 'block'], ruling)
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
    ruling text NOT NULL CONSTRAINT actions_ruling CHECK (ruling IN ('allow', 'require_approval', 'block')),
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

CREATE TRIGGER actions_happen_once BEFORE UPDATE ON handrail.actions
FOR EACH ROW WHEN (OLD.outcome IS NOT NULL)
EXECUTE FUNCTION handrail.refuse('an effect happens once');
CREATE TRIGGER actions_stay BEFORE DELETE OR TRUNCATE ON handrail.actions
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the ledger never forgets');
