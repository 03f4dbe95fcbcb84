copy shop.shipments (order_id, carrier, tracking_code, shipped_at, due_at, delivered_at) from stdin
