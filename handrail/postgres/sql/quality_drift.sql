-- name: drift_first_day
-- The first of an order, and no minimum: that would read every case.
SELECT (
    SELECT c.opened_at FROM handrail.cases AS c CROSS JOIN handrail.outcome_settings AS s
    WHERE c.channel <> ALL(s.excluded_channels) ORDER BY c.opened_at LIMIT 1
) AS at;

-- name: drift_counted
-- Days that are counted, each under the definition's version of now.
SELECT d.indicator, d.day FROM handrail.drift_days AS d
INNER JOIN
    unnest(%(names)s::text [], %(versions)s::integer []) AS w (indicator, version)
    ON d.indicator = w.indicator AND d.version = w.version
WHERE d.topic = '' AND d.dimension = 'all' AND d.day >= %(since)s AND d.day < %(until)s;

-- name: drop_drift_day
DELETE FROM handrail.drift_days WHERE day = %(day)s AND indicator = ANY(%(names)s::text []);

-- name: count_drift_day
-- A case counts on the day from which its indicator counts, mostly that of its end: such a day changes no more.
WITH wanted AS (
    SELECT * FROM unnest(%(names)s::text [], %(versions)s::integer []) AS w (indicator, version)
),

looked_at AS MATERIALIZED (
    SELECT
        v.indicator, v.denominator, v.numerator, v.topic, v.language, v.channel, v.model, v.prompt, v.policy, v.graph, v.tier,
        (
            SELECT c.release FROM handrail.case_releases AS c
            WHERE c.case_id = v.case_id ORDER BY c.at DESC, c.release LIMIT 1
        ) AS release
    FROM handrail.outcome_values AS v
    INNER JOIN handrail.outcome_definitions AS d ON v.indicator = d.indicator
    WHERE v.case_id = ANY(
        -- An array and no join: the view is worked out for these cases alone.
        ARRAY(
            SELECT a.case_id FROM handrail.audit AS a
            WHERE a.at >= %(since)s AND a.at < %(until)s AND a.action IN ('turn:Resolved', 'resolve', 'close')
        )
    ) AND v.indicator = ANY(%(names)s::text [])
        AND v.matures_at - d.matures_after >= %(since)s AND v.matures_at - d.matures_after < %(until)s
),

figures AS (
    SELECT
        l.indicator,
        t.topic,
        s.dimension,
        coalesce(s.value, '') AS value,
        sum(l.denominator) AS cases,
        sum(l.numerator) AS bad
    FROM looked_at AS l
    CROSS JOIN LATERAL (SELECT '' AS topic UNION SELECT coalesce(l.topic, '')) AS t
    CROSS JOIN LATERAL (
        VALUES
        ('all', ''), ('topic', l.topic), ('language', l.language), ('channel', l.channel), ('model', l.model),
        ('prompt', l.prompt), ('policy', l.policy), ('graph', l.graph), ('tier', l.tier::text), ('release', l.release)
    ) AS s (dimension, value)
    WHERE t.topic = '' OR s.dimension <> 'topic'
    GROUP BY l.indicator, t.topic, s.dimension, coalesce(s.value, '')
    UNION ALL
    SELECT w.indicator, '', 'all', '', 0, 0 FROM wanted AS w
)

INSERT INTO handrail.drift_days (indicator, topic, dimension, value, day, cases, bad, version, definitions)
SELECT f.indicator, f.topic, f.dimension, f.value, %(day)s, sum(f.cases), sum(f.bad), w.version, %(definitions)s
FROM figures AS f INNER JOIN wanted AS w ON f.indicator = w.indicator
GROUP BY f.indicator, f.topic, f.dimension, f.value, w.version
ON CONFLICT (indicator, topic, dimension, value, day) DO UPDATE
SET cases = excluded.cases, bad = excluded.bad, version = excluded.version, definitions = excluded.definitions,
    counted_at = clock_timestamp();

