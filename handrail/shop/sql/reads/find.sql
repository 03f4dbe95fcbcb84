-- Orders worth trying something with; at most one per customer, customers without recent refunds first.
with facts as (
    select o.order_id, o.customer_id, c.language, o.status, o.total, o.placed_at, s.shipped_at, s.delivered_at,
           coalesce(p.amount, 0) as paid, coalesce(p.refunded, 0) as refunded,
           case when o.status in ('shipped', 'delivered') then coalesce(p.amount - p.refunded, 0) else 0 end as refundable,
           (select max(quantity) from shop.order_lines l where l.order_id = o.order_id) as max_quantity,
           (select coalesce(sum(r.amount), 0) from shop.refunds r join shop.orders x using (order_id)
             where x.customer_id = o.customer_id and r.created_at > %(now)s - interval '30 days') as customer_refunded
      from shop.orders o
      join shop.customers c using (customer_id)
      left join shop.shipments s using (order_id)
      left join shop.payments p on p.order_id = o.order_id and p.status = 'captured'
), matching as (
    select distinct on (customer_id) *
      from facts
     where (%(status)s::text is null or status = %(status)s)
       and (%(customer_id)s::text is null or customer_id = %(customer_id)s)
       and (%(refundable_over)s::numeric is null or refundable > %(refundable_over)s)
       and (%(refundable_under)s::numeric is null or (refundable > 0 and refundable < %(refundable_under)s))
       and (%(total_over)s::numeric is null or total > %(total_over)s)
       and (%(total_under)s::numeric is null or total < %(total_under)s)
       and (%(shipped)s::boolean is null or (shipped_at is not null) = %(shipped)s)
       and (%(refunded)s::boolean is null or (refunded > 0) = %(refunded)s)
       and (%(quantity_over)s::integer is null or max_quantity > %(quantity_over)s)
       and (%(quantity_up_to)s::integer is null or max_quantity <= %(quantity_up_to)s)
       and (%(delivered_within_days)s::integer is null
            or delivered_at > %(now)s - make_interval(days => %(delivered_within_days)s))
       and (%(language)s::text is null or language = %(language)s)
     order by customer_id, customer_refunded, order_id
)
select * from matching order by customer_refunded > 0, order_id limit %(limit)s
