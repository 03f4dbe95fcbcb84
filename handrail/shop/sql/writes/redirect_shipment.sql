update shop.shipments set redirected_at = %(now)s where order_id = %(order_id)s
