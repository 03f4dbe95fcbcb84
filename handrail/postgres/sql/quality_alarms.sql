-- name: raise_alarm
INSERT INTO handrail.drift_alarms (
    kind, detector, day, first_day, indicator, topic, baseline_id, calibration_id, evidence, proved_on
)
VALUES (
    %(kind)s, %(detector)s, %(day)s, %(first_day)s, %(indicator)s, %(topic)s, %(baseline_id)s, %(calibration_id)s, %(evidence)s,
    %(proved_on)s
)
ON CONFLICT DO NOTHING
RETURNING *;

-- name: prove_alarm
UPDATE handrail.drift_alarms SET proved_on = %(day)s
WHERE alarm_id = %(alarm_id)s AND proved_on IS NULL AND acknowledged_by IS NULL;

-- name: alarms
SELECT * FROM handrail.drift_alarms WHERE %(everything)s OR acknowledged_by IS NULL ORDER BY alarm_id DESC LIMIT %(limit)s;

-- name: alarm
SELECT * FROM handrail.drift_alarms WHERE alarm_id = %(alarm_id)s;

-- name: alarms_of_baselines
SELECT * FROM handrail.drift_alarms WHERE baseline_id = ANY(%(ids)s::bigint []);

-- name: acknowledge_alarm
UPDATE handrail.drift_alarms
SET acknowledged_by = %(by)s, acknowledged_at = clock_timestamp(), "real" = %(real)s, note = %(note)s
WHERE alarm_id = %(alarm_id)s AND acknowledged_by IS NULL
RETURNING *;

-- name: alarm_ledger
SELECT
    a.detector,
    count(*)::integer AS alarms,
    count(a.acknowledged_by)::integer AS acknowledged,
    (count(*) FILTER (WHERE a."real"))::integer AS "real"
FROM handrail.drift_alarms AS a GROUP BY a.detector ORDER BY a.detector;
