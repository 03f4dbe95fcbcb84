insert into shop.seedings (seed, anchor) values (%(seed)s, %(anchor)s)
