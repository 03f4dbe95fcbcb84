-- Behind those that stand.
insert into retail.payments (order_id, user_id, place, transaction_type, amount, payment_method_id)
select order_id, user_id,
       coalesce((select max(place) from retail.payments p where p.order_id = o.order_id), 0) + 1,
       %(transaction_type)s, %(amount)s, %(payment_method_id)s
  from retail.orders o where order_id = %(order_id)s
