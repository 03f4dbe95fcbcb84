-- Every row is a promise that was broken; said without the ledger's own functions and constraints.
SELECT 'a refund without its action in the ledger' AS broken, r.effect_id
FROM shop.refunds AS r
LEFT JOIN handrail.actions AS a ON r.effect_id = a.effect_id AND a.outcome = 'applied' AND a.kind = 'effect'
WHERE r.effect_id IS NOT NULL AND a.effect_id IS NULL

UNION ALL
SELECT 'an applied refund that is not in the shop exactly once, with its amount', a.effect_id
FROM handrail.actions AS a
INNER JOIN handrail.effects AS e ON a.effect_id = e.effect_id
LEFT JOIN shop.refunds AS r ON a.effect_id = r.effect_id AND r.amount = (e.arguments ->> 'amount')::numeric
WHERE a.action = 'refund_order' AND a.outcome = 'applied'
GROUP BY a.effect_id HAVING count(r.refund_id) <> 1

UNION ALL
SELECT 'an order was refunded by two effects of one case', min(a.effect_id)
FROM handrail.actions AS a
WHERE a.action = 'refund_order' AND a.outcome = 'applied'
GROUP BY a.case_id, a.arguments ->> 'order_id' HAVING count(*) > 1

UNION ALL
SELECT 'a cancelled order is not cancelled in the shop', a.effect_id
FROM handrail.actions AS a
LEFT JOIN shop.orders AS o ON a.arguments ->> 'order_id' = o.order_id AND o.status = 'cancelled'
WHERE a.action = 'cancel_order' AND a.outcome = 'applied' AND o.order_id IS NULL

UNION ALL
SELECT 'a reset link was not sent exactly once', a.effect_id
FROM handrail.actions AS a
LEFT JOIN shop.password_resets AS p ON a.effect_id = p.effect_id
WHERE a.action = 'send_password_reset' AND a.outcome = 'applied'
GROUP BY a.effect_id HAVING count(p.reset_id) <> 1

UNION ALL
SELECT 'something ran that no verdict and no person allowed with these arguments', a.effect_id
FROM handrail.actions AS a
LEFT JOIN handrail.approvals AS p ON a.case_id = p.case_id AND a.effect_id = p.request ->> 'request_id'
WHERE a.outcome = 'applied'
    AND NOT (a.ruling = 'allow' AND a.arguments_hash = a.applied_hash AND (p.status IS NULL OR p.status IN ('approved', 'edited')))
    AND NOT coalesce(p.status IN ('approved', 'edited') AND p.decision ->> 'arguments_hash' = a.applied_hash, FALSE)

UNION ALL
SELECT 'an approved effect never ran', a.effect_id
FROM handrail.actions AS a
INNER JOIN handrail.approvals AS p ON a.case_id = p.case_id AND a.effect_id = p.request ->> 'request_id'
WHERE a.kind = 'effect' AND p.status IN ('approved', 'edited') AND a.outcome IS NULL

UNION ALL
SELECT 'a case is still being worked on', c.case_id
FROM handrail.cases AS c WHERE c.status = 'Working'

UNION ALL
SELECT 'a message that was not told of exactly once', m.case_id
FROM handrail.messages AS m
LEFT JOIN handrail.case_event AS e
    ON m.case_id = e.case_id AND e.kind IN ('message', 'reply') AND m.message_id = e.body ->> 'message_id'
GROUP BY m.case_id, m.message_id HAVING count(e.sequence) <> 1

UNION ALL
SELECT 'an effect that was not told of exactly once', a.effect_id
FROM handrail.actions AS a
LEFT JOIN handrail.case_event AS e ON a.case_id = e.case_id AND e.kind = 'effect' AND a.effect_id = e.body ->> 'effect_id'
WHERE a.outcome IS NOT NULL
GROUP BY a.effect_id HAVING count(e.sequence) <> 1

UNION ALL
SELECT 'events of a case with a gap', e.case_id
FROM handrail.case_event AS e
GROUP BY e.case_id HAVING count(*) <> max(e.sequence)

UNION ALL
SELECT 'events of all cases with a gap', max(e.position)::text
FROM handrail.case_event AS e HAVING count(*) <> max(e.position);
