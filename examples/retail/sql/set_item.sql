update retail.order_items set item_id = %(item_id)s, price = %(price)s, options = %(options)s
 where order_id = %(order_id)s and line = %(line)s
