"""The days of a simulation: written into a real record, watched and governed as real days are."""