-- name: count_drift_volume
WITH looked_at AS MATERIALIZED (
    SELECT 'cases_opened' AS indicator, c.topic, c.language, c.channel
    FROM handrail.cases AS c CROSS JOIN handrail.outcome_settings AS s
    WHERE c.opened_at >= %(since)s AND c.opened_at < %(until)s AND c.channel <> ALL(s.excluded_channels)
    UNION ALL
    SELECT 'cases_ended', c.topic, c.language, c.channel
    FROM handrail.cases AS c CROSS JOIN handrail.outcome_settings AS s
    WHERE c.channel <> ALL(s.excluded_channels) AND c.case_id IN (
        SELECT a.case_id FROM handrail.audit AS a
        WHERE a.action IN ('turn:Resolved', 'resolve', 'close') AND a.at >= %(since)s AND a.at < %(until)s
    )
),

figures AS (
    SELECT l.indicator, t.topic, s.dimension, coalesce(s.value, '') AS value, count(*) AS cases
    FROM looked_at AS l
    CROSS JOIN LATERAL (SELECT '' AS topic UNION SELECT coalesce(l.topic, '')) AS t
    CROSS JOIN LATERAL (VALUES ('all', ''), ('topic', l.topic), ('language', l.language), ('channel', l.channel))
    AS s (dimension, value)
    WHERE t.topic = '' OR s.dimension <> 'topic'
    GROUP BY l.indicator, t.topic, s.dimension, coalesce(s.value, '')
    UNION ALL
    SELECT w.indicator, '', 'all', '', 0 FROM unnest(%(names)s::text []) AS w (indicator)
)

INSERT INTO handrail.drift_days (indicator, topic, dimension, value, day, cases, bad, version, definitions)
SELECT f.indicator, f.topic, f.dimension, f.value, %(day)s, sum(f.cases), 0, 1, %(definitions)s
FROM figures AS f WHERE f.indicator = ANY(%(names)s::text [])
GROUP BY f.indicator, f.topic, f.dimension, f.value
ON CONFLICT (indicator, topic, dimension, value, day) DO UPDATE
SET cases = excluded.cases, definitions = excluded.definitions, counted_at = clock_timestamp();

-- name: judged_days
SELECT s.day FROM handrail.quality_steps AS s
WHERE s.step = 'judge' AND s.done_at IS NOT NULL AND s.day >= %(since)s AND s.day < %(until)s;

-- name: count_judged_day
-- What the judge says of the day's sample. Each case counts for those that it stands for, scaled so that all of them together
-- are as many as cases of equal weight that would say the same (Kish).
WITH wanted AS (
    SELECT * FROM unnest(
        %(names)s::text [], %(criteria)s::text [], %(judges)s::text [], %(runs)s::integer [], %(versions)s::integer []
    ) AS w (indicator, criterion, judge, runs, version)
),

verdicts AS (
    SELECT
        w.indicator,
        s.case_id,
        1 / s.probability AS weight,
        2 * count(*) FILTER (WHERE j.verdict = 'fail') > w.runs AS fails,
        2 * count(*) FILTER (WHERE j.verdict = 'pass') > w.runs AS passes
    FROM handrail.quality_samples AS s
    CROSS JOIN wanted AS w
    INNER JOIN handrail.quality_judgements AS j
        ON s.day = j.day AND s.case_id = j.case_id AND j.purpose = 'sample'
            AND w.criterion = j.criterion AND w.judge = j.judge
    WHERE s.day = %(day)s
    GROUP BY w.indicator, w.runs, s.case_id, s.probability
),

looked_at AS MATERIALIZED (
    SELECT DISTINCT ON (v.case_id)
        v.case_id, v.topic, v.language, v.channel, v.model, v.prompt, v.policy, v.graph, v.tier,
        (
            SELECT c.release FROM handrail.case_releases AS c
            WHERE c.case_id = v.case_id ORDER BY c.at DESC, c.release LIMIT 1
        ) AS release
    FROM handrail.outcome_values AS v
    WHERE v.case_id = ANY(ARRAY(SELECT s.case_id FROM handrail.quality_samples AS s WHERE s.day = %(day)s))
    ORDER BY v.case_id
),

measured AS (
    SELECT
        v.indicator,
        v.weight * sum(v.weight) OVER same / sum(v.weight * v.weight) OVER same AS part,
        v.fails,
        l.topic, l.language, l.channel, l.model, l.prompt, l.policy, l.graph, l.tier, l.release
    FROM verdicts AS v INNER JOIN looked_at AS l ON v.case_id = l.case_id
    WHERE v.fails OR v.passes
    WINDOW same AS (PARTITION BY v.indicator)
),

