"""Commands about drift, alarms and the governor."""
