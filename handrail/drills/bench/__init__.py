"""The bench: arms of work on stacks of their own, in turn, as figures and ratios. Prints nothing."""
