select c.customer_id, c.name, c.email, c.language, c.created_at, 0 as orders
  from shop.customers c
 where lower(c.email) = lower(%(email)s)
 limit 2
