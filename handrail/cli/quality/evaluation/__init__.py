"""Commands about corrections, evaluations and releases."""
