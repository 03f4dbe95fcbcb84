copy shop.addresses (address_id, customer_id, recipient, street, city, postal_code, country, created_at) from stdin
