"""Evaluation: corrections and suites as tests, and the releases that have to pass them."""
