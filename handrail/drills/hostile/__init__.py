"""A hostile model against the real graph: it proposes whatever a seeded generator invents, and an oracle says what may be."""
