"""Every tool, under its published name. Handing over to a person is Handrail's own: the agent answers with `escalate`."""

from __future__ import annotations

from examples.retail.tools import (
    accounts,
    arguments,
    calculating,
    cancelling,
    catalogue,
    changing,
    orders,
    returning,
    swapping,
)
from handrail.business import Kind, Tool

READS = (
    Tool(
        "find_user_id_by_email",
        Kind.READ,
        "The customer's user id, by e-mail.",
        arguments.ByEmail,
        accounts.find_user_id_by_email,
    ),
    Tool(
        "find_user_id_by_name_zip",
        Kind.READ,
        "The customer's user id, by first name, last name and ZIP code; for customers who do not remember their e-mail.",
        arguments.ByName,
        accounts.find_user_id_by_name_zip,
    ),
    Tool(
        "get_user_details",
        Kind.READ,
        "The customer's profile: name, default address, payment methods with gift card balances, order numbers.",
        arguments.OneUser,
        accounts.get_user_details,
    ),
    Tool(
        "get_order_details",
        Kind.READ,
        "One order of the customer: status, items with prices, address, parcels, payments and refunds.",
        arguments.OrderArguments,
        orders.get_order_details,
    ),
    Tool(
        "get_product_details",
        Kind.READ,
        "A product with all its variants: options, price, availability.",
        arguments.OneProduct,
        catalogue.get_product_details,
    ),
    Tool(
        "get_item_details",
        Kind.READ,
        "One variant: options, price, availability. An item id is not a product id.",
        arguments.OneItem,
        catalogue.get_item_details,
    ),
    Tool(
        "list_all_product_types",
        Kind.READ,
        "The names of all products with their product ids.",
        arguments.NoArguments,
        catalogue.list_all_product_types,
    ),
    Tool("calculate", Kind.READ, "Work out a sum, such as '2 * (3.5 + 1)'.", arguments.Calculation, calculating.calculate),
)

EFFECTS = (
    Tool(
        "cancel_pending_order",
        Kind.EFFECT,
        "Cancel a pending order and pay all of it back to where it came from.",
        arguments.Cancel,
        cancelling.cancel_pending_order,
        cancelling.preview_cancel,
    ),
    Tool(
        "modify_pending_order_items",
        Kind.EFFECT,
        "Replace items of a pending order with other variants of the same products. Once per order: all items in one call.",
        arguments.Swap,
        swapping.modify_pending_order_items,
        swapping.preview_modify,
    ),
    Tool(
        "modify_pending_order_address",
        Kind.EFFECT,
        "Send a pending order to another address. Needs the complete address.",
        arguments.MoveOrder,
        changing.modify_pending_order_address,
        changing.preview_address,
    ),
    Tool(
        "modify_pending_order_payment",
        Kind.EFFECT,
        "Pay a pending order with another of the customer's payment methods; the first one is paid back.",
        arguments.PayOtherwise,
        changing.modify_pending_order_payment,
        changing.preview_payment,
    ),
    Tool(
        "modify_user_address",
        Kind.EFFECT,
        "Change the customer's default address. Orders that are under way keep theirs.",
        arguments.MoveUser,
        accounts.modify_user_address,
        accounts.preview_move,
    ),
    Tool(
        "return_delivered_order_items",
        Kind.EFFECT,
        "Take items of a delivered order back; the money goes to the original payment method or to a gift card.",
        arguments.Return,
        returning.return_delivered_order_items,
        returning.preview_return,
    ),
    Tool(
        "exchange_delivered_order_items",
        Kind.EFFECT,
        "Exchange items of a delivered order for other variants of the same products. Once per order: all items in one call.",
        arguments.Swap,
        swapping.exchange_delivered_order_items,
        swapping.preview_exchange,
    ),
)

TOOLS = (*READS, *EFFECTS)
