copy retail.fulfillments (order_id, place, tracking_ids, item_ids) from stdin
