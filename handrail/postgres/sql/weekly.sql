-- name: weekly_changes
SELECT c.set_at AS at, c.scope, c.level, c.actor, c.reason FROM handrail.controls AS c
WHERE c.set_at >= %(since)s AND c.set_at < %(until)s AND c.hand <> 'drill'
ORDER BY c.set_at, c.control_id;

-- name: weekly_drills
SELECT c.set_at AS at, 'a switch: ' || c.scope || ' to ' || c.level AS what FROM handrail.controls AS c
WHERE c.set_at >= %(since)s AND c.set_at < %(until)s AND c.hand = 'drill'
UNION ALL
SELECT min(k.opened_at), count(*)::text || ' cases of the channel ' || k.channel FROM handrail.cases AS k
WHERE k.opened_at >= %(since)s AND k.opened_at < %(until)s AND k.channel IN ('drill', 'rehearsal')
GROUP BY k.channel
ORDER BY 1;

-- name: weekly_load
SELECT
    w.person,
    count(*) FILTER (WHERE w.did = 'claim') AS claimed,
    count(*) FILTER (WHERE w.did = 'reply') AS answered,
    count(*) FILTER (WHERE w.did = 'decide') AS decided
FROM (
    SELECT e.actor AS person, e.action AS did FROM handrail.audit AS e
    WHERE e.at >= %(since)s AND e.at < %(until)s AND e.action IN ('claim', 'reply')
    UNION ALL
    SELECT coalesce(v.decision ->> 'reviewer', 'not named'), 'decide' FROM handrail.approvals AS v
    WHERE v.decision IS NOT NULL
        AND (v.decision ->> 'decided_at')::timestamptz >= %(since)s AND (v.decision ->> 'decided_at')::timestamptz < %(until)s
) AS w
GROUP BY w.person ORDER BY count(*) DESC, w.person;

-- name: weekly_waits
SELECT
    (max(o.numerator) / 60)::double precision AS longest,
    (percentile_cont(0.5) WITHIN GROUP (ORDER BY o.numerator) / 60)::double precision AS median
FROM handrail.outcome_waiting_seconds AS o
WHERE o.opened_at >= %(since)s AND o.opened_at < %(until)s AND o.numerator > 0;

-- name: watches_for_drift
SELECT EXISTS (SELECT FROM handrail.drift_baselines) OR EXISTS (SELECT FROM handrail.drift_alarms) AS watches;

-- name: weekly_alarms
SELECT
    a.day,
    a.indicator,
    coalesce(nullif(a.topic, ''), 'all topics') AS topic,
    a.detector || coalesce('; ' || s.words, '') || coalesce('; ' || a.note, '') AS words,
    a."real"
FROM handrail.drift_alarms AS a
LEFT JOIN LATERAL (
    SELECT string_agg(g.words, '; ' ORDER BY g.step_id) AS words FROM handrail.governor_steps AS g WHERE g.alarm_id = a.alarm_id
) AS s ON TRUE
WHERE a.day >= %(first_day)s AND a.day < %(next_day)s
ORDER BY a.day, a.alarm_id;
