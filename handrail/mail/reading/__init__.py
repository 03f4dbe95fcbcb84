"""Reading of one mail: pure, bounded, and without trust in anything that its sender wrote."""
