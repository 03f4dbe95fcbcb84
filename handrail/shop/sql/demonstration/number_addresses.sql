select setval(pg_get_serial_sequence('shop.addresses', 'address_id'), (select max(address_id) from shop.addresses))
