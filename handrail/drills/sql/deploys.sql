-- name: deploys_to_people
-- Cases that a person got because what they stood on was deployed away, or because nobody could run them to their end.
SELECT DISTINCT
    case_id, body -> 'escalation' ->> 'reason' AS reason, body -> 'escalation' ->> 'words' AS words
FROM handrail.handoffs
WHERE body -> 'escalation' ->> 'reason' IN ('graph_changed', 'graph_error', 'run_lost')
ORDER BY case_id;
