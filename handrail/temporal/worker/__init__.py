"""A worker's side of Temporal: what surrounds workflows and activities, and the build that runs them."""
