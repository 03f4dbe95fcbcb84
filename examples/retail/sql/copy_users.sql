copy retail.users (user_id, place, first_name, last_name, email, address, orders) from stdin
