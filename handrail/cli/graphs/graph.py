"""`handrail graph …`: the case graph drawn, and run in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from handrail.cli.common.options import Json, words
from handrail.cli.common.running import run_async

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph

    from handrail.domain.actions.approvals import DecisionKind, HumanRequest

app = typer.Typer(no_args_is_help=True, help="The case graph: draw it, run it in memory.")


@app.command()
def show(
    form: Annotated[
        Literal["mermaid", "png"] | None,
        typer.Option("--format", help="By default what the name of --out ends with, else mermaid.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it there instead of standard out.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw the graph: as Mermaid, or as a picture."""
    from handrail.cli.common.documents import print_document

    kind = form or ("png" if out and out.suffix.lower() == ".png" else "mermaid")
    content = picture(drawable(), kind)
    if out:
        save(out, content)
    if as_json:
        text = None if out or kind == "png" else content.decode()
        print_document({"format": kind, "out": str(out) if out else None, "bytes": len(content), "mermaid": text})
    elif out:
        typer.echo(f"{out}: {kind}, {len(content):,} bytes")
    else:
        show_content(content, kind)


def drawable() -> Graph:
    """The graph's shape; its nodes are never called."""
    from graphs.case import CaseNodes, build_case_graph

    outline = Outline()
    nodes: Any = {field.name: outline.node for field in fields(CaseNodes)}
    return build_case_graph(CaseNodes(**nodes)).compile().get_graph()


class Outline:
    """Stands for every node where only the shape matters."""

    async def node(self, state: Any) -> Any:
        """Never called."""
        raise NotImplementedError


def picture(graph: Graph, kind: str) -> bytes:
    """The graph as `kind`, which is mermaid or png.

    Raises:
        InvalidInput: a library that draws is not installed.
    """
    from handrail.domain.errors import InvalidInput

    if kind == "mermaid":
        return graph.draw_mermaid().encode()
    try:
        from handrail.cli.graphs.drawing import png
    except ModuleNotFoundError as error:
        raise InvalidInput(f"--format: png needs the package {error.name}. Run `make setup`, or take mermaid.") from error
    return png(graph)


def save(out: Path, content: bytes) -> None:
    """Raises: InvalidInput where the file cannot be written."""
    from handrail.domain.errors import InvalidInput

    try:
        out.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"--out: {out}: {error.strerror}. Name a file in a folder that you can write to.") from error


def show_content(content: bytes, kind: str) -> None:
    """Print it; a picture only where no person looks at the bytes."""
    from handrail.domain.errors import InvalidInput

    if kind == "mermaid":
        typer.echo(content.decode(), nl=False)
    elif sys.stdout.isatty():
        raise InvalidInput("--out: a picture does not go to a terminal. Name a file: --out graph.png")
    else:
        sys.stdout.buffer.write(content)


@app.command("run")
def run_graph(
    message: Annotated[
        str | None,
        typer.Option(
            "--message", help="The customer's words; - reads standard in. By default a sample's.", show_default=False
        ),
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help="Who writes; by default a sample's customer.", show_default=False)
    ] = None,
    decide: Annotated[
        Literal["approve", "reject"] | None,
        typer.Option("--decide", help="The answer to whatever a person is asked.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run one turn in memory, without Temporal: real nodes over a throw-away database with the seeded business.

    Nothing that is real is touched. Where a person has to decide, you are asked; without a terminal the run stops there.
    """
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.world import environment
    from handrail.cli.graphs.narration import Narrator, document
    from handrail.drills import rehearsal

    text = None if message is None else words("--message", message)
    rehearsal.check_given(text, customer)
    narrator = Narrator(quiet=as_json)
    answer = asker(decide, may_ask=not as_json and sys.stdin.isatty())
    with rehearsal.stage(environment()) as settings:
        played = run_async(rehearsal.play(settings, text, customer, answer, narrator))
    if as_json:
        print_document(document(played))
    else:
        narrator.end(played.state, played.request)


def asker(decide: Literal["approve", "reject"] | None, *, may_ask: bool) -> Callable[[HumanRequest], DecisionKind | None]:
    """Gives the decision on a request, or None where there is nobody to take one."""
    from handrail.domain.actions.approvals import DecisionKind, RequestKind

    def answer(request: HumanRequest) -> DecisionKind | None:
        if request.kind is RequestKind.QUESTION:
            return None
        if decide:
            return DecisionKind(decide)
        if not may_ask:
            return None
        return DecisionKind.APPROVE if typer.confirm("  approve?") else DecisionKind.REJECT

    return answer