figures AS (
    SELECT
        m.indicator,
        t.topic,
        s.dimension,
        coalesce(s.value, '') AS value,
        sum(m.part) AS cases,
        sum(CASE WHEN m.fails THEN m.part ELSE 0 END) AS bad
    FROM measured AS m
    CROSS JOIN LATERAL (SELECT '' AS topic UNION SELECT coalesce(m.topic, '')) AS t
    CROSS JOIN LATERAL (
        VALUES
        ('all', ''), ('topic', m.topic), ('language', m.language), ('channel', m.channel), ('model', m.model),
        ('prompt', m.prompt), ('policy', m.policy), ('graph', m.graph), ('tier', m.tier::text), ('release', m.release)
    ) AS s (dimension, value)
    WHERE t.topic = '' OR s.dimension = 'all'
    GROUP BY m.indicator, t.topic, s.dimension, coalesce(s.value, '')
    UNION ALL
    SELECT w.indicator, '', 'all', '', 0, 0 FROM wanted AS w
)

INSERT INTO handrail.drift_days (indicator, topic, dimension, value, day, cases, bad, version, definitions)
SELECT f.indicator, f.topic, f.dimension, f.value, %(day)s, sum(f.cases), sum(f.bad), w.version, %(definitions)s
FROM figures AS f INNER JOIN wanted AS w ON f.indicator = w.indicator
GROUP BY f.indicator, f.topic, f.dimension, f.value, w.version;

-- name: judged_bad_cases
SELECT s.case_id FROM handrail.quality_samples AS s
INNER JOIN handrail.quality_judgements AS j ON s.day = j.day AND s.case_id = j.case_id
WHERE s.day >= %(since)s AND s.day < %(until)s AND j.purpose = 'sample'
    AND j.criterion = %(criterion)s AND j.judge = %(judge)s
GROUP BY s.day, s.case_id HAVING 2 * count(*) FILTER (WHERE j.verdict = 'fail') > %(runs)s
ORDER BY s.day, s.case_id LIMIT 10;

-- name: drift_series
SELECT d.day, d.indicator, d.topic, d.cases, d.bad, d.version FROM handrail.drift_days AS d
WHERE d.dimension = 'all' AND d.day >= %(since)s AND d.day < %(until)s AND d.indicator = ANY(%(names)s::text [])
ORDER BY d.day;

-- name: drift_slices
SELECT d.dimension, d.value, sum(d.cases) AS cases, sum(d.bad) AS bad FROM handrail.drift_days AS d
WHERE d.indicator = %(indicator)s AND d.topic = %(topic)s AND d.dimension <> 'all' AND d.day >= %(since)s AND d.day < %(until)s
GROUP BY d.dimension, d.value;

-- name: drift_first_seen
-- Slice values that were never seen before those days.
SELECT d.dimension, d.value, min(d.day) AS day FROM handrail.drift_days AS d
WHERE d.topic = '' AND d.indicator <> 'cases_opened' AND d.value <> ''
    AND d.dimension IN ('topic', 'language', 'channel', 'model', 'prompt', 'policy', 'graph')
GROUP BY d.dimension, d.value HAVING min(d.day) >= %(since)s AND min(d.day) < %(until)s
    AND min(d.day) > (SELECT min(e.day) FROM handrail.drift_days AS e)
ORDER BY 3, 1, 2;

-- name: drift_releases
-- Releases that people let through, and days on which another one was in force than on the newest day before that is known.
SELECT r.passed_at AS at, NULL::date AS day, r.release, r.parts, r.passed_by, r.evaluation_id, NULL AS before, NULL::jsonb AS were
FROM handrail.releases AS r WHERE r.passed_at >= %(begins)s AND r.passed_at < %(ends)s
UNION ALL
SELECT d.seen_at, d.day, d.release, d.parts, NULL, NULL, b.release, b.parts
FROM handrail.release_days AS d
CROSS JOIN LATERAL (
    SELECT e.release, e.parts FROM handrail.release_days AS e WHERE e.day < d.day ORDER BY e.day DESC LIMIT 1
) AS b
WHERE d.day >= %(since)s AND d.day < %(until)s AND d.release <> b.release
ORDER BY 1;

