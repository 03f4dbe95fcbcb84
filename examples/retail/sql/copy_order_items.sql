copy retail.order_items (order_id, line, product_id, item_id, name, price, options) from stdin
