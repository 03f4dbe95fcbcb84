-- The account is the case's own; orders and money are of all ids of the person.
select c.created_at,
       (select count(*) from shop.orders o where o.customer_id = any(k.ids)) as orders,
       (select count(*) from shop.orders o where o.customer_id = any(k.ids) and o.status = 'cancelled') as cancelled,
       coalesce(sum(p.amount) filter (where p.status = 'captured'), 0) as spent,
       coalesce(sum(p.refunded), 0) as refunded,
       (select count(*)
          from shop.refunds r
          join shop.orders o using (order_id)
         where o.customer_id = any(k.ids)
           and r.created_at >= %(now)s::timestamptz - interval '90 days') as refunds_90d
  from shop.customers c
 cross join (select handrail.kin(%(customer_id)s) as ids) k
  left join shop.orders o on o.customer_id = any(k.ids)
  left join shop.payments p on p.order_id = o.order_id
 where c.customer_id = %(customer_id)s
 group by c.customer_id, c.created_at, k.ids
