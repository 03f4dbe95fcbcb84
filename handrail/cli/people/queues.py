"""`handrail queue` put together: the queue, the shifts of people, and starts that were refused."""

from __future__ import annotations

from handrail.cli.people import queue, refused, shifts

app = queue.app
app.add_typer(shifts.app, name="shift")
app.add_typer(refused.app)
