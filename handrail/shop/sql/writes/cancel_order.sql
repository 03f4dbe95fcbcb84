update shop.orders set status = 'cancelled', cancelled_at = %(now)s
 where order_id = %(order_id)s and status in ('pending', 'paid')
