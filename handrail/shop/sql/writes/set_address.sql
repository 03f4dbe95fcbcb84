update shop.orders set address_id = %(address_id)s where order_id = %(order_id)s
