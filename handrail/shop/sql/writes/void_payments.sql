update shop.payments set status = 'voided' where order_id = %(order_id)s and status = 'authorised'
