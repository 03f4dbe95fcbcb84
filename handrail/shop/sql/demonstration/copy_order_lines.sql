copy shop.order_lines (order_id, line, sku, quantity, unit_price) from stdin
