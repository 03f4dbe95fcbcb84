"""The hostile model: what it proposes, and its server."""
