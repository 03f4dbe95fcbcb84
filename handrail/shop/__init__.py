"""The example business: a shop over PostgreSQL."""

from handrail.shop.definition import business

__all__ = ["business"]
