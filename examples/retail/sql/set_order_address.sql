update retail.orders set address = %(address)s where order_id = %(order_id)s
