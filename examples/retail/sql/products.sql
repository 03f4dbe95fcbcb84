-- Products as the document has them; with product_id that one only.
select p.product_id, p.name,
       coalesce((
           select jsonb_object_agg(i.item_id, jsonb_build_object(
                      'item_id', i.item_id, 'options', i.options, 'available', i.available, 'price', i.price))
             from retail.items i where i.product_id = p.product_id
       ), '{}') as variants
  from retail.products p
 where %(product_id)s::text is null or p.product_id = %(product_id)s
 order by p.place
