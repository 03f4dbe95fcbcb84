"""`handrail quality …`: each ended day of the business, what was done for it, and what it says."""

from __future__ import annotations

import typer

from handrail.cli.quality import days, samples

app = typer.Typer(no_args_is_help=True, help="Quality: each ended day's sample, its scores, what is due.")
app.command()(days.status)
app.command()(days.run)
app.command()(samples.sample)
app.command()(samples.scores)
app.command()(samples.score)


@app.callback()
def group() -> None:
    """Look at what was answered, day by day."""
