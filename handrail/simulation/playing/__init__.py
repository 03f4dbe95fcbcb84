"""Simulated cases, played through the real graph in processes of their own."""
