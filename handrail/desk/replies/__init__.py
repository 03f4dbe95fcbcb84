"""Replies of people: held for a moment in which they can be taken back, then told to the case, once."""
