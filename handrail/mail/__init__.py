"""Mail as a channel: reading what came in, deciding where it goes, and sending what is said to customers."""
