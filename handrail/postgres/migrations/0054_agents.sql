-- Agents speak for customers: who did in which case, and exactly what was asked, so that the human behind them can confirm that alone.

CREATE OR REPLACE VIEW handrail.asked AS
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
    ) AS answers,
    coalesce(e.effect ->> 'arguments_hash', '') AS arguments_hash
FROM handrail.audit AS q
CROSS JOIN LATERAL jsonb_array_elements(q.details -> 'effects') WITH ORDINALITY AS e (effect, place)
WHERE q.action = 'confirm:asked';

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
