"""The record of the quality loop: days and their steps, the sample, the scores."""
