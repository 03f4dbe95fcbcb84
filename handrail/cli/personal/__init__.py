"""Commands about one customer: forget, give out, hold."""
