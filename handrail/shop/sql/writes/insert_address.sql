insert into shop.addresses (customer_id, recipient, street, city, postal_code, country, created_at)
values (%(customer_id)s, %(recipient)s, %(street)s, %(city)s, %(postal_code)s, %(country)s, %(now)s)
returning address_id
