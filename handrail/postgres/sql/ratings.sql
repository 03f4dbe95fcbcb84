-- name: hold_rated_case
SELECT c.case_id FROM handrail.cases AS c WHERE c.case_id = %(case_id)s FOR NO KEY UPDATE;

-- name: standing_rating
SELECT r.csat, r.nps, r.solved, r.comment, r.changes FROM handrail.ratings AS r
WHERE r.case_id = %(case_id)s AND r.survey_id = %(survey_id)s;

-- name: survey_offered
SELECT EXISTS (SELECT FROM handrail.surveys AS s WHERE s.case_id = %(case_id)s) AS offered;

-- name: put_rating
INSERT INTO handrail.ratings (case_id, survey_id, csat, nps, solved, comment, rated_at, changes)
VALUES (%(case_id)s, %(survey_id)s, %(csat)s, %(nps)s, %(solved)s, %(comment)s, %(at)s, %(changes)s)
ON CONFLICT (case_id, survey_id) DO UPDATE SET
    csat = excluded.csat,
    nps = excluded.nps,
    solved = excluded.solved,
    comment = excluded.comment,
    rated_at = excluded.rated_at,
    changes = excluded.changes;

-- name: audit_rating
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
VALUES (%(case_id)s, %(entry_id)s, %(at)s, 'customer', %(action)s, %(details)s);

-- name: add_rating_link
INSERT INTO handrail.rating_links (link_hash, case_id, expires_at) VALUES (%(link_hash)s, %(case_id)s, %(expires_at)s)
RETURNING link_hash;

-- name: rating_link
SELECT l.case_id, c.customer_id, c.language, s.csat, s.solved, s.comment
FROM handrail.rating_links AS l
INNER JOIN handrail.cases AS c ON l.case_id = c.case_id
LEFT JOIN handrail.ratings AS s ON l.case_id = s.case_id AND s.survey_id = %(survey_id)s
WHERE l.link_hash = %(link_hash)s AND l.expires_at > now();

-- name: sweep_rating_links
DELETE FROM handrail.rating_links WHERE expires_at < now() RETURNING link_hash;
