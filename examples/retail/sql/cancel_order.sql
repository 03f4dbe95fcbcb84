update retail.orders set status = 'cancelled', cancel_reason = %(reason)s where order_id = %(order_id)s
