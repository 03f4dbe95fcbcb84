insert into shop.refunds (payment_id, order_id, amount, origin, reason, effect_id, created_at)
values (%(payment_id)s, %(order_id)s, %(amount)s, %(origin)s, %(reason)s, %(effect_id)s, %(now)s)
returning refund_id
