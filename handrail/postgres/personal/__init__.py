"""The record of a customer: found, given out, erased."""
