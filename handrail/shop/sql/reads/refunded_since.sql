select coalesce(sum(r.amount), 0) as amount
  from shop.refunds r join shop.orders o using (order_id)
 where o.customer_id = any(handrail.kin(%(customer_id)s)) and r.created_at > %(since)s
