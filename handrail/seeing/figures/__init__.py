"""SeenFigures that a Prometheus server collects: which there are, what labels they may carry, how they are kept."""
