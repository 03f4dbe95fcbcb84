-- name: hold_shadows
-- Whoever changes shadows waits for whoever does the same.
SELECT pg_advisory_xact_lock(7240118322904192);

-- name: hold_shadow_work
-- Should the machine of whoever holds it vanish, the server notices within a minute and lets go, where it would take hours.
SELECT
    set_config('tcp_keepalives_idle', '30', FALSE),
    set_config('tcp_keepalives_interval', '10', FALSE),
    set_config('tcp_keepalives_count', '3', FALSE),
    pg_try_advisory_lock(7240118322904193) AS mine;

-- name: release_shadow_work
SELECT pg_advisory_unlock(7240118322904193);

-- name: latest_shadow
SELECT s.*, t.at AS stopped_at
FROM handrail.shadows AS s LEFT JOIN handrail.shadow_steps AS t ON s.shadow_id = t.shadow_id AND t.kind = 'stop'
ORDER BY s.shadow_id DESC LIMIT 1;

-- name: shadow_by_id
SELECT s.*, t.at AS stopped_at
FROM handrail.shadows AS s LEFT JOIN handrail.shadow_steps AS t ON s.shadow_id = t.shadow_id AND t.kind = 'stop'
WHERE s.shadow_id = %(shadow_id)s;

-- name: newest_shadows
SELECT s.*, t.at AS stopped_at
FROM handrail.shadows AS s LEFT JOIN handrail.shadow_steps AS t ON s.shadow_id = t.shadow_id AND t.kind = 'stop'
ORDER BY s.shadow_id DESC LIMIT %(limit)s;

-- name: put_shadow
INSERT INTO handrail.shadows (release, base, parts, candidate, share, budget, owner)
VALUES (%(release)s, %(base)s, %(parts)s, %(candidate)s, %(share)s, %(budget)s, %(owner)s)
RETURNING shadow_id;

-- name: put_shadow_step
INSERT INTO handrail.shadow_steps (shadow_id, kind, actor, words, day)
VALUES (%(shadow_id)s, %(kind)s, %(actor)s, %(words)s, %(day)s)
ON CONFLICT DO NOTHING
RETURNING *;

-- name: shadow_steps
SELECT * FROM handrail.shadow_steps WHERE shadow_id = %(shadow_id)s ORDER BY step_id DESC LIMIT %(limit)s;

-- name: shadow_due
-- Cases of the share that were opened since, and are not answered; one whose answer was lost is begun once more.
-- One whose customer has withdrawn or edited what the real answer was given to is left out: no two answers to it compare.
SELECT
    c.case_id,
    c.customer_id,
    c.channel,
    c.opened_at,
    coalesce(a.tries, 0) AS tries,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.sequence, m.at, m.message_id), '[]')
        FROM handrail.messages AS m
        WHERE m.case_id = c.case_id AND m.author = 'customer' AND m.turn = 1 AND m.edited_at IS NULL
    ) AS messages,
    (
        SELECT coalesce(array_agg(x.effect_id), '{}') FROM handrail.actions AS x
        WHERE x.case_id = c.case_id AND x.kind = 'effect'
    ) AS own
FROM handrail.cases AS c
CROSS JOIN handrail.outcome_settings AS s
LEFT JOIN handrail.shadow_answers AS a ON a.shadow_id = %(shadow_id)s AND c.case_id = a.case_id
WHERE c.updated_at >= %(since)s
    AND c.opened_at >= %(since)s
    AND c.channel <> ALL(s.excluded_channels)
    AND handrail.shadow_place(%(key)s, c.case_id) * 100 < %(share)s
    AND (a.case_id IS NULL OR (a.state = 'begun' AND a.tries < %(tries)s))
    AND EXISTS (SELECT FROM handrail.messages AS m WHERE m.case_id = c.case_id AND m.author = 'customer' AND m.turn = 1)
    AND NOT EXISTS (
        SELECT FROM handrail.messages AS m
        WHERE m.case_id = c.case_id AND m.author = 'customer' AND m.turn = 1
            AND (m.withdrawn_at IS NOT NULL OR (m.edited_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM handrail.messages AS n
                WHERE n.case_id = m.case_id AND n.corrects = coalesce(m.corrects, m.message_id)
                    AND n.turn = 1 AND n.edited_at IS NULL
            )))
    )
ORDER BY c.opened_at, c.case_id
LIMIT %(limit)s;

-- name: shadow_sampled
SELECT count(*)::integer AS sampled
FROM handrail.cases AS c CROSS JOIN handrail.outcome_settings AS s
WHERE c.updated_at >= %(since)s
    AND c.opened_at >= %(since)s
    AND (%(until)s::timestamptz IS NULL OR c.opened_at < %(until)s)
    AND c.channel <> ALL(s.excluded_channels)
    AND handrail.shadow_place(%(key)s, c.case_id) * 100 < %(share)s;

-- name: begin_shadow_answer
INSERT INTO handrail.shadow_answers AS a (shadow_id, case_id, day, state) VALUES (%(shadow_id)s, %(case_id)s, %(day)s, 'begun')
ON CONFLICT (shadow_id, case_id) DO UPDATE SET tries = a.tries + 1, begun_at = clock_timestamp()
WHERE a.state = 'begun'
RETURNING tries;

-- name: lose_shadow_answers
-- What was begun so often, and never ended, took its process with it.
UPDATE handrail.shadow_answers SET state = 'failed', why = 'lost', ended_at = clock_timestamp()
WHERE shadow_id = %(shadow_id)s AND state = 'begun' AND tries >= %(tries)s
RETURNING case_id;

