"""The quality of answered cases: the day on which it is looked at, the sample, what scorers and people say of it."""
