-- With what went back, newest first; refunds as a JSON array.
select p.payment_id, p.order_id, p.method, p.status, p.amount, p.refunded, p.created_at, p.captured_at,
       coalesce((select jsonb_agg(jsonb_build_object(
                            'refund_id', r.refund_id, 'amount', r.amount::text, 'origin', r.origin,
                            'created_at', r.created_at) order by r.created_at)
                   from shop.refunds r where r.payment_id = p.payment_id), '[]') as refunds
  from shop.payments p join shop.orders o using (order_id)
 where o.customer_id = any(handrail.kin(%(customer_id)s))
   and (%(order_id)s::text is null or p.order_id = %(order_id)s)
 order by p.created_at desc, p.payment_id
 limit %(limit)s
