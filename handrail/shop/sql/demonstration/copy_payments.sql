copy shop.payments (payment_id, order_id, method, status, amount, created_at, captured_at) from stdin
