"""The shape of `db.json`: users, products with their variants, orders. Amounts are USD with at most two decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

CENT = Decimal("0.01")
Status = Literal[
    "pending", "pending (item modified)", "processed", "delivered", "cancelled", "exchange requested", "return requested"
]


def cents(value: Any) -> Any:
    """A JSON number to the cent: sums of binary floats (0.1 + 0.2) are meant as the amount that they print as."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("must be an amount in USD such as 49.90")
    return Decimal(repr(value) if isinstance(value, float) else value).quantize(CENT, ROUND_HALF_EVEN)


def number(amount: Decimal) -> float:
    """A JSON number; exact in both directions for two decimals."""
    return float(amount)


Money = Annotated[Decimal, BeforeValidator(cents), PlainSerializer(number, return_type=float)]


class DocumentPart(BaseModel):
    """Fields that nobody here knows are left out, on both sides of every comparison."""

    model_config = ConfigDict(extra="ignore")


class Address(DocumentPart):
    """An address as it stands on a parcel; every line is kept exactly as it was given."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str


class Name(DocumentPart):
    """The name of a customer."""

    first_name: str
    last_name: str


class Method(DocumentPart):
    """A way to pay. Only a gift card has a `balance`, only a credit card brand and last four digits."""

    source: Literal["credit_card", "paypal", "gift_card"]
    id: str
    balance: Money | None = None
    brand: str | None = None
    last_four: str | None = None


class User(DocumentPart):
    """A customer's account; `payment_methods` by their id."""

    user_id: str
    name: Name
    address: Address
    email: str
    payment_methods: dict[str, Method]
    orders: list[str]


class Variant(DocumentPart):
    """One item of a product."""

    item_id: str
    options: dict[str, Any]
    available: bool
    price: Money


class Product(DocumentPart):
    """A type of product; `variants` by their item id."""

    name: str
    product_id: str
    variants: dict[str, Variant]


class OrderItem(DocumentPart):
    """One thing in an order, at the price that was paid for it."""

    name: str
    product_id: str
    item_id: str
    price: Money
    options: dict[str, Any]


class Fulfillment(DocumentPart):
    """A parcel."""

    tracking_id: list[str]
    item_ids: list[str]


class RetailPayment(DocumentPart):
    """Money that came in, or went back."""

    transaction_type: Literal["payment", "refund"]
    amount: Money
    payment_method_id: str


class RetailOrder(DocumentPart):
    """An order; what stands below `payment_history` is there once it was cancelled, sent back or exchanged."""

    order_id: str
    user_id: str
    address: Address
    items: list[OrderItem] = Field(min_length=1)
    status: Status
    fulfillments: list[Fulfillment]
    payment_history: list[RetailPayment]
    cancel_reason: str | None = None
    exchange_items: list[str] | None = None
    exchange_new_items: list[str] | None = None
    exchange_payment_method_id: str | None = None
    exchange_price_difference: Money | None = None
    return_items: list[str] | None = None
    return_payment_method_id: str | None = None


class Database(DocumentPart):
    """The whole shop. Everything is under its own id."""

    products: dict[str, Product]
    users: dict[str, User]
    orders: dict[str, RetailOrder]

    def plain(self) -> dict[str, Any]:
        """Return JSON-ready data, without what is not there; two shops are the same where this is equal."""
        return self.model_dump(mode="json", exclude_none=True)
