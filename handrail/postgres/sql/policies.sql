-- name: history
-- Effects of the customer that were applied, that another system may have made and nobody has settled, or that are under way in a
-- case that nobody has taken over: by when they were made or sent, and now where they still may be. What PostgreSQL's clock says
-- is put into the time of the clock that asks.
WITH past AS (
    SELECT
        a.case_id,
        a.action,
        coalesce(a.applied_at, t.begun_at + (%(now)s - clock_timestamp()), %(now)s) AS at,
        CASE
            WHEN a.outcome IS NULL THEN coalesce(a.decided_arguments, a.arguments)
            WHEN a.applied_hash = a.arguments_hash THEN a.arguments
            ELSE a.decided_arguments
        END AS arguments
    FROM handrail.cases AS c
    INNER JOIN handrail.actions AS a ON c.case_id = a.case_id
    LEFT JOIN handrail.effect_attempts AS t ON a.effect_id = t.effect_id
    WHERE c.customer_id = ANY(handrail.kin(%(customer_id)s))
        AND a.kind = 'effect'
        AND a.effect_id <> ALL(%(leaving_out)s)
        AND (
            a.status = 'applied'
            OR (a.outcome IS NULL AND t.effect_id IS NOT NULL)
            OR (
                %(under_way)s
                AND a.status IN ('allowed', 'approved', 'held')
                AND coalesce(a.approval_status, 'open') NOT IN ('expired', 'withdrawn')
                AND c.status IN ('Working', 'AwaitingApproval')
            )
        )
)
SELECT
    p.action,
    w.name AS "window",
    s.argument,
    count(*) AS "count",
    CASE
        WHEN bool_and(jsonb_typeof(p.arguments -> s.argument) = 'number')
            THEN sum(CASE WHEN jsonb_typeof(p.arguments -> s.argument) = 'number' THEN (p.arguments -> s.argument)::numeric END)
    END AS "sum"
FROM past AS p
INNER JOIN unnest(%(windows)s::text[], %(since)s::timestamptz[]) AS w (name, since)
    ON (w.since IS NULL AND p.case_id = %(case_id)s) OR p.at >= w.since
LEFT JOIN unnest(%(actions)s::text[], %(arguments)s::text[]) AS s (action, argument) ON p.action = s.action
GROUP BY p.action, w.name, s.argument;

-- name: lock_customer
-- By every id of the person, in one order. Who that is, `begin_effect` keeps as it is.
SELECT pg_advisory_xact_lock(i.place)
FROM (
    SELECT DISTINCT hashtextextended(k, 9) AS place FROM unnest(handrail.kin(%(customer_id)s)) AS k ORDER BY place
) AS i;

-- name: newest_proposals
SELECT a.*, c.customer_id FROM handrail.actions AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE a.kind = 'effect'
ORDER BY a.ruled_at DESC, a.effect_id
LIMIT %(limit)s;

-- name: proposals_of_case
SELECT a.*, c.customer_id FROM handrail.actions AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE a.kind = 'effect' AND a.case_id = %(case_id)s
ORDER BY a.ruled_at, a.effect_id;
