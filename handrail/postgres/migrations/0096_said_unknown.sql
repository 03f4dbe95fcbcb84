-- An effect whose tool said that its outcome is unknown is never made again by itself, whoever runs its turn again.

ALTER TABLE handrail.effect_attempts ADD COLUMN said_unknown boolean NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN handrail.effect_attempts.said_unknown IS
'its tool said that nobody knows whether it was made: it is never made again by itself';

DROP FUNCTION handrail.begin_effect(text, text, bigint);
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
    unreadable text,
    kin text [],
    said_unknown boolean
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
'unreadable: the state of the error that kept the controls from being read; nothing comes back for an effect without a verdict';
