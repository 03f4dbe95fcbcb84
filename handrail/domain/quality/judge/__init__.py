"""Judging: rubrics, a judge's verdicts and people's labels, and whether a judge counts."""
