"""Activities of the quality loop: what is due, and a step of a day each."""