-- name: spend_shadow
UPDATE handrail.shadow_answers
SET calls = calls + %(calls)s, lookups = lookups + %(lookups)s, tokens = tokens + %(tokens)s, usd = usd + %(usd)s
WHERE shadow_id = %(shadow_id)s AND case_id = %(case_id)s
RETURNING case_id;

-- name: shadow_spent
SELECT
    coalesce(sum(calls), 0)::bigint AS calls,
    coalesce(sum(lookups), 0)::bigint AS lookups,
    coalesce(sum(tokens), 0)::bigint AS tokens,
    coalesce(sum(usd), 0)::double precision AS usd
FROM handrail.shadow_answers
WHERE (%(day)s::date IS NULL OR day = %(day)s) AND (%(shadow_id)s::bigint IS NULL OR shadow_id = %(shadow_id)s);

-- name: end_shadow_answer
UPDATE handrail.shadow_answers
SET state = %(state)s, answer = %(answer)s, why = %(why)s, ended_at = clock_timestamp()
WHERE shadow_id = %(shadow_id)s AND case_id = %(case_id)s AND state = 'begun'
RETURNING case_id;

-- name: shadow_answered
SELECT count(*)::integer AS answered FROM handrail.shadow_answers WHERE shadow_id = %(shadow_id)s AND state = 'answered';

-- name: shadow_answers
-- Each answer beside the real course of the case's first turn, which ends where its customer wrote again.
SELECT
    a.case_id,
    a.day,
    a.state,
    a.answer,
    a.why,
    a.ended_at,
    jsonb_build_object(
        'ended', c.turn > 1 OR c.status <> 'Working',
        'topic', coalesce((
            SELECT k.body ->> 'topic' FROM handrail.classifications AS k
            WHERE k.case_id = a.case_id AND k.at < n.at ORDER BY k.version DESC LIMIT 1
        ), c.topic, ''),
        'to_people', h.body IS NOT NULL,
        'reason', coalesce(h.body #>> '{escalation,reason}', ''),
        'effect', CASE WHEN e.effect_id IS NOT NULL THEN jsonb_build_object(
            'action', e.action,
            'arguments', coalesce(asked.request -> 'arguments', e.arguments),
            'hits', e.verdict -> 'hits',
            'rules', CASE WHEN e.revision > 1 THEN asked.request -> 'rules' END
        ) END,
        'reply', r.text,
        'decided', d.status,
        'arguments', d.arguments,
        'done_at', (
            SELECT min(x.applied_at) FROM handrail.actions AS x WHERE x.case_id = a.case_id AND x.outcome = 'applied'
        )
    ) AS real
FROM handrail.shadow_answers AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
CROSS JOIN LATERAL (
    SELECT coalesce(min(m.at), 'infinity') AS at FROM handrail.messages AS m
    WHERE m.case_id = a.case_id AND m.author = 'customer' AND m.turn > 1
) AS n
LEFT JOIN LATERAL (
    -- What people refused comes to them, too, and says nothing of where the agent would have sent it.
    SELECT f.body FROM handrail.handoffs AS f
    WHERE f.case_id = a.case_id AND f.at < n.at
        AND NOT EXISTS (SELECT FROM handrail.approvals AS v WHERE v.case_id = a.case_id AND v.opened_at <= f.at)
    ORDER BY f.version LIMIT 1
) AS h ON TRUE
LEFT JOIN LATERAL (
    SELECT x.effect_id, x.action, x.arguments, x.verdict, x.revision FROM handrail.actions AS x
    WHERE x.case_id = a.case_id AND x.kind = 'effect' AND x.ruled_at < n.at
        AND coalesce(x.verdict #>> '{hits,0,rule}', '') <> 'refused'
    ORDER BY x.ruled_at, x.effect_id LIMIT 1
) AS e ON TRUE
LEFT JOIN LATERAL (
    SELECT x.effect_id, x.arguments ->> 'text' AS text FROM handrail.actions AS x
    WHERE x.case_id = a.case_id AND x.kind = 'reply' AND x.ruled_at < n.at AND x.ruling <> 'block'
    ORDER BY x.ruled_at, x.effect_id LIMIT 1
) AS r ON TRUE
LEFT JOIN LATERAL (
    SELECT v.request FROM handrail.approvals AS v
    WHERE v.case_id = a.case_id AND v.request_id = e.effect_id AND v.request ->> 'kind' = 'approval'
    ORDER BY v.revision LIMIT 1
) AS asked ON TRUE
LEFT JOIN LATERAL (
    SELECT
        CASE WHEN v.status = 'rejected' THEN 'rejected' WHEN bool_or(v.status IN ('edited', 'revised')) OVER () THEN 'edited'
        ELSE v.status END AS status,
        v.decision -> 'arguments' AS arguments
    FROM handrail.approvals AS v
    WHERE v.case_id = a.case_id AND v.request_id = coalesce(e.effect_id, r.effect_id)
        AND v.request ->> 'kind' = 'approval' AND v.status IN ('approved', 'edited', 'revised', 'rejected')
    ORDER BY v.revision DESC LIMIT 1
) AS d ON TRUE
WHERE a.shadow_id = %(shadow_id)s
ORDER BY a.begun_at DESC, a.case_id
LIMIT %(limit)s;
