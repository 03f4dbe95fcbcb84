select c.created_at,
       (select count(*) from shop.orders o where o.customer_id = c.customer_id) as orders,
       (select count(*) from shop.orders o where o.customer_id = c.customer_id and o.status = 'cancelled') as cancelled,
       coalesce(sum(p.amount) filter (where p.status = 'captured'), 0) as spent,
       coalesce(sum(p.refunded), 0) as refunded,
       (select count(*)
          from shop.refunds r
          join shop.orders o using (order_id)
         where o.customer_id = c.customer_id
           and r.created_at >= %(now)s::timestamptz - interval '90 days') as refunds_90d
  from shop.customers c
  left join shop.orders o on o.customer_id = c.customer_id
  left join shop.payments p on p.order_id = o.order_id
 where c.customer_id = %(customer_id)s
 group by c.customer_id, c.created_at
