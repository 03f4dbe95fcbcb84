-- A customer who takes a yes back while it is acted on has the say in the effect's own transaction; and what customers were asked.
ALTER TABLE handrail.actions DROP CONSTRAINT actions_applied_as_permitted,
ADD CONSTRAINT actions_applied_as_permitted CHECK (
    outcome IS NULL
    OR (
        kind = 'effect'
        AND applied_hash IS NOT NULL
        AND applied_at IS NOT NULL
        AND (
            (outcome = 'refused' AND code = 'taken_back') IS TRUE
            OR handrail.permitted(ruling, arguments_hash, approval_status, decided_hash, applied_hash)
        )
    )
);

-- Whoever comes first has the say: an effect whose transaction holds its row is waited for and is done; of every other one the
-- ledger holds from here on that it was refused, and each later look at it finds that.
CREATE FUNCTION handrail.take_back(of_case text, effect_ids text [], noted_at timestamptz, entry jsonb)
RETURNS text [] LANGUAGE plpgsql AS $$
DECLARE
    stopped text[];
    done text[];
BEGIN
    -- First the case, as with every step of it: taken behind an action it could deadlock with one.
    PERFORM FROM handrail.cases AS c WHERE c.case_id = of_case FOR NO KEY UPDATE;
    PERFORM FROM handrail.actions AS a
    WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) ORDER BY a.effect_id FOR UPDATE;
    WITH refused AS (
        UPDATE handrail.actions AS a SET
            outcome = 'refused',
            applied_hash = a.arguments_hash,
            applied_at = noted_at,
            recorded_at = clock_timestamp(),
            code = 'taken_back',
            message = 'The customer took their yes back before this was done.'
        WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) AND a.kind = 'effect' AND a.outcome IS NULL
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
        e.details || jsonb_build_object('stopped', to_jsonb(stopped), 'done', to_jsonb(done))
    FROM jsonb_populate_record(NULL::handrail.audit, entry) AS e
    ON CONFLICT (case_id, entry_id) DO NOTHING;
    RETURN done;
END
$$;
COMMENT ON FUNCTION handrail.take_back IS
'the customer took their yes to these effects back: gives those that were done by then, none of the others is done any more';

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
                        'words', coalesce(left(m.text, 960), '')
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
    ) AS answers
FROM handrail.audit AS q
CROSS JOIN LATERAL jsonb_array_elements(q.details -> 'effects') WITH ORDINALITY AS e (effect, place)
WHERE q.action = 'confirm:asked';
COMMENT ON VIEW handrail.asked IS
'what customers were asked before effects: exactly what they read of each, and how each of their answers was read';
