-- The first item of this id; with product_id only among that product's.
select i.item_id, i.options, i.available, i.price
  from retail.items i join retail.products p using (product_id)
 where i.item_id = %(item_id)s and (%(product_id)s::text is null or i.product_id = %(product_id)s)
 order by p.place
 limit 1
