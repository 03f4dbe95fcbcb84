"""Places that may hold a person who is a customer, and what happened to them when one was forgotten."""
