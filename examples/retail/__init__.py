"""The example of a second business: an online retailer whose data, tools and written policy are those of tau2-bench."""

from examples.retail.definition import business

__all__ = ["business"]
