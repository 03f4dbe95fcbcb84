select c.customer_id, c.name, c.email, c.language, c.created_at,
       (select count(*) from shop.orders o where o.customer_id = any(handrail.kin(c.customer_id))) as orders
  from shop.customers c
 where c.customer_id = %(customer_id)s
