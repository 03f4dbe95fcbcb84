"""`handrail`: one command for everything. What is heavy is loaded by the command that needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from handrail.cli.common.failures import EPILOG, Exit, report, tell
from handrail.cli.common.late import LateCommand, LateCommands
from handrail.cli.common.world import CliContext, world
from handrail.wiring.cases import collecting, plugins

_FORWARD = {"allow_extra_args": True, "ignore_unknown_options": True}

LATE = {
    "case": LateCommand("case.cases", "Open cases, write to them, look at them.", group=True),
    "approvals": LateCommand("people.approvals", "Decisions that wait for a person.", group=True),
    "decide": LateCommand("case.decisions", "Approve, reject, edit or answer."),
    "approve-together": LateCommand("people.together", "Approve several of one tool, under the ceilings of the policies."),
    "claim": LateCommand("case.decisions", "Take a case that waits for a person."),
    "recuse": LateCommand("case.decisions", "Leave a case to others that you should not decide."),
    "reply": LateCommand("case.decisions", "Answer the customer as a person."),
    "hand-back": LateCommand("case.decisions", "Give a case back to the agent."),
    "resolve": LateCommand("case.decisions", "End a case as a person."),
    "run-messages": LateCommand("case.messages", "Open a case per line; show the outcomes."),
    "controls": LateCommand("autonomy.controls", "The kill switch and the ladder auto, review, draft, off.", group=True),
    "router": LateCommand("business.router", "Train and measure the local classifier that routes messages.", group=True),
    "shop": LateCommand("business.shop", "The example shop.", group=True),
    "graph": LateCommand("graphs.graph", "The case graph: draw it, run it in memory.", group=True),
    "topics": LateCommand("autonomy.topics", "Topics: how far the agent may go in each now, and why.", group=True),
    "business": LateCommand(
        "business.business", "A company's business: check its package whole, write a new one.", group=True
    ),
    "tools": LateCommand(
        "outside.tools", "Tools of MCP servers and HTTP services: what they are now, and what is pinned.", group=True
    ),
    "policy": LateCommand(
        "business.policy", "Policies, which say what needs a person and what is forbidden: test, explain, compare.", group=True
    ),
    "text": LateCommand("business.text", "Read money, dates and numbers out of a text.", group=True),
    "language": LateCommand(
        "business.language", "Languages as packs: list them, check what one lacks, try it on its examples.", group=True
    ),
    "matrix": LateCommand(
        "business.matrix", "The matrix, which says where cases go that leave the agent: test it, print it.", group=True
    ),
    "queue": LateCommand("people.queues", "The queue of cases that wait for people, and the people.", group=True),
    "handoff": LateCommand("case.handoff", "The packet that a person receives with a case.", group=True),
    "drill": LateCommand(
        "drills.injection",
        "Drills: attacks on the real graph; right and wrong replies; very long texts of many kinds.",
        group=True,
    ),
    "contract": LateCommand("record.contract", "The workflow's wire contract, for clients in any language.", group=True),
    "conformance": LateCommand(
        "drills.conformance",
        "Play each task's expected actions through a throw-away stack and compare the database; then make each task worse.",
    ),
    "webhooks": LateCommand("webhooks.webhooks", "Webhooks: where events are sent, signed, until they are taken.", group=True),
    "mail": LateCommand("mail.mail", "Mail: read a mailbox, send replies, look at what came and went.", group=True),
    "audit": LateCommand("record.audit", "The audit: check its chain of hashes, hand it out.", group=True),
    "forget": LateCommand(
        "personal.forget", "Forget a customer everywhere, and print the proof; killed half way, it goes on."
    ),
    "access": LateCommand("personal.access", "Give out all that is held of a customer, and nothing of others."),
    "hold": LateCommand("personal.holds", "Legal holds, which forbid to forget a customer: set, clear, list.", group=True),
    "customers": LateCommand("personal.customers", "Customer ids that are one person: merge, undo, show.", group=True),
    "metrics": LateCommand("record.metrics", "Count what became of the cases that were opened in a period."),
    "reconcile": LateCommand(
        "record.reconcile",
        "Compare the record with Temporal, both ways. Exit code 5 where differences are left, or a queue is not served.",
    ),
    "effects": LateCommand("record.effects", "Effects that may have been made: list them, say what was found.", group=True),
    "quality": LateCommand("quality.quality", "Quality: each ended day's sample, its scores, what is due.", group=True),
    "drift": LateCommand("quality.watch.drift", "Drift: what can be noticed when cases get worse, and how late.", group=True),
    "corrections": LateCommand(
        "quality.evaluation.corrections", "What people corrected, as tests: collect, read, accept, reject.", group=True
    ),
    "alarms": LateCommand("quality.watch.alarms", "Alarms: what got worse, since when and where.", group=True),
    "governor": LateCommand(
        "quality.watch.governor", "The governor, which takes autonomy back, and raising a topic again.", group=True
    ),
    "eval": LateCommand(
        "quality.evaluation.evaluations",
        "Play accepted corrections, or a suite, through the real graph, without effects.",
        group=True,
    ),
    "preflight": LateCommand(
        "rollout.preflight", "Check what has to stand before a topic is 'auto'; exit code 3 with a list of what lacks."
    ),
    "release": LateCommand(
        "quality.evaluation.releases", "What answers now, and whether it has passed an evaluation.", group=True
    ),
    "deploys": LateCommand(
        "rollout.deploys", "Deployments: which build works on the cases, a share for another, and back.", group=True
    ),
    "judge": LateCommand("quality.judge.judging", "A model that judges cases, and whether its verdicts count.", group=True),
    "labels": LateCommand("quality.judge.labels", "Label cases by the rubric, by which the judge is calibrated.", group=True),
    "canary": LateCommand("quality.judge.canary", "Notice another model behind the same name by canary prompts.", group=True),
    "report": LateCommand("quality.report", "Write the page of a week: outcomes against plan, gaps, alarms, load, actions."),
    "simulate": LateCommand(
        "quality.simulating",
        "Simulate a business for months, and say when planted events were noticed, by what, and what it spared whom.",
    ),
    "bench": LateCommand(
        "drills.bench",
        "Measure on stacks of the bench's own; exit 3 where arms of the same kind differ, so that no ratio counts.",
    ),
    "chaos": LateCommand(
        "drills.chaos",
        "Kill and pause parts of a stack of its own under load; exit 1 where an invariant is broken, and say where.",
    ),
    "api": LateCommand("access.api", "Serve the HTTP API for backends.", group=True),
    "keys": LateCommand("access.keys", "Keys of the HTTP API, and master keys of encryption.", group=True),
    "doctor": LateCommand(
        "stacks.doctor", "Look at everything that cases need, and say what is wrong; exit code 3 where something is."
    ),
    "migrate": LateCommand("stacks.database", "Apply what the database still lacks."),
}


class Rail(TyperGroup):
    """Every failure ends in one line, or one JSON document, and its exit code."""

    def __init__(self, *, commands: Any = None, **attributes: Any) -> None:
        self.late = LateCommands(commands or {}, LATE)
        super().__init__(commands={}, **attributes)
        self.commands = self.late

    def list_commands(self, ctx: Any) -> list[str]:
        """See base class; nothing is loaded."""
        return list(self.late)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """See base class; of commands that are not loaded their words stand here."""
        TyperGroup(commands=self.late.pages()).format_commands(ctx, formatter)

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


def main() -> None:
    """The console script."""
    collecting.defer()
    plugins.leave_out()
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
