"""Every tool of the shop, as the model and the guardrail know it."""

from __future__ import annotations

from handrail.business import Kind, Tool
from handrail.shop.actions import addresses, cancellations, reads, refunds, resets
from handrail.shop.actions.arguments import (
    CancelOrder,
    ChangeAddress,
    CustomerArguments,
    ListOrders,
    ListPayments,
    OneOrder,
    RefundOrder,
)

TOOLS = (
    Tool(
        "get_customer",
        Kind.READ,
        "The customer's account: name, masked e-mail, language.",
        CustomerArguments,
        reads.get_customer,
    ),
    Tool(
        "list_orders",
        Kind.READ,
        "The customer's orders, newest first: status, items, amounts, what can be refunded, shipment and its tracking.",
        ListOrders,
        reads.list_orders,
    ),
    Tool(
        "get_order",
        Kind.READ,
        "One order of the customer: status, items, amounts, address, shipment and its tracking.",
        OneOrder,
        reads.get_order,
    ),
    Tool(
        "list_payments",
        Kind.READ,
        "The customer's payments with status (authorised, captured, failed, voided) and what was refunded on them.",
        ListPayments,
        reads.list_payments,
    ),
    Tool(
        "refund_eligibility",
        Kind.READ,
        "Whether something can be refunded on an order, how much at most, and if not, why.",
        OneOrder,
        reads.refund_eligibility,
    ),
    Tool(
        "refund_order",
        Kind.EFFECT,
        "Give money back on a shipped or delivered order, to where it was paid from. Check refund_eligibility first.",
        RefundOrder,
        refunds.refund_order,
        refunds.preview_refund,
        sums=("amount",),
    ),
    Tool(
        "cancel_order",
        Kind.EFFECT,
        "Cancel an order that has not been shipped, and pay back all that was paid for it.",
        CancelOrder,
        cancellations.cancel_order,
        cancellations.preview_cancel,
    ),
    Tool(
        "change_shipping_address",
        Kind.EFFECT,
        "Send an order that is not delivered yet to another address. Needs the complete new address from the customer.",
        ChangeAddress,
        addresses.change_shipping_address,
        addresses.preview_address,
    ),
    Tool(
        "send_password_reset",
        Kind.EFFECT,
        "Send a link for a new password to the e-mail address in the account, never to another one.",
        CustomerArguments,
        resets.send_password_reset,
        resets.preview_reset,
    ),
)
