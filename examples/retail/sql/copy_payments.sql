copy retail.payments (order_id, place, transaction_type, amount, payment_method_id) from stdin
