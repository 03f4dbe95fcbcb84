ALTER TABLE handrail.approvals
ADD COLUMN yes jsonb NOT NULL DEFAULT '[]',
DROP CONSTRAINT approvals_status,
ADD CONSTRAINT approvals_status CHECK (
    status IN ('open', 'approved', 'edited', 'revised', 'rejected', 'answered', 'expired', 'withdrawn')
),
DROP CONSTRAINT approvals_decided,
ADD CONSTRAINT approvals_decided CHECK (
    (status IN ('approved', 'edited', 'revised', 'rejected', 'answered')) = (decision IS NOT NULL)
),
ADD CONSTRAINT approvals_by_enough CHECK (
    status NOT IN ('approved', 'edited')
    OR coalesce((request ->> 'quorum')::integer, 1)
    <= CASE jsonb_typeof(decision -> 'approvers') WHEN 'array' THEN jsonb_array_length(decision -> 'approvers') ELSE 1 END
);
COMMENT ON COLUMN handrail.approvals.yes IS 'who approved so far; the decision names everybody who stands behind it';

DROP TRIGGER approvals_settle_once ON handrail.approvals;
CREATE TRIGGER approvals_settle_once BEFORE UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    OLD.status <> 'open'
    AND (NEW.status, NEW.request, NEW.decision, NEW.yes) IS DISTINCT FROM (OLD.status, OLD.request, OLD.decision, OLD.yes)
)
EXECUTE FUNCTION handrail.refuse('an approval is settled once');

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

DO $$
DECLARE
    entry handrail.audit;
BEGIN
    FOR entry IN SELECT * FROM handrail.audit ORDER BY at, case_id, entry_id LOOP
        PERFORM handrail.chain(entry);
    END LOOP;
END
$$;

-- Deferred: the one lock that every writer shares is taken last and held for the commit alone.
CREATE CONSTRAINT TRIGGER audit_is_chained AFTER INSERT ON handrail.audit DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION handrail.chain_new();
