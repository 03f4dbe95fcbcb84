"""Watching: indicators, their drift, and the governor that acts on alarms."""
