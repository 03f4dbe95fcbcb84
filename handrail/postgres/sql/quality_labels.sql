-- name: judged_lately
SELECT criterion, count(*) FILTER (WHERE fails)::integer AS fails, count(*) FILTER (WHERE NOT fails)::integer AS passes
FROM (
    SELECT criterion, case_id, (count(*) FILTER (WHERE verdict = 'fail')) * 2 > count(*) AS fails
    FROM handrail.quality_judgements
    WHERE purpose = 'sample' AND judge = ANY(%(judges)s) AND verdict IS NOT NULL AND day > %(since)s AND day < %(until)s
    GROUP BY criterion, case_id, day
) AS judged GROUP BY criterion;

-- name: open_label_tasks
SELECT t.criterion, count(*)::integer AS open FROM handrail.quality_label_tasks AS t
WHERE t.wording = ANY(%(wordings)s) AND NOT EXISTS (
    SELECT FROM handrail.quality_labels AS l
    WHERE l.case_id = t.case_id AND l.criterion = t.criterion AND l.wording = t.wording
) GROUP BY t.criterion;

-- name: put_label_task
INSERT INTO handrail.quality_label_tasks (case_id, criterion, wording, day, chosen_from, probability, twice)
VALUES (%(case_id)s, %(criterion)s, %(wording)s, %(day)s, %(chosen_from)s, %(probability)s, %(twice)s)
ON CONFLICT DO NOTHING;

-- name: waiting_labels
-- Tasks that this person may do: nobody's yet, or a second one's; never of a case in which they had a hand.
SELECT t.case_id, t.criterion FROM handrail.quality_label_tasks AS t
WHERE t.wording = ANY(%(wordings)s)
    AND NOT EXISTS (
        SELECT FROM handrail.quality_labels AS l
        WHERE l.case_id = t.case_id AND l.criterion = t.criterion AND l.wording = t.wording AND l.reviewer = %(reviewer)s
    )
    AND (
        SELECT count(*) FROM handrail.quality_labels AS l
        WHERE l.case_id = t.case_id AND l.criterion = t.criterion AND l.wording = t.wording
    ) < CASE WHEN t.twice THEN 2 ELSE 1 END
    AND NOT EXISTS (
        SELECT FROM handrail.audit AS e WHERE e.case_id = t.case_id AND lower(e.actor) = lower(%(reviewer)s)
    )
ORDER BY md5(t.case_id || t.criterion || %(reviewer)s), t.case_id;

-- name: label_task
SELECT * FROM handrail.quality_label_tasks
WHERE case_id = %(case_id)s AND criterion = %(criterion)s AND wording = %(wording)s FOR UPDATE;

-- name: labels_of_task
SELECT * FROM handrail.quality_labels
WHERE case_id = %(case_id)s AND criterion = %(criterion)s AND wording = %(wording)s ORDER BY first_at, reviewer;

-- name: had_a_hand
SELECT 1 FROM handrail.audit WHERE case_id = %(case_id)s AND lower(actor) = lower(%(reviewer)s) LIMIT 1;

-- name: put_label
INSERT INTO handrail.quality_labels AS known (case_id, criterion, wording, reviewer, verdict, note, first_at, given_at)
VALUES (
    %(case_id)s, %(criterion)s, %(wording)s, %(reviewer)s, %(verdict)s, %(note)s, %(given_at)s, %(given_at)s
)
ON CONFLICT (case_id, criterion, wording, reviewer) DO UPDATE SET
    verdict = excluded.verdict,
    note = excluded.note,
    given_at = excluded.given_at,
    changes = known.changes + 1
WHERE (known.verdict, known.note) IS DISTINCT FROM (excluded.verdict, excluded.note);

-- name: labelled_tasks
SELECT
    t.case_id,
    t.criterion,
    t.chosen_from,
    t.probability,
    t.twice,
    jsonb_agg(to_jsonb(l) ORDER BY l.first_at, l.reviewer) AS labels
FROM handrail.quality_label_tasks AS t
INNER JOIN handrail.quality_labels AS l ON t.case_id = l.case_id AND t.criterion = l.criterion AND t.wording = l.wording
WHERE t.wording = ANY(%(wordings)s)
GROUP BY t.case_id, t.criterion, t.wording
ORDER BY t.case_id, t.criterion;
