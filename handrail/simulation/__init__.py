"""A business simulated: customers, planted events, the real graph and the real steps of the day."""
