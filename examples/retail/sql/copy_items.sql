copy retail.items (product_id, item_id, place, options, available, price) from stdin
