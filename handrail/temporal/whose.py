"""The customer whose case is begun just now: a codec knows the workflow alone, and puts a new key under theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_customer: ContextVar[str | None] = ContextVar("customer whose case is begun", default=None)


@contextmanager
def begun_for(customer_id: str) -> Iterator[None]:
    """Say whose case whatever is begun in this block is."""
    token = _customer.set(customer_id)
    try:
        yield
    finally:
        _customer.reset(token)


def customer_at_hand() -> str | None:
    """Return whose case is begun here, None where that is not known."""
    return _customer.get()
