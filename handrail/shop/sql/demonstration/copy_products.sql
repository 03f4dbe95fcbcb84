copy shop.products (sku, name, price) from stdin
