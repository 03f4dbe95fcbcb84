"""Offline evaluation: accepted corrections played through the real graph, without effects."""
