select customer_id from shop.customers where customer_id = %(customer_id)s for update
