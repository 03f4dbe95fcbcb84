-- Whole orders of one customer, under whichever of their ids, newest first; with order_id that one only.
select o.order_id, o.customer_id, o.status, o.shipping, o.total, o.placed_at, o.cancelled_at,
       a.recipient, a.street, a.city, a.postal_code, a.country,
       s.carrier, s.tracking_code, s.shipped_at, s.due_at, s.delivered_at, s.redirected_at,
       coalesce(p.captured, 0) as paid, coalesce(p.authorised, 0) as authorised, p.payment_id,
       coalesce(p.refunded, 0) as refunded,
       (select count(*) from shop.refunds r where r.order_id = o.order_id) as refunds,
       l.lines
  from shop.orders o
  join shop.addresses a using (address_id)
  left join shop.shipments s using (order_id)
  left join lateral (
       select sum(amount) filter (where status = 'captured') as captured,
              sum(amount) filter (where status = 'authorised') as authorised,
              sum(refunded) as refunded,
              min(payment_id) filter (where status in ('captured', 'authorised')) as payment_id
         from shop.payments where order_id = o.order_id
       ) p on true
  join lateral (
       select jsonb_agg(jsonb_build_object(
                  'sku', sku, 'name', name, 'quantity', quantity,
                  'unit_price', unit_price::text, 'amount', amount::text) order by line) as lines
         from shop.order_lines join shop.products using (sku)
        where order_id = o.order_id
       ) l on true
 where o.customer_id = any(handrail.kin(%(customer_id)s))
   and (%(order_id)s::text is null or o.order_id = %(order_id)s)
   and (%(status)s::text is null or o.status = %(status)s)
 order by o.placed_at desc, o.order_id
 limit %(limit)s
