"""The arguments of every tool, under the names that the published signatures have.

A *pinned* field is no business of the model's and is left out of its schema: the preview fills it in with what the ruling was
made on, and the effect refuses to run once that no longer holds.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from examples.retail.data.document import Status

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]+$")]
OrderId = Annotated[Id, Field(description="the order's number with its '#', such as #W0000000")]
ItemIds = Annotated[list[Id], Field(min_length=1, max_length=50)]
MethodId = Annotated[Id, Field(description="one of the customer's own payment methods, such as credit_card_0000000")]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f<>]*$")]
Pinned = Annotated[SkipJsonSchema[Status | None], Field(default=None, title="pinned", description="the order's status")]


class RetailArguments(BaseModel):
    """A field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoArguments(RetailArguments):
    """No arguments."""


class ByEmail(RetailArguments):
    """A customer who writes, by e-mail."""

    email: Text


class ByName(RetailArguments):
    """A customer who writes, by name and ZIP code."""

    first_name: Text
    last_name: Text
    zip: Text


class OneUser(RetailArguments):
    """The case's own customer."""

    user_id: Id


class OrderArguments(RetailArguments):
    """One of the customer's orders."""

    order_id: OrderId


class OneProduct(RetailArguments):
    """A type of product."""

    product_id: Id


class OneItem(RetailArguments):
    """One variant of a product."""

    item_id: Id


class Calculation(RetailArguments):
    """Something to work out."""

    expression: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="numbers, + - * /, parentheses and spaces"
    )


class Cancel(OrderArguments):
    """Cancel a pending order."""

    reason: Text = Field(description="'no longer needed' or 'ordered by mistake'")
    order_status: Pinned = None


class NewAddress(RetailArguments):
    """A complete address."""

    address1: Text
    address2: Text = Field(description="may be empty")
    city: Text
    state: Text
    country: Text
    zip: Text


class MoveUser(OneUser, NewAddress):
    """The customer's default address."""


class MoveOrder(OrderArguments, NewAddress):
    """A new address for a pending order."""

    order_status: Pinned = None


class PayOtherwise(OrderArguments):
    """A new payment method for a pending order."""

    payment_method_id: MethodId
    order_status: Pinned = None


class Return(OrderArguments):
    """A return: what goes back, and where the money goes."""

    item_ids: ItemIds = Field(description="every item to be sent back; one that was bought twice may stand here twice")
    payment_method_id: MethodId
    order_status: Pinned = None


class Swap(OrderArguments):
    """Items for other variants of the same products, position by position."""

    item_ids: ItemIds = Field(description="every item to be replaced; all of them in this one call")
    new_item_ids: ItemIds = Field(description="what each is replaced with, in the same order")
    payment_method_id: MethodId
    order_status: Pinned = None
    difference: SkipJsonSchema[float | None] = Field(default=None, title="pinned", description="to be paid, USD")
