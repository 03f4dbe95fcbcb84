"""Commands about the judge, labels and canary prompts."""
