"""A profile of the worker: processor time of a plain case, by part of the program. Prints nothing."""
