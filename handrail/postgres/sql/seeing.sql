-- name: seen_figures
-- Each part is answered from an index, or counts a table that stays small; it is asked for every 15 seconds, not with each scrape.
WITH late_days AS (
    SELECT d.day
    FROM generate_series(
        greatest((SELECT min(c.opened_at) FROM handrail.cases AS c), now() - interval '14 days')::date,
        (now() - interval '2 days')::date,
        interval '1 day'
    ) AS d (day)
    WHERE EXISTS (SELECT FROM handrail.cases)
)

SELECT
    'handrail_approvals_waiting' AS figure,
    CASE
        WHEN a.opened_at > now() - interval '15 minutes' THEN 'under_15m'
        WHEN a.opened_at > now() - interval '1 hour' THEN 'under_1h'
        WHEN a.opened_at > now() - interval '4 hours' THEN 'under_4h'
        ELSE 'over_4h'
    END AS label,
    count(*)::double precision AS value
FROM handrail.approvals AS a WHERE a.status = 'open' GROUP BY 2
UNION ALL
SELECT 'handrail_approvals_overdue', '', count(*) FROM handrail.approvals AS a WHERE a.status = 'open' AND a.due_at < now()
UNION ALL
SELECT 'handrail_queue_waiting', q.tier::text, count(*) FROM handrail.queue_items AS q GROUP BY q.tier
UNION ALL
-- Whoever stands last gets a new deadline, and the case is late all the same until somebody has answered.
SELECT
    'handrail_queue_overdue', q.tier::text,
    count(*) FILTER (
        WHERE q.due_at < now() OR (
            SELECT max(a.at) FILTER (WHERE a.action = 'overdue') > greatest(max(a.at) FILTER (WHERE a.action = 'reply'), q.entered_at)
            FROM handrail.audit AS a
            WHERE a.case_id = q.case_id AND q.due_at IS NOT NULL AND a.action IN ('overdue', 'reply')
        )
    )
FROM handrail.queue_items AS q GROUP BY q.tier
UNION ALL
SELECT 'handrail_queue_oldest_seconds', q.tier::text, extract(EPOCH FROM now() - min(q.entered_at))
FROM handrail.queue_items AS q WHERE q.lease_until IS NULL OR q.lease_until < now() GROUP BY q.tier
UNION ALL
SELECT 'handrail_switch_on', '', least(count(*), 1)
FROM handrail.controls_in_force AS c WHERE c.scope = 'global' AND c.level = 'off'
UNION ALL
SELECT
    'handrail_control_level',
    CASE WHEN c.scope = 'global' THEN 'all' ELSE substr(c.scope, 7) END,
    max(array_position(ARRAY['auto', 'review', 'draft', 'off'], c.level) - 1)
FROM handrail.controls_in_force AS c WHERE c.scope = 'global' OR c.scope LIKE 'topic:%%' GROUP BY 2
UNION ALL
SELECT 'handrail_outbox_waiting', 'webhook', count(*)
FROM handrail.webhook_messages AS m
INNER JOIN handrail.webhook_endpoints AS w ON m.endpoint_id = w.endpoint_id
WHERE m.state = 'pending' AND w.disabled_at IS NULL AND w.removed_at IS NULL
UNION ALL
SELECT 'handrail_outbox_oldest_seconds', 'webhook', coalesce(extract(EPOCH FROM now() - min(m.noted_at)), 0)
FROM handrail.webhook_messages AS m
INNER JOIN handrail.webhook_endpoints AS w ON m.endpoint_id = w.endpoint_id
WHERE m.state = 'pending' AND w.disabled_at IS NULL AND w.removed_at IS NULL
UNION ALL
SELECT 'handrail_outbox_waiting', d.channel, count(*) FROM handrail.departures AS d
WHERE d.state = 'waiting' AND d.channel = 'mail' GROUP BY d.channel
UNION ALL
-- What a machine may not send yet is not late before it may.
SELECT
    'handrail_outbox_oldest_seconds', d.channel,
    greatest(0, extract(EPOCH FROM now() - min(CASE WHEN d.words = %(paced)s THEN d.next_at ELSE d.noted_at END)))
FROM handrail.departures AS d
WHERE d.state = 'waiting' AND d.channel = 'mail' GROUP BY d.channel
UNION ALL
SELECT 'handrail_dead_letters', 'webhook', count(*) FROM handrail.webhook_messages AS m WHERE m.state = 'dead'
UNION ALL
SELECT 'handrail_dead_letters', 'mail', count(*) FROM handrail.departures AS d
WHERE d.state = 'failed' AND d.channel = 'mail' AND d.settled_at > now() - interval '1 day'
UNION ALL
SELECT 'handrail_webhook_endpoints_disabled', '', count(*)
FROM handrail.webhook_endpoints AS w WHERE w.disabled_at IS NOT NULL AND w.removed_at IS NULL
UNION ALL
SELECT 'handrail_case_starts_waiting', '', count(*) FROM handrail.case_starts AS s WHERE s.begun_at IS NULL
UNION ALL
SELECT 'handrail_case_starts_oldest_seconds', '', coalesce(extract(EPOCH FROM now() - min(s.kept_at)), 0)
FROM handrail.case_starts AS s WHERE s.begun_at IS NULL
UNION ALL
SELECT 'handrail_openings_refused', '', count(*) FROM handrail.openings AS o WHERE NOT o.taken AND o.settled_at IS NULL
UNION ALL
SELECT 'handrail_effects_unknown', '', count(*)
FROM handrail.effect_attempts AS t
INNER JOIN handrail.actions AS a ON t.effect_id = a.effect_id
WHERE a.outcome IS NULL AND t.begun_at < now() - interval '5 minutes'
UNION ALL
SELECT 'handrail_day_steps_late', '', coalesce(sum(%(steps)s - (
    SELECT count(*) FROM handrail.quality_steps AS s WHERE s.day = l.day AND s.done_at IS NOT NULL
)), 0)
FROM late_days AS l
UNION ALL
SELECT 'handrail_alarms_open', '', count(*) FROM handrail.drift_alarms AS a WHERE a.acknowledged_by IS NULL
UNION ALL
SELECT 'handrail_model_pauses', '', count(*) FROM handrail.model_pauses AS p WHERE p.until > now();
