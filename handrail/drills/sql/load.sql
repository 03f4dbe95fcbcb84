-- name: load_turn
-- The commit of the first reply in a turn (epoch seconds), and where the case stands, once nobody works on it.
SELECT
    case_.status, case_.reason,
    min(extract(EPOCH FROM pg_xact_commit_timestamp(message.xmin)))::float8 AS committed
FROM handrail.cases AS case_
JOIN handrail.messages AS message USING (case_id)
WHERE case_.case_id = %(case_id)s AND case_.turn = %(turn)s AND case_.status <> 'Working'
  AND message.turn = %(turn)s AND message.author <> 'customer'
GROUP BY case_.status, case_.reason;
