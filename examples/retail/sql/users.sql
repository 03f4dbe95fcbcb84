-- Users as the document has them; with user_id that one only.
select u.user_id, jsonb_build_object('first_name', u.first_name, 'last_name', u.last_name) as name, u.address, u.email, u.orders,
       coalesce((
           select jsonb_object_agg(m.payment_method_id, jsonb_build_object(
                      'source', m.source, 'id', m.payment_method_id, 'balance', m.balance,
                      'brand', m.brand, 'last_four', m.last_four))
             from retail.payment_methods m where m.user_id = u.user_id
       ), '{}') as payment_methods
  from retail.users u
 where %(user_id)s::text is null or u.user_id = %(user_id)s
 order by u.place
