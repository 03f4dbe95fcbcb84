"""Forgets a customer everywhere, and gives out what is held of one. Knows the domain and ports alone."""
