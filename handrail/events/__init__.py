"""Following events of cases as they are committed: one ear for all readers of a process."""
