copy shop.orders (order_id, customer_id, address_id, status, shipping, total, placed_at, cancelled_at) from stdin
