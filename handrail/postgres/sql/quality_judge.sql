-- name: sampled_cases
SELECT case_id, for_people, people_probability / probability AS people_share
FROM handrail.quality_samples WHERE day = %(day)s ORDER BY md5(case_id || day::text), case_id;

-- name: judged_material
SELECT
    c.case_id,
    c.topic,
    c.language,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.sequence, m.at, m.message_id), '[]')
        FROM handrail.messages AS m
        WHERE m.case_id = c.case_id AND (m.edited_at IS NULL OR handrail.answered_before_edit(m))
    ) AS messages,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.applied_at, e.effect_id), '[]')
        FROM handrail.effects AS e WHERE e.case_id = c.case_id
    ) AS effects
FROM handrail.cases AS c WHERE c.case_id = %(case_id)s;

-- name: keep_judgement
INSERT INTO handrail.quality_judgements (
    day, purpose, judge, case_id, criterion, run, verdict, unmeasured, quote, model, fingerprint, usage, asked_at
) VALUES (
    %(day)s, %(purpose)s, %(judge)s, %(case_id)s, %(criterion)s, %(run)s, %(verdict)s, %(unmeasured)s, %(quote)s, %(model)s,
    %(fingerprint)s, %(usage)s, %(asked_at)s
)
ON CONFLICT (day, purpose, judge, case_id, criterion, run) DO NOTHING;

-- name: judgements_of_day
SELECT * FROM handrail.quality_judgements
WHERE day = %(day)s AND purpose = %(purpose)s AND judge = ANY(%(judges)s)
ORDER BY case_id, criterion, run;

-- name: judging_spent
SELECT
    coalesce(sum((usage ->> 'calls')::integer), 0)::integer AS calls,
    coalesce(sum((usage ->> 'cost_usd')::double precision), 0) AS cost_usd
FROM handrail.quality_judgements WHERE day = %(day)s;

-- name: judge_answers_as
SELECT DISTINCT ON (judge) judge, model FROM handrail.quality_judgements
WHERE judge = ANY(%(judges)s) AND model <> '' ORDER BY judge, asked_at DESC;

-- name: judged_sample
-- Verdicts of a period's samples with the probability of each case's choice; a case that a day left unjudged has no runs.
SELECT
    s.day,
    s.case_id,
    s.probability,
    k.criterion,
    k.judge,
    count(j.run)::integer AS runs,
    (count(*) FILTER (WHERE j.verdict = 'fail'))::integer AS fails,
    (count(*) FILTER (WHERE j.verdict = 'pass'))::integer AS passes
FROM handrail.quality_samples AS s
CROSS JOIN unnest(%(criteria)s::text[], %(judges)s::text[]) AS k (criterion, judge)
LEFT JOIN handrail.quality_judgements AS j
    ON s.day = j.day AND s.case_id = j.case_id AND j.purpose = 'sample' AND k.criterion = j.criterion AND k.judge = j.judge
WHERE s.day BETWEEN %(since)s AND %(until)s
GROUP BY s.day, s.case_id, s.probability, k.criterion, k.judge
ORDER BY s.day, s.case_id, k.criterion;

-- name: anchors_of
SELECT criterion, case_id FROM handrail.quality_anchors WHERE criterion = ANY(%(criteria)s) ORDER BY criterion, case_id;

-- name: add_anchors
-- Old cases with a verdict of this judge, as many that it failed as passed where there are so many.
WITH judged AS (
    SELECT
        j.case_id,
        (count(*) FILTER (WHERE j.verdict = 'fail')) * 2 > count(*) AS fails
    FROM handrail.quality_judgements AS j
    WHERE j.judge = %(judge)s AND j.purpose = 'sample' AND j.day < %(day)s AND j.verdict IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM handrail.quality_anchors AS a WHERE a.criterion = %(criterion)s AND a.case_id = j.case_id
        )
    GROUP BY j.case_id
),
numbered AS (
    SELECT case_id, row_number() OVER (PARTITION BY fails ORDER BY md5(case_id), case_id) AS place, fails FROM judged
)
INSERT INTO handrail.quality_anchors (criterion, case_id, since)
SELECT %(criterion)s, case_id, %(day)s FROM numbered ORDER BY place, fails DESC LIMIT %(wanted)s
ON CONFLICT DO NOTHING;

-- name: anchor_runs
SELECT * FROM handrail.quality_judgements
WHERE purpose = 'anchor' AND judge = ANY(%(judges)s) AND asked_at >= %(since)s
ORDER BY day, case_id, criterion, run;

-- name: keep_calibration
INSERT INTO handrail.quality_calibrations (criterion, judge, opened, body, at)
VALUES (%(criterion)s, %(judge)s, %(opened)s, %(body)s, %(at)s);

-- name: newest_calibrations
SELECT DISTINCT ON (criterion) criterion, body FROM handrail.quality_calibrations
WHERE criterion = ANY(%(criteria)s) ORDER BY criterion, calibration_id DESC;

-- name: gate_openings
-- The newest calibration that opened each gate, and the first of the unbroken row of such ones by the same judge.
WITH newest AS (
    SELECT DISTINCT ON (c.criterion) c.criterion, c.judge, c.calibration_id FROM handrail.quality_calibrations AS c
    WHERE c.criterion = ANY(%(criteria)s) AND c.opened ORDER BY c.criterion, c.calibration_id DESC
)

SELECT DISTINCT ON (n.criterion)
    n.criterion,
    n.judge,
    n.calibration_id,
    c.calibration_id AS since_id,
    c.at AS since
FROM newest AS n
INNER JOIN handrail.quality_calibrations AS c ON n.criterion = c.criterion
WHERE c.calibration_id <= n.calibration_id AND c.calibration_id > coalesce((
    SELECT max(o.calibration_id) FROM handrail.quality_calibrations AS o
    WHERE o.criterion = n.criterion AND o.calibration_id < n.calibration_id AND NOT (o.opened AND o.judge = n.judge)
), 0)
ORDER BY n.criterion, c.calibration_id;
