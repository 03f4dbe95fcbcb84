copy shop.refunds (refund_id, payment_id, order_id, amount, origin, reason, created_at) from stdin
