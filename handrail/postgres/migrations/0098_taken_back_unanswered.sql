-- A yes that is taken back leaves what was sent already of unknown outcome, and keeps it from being sent again.

COMMENT ON COLUMN handrail.effect_attempts.said_unknown IS
'its tool said that nobody knows whether it was made, or its customer undid their yes once it had been sent: it is never made '
'again by itself';

-- Whoever comes first has the say: an effect whose transaction holds its row is waited for and is done; of every other one the
-- ledger holds from here on that it was refused, and each later look at it finds that. What another system was sent and did not
-- answer may have been made: it stays of unknown outcome, and is not sent again.
CREATE OR REPLACE FUNCTION handrail.take_back(of_case text, effect_ids text [], noted_at timestamptz, entry jsonb)
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

-- What was written down as not done although it had been sent is of unknown outcome again, for a person to look after.
ALTER TABLE handrail.actions DISABLE TRIGGER actions_happen_once;
WITH sent AS (
    UPDATE handrail.effect_attempts AS t SET said_unknown = TRUE
    FROM handrail.actions AS a
    WHERE t.effect_id = a.effect_id AND a.outcome = 'refused' AND a.code = 'taken_back'
    RETURNING t.effect_id
),

again AS (
    UPDATE handrail.actions AS a SET
        outcome = NULL, applied_hash = NULL, applied_at = NULL, recorded_at = NULL, code = NULL, message = NULL
    FROM sent AS s WHERE a.effect_id = s.effect_id
    RETURNING a.case_id, a.effect_id, a.action, a.arguments_hash
)

INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT
    g.case_id, g.effect_id || ':unknown', clock_timestamp(), 'handrail', 'effect:unknown',
    jsonb_build_object('effect_id', g.effect_id, 'action', g.action, 'arguments_hash', g.arguments_hash)
FROM again AS g
ON CONFLICT (case_id, entry_id) DO NOTHING;
ALTER TABLE handrail.actions ENABLE TRIGGER actions_happen_once;
