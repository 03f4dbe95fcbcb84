select user_id from retail.users where user_id = %(user_id)s for update
