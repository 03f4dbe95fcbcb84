insert into shop.password_resets (customer_id, sent_to, effect_id, requested_at)
values (%(customer_id)s, %(sent_to)s, %(effect_id)s, %(now)s)
returning reset_id
