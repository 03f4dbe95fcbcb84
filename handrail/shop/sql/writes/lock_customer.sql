select customer_id from shop.customers where customer_id = any(handrail.kin(%(customer_id)s)) order by customer_id for update
