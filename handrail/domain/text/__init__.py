"""Customers' and models' words, read by code."""
