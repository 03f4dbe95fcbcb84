copy retail.payment_methods (user_id, payment_method_id, place, source, balance, brand, last_four) from stdin
