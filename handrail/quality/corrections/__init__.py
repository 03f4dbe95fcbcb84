"""Corrections: what people changed, took over and handed back, as tests without personal data."""
