-- name: effects_of_channel
-- Every effect that was applied in the cases of a channel, with whose case it was and whether the ledger permitted it.
SELECT a.case_id, c.customer_id, a.effect_id, a.action, a.arguments, a.ruling, a.approval_status,
    handrail.permitted(a.ruling, a.arguments_hash, a.approval_status, a.decided_hash, a.applied_hash) AS permitted
FROM handrail.actions AS a JOIN handrail.cases AS c USING (case_id)
WHERE c.channel = %(channel)s AND a.kind = 'effect' AND a.outcome = 'applied'
ORDER BY a.applied_at, a.effect_id;

-- name: statuses_of_channel
-- How many proposals of each kind and status stand in the ledger.
SELECT a.kind, a.status, count(*) AS count
FROM handrail.actions AS a JOIN handrail.cases AS c USING (case_id)
WHERE c.channel = %(channel)s GROUP BY a.kind, a.status;

-- name: said_by_the_agent
SELECT m.case_id, c.customer_id, m.text
FROM handrail.messages AS m JOIN handrail.cases AS c USING (case_id)
WHERE c.channel = %(channel)s AND m.author = 'assistant' ORDER BY m.case_id, m.sequence;
