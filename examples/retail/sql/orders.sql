-- Orders as the document has them; with order_id and user_id only where it is this user's.
select o.order_id, o.user_id, o.address, o.status, o.cancel_reason, o.exchange_items, o.exchange_new_items,
       o.exchange_payment_method_id, o.exchange_price_difference, o.return_items, o.return_payment_method_id,
       (select jsonb_agg(jsonb_build_object(
                   'name', i.name, 'product_id', i.product_id, 'item_id', i.item_id, 'price', i.price,
                   'options', i.options) order by i.line)
          from retail.order_items i where i.order_id = o.order_id) as items,
       coalesce((select jsonb_agg(jsonb_build_object('tracking_id', f.tracking_ids, 'item_ids', f.item_ids) order by f.place)
          from retail.fulfillments f where f.order_id = o.order_id), '[]') as fulfillments,
       coalesce((select jsonb_agg(jsonb_build_object(
                   'transaction_type', p.transaction_type, 'amount', p.amount,
                   'payment_method_id', p.payment_method_id) order by p.place)
          from retail.payments p where p.order_id = o.order_id), '[]') as payment_history
  from retail.orders o
 where (%(order_id)s::text is null or o.order_id = %(order_id)s)
   and (%(user_id)s::text is null or o.user_id = %(user_id)s)
 order by o.place
