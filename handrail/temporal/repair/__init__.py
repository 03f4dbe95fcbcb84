"""Repair: cases whose run is lost or stranded, and records that lack what Temporal knows."""
