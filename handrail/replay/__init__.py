"""Replay of an existing agent's tool calls: what Handrail would have ruled, over a copy of the business's data."""
