update retail.users set address = %(address)s where user_id = %(user_id)s
