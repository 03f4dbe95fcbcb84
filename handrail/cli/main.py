"""`handrail`: one command for everything. What is heavy is loaded by the command that needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from handrail.cli.autonomy import controls, topics
from handrail.cli.business import business, language, matrix, policy, router, shop, text
from handrail.cli.case import cases, decisions, handoff, messages
from handrail.cli.common.failures import EPILOG, Exit, report, tell
from handrail.cli.common.world import CliContext, world
from handrail.cli.drills import bench, conformance, injection
from handrail.cli.graphs import graph
from handrail.cli.people import approvals, queue, refused, shifts
from handrail.cli.record import audit, contract, reconcile
from handrail.cli.stacks import database

_FORWARD = {"allow_extra_args": True, "ignore_unknown_options": True}


class Rail(TyperGroup):
    """Every failure ends in one line, or one JSON document, and its exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and leave with the exit code."""
        given = list(sys.argv[1:] if args is None else args)
        options = given[: given.index("--")] if "--" in given else given
        as_json, debug = "--json" in options, "--debug" in options
        try:
            code = super().main(
                given,
                prog_name=prog_name,
                complete_var=complete_var,
                standalone_mode=not as_json,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except typer.TyperException as error:
            tell("UsageError", error.format_message(), as_json=as_json)
            code = Exit.USAGE
        except Exception as error:  # noqa: BLE001 - the edge of the program: every error becomes a line and a code
            code = report(error, as_json=as_json, debug=debug)
        sys.exit(code if isinstance(code, int) else Exit.OK)


app = typer.Typer(
    cls=Rail,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Customer cases as durable workflows: routing before the model, guardrails in code, people in the loop.",
    epilog=EPILOG,
)


@app.callback()
def common(
    ctx: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Folder of the embedded stack to talk to.", show_default=".handrail"),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,
) -> None:
    ctx.obj = CliContext(data_dir, debug=debug)


def forward(name: str, words: str) -> None:
    """A command of the embedded stack, which is loaded only when it is called."""

    @app.command(name, help=words, context_settings=dict(_FORWARD), add_help_option=False)
    def stack_command(ctx: typer.Context) -> None:
        from handrail.cli.stacks.stack import app as stack

        folder = world(ctx).data_dir
        named = [] if folder is None or "--data-dir" in ctx.args else ["--data-dir", str(folder)]
        typer.main.get_command(stack).main([name, *ctx.args, *named], prog_name="handrail")


forward("up", "Start everything on this machine.")
forward("down", "Stop it; open cases go on with the next start.")
forward("status", "Show whether it runs, and where to reach it.")
app.add_typer(cases.app, name="case")
app.add_typer(approvals.app, name="approvals")
app.add_typer(decisions.app)
app.add_typer(messages.app)
app.add_typer(controls.app, name="controls")
app.add_typer(router.app, name="router")
app.add_typer(shop.app, name="shop")
app.add_typer(graph.app, name="graph")
app.add_typer(topics.app, name="topics")
app.add_typer(business.app, name="business")
app.add_typer(policy.app, name="policy")
app.add_typer(text.app, name="text")
app.add_typer(language.app, name="language")
app.add_typer(matrix.app, name="matrix")
queue.app.add_typer(shifts.app, name="shift")
queue.app.add_typer(refused.app)
app.add_typer(queue.app, name="queue")
app.add_typer(handoff.app, name="handoff")
app.add_typer(injection.app, name="drill")
app.add_typer(contract.app, name="contract")
app.add_typer(conformance.app)
app.add_typer(audit.app, name="audit")
app.add_typer(reconcile.app)
app.add_typer(bench.app)
app.add_typer(database.app)


def main() -> None:
    """The console script."""
    code: int | str | None = Exit.OK
    try:
        app()
    except SystemExit as leaving:
        code = leaving.code
    leave(code if isinstance(code, int) else Exit.OK)


def leave(code: int) -> None:
    """End the process. Temporal's client runs threads of its own that can crash the interpreter while it shuts down, which
    would turn a command that succeeded into exit code 134; with that client loaded, nothing is left to chance."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "temporalio.bridge" in sys.modules:
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
