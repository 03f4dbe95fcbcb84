update retail.orders set status = %(status)s where order_id = %(order_id)s
