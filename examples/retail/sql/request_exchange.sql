update retail.orders
   set status = 'exchange requested', exchange_items = %(items)s, exchange_new_items = %(new_items)s,
       exchange_payment_method_id = %(payment_method_id)s, exchange_price_difference = %(difference)s
 where order_id = %(order_id)s
