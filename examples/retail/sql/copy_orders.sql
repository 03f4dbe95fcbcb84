copy retail.orders (
    order_id, place, user_id, address, status, cancel_reason, exchange_items, exchange_new_items,
    exchange_payment_method_id, exchange_price_difference, return_items, return_payment_method_id
) from stdin