-- name: keep_release_day
INSERT INTO handrail.release_days (day, release, parts) VALUES (%(day)s, %(release)s, %(parts)s) ON CONFLICT (day) DO NOTHING;

-- name: drift_controls
SELECT c.scope, c.level, c.actor, c.reason, c.set_at FROM handrail.controls AS c
WHERE c.set_at >= %(since)s AND c.set_at < %(until)s AND c.hand <> 'drill' ORDER BY c.control_id;

-- name: drift_notices
SELECT n.name, n.words, n.at FROM handrail.model_notices AS n
WHERE n.at >= %(since)s AND n.at < %(until)s ORDER BY n.notice_id;

-- name: drift_bad_cases
SELECT v.case_id FROM handrail.outcome_values AS v
WHERE v.case_id = ANY(
    ARRAY(
        SELECT a.case_id FROM handrail.audit AS a
        WHERE a.at >= %(since)s AND a.at < %(until)s AND a.action IN ('turn:Resolved', 'resolve', 'close')
    )
) AND v.indicator = %(indicator)s AND v.denominator > 0 AND (v.numerator > 0) <> %(falls)s
    AND v.ended_at >= %(since)s AND v.ended_at < %(until)s AND (%(topic)s::text = '' OR v.topic = %(topic)s::text)
ORDER BY v.ended_at, v.case_id LIMIT 10;

-- name: drift_levels
SELECT l.topic, l.day, l.level FROM handrail.drift_levels AS l WHERE l.day >= %(since)s AND l.day < %(until)s;

-- name: put_drift_levels
INSERT INTO handrail.drift_levels (topic, day, level)
SELECT * FROM unnest(%(topics)s::text [], %(days)s::date [], %(levels)s::text [])
ON CONFLICT (topic, day) DO NOTHING;

-- name: drift_controls_over
-- Controls of topics and of everything that held at some time of it, each until its expiry or its hand's next word.
WITH held AS (
    SELECT
        c.scope,
        c.level,
        c.hand,
        c.set_at,
        least(c.expires_at, lead(c.set_at) OVER (PARTITION BY c.scope, c.hand ORDER BY c.control_id)) AS ended_at
    FROM handrail.controls AS c WHERE c.scope = 'global' OR c.scope LIKE 'topic:%%'
)

SELECT h.scope, h.level, h.set_at AS since, h.ended_at AS until FROM held AS h
WHERE h.level <> 'auto' AND h.hand <> 'drill' AND h.set_at < %(until)s AND (h.ended_at IS NULL OR h.ended_at > %(since)s);

-- name: drift_baselines
SELECT DISTINCT ON (b.indicator, b.topic) b.* FROM handrail.drift_baselines AS b
ORDER BY b.indicator, b.topic, b.baseline_id DESC;

-- name: add_drift_baseline
INSERT INTO handrail.drift_baselines (
    indicator, topic, since, until, watch_from, days, version, definitions, levels, cases, bad, rates, errors, spread, shift,
    alarms, threshold, shortage, accepted_by
) VALUES (
    %(indicator)s, %(topic)s, %(since)s, %(until)s, %(watch_from)s, %(days)s, %(version)s, %(definitions)s, %(levels)s,
    %(cases)s, %(bad)s, %(rates)s, %(errors)s, %(spread)s, %(shift)s, %(alarms)s, %(threshold)s, %(shortage)s, %(accepted_by)s
)
RETURNING *;

-- name: drift_threshold
SELECT t.threshold FROM handrail.drift_thresholds AS t WHERE t.place = %(place)s;

-- name: put_drift_threshold
INSERT INTO handrail.drift_thresholds (place, threshold) VALUES (%(place)s, %(threshold)s) ON CONFLICT (place) DO NOTHING;

-- name: drift_trends
-- The days of every indicator over all cases, up to the newest that is counted.
SELECT d.indicator, array_agg(d.cases ORDER BY d.day) AS cases, array_agg(d.bad ORDER BY d.day) AS bad
FROM handrail.drift_days AS d
WHERE d.topic = '' AND d.dimension = 'all'
    AND d.day > (SELECT max(n.day) FROM handrail.drift_days AS n WHERE n.topic = '' AND n.dimension = 'all') - %(days)s::integer
GROUP BY d.indicator
ORDER BY d.indicator;
