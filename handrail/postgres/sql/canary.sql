-- name: canary_answers
SELECT * FROM handrail.canary_answers
WHERE served = %(served)s AND canary = %(canary)s AND day BETWEEN %(since)s AND %(until)s ORDER BY day, prompt, number;

-- name: keep_canary_answer
INSERT INTO handrail.canary_answers (
    day, served, canary, prompt, number, text, model, fingerprint, usage, asked_at
) VALUES (
    %(day)s, %(served)s, %(canary)s, %(prompt)s, %(number)s, %(text)s, %(model)s, %(fingerprint)s, %(usage)s, %(asked_at)s
)
ON CONFLICT (day, served, canary, prompt, number) DO NOTHING;

-- name: canary_days_answered
SELECT day, count(*)::integer AS answers FROM handrail.canary_answers
WHERE served = %(served)s AND canary = %(canary)s GROUP BY day ORDER BY day DESC LIMIT %(limit)s;

-- name: canary_baseline
SELECT * FROM handrail.canary_baselines
WHERE served = %(served)s AND canary = %(canary)s ORDER BY baseline_id DESC LIMIT 1;

-- name: put_canary_baseline
INSERT INTO handrail.canary_baselines (served, canary, since, until, answers, models, reason, actor, at)
VALUES (%(served)s, %(canary)s, %(since)s, %(until)s, %(answers)s, %(models)s, %(reason)s, %(actor)s, %(at)s)
RETURNING *;

-- name: canary_result
SELECT body FROM handrail.canary_days WHERE day = %(day)s AND served = %(served)s AND canary = %(canary)s;

-- name: keep_canary_result
INSERT INTO handrail.canary_days (day, served, canary, baseline_id, hit, body, at)
VALUES (%(day)s, %(served)s, %(canary)s, %(baseline_id)s, %(hit)s, %(body)s, %(at)s)
ON CONFLICT (day, served, canary) DO NOTHING;

-- name: canary_results
SELECT body FROM handrail.canary_days WHERE served = %(served)s ORDER BY day DESC, at DESC LIMIT %(limit)s;
