select order_id from shop.orders where order_id = %(order_id)s and customer_id = any(handrail.kin(%(customer_id)s)) for update
