"""Approving several at once: of one tool, under a ceiling of the policies, every row in full."""
