-- name: quality_unscored
SELECT s.case_id FROM handrail.quality_samples AS s
WHERE s.day = %(day)s AND (
    SELECT count(*) FROM handrail.quality_scores AS r
    WHERE r.day = s.day AND r.case_id = s.case_id AND r.scorer = ANY(%(scorers)s::text [])
) < cardinality(%(scorers)s::text [])
ORDER BY s.topic, s.risk, s.place;

-- name: quality_records
SELECT
    c.case_id,
    c.customer_id,
    c.topic,
    c.language,
    (
        SELECT coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'message_id', m.message_id, 'author', m.author, 'text', m.text, 'at', m.at, 'turn', m.turn,
                    'language', m.language
                ) ORDER BY m.sequence, m.at, m.message_id
            ), '[]'
        )
        FROM handrail.messages AS m
        WHERE m.case_id = c.case_id AND m.at < %(until)s AND m.withdrawn_at IS NULL
            AND (m.edited_at IS NULL OR handrail.answered_before_edit(m))
    ) AS messages,
    EXISTS (
        SELECT FROM handrail.messages AS m
        WHERE m.case_id = c.case_id AND m.at < %(until)s AND m.withdrawn_at IS NOT NULL
    ) AS withdrawn,
    (
        SELECT coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'effect_id', a.effect_id, 'kind', a.kind, 'action', a.action, 'arguments', a.arguments,
                    'arguments_hash', a.arguments_hash, 'ruling', a.ruling, 'rules', h.rules, 'asks', h.asks,
                    'approval_status', a.approval_status, 'decided_arguments', a.decided_arguments,
                    'decided_hash', a.decided_hash, 'decided_at', v.decision ->> 'decided_at', 'outcome', a.outcome,
                    'applied_hash', a.applied_hash, 'applied_at', a.applied_at
                ) ORDER BY a.ruled_at, a.effect_id
            ), '[]'
        )
        FROM handrail.actions AS a
        LEFT JOIN handrail.approvals AS v
            ON a.case_id = v.case_id AND a.approval_id = v.approval_id AND a.approval_revision = v.revision
        CROSS JOIN LATERAL (
            SELECT
                coalesce(jsonb_agg((x ->> 'policy') || '/' || (x ->> 'rule')), '[]') AS rules,
                coalesce(bool_or(x ->> 'confirm' IS NOT NULL), FALSE) AS asks
            FROM jsonb_array_elements(coalesce(a.verdict -> 'hits', '[]')) AS x
        ) AS h
        WHERE a.case_id = c.case_id AND a.kind <> 'read' AND a.ruled_at < %(until)s
    ) AS actions,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.applied_at, e.effect_id), '[]')
        FROM handrail.effects AS e WHERE e.case_id = c.case_id AND e.applied_at < %(until)s
    ) AS effects,
    CASE WHEN jsonb_typeof(t.result -> 'learned') = 'object' THEN (
        SELECT coalesce(jsonb_agg(f -> 'value'), '[]')
        FROM jsonb_array_elements(coalesce(t.result #> '{learned,facts}', '[]')) AS f
    ) END AS facts,
    (
        SELECT coalesce(jsonb_agg(m -> 'message_id'), '[]')
        FROM jsonb_array_elements(coalesce(t.result #> '{learned,outcome,messages}', '[]')) AS m
    ) AS last_replies,
    (
        SELECT coalesce(jsonb_object_agg(x ->> 'proposal_id', e.at ORDER BY e.at DESC), '{}')
        FROM handrail.audit AS e CROSS JOIN LATERAL jsonb_array_elements(e.details -> 'effects') AS x
        WHERE e.case_id = c.case_id AND e.action = 'confirm:confirmed' AND e.at < %(until)s
    ) AS confirmed,
    (
        SELECT coalesce(jsonb_agg(e.details ->> 'note' ORDER BY e.at), '[]') FROM handrail.audit AS e
        WHERE e.case_id = c.case_id AND e.action = 'hand_back' AND e.details ->> 'note' <> '' AND e.at < %(until)s
    ) AS notes
FROM handrail.cases AS c LEFT JOIN handrail.turns AS t ON c.case_id = t.case_id
WHERE c.case_id = ANY(%(case_ids)s::text [])
ORDER BY c.case_id;

-- name: quality_same_replies
-- Replies of the day that more than one customer was sent, in the same words but for their case and what stands between.
SELECT min(m.text) AS text, count(DISTINCT c.customer_id)::integer AS customers
FROM handrail.messages AS m
INNER JOIN handrail.cases AS c ON m.case_id = c.case_id
INNER JOIN handrail.outcome_settings AS o ON c.channel <> ALL(o.excluded_channels)
WHERE m.author = 'assistant' AND m.recorded_at >= %(since)s AND m.recorded_at < %(until)s
GROUP BY md5(lower(regexp_replace(m.text, '\W+', ' ', 'g')))
HAVING count(DISTINCT c.customer_id) > 1;

-- name: keep_quality_scores
INSERT INTO handrail.quality_scores (day, case_id, scorer, version, verdict, evidence)
SELECT
    %(day)s::date, s ->> 'case_id', s ->> 'scorer', (s ->> 'version')::integer, s ->> 'verdict', s -> 'evidence'
FROM jsonb_array_elements(%(scores)s) AS s
ON CONFLICT (day, case_id, scorer) DO NOTHING;

-- name: quality_verdicts
SELECT scorer, verdict, count(*)::integer AS cases FROM handrail.quality_scores
WHERE day = %(day)s GROUP BY scorer, verdict ORDER BY scorer, verdict;

-- name: quality_scored_between
SELECT day, case_id, topic, risk, weight, scorer, verdict FROM handrail.quality_scored
WHERE day >= %(since)s AND day <= %(until)s
ORDER BY scorer, day, case_id;

-- name: quality_days_between
SELECT
    d.day,
    coalesce((d.result #>> '{figures,cases}')::double precision, 0)::integer AS cases,
    (SELECT count(*) FROM handrail.quality_samples AS s WHERE s.day = d.day)::integer AS drawn,
    (
        SELECT count(*) FROM handrail.quality_samples AS s WHERE s.day = d.day AND NOT EXISTS (
            SELECT FROM handrail.quality_scores AS r WHERE r.day = s.day AND r.case_id = s.case_id
        )
    )::integer AS unscored,
    EXISTS (
        SELECT FROM handrail.quality_steps AS x WHERE x.day = d.day AND x.step = 'score' AND x.done_at IS NOT NULL
    ) AS scored
FROM handrail.quality_steps AS d
WHERE d.day >= %(since)s AND d.day <= %(until)s AND d.step = 'sample' AND d.done_at IS NOT NULL
ORDER BY d.day;
