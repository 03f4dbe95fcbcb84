copy retail.products (product_id, place, name) from stdin
