-- A turn whose customer edited or withdrew words that it goes by makes no effect any more, from the moment they are told so.
ALTER TABLE handrail.cases ADD COLUMN halted text;
COMMENT ON COLUMN handrail.cases.halted IS
'the turn, by its token, that begins no effect any more: its customer edited or withdrew words that it goes by';

CREATE OR REPLACE FUNCTION handrail.begin_effect(wanted text, wanted_hash text, hold bigint, of_turn jsonb DEFAULT NULL) RETURNS TABLE (
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
