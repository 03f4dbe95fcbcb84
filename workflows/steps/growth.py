"""The growth of a run's history, counted by what the run did itself.

The length that the SDK tells is not the same in a replay where a task gave no command: it is replayed together with the next.
What a run starts and what it is sent comes in the same order each time.
"""

from __future__ import annotations

BEGUN = 5
"""Events before a run does anything: its start, its first task, its search attributes."""
ACTIVITY, WAIT, SIGNAL, UPDATE = 6, 8, 4, 5
"""Events that each leads to at most, with the task behind it; what a wait publishes counts with its timer."""


class Growth:
    """A count of events, never below what the run has written, failed tasks aside."""

    def __init__(self) -> None:
        self.events = BEGUN

    def activity(self) -> None:
        """Count an activity, local or not, that is started."""
        self.events += ACTIVITY

    def wait(self) -> None:
        """Count a wait of the loop's."""
        self.events += WAIT

    def signal(self) -> None:
        """Count a signal that arrives."""
        self.events += SIGNAL

    def update(self) -> None:
        """Count an update that is accepted; a refused one leaves no event."""
        self.events += UPDATE
