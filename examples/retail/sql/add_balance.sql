-- Cards and PayPal accounts have no balance here; a negative amount takes from a gift card.
update retail.payment_methods set balance = balance + %(amount)s
 where user_id = %(user_id)s and payment_method_id = %(payment_method_id)s and source = 'gift_card'
