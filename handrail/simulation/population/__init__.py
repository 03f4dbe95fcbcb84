"""The customers of a simulation: what they want, how they write, what they do about an answer."""
