update retail.orders
   set status = 'return requested', return_items = %(items)s, return_payment_method_id = %(payment_method_id)s
 where order_id = %(order_id)s
