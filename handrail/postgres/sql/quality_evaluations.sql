-- name: put_evaluation
INSERT INTO handrail.evaluations (
    evaluation_id, release, parts, baseline, held_out, passed, asked_by, began_at, ended_at, report
) VALUES (
    %(evaluation_id)s, %(release)s, %(parts)s, %(baseline)s, %(held_out)s, %(passed)s, %(asked_by)s, %(began_at)s, %(ended_at)s,
    %(report)s
);

-- name: list_evaluations
SELECT report FROM handrail.evaluations
WHERE %(release)s::text IS NULL OR release = %(release)s
ORDER BY ended_at DESC, evaluation_id LIMIT %(limit)s;

-- name: show_evaluation
SELECT report FROM handrail.evaluations WHERE evaluation_id = %(evaluation_id)s;

-- name: put_release
INSERT INTO handrail.releases (release, parts, evaluation_id, passed_by, words)
VALUES (%(release)s, %(parts)s, %(evaluation_id)s, %(passed_by)s, %(words)s)
RETURNING passed_at;

-- name: list_releases
SELECT r.release, r.parts, r.evaluation_id, r.passed_by, r.words, r.passed_at, e.ended_at AS evaluated_at, coalesce((
    SELECT avg((c.state = 'retired')::integer)
    FROM jsonb_array_elements(e.report #> '{candidate,cases}') AS t
    INNER JOIN handrail.corrections AS c ON c.correction_id = t ->> 'correction_id'
), 0)::double precision AS retired
FROM handrail.releases AS r INNER JOIN handrail.evaluations AS e ON r.evaluation_id = e.evaluation_id
WHERE %(release)s::text IS NULL OR r.release = %(release)s
ORDER BY r.pass_id DESC LIMIT %(limit)s;
