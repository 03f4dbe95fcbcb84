-- Behind those that stand.
insert into retail.payments (order_id, place, transaction_type, amount, payment_method_id)
select %(order_id)s, coalesce(max(place), 0) + 1, %(transaction_type)s, %(amount)s, %(payment_method_id)s
  from retail.payments where order_id = %(order_id)s
