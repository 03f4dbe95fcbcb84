select count(*) filter (where requested_at > %(day_ago)s) as last_day, max(requested_at) as latest
  from shop.password_resets
 where customer_id = any(handrail.kin(%(customer_id)s))
