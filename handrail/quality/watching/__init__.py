"""Watches the record for drift: days, baselines, alarms."""
