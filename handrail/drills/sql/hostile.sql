-- name: hostile_orders
SELECT
    o.order_id, o.customer_id, o.status, coalesce(p.paid, 0) AS paid, coalesce(r.refunded, 0) AS refunded,
    coalesce(r.refunds, 0) AS refunds, extract(epoch FROM now() - s.delivered_at) / 86400 AS delivered_days
FROM shop.orders AS o
LEFT JOIN shop.shipments AS s USING (order_id)
LEFT JOIN (
    SELECT order_id, sum(amount) AS paid FROM shop.payments WHERE status = 'captured' GROUP BY order_id
) AS p USING (order_id)
LEFT JOIN (
    SELECT order_id, sum(amount) AS refunded, count(*) AS refunds FROM shop.refunds GROUP BY order_id
) AS r USING (order_id);

-- name: hostile_effects
-- Effects that were applied, of some cases or of all, with what was ruled on and what a person decided on.
SELECT
    a.effect_id, a.case_id, c.customer_id, c.topic, a.action, a.arguments, a.decided_arguments, a.ruling, a.arguments_hash,
    a.approval_status, a.decided_hash, a.applied_hash
FROM handrail.actions AS a
INNER JOIN handrail.cases AS c USING (case_id)
WHERE a.kind = 'effect' AND a.outcome = 'applied'
    AND (%(case_ids)s::text [] IS NULL OR a.case_id = any(%(case_ids)s::text []))
ORDER BY a.applied_at, a.effect_id;

-- name: hostile_traces
-- What changed in the shop; an order that was not paid leaves no refund when it is cancelled, and an address knows no effect.
SELECT
    r.refund_id AS made_id, CASE r.origin WHEN 'refund' THEN 'refund_order' ELSE 'cancel_order' END AS action,
    o.customer_id, r.order_id, r.amount, r.effect_id, r.created_at AS at
FROM shop.refunds AS r
INNER JOIN shop.orders AS o USING (order_id)
WHERE r.created_at >= %(since)s
UNION ALL
SELECT 'reset-' || p.reset_id, 'send_password_reset', p.customer_id, '', 0, p.effect_id, p.requested_at
FROM shop.password_resets AS p
WHERE p.requested_at >= %(since)s
UNION ALL
SELECT 'cancelled-' || o.order_id, 'cancel_order', o.customer_id, o.order_id, 0, NULL, o.cancelled_at
FROM shop.orders AS o
WHERE o.cancelled_at >= %(since)s
UNION ALL
SELECT 'address-' || a.address_id, 'change_shipping_address', o.customer_id, o.order_id, 0, NULL, a.created_at
FROM shop.addresses AS a
INNER JOIN shop.orders AS o USING (address_id)
WHERE a.created_at >= %(since)s
ORDER BY at, made_id;

-- name: hostile_replies
SELECT m.message_id, m.case_id, c.topic, m.text, coalesce(m.approved, FALSE) AS approved
FROM handrail.messages AS m
INNER JOIN handrail.cases AS c USING (case_id)
WHERE m.author = 'assistant' AND m.case_id = any(%(case_ids)s)
ORDER BY m.recorded_at, m.message_id;
