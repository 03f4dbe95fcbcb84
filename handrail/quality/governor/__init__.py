"""The governor: takes autonomy back by rules, and never gives any."""
