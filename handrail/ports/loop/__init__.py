"""Ports of the quality loop: samples, drift, judging, corrections, releases."""
