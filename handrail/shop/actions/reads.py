"""Tools that change nothing: the customer, orders, payments, and what could be refunded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handrail.business import Call
from handrail.shop import queries
from handrail.shop.actions.arguments import CustomerArguments, ListOrders, ListPayments, OneOrder
from handrail.shop.actions.refunds import why_not_refundable
from handrail.shop.records.money import number
from handrail.shop.records.orders import own_customer, own_order
from handrail.shop.records.rows import Order, Payment


def day(moment: datetime | None) -> str | None:
    """The date in UTC."""
    return f"{moment:%Y-%m-%d}" if moment else None


def order_data(order: Order) -> dict[str, Any]:
    """An order for the model: amounts as numbers in USD, dates without times."""
    return {
        "order_id": order.order_id,
        "status": order.status,
        "placed_on": day(order.placed_at),
        "cancelled_on": day(order.cancelled_at),
        "items": [{"name": line.name, "quantity": line.quantity, "amount_usd": number(line.amount)} for line in order.lines],
        "shipping_usd": number(order.shipping),
        "total_usd": number(order.total),
        "paid_usd": number(order.paid),
        "refunded_usd": number(order.refunded),
        "refundable_usd": 0.0 if why_not_refundable(order) else number(order.left),
        "shipment": {
            "carrier": order.carrier,
            "tracking_code": order.tracking_code,
            "shipped_on": day(order.shipped_at),
            "expected_on": day(order.due_at),
            "delivered_on": day(order.delivered_at),
        }
        if order.shipped_at
        else None,
    }


async def get_customer(call: Call, _: CustomerArguments) -> dict[str, Any]:
    """The account, with as little of the person as an answer needs."""
    customer = await own_customer(call)
    return {
        "customer_id": customer.customer_id,
        "name": customer.name,
        "email": customer.masked_email,
        "language": customer.language,
        "customer_since": day(customer.created_at),
        "orders": customer.orders,
    }


async def list_orders(call: Call, arguments: ListOrders) -> dict[str, Any]:
    """Newest first."""
    found = await queries.rows(
        call.connection,
        "orders",
        Order,
        customer_id=call.customer_id,
        order_id=None,
        status=arguments.status,
        limit=arguments.limit,
    )
    return {"orders": [order_data(order) for order in found]}


async def get_order(call: Call, arguments: OneOrder) -> dict[str, Any]:
    """One order with its address.

    Raises:
        BusinessRefused: `not_found`.
    """
    order = await own_order(call, arguments.order_id)
    return {**order_data(order), "ships_to": order.address}


async def list_payments(call: Call, arguments: ListPayments) -> dict[str, Any]:
    """Payments with their refunds, newest first.

    Raises:
        BusinessRefused: `not_found`, where an order is named that is not this customer's.
    """
    if arguments.order_id:
        await own_order(call, arguments.order_id)
    found = await queries.rows(
        call.connection,
        "payments",
        Payment,
        customer_id=call.customer_id,
        order_id=arguments.order_id,
        limit=arguments.limit,
    )
    return {"payments": [payment_data(payment) for payment in found]}


def payment_data(payment: Payment) -> dict[str, Any]:
    """A payment for the model."""
    return {
        "payment_id": payment.payment_id,
        "order_id": payment.order_id,
        "method": payment.method,
        "status": payment.status,
        "amount_usd": number(payment.amount),
        "created_on": day(payment.created_at),
        "captured_on": day(payment.captured_at),
        "refunded_usd": number(payment.refunded),
        "refunds": [
            {"refund_id": one.refund_id, "amount_usd": number(one.amount), "refunded_on": day(one.created_at)}
            for one in payment.refunds
        ],
    }


async def refund_eligibility(call: Call, arguments: OneOrder) -> dict[str, Any]:
    """Return what could be refunded on an order, or why nothing can.

    Raises:
        BusinessRefused: `not_found`.
    """
    order = await own_order(call, arguments.order_id)
    refusal = why_not_refundable(order)
    return {
        "order_id": order.order_id,
        "eligible": refusal is None,
        "why_not": str(refusal) if refusal else None,
        "refundable_usd": 0.0 if refusal else number(order.left),
        "paid_usd": number(order.paid),
        "refunded_usd": number(order.refunded),
        "refunds_on_order": order.refunds,
        "days_since_delivery": order.days_since_delivery(call.now) if order.delivered_at else None,
    }
