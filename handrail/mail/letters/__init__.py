"""Letters of the house that are no replies: what waits for people, and transcripts for customers."""
