copy shop.customers (customer_id, name, email, language, created_at) from stdin
